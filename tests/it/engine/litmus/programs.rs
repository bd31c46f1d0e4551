//! The named litmus programs with all outcomes that they have.
//!
//! An outcome has a digit for each operation that reads, thread by thread, and one for the last value of each variable that is
//! stored to more than once. `cargo test --test it litmus::programs -- --nocapture` prints the table of
//! `docs/memory-model.md`.

use std::collections::BTreeSet;

use super::{axioms, engine, language::Program};

/// Name, program, number of execution graphs, number of executions that the checker needs for them, outcomes.
type Row = (&'static str, &'static str, u64, u64, &'static str);

const ROWS: &[Row] = &[
    ("SB, relaxed", "W.rlx x 1; R.rlx y | W.rlx y 1; R.rlx x", 4, 5, "00 01 10 11"),
    ("SB, release and acquire", "W.rel x 1; R.acq y | W.rel y 1; R.acq x", 4, 5, "00 01 10 11"),
    ("SB, SeqCst", "W.sc x 1; R.sc y | W.sc y 1; R.sc x", 3, 3, "01 10 11"),
    ("SB, SeqCst stores only", "W.sc x 1; R.acq y | W.sc y 1; R.acq x", 4, 5, "00 01 10 11"),
    ("SB, SeqCst fences", "W.rlx x 1; F.sc; R.rlx y | W.rlx y 1; F.sc; R.rlx x", 3, 3, "01 10 11"),
    ("SB, one SeqCst fence", "W.rlx x 1; F.sc; R.rlx y | W.rlx y 1; R.rlx x", 4, 5, "00 01 10 11"),
    ("SB, fence beside SeqCst", "W.rlx x 1; F.sc; R.rlx y | W.sc y 1; R.sc x", 3, 3, "01 10 11"),
    ("SB, swaps", "X.ar x 1; R.acq y | X.ar y 1; R.acq x", 4, 5, "0000 0001 0100 0101"),
    ("MP, relaxed", "W.rlx x 1; W.rlx y 1 | R.rlx y; R.rlx x", 4, 4, "00 01 10 11"),
    ("MP, release and acquire", "W.rlx x 1; W.rel y 1 | R.acq y; R.rlx x", 3, 3, "00 01 11"),
    ("MP, release alone", "W.rlx x 1; W.rel y 1 | R.rlx y; R.rlx x", 4, 4, "00 01 10 11"),
    ("MP, acquire alone", "W.rlx x 1; W.rlx y 1 | R.acq y; R.rlx x", 4, 4, "00 01 10 11"),
    ("MP, fences", "W.rlx x 1; F.rel; W.rlx y 1 | R.rlx y; F.acq; R.rlx x", 3, 3, "00 01 11"),
    ("MP, release fence only", "W.rlx x 1; F.rel; W.rlx y 1 | R.rlx y; R.rlx x", 4, 4, "00 01 10 11"),
    ("MP, release and acquire fence", "W.rlx x 1; W.rel y 1 | R.rlx y; F.acq; R.rlx x", 3, 3, "00 01 11"),
    ("MP, SeqCst", "W.sc x 1; W.sc y 1 | R.sc y; R.sc x", 3, 3, "00 01 11"),
    ("LB, relaxed", "R.rlx x; W.rlx y 1 | R.rlx y; W.rlx x 1", 3, 3, "00 01 10"),
    ("LB, acquire", "R.acq x; W.rlx y 1 | R.rlx y; W.rel x 1", 3, 3, "00 01 10"),
    (
        "IRIW, relaxed",
        "W.rlx x 1 | W.rlx y 1 | R.rlx x; R.rlx y | R.rlx y; R.rlx x",
        16,
        17,
        "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111",
    ),
    (
        "IRIW, release and acquire",
        "W.rel x 1 | W.rel y 1 | R.acq x; R.acq y | R.acq y; R.acq x",
        16,
        17,
        "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111",
    ),
    (
        "IRIW, SeqCst",
        "W.sc x 1 | W.sc y 1 | R.sc x; R.sc y | R.sc y; R.sc x",
        15,
        15,
        "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111",
    ),
    (
        "IRIW, SeqCst fences",
        "W.rlx x 1 | W.rlx y 1 | R.rlx x; F.sc; R.rlx y | R.rlx y; F.sc; R.rlx x",
        15,
        15,
        "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1011 1100 1101 1110 1111",
    ),
    (
        "IRIW, acquire first",
        "W.sc x 1 | W.sc y 1 | R.acq x; R.sc y | R.acq y; R.sc x",
        16,
        17,
        "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111",
    ),
    ("2+2W, relaxed", "W.rlx x 1; W.rlx y 2 | W.rlx y 1; W.rlx x 2", 4, 5, "11 12 21 22"),
    ("2+2W, release", "W.rel x 1; W.rel y 2 | W.rel y 1; W.rel x 2", 4, 5, "11 12 21 22"),
    ("2+2W, SeqCst", "W.sc x 1; W.sc y 2 | W.sc y 1; W.sc x 2", 3, 3, "12 21 22"),
    ("2+2W, SeqCst fences", "W.rlx x 1; F.sc; W.rlx y 2 | W.rlx y 1; F.sc; W.rlx x 2", 3, 3, "12 21 22"),
    ("CoRR", "W.rlx x 1 | R.rlx x; R.rlx x", 3, 3, "00 01 11"),
    (
        "CoRR, two writers",
        "W.rlx x 1 | W.rlx x 2 | R.rlx x; R.rlx x",
        12,
        12,
        "001 002 011 012 021 022 111 112 122 211 221 222",
    ),
    (
        "CoRR, two readers",
        "W.rlx x 1 | R.rlx x; R.rlx x | R.rlx x; R.rlx x",
        9,
        9,
        "0000 0001 0011 0100 0101 0111 1100 1101 1111",
    ),
    ("CoWW", "W.rlx x 1; W.rlx x 2", 1, 1, "2"),
    ("CoWR", "W.rlx x 1; R.rlx x | W.rlx x 2", 3, 3, "11 12 22"),
    ("CoRW", "R.rlx x; W.rlx x 1 | W.rlx x 2", 3, 3, "01 02 21"),
    ("CoRW, two", "R.rlx x; W.rlx x 1 | R.rlx x; W.rlx x 2", 4, 4, "001 002 012 201"),
    (
        "WRC, relaxed",
        "W.rlx x 1 | R.rlx x; W.rlx y 1 | R.rlx y; R.rlx x",
        8,
        8,
        "000 001 010 011 100 101 110 111",
    ),
    (
        "WRC, release and acquire",
        "W.rel x 1 | R.acq x; W.rel y 1 | R.acq y; R.rlx x",
        7,
        7,
        "000 001 010 011 100 101 111",
    ),
    (
        "WRC, relaxed first read",
        "W.rel x 1 | R.rlx x; W.rel y 1 | R.acq y; R.rlx x",
        7,
        7,
        "000 001 010 011 100 101 111",
    ),
    (
        "release sequence by fetch_add",
        "W.rlx x 1; W.rel y 1 | A.rlx y 1 | R.acq y; R.rlx x",
        9,
        9,
        "0001 0011 0101 0111 1002 1012 1112 1212",
    ),
    (
        "release sequence by compare-exchange",
        "W.rlx x 1; W.rel y 1 | C.rlx.rlx y 1 2 | R.acq y; R.rlx x",
        7,
        9,
        "0001 0011 0111 1002 1012 1112 1212",
    ),
    (
        "release sequence broken by another store",
        "W.rlx x 1; W.rel y 1 | W.rlx y 2 | R.acq y; R.rlx x",
        10,
        11,
        "001 002 011 012 111 112 201 202 211 212",
    ),
    (
        "release sequence broken by an own store",
        "W.rlx x 1; W.rel y 1; W.rlx y 2 | R.acq y; R.rlx x",
        5,
        5,
        "002 012 112 202 212",
    ),
    ("fetch_add loses nothing", "A.rlx x 1 | A.rlx x 1 | A.rlx x 1", 6, 6, "0123 0213 1023 1203 2013 2103"),
    ("fetch_add beside a store", "A.rlx x 1 | W.rlx x 5", 2, 2, "05 56"),
    ("compare-exchange once", "C.rlx.rlx x 0 1 | C.rlx.rlx x 0 2", 2, 2, "011 202"),
    (
        "compare-exchange fails on an old value",
        "W.rlx x 1; W.rlx y 1 | R.acq y; C.rlx.rlx x 1 2",
        4,
        4,
        "001 012 101 112",
    ),
    ("S, relaxed", "W.rlx x 2; W.rlx y 1 | R.rlx y; W.rlx x 1", 4, 4, "01 02 11 12"),
    ("S, release and acquire", "W.rlx x 2; W.rel y 1 | R.acq y; W.rlx x 1", 3, 3, "01 02 11"),
    ("R, release and acquire", "W.rel x 1; W.rel y 1 | W.rel y 2; R.acq x", 4, 5, "01 02 11 12"),
    ("R, SeqCst", "W.sc x 1; W.sc y 1 | W.sc y 2; R.sc x", 3, 3, "01 11 12"),
    ("R, SeqCst fences", "W.rlx x 1; F.sc; W.rlx y 1 | W.rlx y 2; F.sc; R.rlx x", 3, 3, "01 11 12"),
    ("R, release store between", "W.sc x 1; W.rel y 1 | W.sc y 2; R.sc x", 4, 5, "01 02 11 12"),
    (
        "ISA2, release and acquire",
        "W.rlx x 1; W.rel y 1 | R.acq y; W.rel z 1 | R.acq z; R.rlx x",
        7,
        7,
        "000 001 010 011 100 101 111",
    ),
    (
        "ISA2, relaxed middle",
        "W.rlx x 1; W.rel y 1 | R.rlx y; W.rlx z 1 | R.acq z; R.rlx x",
        8,
        8,
        "000 001 010 011 100 101 110 111",
    ),
    // Lahav et al. 2017, figures 1 and 4: sequentially consistent accesses do not follow happens-before through others.
    (
        "Z6",
        "W.sc x 1; W.rel y 1 | A.sc y 1; R.rlx y | W.sc y 3; R.sc x",
        24,
        31,
        "0101 0103 0111 0113 0301 0303 0311 0313 1202 1203 1212 1213 1303 1313 3101 3111 3401 3404 3411 3414",
    ),
    (
        "Z6, ordered through another variable",
        "W.sc x 1; W.rel y 1 | R.acq y; W.sc z 1 | W.sc z 2; R.sc x",
        7,
        7,
        "001 002 011 012 101 111 112",
    ),
    (
        "W+RWC, SeqCst fences",
        "W.rlx x 1; W.rel y 1 | R.acq y; F.sc; R.rlx z | W.rlx z 1; F.sc; R.rlx x",
        7,
        7,
        "000 001 010 011 101 110 111",
    ),
    ("RWC, SeqCst", "W.sc x 1 | R.sc x; R.sc y | W.sc y 1; R.sc x", 7, 7, "000 001 010 011 101 110 111"),
    (
        "RWC, acquire",
        "W.rel x 1 | R.acq x; R.acq y | W.rel y 1; R.acq x",
        8,
        9,
        "000 001 010 011 100 101 110 111",
    ),
    (
        "RWC, SeqCst fences",
        "W.rlx x 1 | R.rlx x; F.sc; R.rlx y | W.rlx y 1; F.sc; R.rlx x",
        7,
        7,
        "000 001 010 011 101 110 111",
    ),
];

#[test]
fn rows() {
    let mut wrong = Vec::new();
    for (name, text, graphs, executions, outcomes) in ROWS {
        let program = Program::parse(text);
        let expected: BTreeSet<String> = outcomes.split_whitespace().map(str::to_owned).collect();
        let seen = engine::explore(&program);
        let predicted = axioms::predict(&program);
        let shown = seen.outcomes.iter().cloned().collect::<Vec<_>>().join(" ");
        println!("| {name} | `{}` | {graphs} | {executions} | {shown} |", text.replace('|', "\\|"));
        if seen.outcomes != expected || predicted.outcomes != expected {
            wrong.push(format!("{name}: {text}\n  engine {shown}\n  axioms {:?}", predicted.outcomes));
        }
        if seen.explored.executions != *executions || predicted.graphs != *graphs {
            wrong.push(format!(
                "{name}: {} executions and {} in vain for {} graphs",
                seen.explored.executions, seen.explored.redundant, predicted.graphs
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Random schedules show overwritten values, too.
#[test]
fn random_schedules_show_the_same() {
    for (name, text, .., outcomes) in ROWS.iter().filter(|(_, text, ..)| text.split('|').count() == 2) {
        let expected: BTreeSet<String> = outcomes.split_whitespace().map(str::to_owned).collect();
        assert_eq!(engine::sample(&Program::parse(text), 3_000), expected, "{name}");
    }
}
