//! How the threads stood before each step, for reports: what each held, and which operation it was about to do.
//!
//! Releases are seldom steps of their own; what a thread holds before the next step says where it gave a lock back. Nothing
//! is recorded while a search runs: a finding is replayed once with its timeline.

use std::sync::atomic::Ordering;

use super::{
    execution::World,
    object::Place,
    op::{ObjectIndex, Op, ThreadIndex},
    thread::Held,
};

/// How a thread stood.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) thread: ThreadIndex,
    pub(crate) held: Vec<Held>,
    /// The operation that it is about to do.
    pub(crate) next: Option<Op>,
    /// Woken from the condition variable that it waits on.
    pub(crate) notified: bool,
    /// Its operation cannot proceed.
    pub(crate) blocked: bool,
    pub(crate) finished: bool,
}

impl Standing {
    /// Whether a report would say the same of both.
    fn is_like(&self, other: &Standing) -> bool {
        let held = |standing: &Standing| -> Vec<_> {
            standing.held.iter().map(|held| (held.object, held.kind, held.place)).collect()
        };
        let next = |standing: &Standing| standing.next.map(|op| (op.kind, op.object, op.arg, op.place));
        (self.thread, self.notified, self.blocked, self.finished)
            == (other.thread, other.notified, other.blocked, other.finished)
            && next(self) == next(other)
            && held(self) == held(other)
    }
}

/// An access to plain memory, which is no step.
#[derive(Clone, Debug)]
pub(crate) struct PlainAccess {
    pub(crate) thread: ThreadIndex,
    pub(crate) cell: ObjectIndex,
    pub(crate) place: Place,
    /// How many steps of the execution lay before it.
    pub(crate) steps_before: usize,
    /// What the thread held.
    pub(crate) held: Vec<Held>,
}

/// What changed from one step to the next.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// How each thread stands now.
    now: Vec<Standing>,
    /// Entry n is what is different before step n + 1 from how it was before step n.
    changes: Vec<Vec<Standing>>,
    /// The orderings of atomic operations weaker than sequentially consistent, by step, in order.
    orderings: Vec<(usize, Ordering)>,
    accesses: Vec<PlainAccess>,
}

impl Timeline {
    pub(super) fn clear(&mut self) {
        self.now.clear();
        self.changes.clear();
        self.orderings.clear();
        self.accesses.clear();
    }

    /// What is different before each step; the last entry is what is different at the end.
    pub(crate) fn changes(&self) -> &[Vec<Standing>] {
        &self.changes
    }

    /// The accesses to plain memory, in order.
    pub(crate) fn accesses(&self) -> &[PlainAccess] {
        &self.accesses
    }

    /// The ordering of a step that is an atomic operation, unless that is sequentially consistent.
    pub(crate) fn weak_ordering(&self, step: usize) -> Option<Ordering> {
        let found = self.orderings.binary_search_by_key(&step, |(at, _)| *at).ok()?;
        Some(self.orderings[found].1)
    }
}

impl World {
    /// Takes down an access of the running thread to plain memory, where that is wanted.
    pub(super) fn take_down_access(&mut self, cell: ObjectIndex, place: Place) {
        let Some(mut timeline) = self.timeline.take() else { return };
        let (thread, steps_before) = (self.current, self.steps.len());
        let held = self.thread(thread).held.clone();
        timeline.accesses.push(PlainAccess { thread, cell, place, steps_before, held });
        self.timeline = Some(timeline);
    }

    /// Takes down the ordering of the atomic operation that is the last step, where that is wanted.
    pub(super) fn take_down_ordering(&mut self, ordering: Ordering) {
        let last = self.steps.len().checked_sub(1).filter(|_| ordering != Ordering::SeqCst);
        if let (Some(timeline), Some(step)) = (&mut self.timeline, last) {
            timeline.orderings.push((step, ordering));
        }
    }

    /// Takes down how the threads stand, where that is wanted.
    pub(crate) fn take_down(&mut self) {
        let Some(mut timeline) = self.timeline.take() else { return };
        let mut changed = Vec::new();
        for (index, thread) in self.threads().iter().enumerate() {
            let standing = Standing {
                thread: index,
                held: thread.held.clone(),
                next: self.pending[index],
                notified: thread.notified,
                blocked: self.pending[index].as_ref().is_some_and(|op| self.is_blocked(index, op)),
                finished: thread.finished,
            };
            match timeline.now.get_mut(index) {
                Some(before) if before.is_like(&standing) => continue,
                Some(before) => *before = standing.clone(),
                None => timeline.now.push(standing.clone()),
            }
            changed.push(standing);
        }
        timeline.changes.push(changed);
        self.timeline = Some(timeline);
    }
}
