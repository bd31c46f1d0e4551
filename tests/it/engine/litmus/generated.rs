//! Generated programs: what the checker shows is what the axioms allow.

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use unsnarl::{
    check::Strategy as Search,
    sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst},
};

use super::{
    axioms,
    language::{self, Op, Program},
};

fn of_loads() -> impl Strategy<Value = Ordering> {
    prop_oneof![Just(Relaxed), Just(Acquire), Just(SeqCst)]
}

fn of_stores() -> impl Strategy<Value = Ordering> {
    prop_oneof![Just(Relaxed), Just(Release), Just(SeqCst)]
}

fn of_updates() -> impl Strategy<Value = Ordering> {
    prop_oneof![Just(Relaxed), Just(Acquire), Just(Release), Just(AcqRel), Just(SeqCst)]
}

fn of_fences() -> impl Strategy<Value = Ordering> {
    prop_oneof![1 => Just(Acquire), 1 => Just(Release), 1 => Just(AcqRel), 2 => Just(SeqCst)]
}

/// Operations on so many variables.
fn operation(variables: usize) -> impl Strategy<Value = Op> {
    let variable = 0..variables;
    prop_oneof![
        5 => (variable.clone(), of_loads()).prop_map(|(variable, ordering)| Op::Load(variable, ordering)),
        5 => (variable.clone(), 1..3_u32, of_stores())
            .prop_map(|(variable, value, ordering)| Op::Store(variable, value, ordering)),
        1 => (variable.clone(), 3..5_u32, of_updates())
            .prop_map(|(variable, value, ordering)| Op::Swap(variable, value, ordering)),
        1 => (variable, 0..3_u32, 5..7_u32, of_updates(), of_loads())
            .prop_map(|(variable, expected, new, success, failure)| {
                Op::CompareExchange(variable, expected, new, success, failure)
            }),
        1 => of_fences().prop_map(Op::Fence),
    ]
}

fn programs(
    variables: usize,
    threads: std::ops::Range<usize>,
    operations: std::ops::Range<usize>,
) -> impl Strategy<Value = Program> {
    proptest::collection::vec(proptest::collection::vec(operation(variables), operations), threads)
}

fn compare(program: &Program) -> Result<(), TestCaseError> {
    let (allowed, graphs) = axioms::outcomes(program);
    let (shown, explored) = language::outcomes(program, Search::Exhaustive);
    let missing: Vec<_> = allowed.difference(&shown).collect();
    let forbidden: Vec<_> = shown.difference(&allowed).collect();
    prop_assert!(missing.is_empty(), "not shown: {:?}", missing);
    prop_assert!(forbidden.is_empty(), "not allowed: {:?}", forbidden);
    // Where stale values are seen, some graphs are executed more than once.
    prop_assert!(explored.executions >= graphs as u64, "{} of {graphs} graphs", explored.executions);
    Ok(())
}

/// The same programs in every ordinary run; more, and new ones, with `UNSNARL_CASES`.
fn run(
    usual: u32,
    programs: impl Strategy<Value = Program>,
    check: impl Fn(&Program) -> Result<(), TestCaseError>,
) {
    let asked = std::env::var("UNSNARL_CASES").ok().and_then(|cases| cases.parse().ok());
    let config = ProptestConfig {
        cases: asked.unwrap_or(usual),
        max_shrink_iters: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    };
    let result = runner.run(&programs, |program| check(&program));
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn two_threads_on_two_variables() {
    run(400, programs(2, 2..3, 1..5), compare);
}

#[test]
fn three_threads_on_two_variables() {
    run(150, programs(2, 3..4, 1..4), compare);
}

#[test]
fn three_threads_on_three_variables() {
    run(100, programs(3, 3..4, 1..4), compare);
}

#[test]
fn four_threads_of_two_operations() {
    run(60, programs(2, 4..5, 1..3), compare);
}

#[test]
fn all_interleavings_show_no_more() {
    run(60, programs(2, 2..4, 1..3), |program| {
        let (reduced, _) = language::outcomes(program, Search::Exhaustive);
        let (all, _) = language::outcomes(program, Search::BruteForce);
        prop_assert_eq!(reduced, all);
        Ok(())
    });
}

/// Programs in which the checker once left something out.
#[test]
fn programs_that_were_wrong_once() {
    let compare_exchange = |variable, expected| Op::CompareExchange(variable, expected, 5, Relaxed, Relaxed);
    let (load, store) =
        (|variable| Op::Load(variable, Relaxed), |variable, value| Op::Store(variable, value, Relaxed));
    let programs = [
        vec![
            vec![load(1), load(0)],
            vec![store(0, 2), store(1, 1), store(0, 1)],
            vec![compare_exchange(0, 1)],
        ],
        vec![
            vec![store(1, 1), store(0, 1)],
            vec![compare_exchange(0, 0), compare_exchange(1, 0)],
            vec![load(1)],
        ],
        vec![
            vec![compare_exchange(0, 0)],
            vec![Op::Swap(0, 3, Relaxed), store(0, 2)],
            vec![compare_exchange(0, 2)],
            vec![load(0)],
        ],
        vec![vec![load(1), load(0)], vec![load(1), load(0), store(0, 1)], vec![store(0, 1), store(1, 1)]],
    ];
    for program in &programs {
        compare(program).unwrap_or_else(|error| panic!("{program:?}: {error}"));
    }
}
