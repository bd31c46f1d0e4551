//! Runs litmus programs on the facade, under the checker.

use std::{
    collections::BTreeSet,
    sync::{Arc as StdArc, Mutex as StdMutex},
};

use unsnarl::{
    check::{Checker, Explored, Strategy, Verdict},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst, fence},
    },
    thread,
};

use super::language::{Action, Program};

/// What the executions of a program came to, and how many they were.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) outcomes: BTreeSet<String>,
    pub(super) is_complete: bool,
    pub(super) explored: Explored,
}

/// Explores the program completely in the ordinary way.
pub(super) fn explore(program: &Program) -> Seen {
    let seen = explore_with(program, |checker| checker);
    assert!(seen.is_complete, "{program:?}: {seen:?}");
    seen
}

/// The outcomes of so many random schedules.
pub(super) fn sample(program: &Program, executions: u64) -> BTreeSet<String> {
    explore_with(program, |checker| checker.strategy(Strategy::Random(1)).max_executions(executions)).outcomes
}

pub(super) fn explore_with(program: &Program, configure: impl FnOnce(Checker) -> Checker) -> Seen {
    let outcomes = StdArc::new(StdMutex::new(BTreeSet::new()));
    let (own, seen) = (program.clone(), StdArc::clone(&outcomes));
    let checker = Checker::new("litmus")
        .strategy(Strategy::Exhaustive)
        .regressions(false)
        // All operations stand at one place of this file, which may read an old value as often as it likes.
        .stale_reads(u32::MAX)
        .max_time(std::time::Duration::from_secs(60));
    let verdict = configure(checker).run(move || {
        let outcome = execute(&own);
        seen.lock().unwrap().insert(outcome);
    });
    let Verdict::Pass(pass) = verdict else { panic!("{program:?}: {verdict:?}") };
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    Seen { outcomes, is_complete: pass.is_complete(), explored: pass.explored }
}

fn execute(program: &Program) -> String {
    let variables: Arc<[AtomicU32; 3]> = Arc::default();
    let handles: Vec<_> = program
        .0
        .iter()
        .map(|actions| {
            let (actions, variables) = (actions.clone(), Arc::clone(&variables));
            thread::spawn(move || {
                actions.into_iter().filter_map(|action| perform(&*variables, action)).collect::<Vec<_>>()
            })
        })
        .collect();
    let registers: Vec<u32> = handles.into_iter().flat_map(|handle| handle.join().unwrap()).collect();
    // All stores happen before these loads, so each shows the last one in modification order.
    let last: Vec<u32> =
        variables[..program.variables()].iter().map(|variable| variable.load(SeqCst)).collect();
    program.outcome(registers, &last)
}

/// The value that it read, if it reads.
fn perform(variables: &[AtomicU32], action: Action) -> Option<u32> {
    match action {
        Action::Store(at, value, ordering) => {
            variables[at].store(value, ordering);
            None
        }
        Action::Load(at, ordering) => Some(variables[at].load(ordering)),
        Action::Swap(at, value, ordering) => Some(variables[at].swap(value, ordering)),
        Action::Add(at, value, ordering) => Some(variables[at].fetch_add(value, ordering)),
        Action::CompareExchange { variable, expected, new, success, failure } => {
            let result = variables[variable].compare_exchange(expected, new, success, failure);
            Some(result.unwrap_or_else(|found| found))
        }
        Action::Fence(ordering) => {
            fence(ordering);
            None
        }
    }
}
