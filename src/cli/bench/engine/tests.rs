//! What is worked out of measurements, on measurements that are made up.

use serde_json::{Value, json};

use super::{
    document::{Compared, Summary},
    measured::{Measured, PerEngine, Program, Row},
    tables,
};
use crate::check::{EngineName, FindingKind};

fn program(name: &str, expected: Option<u64>, expected_finding: Option<FindingKind>) -> Program {
    Program { name: name.to_owned(), expected, expected_finding, hopeless: Vec::new() }
}

fn ended(executions: u64, seconds: f64) -> Measured {
    Measured { finished: true, executions, seconds, ..Measured::default() }
}

fn cut(executions: u64, seconds: f64) -> Measured {
    Measured { finished: false, ..ended(executions, seconds) }
}

fn row(program: Program, unsnarl: Measured, loom: Measured, shuttle: Measured) -> Row {
    let searched = PerEngine { unsnarl: Some(unsnarl), loom: Some(loom), shuttle: Some(shuttle) };
    Row { program, searched, random: PerEngine::default() }
}

/// Equal but for rounding.
#[track_caller]
fn close(found: Option<f64>, expected: f64) {
    assert!(found.is_some_and(|found| (found - expected).abs() < 1e-9), "{found:?}, not {expected}");
}

#[test]
fn means_are_of_the_programs_that_both_ended() {
    let deadlock = Some(FindingKind::Deadlock);
    let finds = |measured| Measured { finding: deadlock, ..measured };
    let rows = [
        row(program("twice", None, None), ended(1, 1.0), ended(9, 2.0), ended(9, 1.0)),
        row(program("eight times", None, None), ended(1, 1.0), ended(9, 8.0), cut(9, 10.0)),
        row(program("loom is cut", None, None), ended(1, 1.0), cut(9, 100.0), cut(9, 10.0)),
        row(program("loom misses", None, deadlock), finds(ended(1, 1.0)), ended(9, 100.0), cut(9, 10.0)),
        row(program("we miss", None, deadlock), ended(1, 1.0), finds(ended(9, 100.0)), cut(9, 10.0)),
    ];
    let summary = Summary::of(&rows);
    close(summary.geomean_speedup_vs_loom, 4.0);
    assert_eq!((summary.programs_vs_loom, summary.programs_vs_shuttle), (2, 1));
    close(summary.geomean_speedup_vs_shuttle, 1.0);
    assert_eq!(summary.geomean_rate_vs_shuttle, None);
    let bounds = rows.iter().map(|row| Some(json!(row.ratio(EngineName::Loom)?.bound)));
    assert_eq!(
        bounds.collect::<Vec<_>>(),
        [Some(json!("exact")), Some(json!("exact")), Some(json!("at_least")), None, None]
    );
}

#[test]
fn rates_are_executions_in_the_same_time() {
    let mut row = row(program("any", None, None), ended(1, 1.0), ended(1, 1.0), ended(1, 1.0));
    assert_eq!(row.rate_vs_shuttle(), None);
    row.random = PerEngine { unsnarl: Some(cut(900, 0.5)), loom: None, shuttle: Some(cut(100, 0.25)) };
    close(row.rate_vs_shuttle(), 4.5);
    let one = std::slice::from_ref(&row);
    close(Summary::of(one).geomean_rate_vs_shuttle, 4.5);
    // Who finds something in a correct program did not run on.
    row.random.shuttle = Some(Measured { finding: Some(FindingKind::Panic), ..cut(100, 0.25) });
    assert_eq!(row.rate_vs_shuttle(), None);
}

#[test]
fn counts_are_compared_where_the_search_ended() {
    let any = || ended(1, 1.0);
    let rows = [
        row(program("right", Some(6), None), ended(6, 1.0), any(), any()),
        row(program("wrong", Some(6), None), Measured { redundant: 3, ..ended(5, 1.0) }, any(), any()),
        row(program("cut", Some(6), None), cut(2, 1.0), any(), any()),
        row(program("unknown", None, None), ended(7, 1.0), any(), any()),
    ];
    let summary = Summary::of(&rows);
    assert_eq!(summary.counts_as_expected, 1);
    assert_eq!(summary.counts_not_as_expected, ["wrong"]);
    assert_eq!(summary.with_redundant, ["wrong"]);
    let table = tables::terminal(&rows);
    assert!(table.contains("5 + 3 ≠ 6"), "{table}");
    assert!(table.contains("1 of 2 programs whose number of traces is known"), "{table}");
}

#[test]
fn a_program_of_the_document_has_ours_beside_its_name() {
    let ours =
        Measured { redundant: 2, steps: Some(40), peak_memory_bytes: Some(3_000_000), ..ended(6, 0.5) };
    let row = row(program("any", Some(6), None), ours, ended(18, 2.0), cut(70, 10.0));
    let document: Value = serde_json::to_value(Compared::new(&row)).expect("plain data");
    assert_eq!(document["program"], "any");
    assert_eq!((&document["expected"], &document["executions"]), (&json!(6), &json!(6)));
    assert_eq!((&document["redundant"], &document["seconds"]), (&json!(2), &json!(0.5)));
    // What was begun in vain counts as work.
    assert_eq!(document["executions_per_second"], 16.0);
    assert_eq!(
        (&document["steps_per_second"], &document["peak_memory_bytes"]),
        (&json!(80.0), &json!(3_000_000))
    );
    assert_eq!(document["unsnarl"]["steps"], 40);
    assert_eq!(document["loom"]["executions_per_second"], 9.0);
    assert_eq!(document["loom_ratio"], json!({ "bound": "exact", "executions": 18.0 / 8.0, "seconds": 4.0 }));
    assert_eq!(document["shuttle_ratio"]["bound"], "at_least");
}

#[test]
fn who_refuses_is_named_once_for_each_reason() {
    let refused = || Measured { note: Some("five threads at most".to_owned()), ..Measured::default() };
    let one = |name: &str| row(program(name, None, None), ended(1, 1.0), refused(), ended(1, 1.0));
    let table = tables::terminal(&["a", "b", "c", "d", "e"].map(one));
    assert!(table.ends_with("\nloom, a, b, c and 2 more: five threads at most\n"), "{table}");
}
