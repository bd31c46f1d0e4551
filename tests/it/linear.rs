//! Linearizability: correct objects pass, broken ones are found, and the search agrees with all permutations.

use std::collections::VecDeque;

use proptest::prelude::*;
use unsnarl::{
    check::{Checker, FindingKind},
    linear::{self, Completed, Specification, is_linearizable},
    parking_lot::Mutex,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

#[derive(Clone, Debug, PartialEq)]
enum Call {
    Push(u32),
    Pop,
}

#[derive(Clone, Default)]
struct Queue(VecDeque<u32>);

impl Specification for Queue {
    type Operation = Call;
    type Response = Option<u32>;

    fn apply(&mut self, call: &Call) -> Option<u32> {
        match call {
            Call::Push(value) => {
                self.0.push_back(*value);
                None
            }
            Call::Pop => self.0.pop_front(),
        }
    }
}

fn calls() -> Vec<Vec<Call>> {
    vec![vec![Call::Push(1), Call::Pop], vec![Call::Push(2), Call::Pop]]
}

#[test]
fn a_queue_behind_a_lock_is_linearizable() {
    let verdict = linear::check::<Queue, _>(
        &Checker::new("queue").regressions(false),
        calls(),
        || Mutex::new(VecDeque::new()),
        |queue, call| match call {
            Call::Push(value) => {
                queue.lock().push_back(*value);
                None
            }
            Call::Pop => queue.lock().pop_front(),
        },
    );
    let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:?}"));
    assert!(pass.is_complete() && pass.explored.executions > 10, "{pass:?}");
}

#[test]
fn a_queue_that_looks_and_takes_under_two_locks_is_not() {
    let verdict = linear::check::<Queue, _>(
        &Checker::new("queue").regressions(false),
        calls(),
        || (Mutex::new(VecDeque::new()), AtomicUsize::new(0)),
        |(queue, len), call| match call {
            Call::Push(value) => {
                queue.lock().push_back(*value);
                len.fetch_add(1, SeqCst);
                None
            }
            Call::Pop if len.load(SeqCst) == 0 => None,
            Call::Pop => {
                len.fetch_sub(1, SeqCst);
                // The last in, not the first: wrong as soon as two are there.
                queue.lock().pop_back()
            }
        },
    );
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
    assert_eq!(finding.kind, FindingKind::NotLinearizable);
    assert!(finding.title.contains("Push(1)"), "{finding}");
}

proptest! {
    /// The search against trying every permutation.
    #[test]
    fn agrees_with_all_permutations(
        rows in proptest::collection::vec((any::<bool>(), 0u32..2, 0usize..4, 0usize..3, proptest::option::of(0u32..2)), 1..5),
    ) {
        let threads: Vec<Vec<Call>> = rows
            .iter()
            .map(|(push, value, ..)| vec![if *push { Call::Push(*value) } else { Call::Pop }])
            .collect();
        let history: Vec<Completed<Option<u32>>> = rows
            .iter()
            .enumerate()
            .map(|(thread, (push, _, called, length, response))| Completed {
                thread,
                operation: 0,
                called: *called,
                returned: called + length,
                response: if *push { None } else { *response },
            })
            .collect();
        prop_assert_eq!(is_linearizable::<Queue>(&threads, &history), some_order(&threads, &history, &mut Vec::new()));
    }
}

fn some_order(threads: &[Vec<Call>], history: &[Completed<Option<u32>>], order: &mut Vec<usize>) -> bool {
    if order.len() == history.len() {
        let mut queue = Queue::default();
        let keeps_time = order.iter().enumerate().all(|(at, one)| {
            order[at + 1..].iter().all(|later| history[*later].returned >= history[*one].called)
        });
        return keeps_time && order.iter().all(|at| queue.apply(&threads[*at][0]) == history[*at].response);
    }
    (0..history.len()).any(|next| {
        if order.contains(&next) {
            return false;
        }
        order.push(next);
        let found = some_order(threads, history, order);
        order.pop();
        found
    })
}
