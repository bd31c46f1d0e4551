//! The repaired programs and the control stay silent: over all their executions, or where those are too many over a share of
//! them, in order and sampled.

use std::time::Duration;

use bugs::{Oracle, programs};
use unsnarl::check::Checker;

/// The programs whose executions are too many.
const TOO_LARGE: [&str; 8] = [
    "reorder_10",
    "reorder_20",
    "reorder_50",
    "reorder_100",
    "StateWorkStealQueue",
    "wronglock",
    "qsort_mt",
    "SafeStack",
];

#[test]
fn and_the_control() {
    for program in programs() {
        let body = program.fixed.unwrap_or(program.buggy);
        let checker = Checker::new(program.name).max_time(Duration::from_secs(2)).regressions(false);
        let verdict = checker.run(move || body(Oracle::Panic));
        let pass = verdict.pass().unwrap_or_else(|| panic!("{}: {verdict:?}", program.name));
        println!("{:<24}{:?}, {:?}", program.name, pass.explored, pass.bounds);
        let is_large = TOO_LARGE.contains(&program.name);
        assert!(is_large || pass.is_complete(), "{}: {:?}", program.name, pass.bounds);
        assert!(pass.explored.schedules() > 1, "{}: nothing was explored", program.name);
    }
}
