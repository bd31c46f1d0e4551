//! Histories, and the search for a sequential order.

use std::fmt::Write as _;

use super::Specification;

/// An operation that has returned.
#[derive(Clone, Debug)]
pub struct Completed<R> {
    /// Which thread called it.
    pub thread: usize,
    /// Which of the thread's operations it is.
    pub operation: usize,
    /// The time of the call. An operation that returned at a smaller time comes before this one.
    pub called: usize,
    /// The time of the return.
    pub returned: usize,
    /// What it returned.
    pub response: R,
}

/// Whether some order of the completed operations is allowed by the specification and keeps the order of those that did
/// not overlap.
#[must_use]
pub fn is_linearizable<S: Specification>(
    threads: &[Vec<S::Operation>],
    history: &[Completed<S::Response>],
) -> bool {
    let mut taken = vec![false; history.len()];
    extend::<S>(threads, history, &mut taken, history.len(), &S::default())
}

fn extend<S: Specification>(
    threads: &[Vec<S::Operation>],
    history: &[Completed<S::Response>],
    taken: &mut [bool],
    left: usize,
    state: &S,
) -> bool {
    if left == 0 {
        return true;
    }
    for at in 0..history.len() {
        // Only an operation before whose call no other remaining one had returned can be next.
        let next = &history[at];
        let waits = |(other, completed): (usize, &Completed<S::Response>)| {
            !taken[other] && other != at && completed.returned < next.called
        };
        if taken[at] || history.iter().enumerate().any(waits) {
            continue;
        }
        let mut after = state.clone();
        if after.apply(&threads[next.thread][next.operation]) != next.response {
            continue;
        }
        taken[at] = true;
        if extend::<S>(threads, history, taken, left - 1, &after) {
            return true;
        }
        taken[at] = false;
    }
    false
}

/// The history in one line, by time of return.
pub(super) fn describe<S: Specification>(
    threads: &[Vec<S::Operation>],
    history: &[Completed<S::Response>],
) -> String {
    let mut order: Vec<&Completed<S::Response>> = history.iter().collect();
    order.sort_by_key(|completed| completed.returned);
    let mut text = String::new();
    for completed in order {
        let operation = &threads[completed.thread][completed.operation];
        let separator = if text.is_empty() { "" } else { "; " };
        // Writing to a string does not fail.
        let _ =
            write!(text, "{separator}thread {} {operation:?} -> {:?}", completed.thread, completed.response);
    }
    text
}
