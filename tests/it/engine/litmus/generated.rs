//! Generated programs: the engine against the axioms, and the reduced search against brute force.

use std::sync::atomic::Ordering;

use proptest::prelude::*;
use unsnarl::check::Strategy as Search;

use super::{
    axioms, engine,
    language::{Action, Program},
};
use crate::engine::brute_force::{config, runner_with};

fn load_ordering() -> impl Strategy<Value = Ordering> {
    prop_oneof![Just(Ordering::Relaxed), Just(Ordering::Acquire), Just(Ordering::SeqCst)]
}

fn store_ordering() -> impl Strategy<Value = Ordering> {
    prop_oneof![Just(Ordering::Relaxed), Just(Ordering::Release), Just(Ordering::SeqCst)]
}

fn any_ordering() -> impl Strategy<Value = Ordering> {
    prop_oneof![
        Just(Ordering::Relaxed),
        Just(Ordering::Acquire),
        Just(Ordering::Release),
        Just(Ordering::AcqRel),
        Just(Ordering::SeqCst)
    ]
}

fn fence_ordering() -> impl Strategy<Value = Ordering> {
    prop_oneof![
        1 => Just(Ordering::Acquire),
        1 => Just(Ordering::Release),
        1 => Just(Ordering::AcqRel),
        3 => Just(Ordering::SeqCst)
    ]
}

fn actions(variables: usize) -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (0..variables, 1..4_u32, store_ordering()).prop_map(|(at, value, order)| Action::Store(at, value, order)),
        4 => (0..variables, load_ordering()).prop_map(|(at, order)| Action::Load(at, order)),
        1 => (0..variables, 1..4_u32, any_ordering()).prop_map(|(at, value, order)| Action::Swap(at, value, order)),
        1 => (0..variables, any_ordering()).prop_map(|(at, order)| Action::Add(at, 1, order)),
        1 => (0..variables, 0..2_u32, 1..4_u32, any_ordering(), load_ordering()).prop_map(
            |(variable, expected, new, success, failure)| Action::CompareExchange {
                variable, expected, new, success, failure
            }
        ),
        2 => fence_ordering().prop_map(Action::Fence),
    ]
}

/// Operations of which most take part in the single total order.
fn sequential(variables: usize) -> impl Strategy<Value = Action> {
    let ordering = || prop_oneof![3 => Just(Ordering::SeqCst), 1 => Just(Ordering::Relaxed)];
    prop_oneof![
        4 => (0..variables, 1..4_u32, ordering()).prop_map(|(at, value, order)| Action::Store(at, value, order)),
        4 => (0..variables, ordering()).prop_map(|(at, order)| Action::Load(at, order)),
        2 => Just(Action::Fence(Ordering::SeqCst)),
    ]
}

fn programs(
    variables: usize,
    threads: std::ops::Range<usize>,
    actions_each: std::ops::Range<usize>,
) -> impl Strategy<Value = Program> {
    programs_of(actions(variables), threads, actions_each)
}

fn programs_of(
    action: impl Strategy<Value = Action>,
    threads: std::ops::Range<usize>,
    actions_each: std::ops::Range<usize>,
) -> impl Strategy<Value = Program> {
    proptest::collection::vec(proptest::collection::vec(action, actions_each), threads).prop_map(Program)
}

/// The outcomes are those of the axioms. A program with nothing but sequentially consistent graphs has an execution for each,
/// if it has no compare-exchange, which may be taken for one that writes; the other graphs can be reached from several sides. So
/// the executions may be more than the graphs, but not fewer.
fn agrees_with_axioms(program: &Program) -> Result<(), TestCaseError> {
    let predicted = axioms::predict(program);
    let seen = engine::explore(program);
    prop_assert_eq!(&seen.outcomes, &predicted.outcomes, "engine left, axioms right: {:?}", program);
    let together = engine::explore_with(program, |checker| checker.cores(3).steps_alone(1));
    prop_assert_eq!(&together.outcomes, &predicted.outcomes, "three searches at once: {:?}", program);
    let executions = seen.explored.executions;
    let may_fail = program.0.iter().flatten().any(|action| matches!(action, Action::CompareExchange { .. }));
    if predicted.sequential == predicted.graphs && !may_fail {
        prop_assert_eq!(
            (executions, seen.explored.redundant),
            (predicted.graphs, 0),
            "executions: {:?}",
            program
        );
    } else {
        prop_assert!(
            executions >= predicted.graphs,
            "{} executions, {:?}: {:?}",
            executions,
            predicted,
            program
        );
    }
    Ok(())
}

fn agrees_with_brute_force(program: &Program) -> Result<(), TestCaseError> {
    let reduced = engine::explore(program);
    let all = engine::explore_with(program, |checker| checker.strategy(Search::BruteForce));
    prop_assert_eq!(reduced.outcomes, all.outcomes, "{:?}", program);
    Ok(())
}

#[track_caller]
fn all(
    programs: impl Strategy<Value = Program>,
    cases: u32,
    test: impl Fn(&Program) -> Result<(), TestCaseError>,
) {
    let mut config = config();
    config.cases *= cases;
    let result = runner_with(config).run(&programs, |program| test(&program));
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn two_threads_on_two_variables() {
    all(programs(2, 2..3, 1..5), 8, agrees_with_axioms);
}

#[test]
fn two_threads_on_one_variable() {
    all(programs(1, 2..3, 1..5), 4, agrees_with_axioms);
}

#[test]
fn three_threads_on_two_variables() {
    all(programs(2, 3..4, 1..4), 8, agrees_with_axioms);
}

#[test]
fn three_threads_on_three_variables() {
    all(programs(3, 3..4, 1..4), 8, agrees_with_axioms);
}

#[test]
fn mostly_sequentially_consistent_threads() {
    all(programs_of(sequential(2), 2..4, 2..4), 8, agrees_with_axioms);
}

#[test]
fn four_short_threads() {
    all(programs(2, 4..5, 1..3), 4, agrees_with_axioms);
}

#[test]
fn all_interleavings() {
    all(programs(2, 2..4, 1..3), 4, agrees_with_brute_force);
}

/// Programs in which the search once left something out.
#[test]
fn programs_that_were_wrong_once() {
    for text in [
        "C.rlx.rlx x 0 1 | C.rlx.rlx x 1 1 | R.rlx x; X.rlx x 1",
        "C.sc.sc x 0 1 | C.sc.sc x 1 1 | R.sc x; X.sc x 1",
        "C.rlx.rlx x 0 1 | W.rlx x 1 | C.rlx.rlx x 1 1 | R.rlx x; X.rlx x 1",
        "R.rlx y; R.rlx x | W.rlx x 2; W.rlx y 1; W.rlx x 1 | C.rlx.rlx x 1 5",
        "W.rlx y 1; W.rlx x 1 | C.rlx.rlx x 0 5; C.rlx.rlx y 0 5 | R.rlx y",
        "C.rlx.rlx x 0 5 | X.rlx x 3; W.rlx x 2 | C.rlx.rlx x 2 5 | R.rlx x",
        "R.rlx y; R.rlx x | R.rlx y; R.rlx x; W.rlx x 1 | W.rlx x 1; W.rlx y 1",
    ] {
        agrees_with_axioms(&Program::parse(text)).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
}

/// Their order shows in what accesses see, and in nothing else.
#[test]
fn fences_are_in_no_order_of_execution() {
    let seen = engine::explore(&Program::parse("F.sc | W.sc x 1 | F.sc"));
    assert_eq!(seen.explored.executions, 1);
}
