//! The unbounded queue.

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use crate::{
    Named,
    backend::{QueueCounts, RawQueue},
};

/// An unbounded multi-producer multi-consumer queue in the shape of `crossbeam_queue::SegQueue`. Never blocks.
pub struct SegQueue<T> {
    raw: RawQueue,
    real: crossbeam_queue::SegQueue<T>,
}

impl<T> UnwindSafe for SegQueue<T> {}
impl<T> RefUnwindSafe for SegQueue<T> {}

impl<T> SegQueue<T> {
    /// Creates an empty queue.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        SegQueue { raw: RawQueue::new(), real: crossbeam_queue::SegQueue::new() }
    }

    fn counts(&self) -> QueueCounts {
        QueueCounts { len: self.real.len(), capacity: None }
    }

    /// Puts a value in at the end.
    #[track_caller]
    pub fn push(&self, value: T) {
        self.raw.push(|| self.counts(), false, || self.real.push(value));
    }

    /// Puts a value in at the end by exclusive borrow.
    #[track_caller]
    pub fn push_mut(&mut self, value: T) {
        self.real.push_mut(value);
        self.changed();
    }

    /// Takes the oldest value out, if there is one.
    #[track_caller]
    pub fn pop(&self) -> Option<T> {
        self.raw.pop(|| self.counts(), || self.real.pop())
    }

    /// Takes the oldest value out by exclusive borrow, if there is one.
    #[track_caller]
    pub fn pop_mut(&mut self) -> Option<T> {
        let value = self.real.pop_mut();
        self.changed();
        value
    }

    #[track_caller]
    fn changed(&mut self) {
        let Self { raw, real } = self;
        raw.changed(|| QueueCounts { len: real.len(), capacity: None });
    }

    /// Whether there is nothing in it.
    #[must_use]
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many values there are.
    #[must_use]
    #[track_caller]
    pub fn len(&self) -> usize {
        self.raw.look(|| self.counts(), || self.real.len())
    }
}

impl<T> Named for SegQueue<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> fmt::Debug for SegQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

impl<T> Default for SegQueue<T> {
    #[track_caller]
    fn default() -> Self {
        SegQueue::new()
    }
}

impl<T> IntoIterator for SegQueue<T> {
    type Item = T;
    type IntoIter = <crossbeam_queue::SegQueue<T> as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.real.into_iter()
    }
}
