//! Lock-free queues: each operation is a step inside a model, done on the real queue once it is chosen.

#[cfg(feature = "model")]
use std::panic::Location;

use super::identity::Identity;
use crate::backend::QueueCounts;
#[cfg(feature = "model")]
use crate::engine::{
    Handle,
    object::{Queue, State},
    op::{FORCES, ObjectIndex, Op, OpKind},
    trace::Outcome,
};

/// What a model sees of a queue; the values are in the real one, which its owner keeps beside it.
pub(crate) struct RawQueue {
    identity: Identity,
}

#[cfg_attr(
    not(feature = "model"),
    allow(unused_variables, reason = "without the engine no queue is in a model")
)]
impl RawQueue {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        RawQueue { identity: Identity::new() }
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.identity = self.identity.renamed(name);
    }

    /// Puts something in by `act`: by force, or if there is room.
    #[track_caller]
    pub(crate) fn push<R>(
        &self,
        counts: impl Fn() -> QueueCounts,
        forced: bool,
        act: impl FnOnce() -> R,
    ) -> R {
        in_model!(handle => {
            let argument = if forced { FORCES } else { 0 };
            self.step(&handle, (OpKind::Push, argument), counts, act)
        });
        act()
    }

    /// Takes something out by `act`, if there is something.
    #[track_caller]
    pub(crate) fn pop<R>(&self, counts: impl Fn() -> QueueCounts, act: impl FnOnce() -> R) -> R {
        in_model!(handle => self.step(&handle, (OpKind::Pop, 0), counts, act));
        act()
    }

    /// Looks at the queue by `act`.
    #[track_caller]
    pub(crate) fn look<R>(&self, counts: impl Fn() -> QueueCounts, act: impl FnOnce() -> R) -> R {
        in_model!(handle => self.step(&handle, (OpKind::Size, 0), counts, act));
        act()
    }

    /// Looks at the queue, and takes something out by `act`; nothing if another thread came between the two.
    #[track_caller]
    pub(crate) fn steal<R>(&self, counts: impl Fn() -> QueueCounts, act: impl FnOnce() -> R) -> Option<R> {
        in_model!(handle => {
            let object = self.index(&handle, &counts);
            let place = Location::caller();
            handle.step(Op::new(OpKind::Size, object, 0, place), None);
            let Some(seen) = handle.with(|world| world.queue_expectation(object)) else { return Some(act()) };
            match handle.step(Op::new(OpKind::Pop, object, seen, place), None) {
                Outcome::Failed => None,
                _ => Some(Self::act(&handle, object, &counts, act)),
            }
        });
        Some(act())
    }

    /// The owner has changed the queue by exclusive borrow, which no other thread can tell from a change before.
    #[track_caller]
    #[cfg(feature = "queue")]
    pub(crate) fn changed(&mut self, counts: impl Fn() -> QueueCounts) {
        in_model!(handle => {
            if !handle.in_teardown() {
                let object = self.index(&handle, &counts);
                handle.with(|world| world.queue_has(object, counts().len));
            }
        });
    }
}

#[cfg(feature = "model")]
impl RawQueue {
    #[track_caller]
    fn index(&self, handle: &Handle, counts: &impl Fn() -> QueueCounts) -> ObjectIndex {
        self.identity.index(handle, "queue", || {
            let QueueCounts { len, capacity } = counts();
            State::Queue(Queue { len, capacity, removals: 0 })
        })
    }

    /// Takes a step and acts on the real queue, whatever the engine says that comes of it: the two agree.
    #[track_caller]
    fn step<R>(
        &self,
        handle: &Handle,
        (kind, argument): (OpKind, u32),
        counts: impl Fn() -> QueueCounts,
        act: impl FnOnce() -> R,
    ) -> R {
        let object = self.index(handle, &counts);
        handle.step(Op::new(kind, object, argument, Location::caller()), None);
        Self::act(handle, object, counts, act)
    }

    fn act<R>(
        handle: &Handle,
        object: ObjectIndex,
        counts: impl Fn() -> QueueCounts,
        act: impl FnOnce() -> R,
    ) -> R {
        let result = act();
        handle.with(|world| world.queue_has(object, counts().len));
        result
    }
}
