//! A check of a program ends as the program says: with the bug that it has, or without one.

use std::time::Duration;

use programs::{measure, measure_random, programs};

#[test]
fn bugs_are_found() {
    let buggy: Vec<_> = programs().filter(|program| program.expected_finding.is_some()).collect();
    assert!(!buggy.is_empty());
    for program in buggy {
        let measured = measure(program, Duration::from_secs(60), 1);
        assert_eq!(measured.finding, program.expected_finding, "{}: {measured:?}", program.name);
    }
}

#[test]
fn correct_programs_are_silent_in_random_schedules() {
    let correct: Vec<_> = programs().filter(|program| program.expected_finding.is_none()).collect();
    assert!(!correct.is_empty());
    for program in correct {
        let measured = measure_random(program, Duration::from_millis(50));
        assert!(measured.finding.is_none() && measured.executions > 0, "{}: {measured:?}", program.name);
    }
}
