//! The ends of channels against brute force: generated programs whose threads have senders and receivers of their own, and
//! drop them when they like.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use proptest::prelude::*;
use unsnarl::{
    channel,
    check::{Checker, FindingKind, Strategy as Search, Verdict},
    parking_lot::Mutex,
    thread,
};

use super::brute_force::{config, runner_with};

#[derive(Clone, Copy, Debug)]
enum Action {
    Lock,
    Send,
    TrySend,
    Recv,
    TryRecv,
    DropSender,
    DropReceiver,
}

type Program = Vec<Vec<Action>>;
type Outcomes = BTreeSet<Vec<Vec<u32>>>;

fn run(
    actions: &[Action],
    count: &Mutex<u32>,
    ends: (channel::Sender<u32>, channel::Receiver<u32>),
) -> Vec<u32> {
    let (mut sender, mut receiver) = (Some(ends.0), Some(ends.1));
    let mut log = Vec::new();
    for action in actions {
        let message = log.len() as u32;
        match (action, &sender, &receiver) {
            (Action::Lock, ..) => {
                let mut count = count.lock();
                *count += 1;
                log.push(*count);
            }
            (Action::Send, Some(sender), _) => log.push(10 + u32::from(sender.send(message).is_ok())),
            (Action::TrySend, Some(sender), _) => log.push(20 + u32::from(sender.try_send(message).is_ok())),
            (Action::Recv, _, Some(receiver)) => {
                log.push(receiver.recv().map_or(1_000, |message| 30 + message))
            }
            (Action::TryRecv, _, Some(receiver)) => log.push(match receiver.try_recv() {
                Ok(message) => 40 + message,
                Err(channel::TryRecvError::Empty) => 2_000,
                Err(channel::TryRecvError::Disconnected) => 3_000,
            }),
            (Action::DropSender, ..) => sender = None,
            (Action::DropReceiver, ..) => receiver = None,
            _ => {}
        }
    }
    log
}

fn explore(program: &Program, capacity: usize, search: Search) -> (Verdict, Outcomes) {
    let outcomes = Arc::new(StdMutex::new(Outcomes::new()));
    let (program, seen) = (program.clone(), Arc::clone(&outcomes));
    let brute = search == Search::BruteForce;
    let verdict = Checker::new("ends")
        .strategy(search)
        .regressions(false)
        .shrink(false)
        .spurious_wakeups(0)
        .max_time(Duration::from_secs(if brute { 2 } else { 60 }))
        .run(move || {
            let (sender, receiver) = channel::bounded(capacity);
            let count = Arc::new(Mutex::new(0));
            let handles: Vec<_> = program
                .iter()
                .map(|actions| {
                    let (actions, count) = (actions.clone(), Arc::clone(&count));
                    let ends = (sender.clone(), receiver.clone());
                    thread::spawn(move || run(&actions, &count, ends))
                })
                .collect();
            drop((sender, receiver));
            let logs: Vec<_> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
            seen.lock().unwrap().insert(logs);
        });
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    (verdict, outcomes)
}

fn kind(verdict: &Verdict) -> Option<FindingKind> {
    assert!(!matches!(verdict, Verdict::Fault { .. } | Verdict::Inconclusive { .. }), "{verdict:?}");
    verdict.finding().map(|finding| finding.kind)
}

fn compare(program: &Program, capacity: usize) -> Result<(), TestCaseError> {
    let (brute, brute_outcomes) = explore(program, capacity, Search::BruteForce);
    if brute.pass().is_some_and(|pass| !pass.is_complete()) {
        // Too large for brute force; nothing can be said.
        return Ok(());
    }
    let (verdict, outcomes) = explore(program, capacity, Search::Exhaustive);
    prop_assert_eq!(kind(&verdict), kind(&brute));
    if brute.pass().is_some() {
        prop_assert_eq!(outcomes, brute_outcomes);
        let (few, many) = (verdict.explored().unwrap(), brute.explored().unwrap());
        prop_assert!(few.executions <= many.executions);
        prop_assert_eq!(few.redundant, 0, "in vain");
    }
    Ok(())
}

fn programs() -> impl Strategy<Value = (Program, usize)> {
    let action = prop_oneof![
        2 => Just(Action::Lock),
        2 => Just(Action::Send),
        1 => Just(Action::TrySend),
        2 => Just(Action::Recv),
        2 => Just(Action::TryRecv),
        3 => Just(Action::DropSender),
        2 => Just(Action::DropReceiver),
    ];
    let program = proptest::collection::vec(proptest::collection::vec(action, 1..5), 2..4);
    (program, 1..3_usize)
}

#[test]
fn programs_whose_threads_drop_their_ends() {
    let result = runner_with(config()).run(&programs(), |(program, capacity)| compare(&program, capacity));
    result.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn which_sender_is_the_last_is_a_matter_of_order() {
    // Only the last one's end was a step, and the other order of the locks was not looked at.
    let program =
        vec![vec![Action::Lock, Action::DropSender], vec![Action::DropSender, Action::Lock], vec![]];
    compare(&program, 1).unwrap();
    let (verdict, outcomes) = explore(&program, 1, Search::Exhaustive);
    assert_eq!((verdict.explored().unwrap().executions, outcomes.len()), (2, 2));
}
