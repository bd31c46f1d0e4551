//! Executions made by hand, for tests of what is known of one.

use std::panic::Location;

use super::history::{EventIndex, History};
use crate::engine::{
    op::{ObjectIndex, Op, OpKind, ThreadIndex},
    select::ChannelFacts,
    strategy::Event,
};

/// An operation on an object.
#[track_caller]
pub(super) fn on(kind: OpKind, object: ObjectIndex) -> Op {
    Op::new(kind, object, 0, Location::caller())
}

/// A step that nothing but its thread and its objects has to do with.
pub(super) fn event(thread: ThreadIndex, op: Op) -> Event<'static> {
    Event {
        thread,
        op,
        enabled_by: None,
        forced: false,
        gives_up: false,
        facts: 0,
        channels: ChannelFacts::default(),
        awaits: &[],
    }
}

impl History {
    /// A step of a thread.
    #[track_caller]
    pub(super) fn step(&mut self, thread: ThreadIndex, kind: OpKind, object: ObjectIndex) -> EventIndex {
        self.push(&event(thread, on(kind, object)))
    }

    /// One that turns out to do nothing.
    #[track_caller]
    pub(super) fn in_vain(&mut self, thread: ThreadIndex, kind: OpKind, object: ObjectIndex) -> EventIndex {
        let index = self.step(thread, kind, object);
        self.last_failed();
        index
    }

    /// A step on the object by which the thread gives it back.
    #[track_caller]
    pub(super) fn give_back(&mut self, thread: ThreadIndex, kind: OpKind, object: ObjectIndex) -> EventIndex {
        let index = self.step(thread, kind, object);
        self.released(thread, object);
        index
    }

    /// A step elsewhere by which the thread gives the lock back.
    #[track_caller]
    pub(super) fn leave(
        &mut self,
        thread: ThreadIndex,
        lock: ObjectIndex,
        elsewhere: ObjectIndex,
    ) -> EventIndex {
        let index = self.step(thread, OpKind::Store, elsewhere);
        self.released(thread, lock);
        index
    }

    /// Which steps each one follows: a line for each.
    pub(super) fn orders(&self) -> Vec<String> {
        let all = || 0..self.len() as EventIndex;
        let mark = |first, second| if self.follows(first, second) { 'x' } else { '.' };
        all().map(|second| all().map(|first| mark(first, second)).collect()).collect()
    }
}
