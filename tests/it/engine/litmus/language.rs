//! Straight-line programs on atomics, and what the checker shows of them.

use std::{
    collections::BTreeSet,
    sync::{Arc as StdArc, Mutex as StdMutex},
    time::Duration,
};

use unsnarl::{
    check::{Checker, Explored, Pass, Strategy},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering, fence},
    },
    thread,
};

/// How many variables a program can have; each begins with 0.
pub(super) const VARIABLES: usize = 3;

/// One operation of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Load(usize, Ordering),
    Store(usize, u32, Ordering),
    Swap(usize, u32, Ordering),
    /// Variable, expected, new, and the orderings of success and failure.
    CompareExchange(usize, u32, u32, Ordering, Ordering),
    Fence(Ordering),
}

pub(super) type Program = Vec<Vec<Op>>;

/// What each operation read that reads, thread by thread; then what each variable has at the end.
pub(super) type Outcome = Vec<u32>;
pub(super) type Outcomes = BTreeSet<Outcome>;

fn perform(op: Op, variables: &[AtomicU32; VARIABLES]) -> Option<u32> {
    match op {
        Op::Load(variable, ordering) => Some(variables[variable].load(ordering)),
        Op::Store(variable, value, ordering) => {
            variables[variable].store(value, ordering);
            None
        }
        Op::Swap(variable, value, ordering) => Some(variables[variable].swap(value, ordering)),
        Op::CompareExchange(variable, expected, new, success, failure) => {
            let result = variables[variable].compare_exchange(expected, new, success, failure);
            Some(result.unwrap_or_else(|found| found))
        }
        Op::Fence(ordering) => {
            fence(ordering);
            None
        }
    }
}

/// All outcomes that the checker shows.
pub(super) fn outcomes(program: &Program, strategy: Strategy) -> (Outcomes, Explored) {
    let (outcomes, pass) = run(program, Checker::new("litmus").strategy(strategy));
    assert!(pass.is_complete(), "{pass:?}");
    (outcomes, pass.explored)
}

/// The same where every load sees the newest store.
pub(super) fn outcomes_without(program: &Program) -> (Outcomes, Explored) {
    let (outcomes, pass) = run(program, Checker::new("litmus").weak_memory(false));
    (outcomes, pass.explored)
}

/// The outcomes of so many random schedules.
pub(super) fn sampled(program: &Program, executions: u64) -> Outcomes {
    run(program, Checker::new("litmus").strategy(Strategy::Random(1)).max_executions(executions)).0
}

fn run(program: &Program, checker: Checker) -> (Outcomes, Pass) {
    let (program, outcomes) = (program.clone(), StdArc::new(StdMutex::new(Outcomes::new())));
    let seen = StdArc::clone(&outcomes);
    // All operations stand at one place of this file, which may read an old value as often as it likes.
    let checker = checker.regressions(false).stale_reads(u32::MAX).max_time(Duration::from_secs(100));
    let verdict = checker.run(move || {
        let variables = Arc::new([const { AtomicU32::new(0) }; VARIABLES]);
        let threads: Vec<_> = program
            .iter()
            .map(|ops| {
                let (ops, variables) = (ops.clone(), Arc::clone(&variables));
                thread::spawn(move || {
                    ops.iter().filter_map(|op| perform(*op, &variables)).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut outcome: Outcome = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        outcome.extend(variables.iter().map(|variable| variable.load(Ordering::SeqCst)));
        seen.lock().unwrap().insert(outcome);
    });
    let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}")).clone();
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    (outcomes, pass)
}
