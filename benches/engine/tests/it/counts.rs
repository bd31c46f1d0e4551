//! Exact numbers of executions: one for each Mazurkiewicz trace, none in vain.
//!
//! The numbers are those of the literature, which the programs' files name, and of closed forms that an enumeration of all
//! interleavings confirmed.

use std::time::Duration;

use programs::{measure, programs};

/// Longer than any of them takes, on a busy machine, too.
const CAP: Duration = Duration::from_secs(600);

/// Runs all programs of these families, and compares.
fn counted(families: &[&str]) {
    for family in families {
        let is_meant = |name: &str| name.split('(').next() == Some(family);
        let counted = programs().filter_map(|program| Some((program, program.expected?)));
        let meant: Vec<_> = counted.filter(|(program, _)| is_meant(program.name)).collect();
        assert!(!meant.is_empty(), "no program is called {family}");
        for (program, expected) in meant {
            let measured = measure(program, CAP, 1);
            assert!(measured.finished && measured.finding.is_none(), "{}: {measured:?}", program.name);
            assert_eq!(measured.executions, expected, "{}", program.name);
            assert_eq!(measured.redundant, 0, "{}", program.name);
        }
    }
}

#[test]
fn critical_sections() {
    counted(&["mutex", "own mutexes"]);
}

#[test]
fn single_accesses() {
    counted(&["readers", "writers", "incr", "binc", "cinc"]);
}

#[test]
fn loads_and_stores() {
    counted(&["load-store", "inc", "rw"]);
}

#[test]
fn compare_exchanges() {
    counted(&["wcas", "indexer"]);
}

#[test]
fn poke() {
    counted(&["poke"]);
}

#[test]
fn last_zero() {
    counted(&["lastzero"]);
}

#[test]
fn filesystem() {
    counted(&["filesystem"]);
}

/// The third is the one in which both wait for ever.
#[test]
fn two_locks_in_two_orders() {
    counted(&["AB/BA, recorded"]);
}

/// Programs of which nobody has counted the traces.
#[test]
fn none_in_vain_where_nobody_counted() {
    for name in ["bounded buffer, 2+2", "readers-writer, 2+1", "channel, 2 senders", "seqlock", "spin lock"] {
        let program = programs().find(|program| program.name == name).expect("it is one of them");
        let measured = measure(program, CAP, 1);
        assert!(measured.finished && measured.redundant == 0, "{name}: {measured:?}");
    }
}

/// A program that no test of this file runs would be one whose number nobody looks at.
#[test]
fn families_are_the_known_ones() {
    let families: Vec<_> = programs()
        .filter(|program| program.expected.is_some())
        .map(|program| program.name.split('(').next().expect("a name"))
        .collect();
    let known = [
        "mutex",
        "own mutexes",
        "readers",
        "writers",
        "incr",
        "binc",
        "cinc",
        "load-store",
        "inc",
        "rw",
        "wcas",
        "poke",
        "lastzero",
        "indexer",
        "filesystem",
        "AB/BA, recorded",
    ];
    assert!(families.iter().all(|family| known.contains(family)), "{families:?}");
}
