//! The repaired twins and the control stay silent: over all their schedules, or over 100,000 where those are too many.

use std::time::Duration;

use bugs::{Oracle, Program, programs};
use unsnarl::{
    check::{Checker, Pass, Strategy},
    thread,
};

/// How many schedules are sampled of a program that has too many.
const SAMPLED: u64 = 100_000;

/// Programs that have too many schedules to run them all: those with many threads, and those with loops.
const MANY_THREADS: [&str; 4] = ["reorder_10", "reorder_20", "reorder_50", "reorder_100"];
const LOOPS: [&str; 3] = ["StateWorkStealQueue", "boundedBuffer", "SafeStack"];

/// What is to stay silent: the twin, or the control itself.
fn correct(program: &Program) -> fn(Oracle) {
    program.fixed.unwrap_or(program.buggy)
}

#[test]
fn small_ones_are_silent_in_all_schedules() {
    let is_small =
        |program: &&Program| !MANY_THREADS.contains(&program.name) && !LOOPS.contains(&program.name);
    let small: Vec<_> = programs().iter().filter(is_small).collect();
    assert_eq!(small.len(), programs().len() - MANY_THREADS.len() - LOOPS.len());
    for program in small {
        let body = correct(program);
        let checker = Checker::new(program.name).strategy(Strategy::Exhaustive).regressions(false);
        let verdict = checker.run(move || body(Oracle::Panic));
        let is_complete = verdict.pass().is_some_and(Pass::is_complete);
        assert!(is_complete, "{}: {verdict:?}", program.name);
    }
}

#[test]
fn many_threads_are_silent_in_the_sampled_schedules() {
    // At the same time, since each takes one core for long.
    thread::scope(|scope| {
        for name in MANY_THREADS {
            scope.spawn(move || sample(name));
        }
    });
}

#[test]
fn loops_are_silent_in_the_sampled_schedules() {
    LOOPS.into_iter().for_each(sample);
}

/// With the portfolio, so that every sampler looks for a bug that the repair has left.
fn sample(name: &str) {
    let body = correct(bugs::find(name).expect("a program"));
    let checker = Checker::new(name).strategy(Strategy::Portfolio(1)).max_executions(SAMPLED);
    let verdict =
        checker.max_time(Duration::from_secs(600)).regressions(false).run(move || body(Oracle::Panic));
    let schedules = verdict.pass().map(|pass| pass.explored.schedules());
    assert_eq!(schedules, Some(SAMPLED), "{name}: {verdict:?}");
}
