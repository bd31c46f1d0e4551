//! Lock-free queues for a checker that knows none: each operation on the real queue is one critical section.

use crate::backend::{QueueCounts, RawMutex};
use crate::parking_lot::lock_api::RawMutex as _;

/// What a model sees of a queue; the values are in the real one, which its owner keeps beside it.
pub(crate) struct PortableQueue {
    turn: RawMutex,
}

impl PortableQueue {
    pub(crate) const fn new() -> Self {
        PortableQueue { turn: RawMutex::INIT }
    }

    pub(crate) fn set_name(&mut self, _name: &'static str) {}

    #[track_caller]
    fn alone<R>(&self, act: impl FnOnce() -> R) -> R {
        self.turn.lock();
        let result = act();
        // SAFETY: locked above; `act` is an operation of a crossbeam queue, which does not panic.
        unsafe { self.turn.unlock() };
        result
    }

    #[track_caller]
    pub(crate) fn push<R>(
        &self,
        _counts: impl Fn() -> QueueCounts,
        _forced: bool,
        act: impl FnOnce() -> R,
    ) -> R {
        self.alone(act)
    }

    #[track_caller]
    pub(crate) fn pop<R>(&self, _counts: impl Fn() -> QueueCounts, act: impl FnOnce() -> R) -> R {
        self.alone(act)
    }

    #[track_caller]
    pub(crate) fn look<R>(&self, _counts: impl Fn() -> QueueCounts, act: impl FnOnce() -> R) -> R {
        self.alone(act)
    }

    /// Nobody comes between here.
    #[track_caller]
    pub(crate) fn steal<R>(&self, _counts: impl Fn() -> QueueCounts, act: impl FnOnce() -> R) -> Option<R> {
        Some(self.alone(act))
    }

    pub(crate) fn changed(&mut self, _counts: impl Fn() -> QueueCounts) {}
}
