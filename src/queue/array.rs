//! The bounded queue.

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use crate::{
    Named,
    backend::{QueueCounts, RawQueue},
};

/// A bounded multi-producer multi-consumer queue in the shape of `crossbeam_queue::ArrayQueue`. Never blocks.
pub struct ArrayQueue<T> {
    raw: RawQueue,
    real: crossbeam_queue::ArrayQueue<T>,
}

impl<T> UnwindSafe for ArrayQueue<T> {}
impl<T> RefUnwindSafe for ArrayQueue<T> {}

impl<T> ArrayQueue<T> {
    /// Creates an empty queue with room for `cap` values.
    ///
    /// # Panics
    ///
    /// If `cap` is 0.
    #[must_use]
    #[track_caller]
    pub fn new(cap: usize) -> Self {
        ArrayQueue { raw: RawQueue::new(), real: crossbeam_queue::ArrayQueue::new(cap) }
    }

    fn counts(&self) -> QueueCounts {
        QueueCounts { len: self.real.len(), capacity: Some(self.real.capacity()) }
    }

    /// Puts a value in at the end.
    ///
    /// # Errors
    ///
    /// The value, if the queue is full.
    #[track_caller]
    pub fn push(&self, value: T) -> Result<(), T> {
        self.raw.push(|| self.counts(), false, || self.real.push(value))
    }

    /// Puts a value in at the end by exclusive borrow.
    ///
    /// # Errors
    ///
    /// The value, if the queue is full.
    #[track_caller]
    pub fn push_mut(&mut self, value: T) -> Result<(), T> {
        let result = self.real.push_mut(value);
        self.changed();
        result
    }

    /// Puts a value in at the end; returns the oldest one if it had to make room.
    #[track_caller]
    pub fn force_push(&self, value: T) -> Option<T> {
        self.raw.push(|| self.counts(), true, || self.real.force_push(value))
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
        raw.changed(|| QueueCounts { len: real.len(), capacity: Some(real.capacity()) });
    }

    /// For how many values there is room.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.real.capacity()
    }

    /// Whether there is nothing in it.
    #[must_use]
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is room for nothing more.
    #[must_use]
    #[track_caller]
    pub fn is_full(&self) -> bool {
        self.len() == self.capacity()
    }

    /// How many values there are.
    #[must_use]
    #[track_caller]
    pub fn len(&self) -> usize {
        self.raw.look(|| self.counts(), || self.real.len())
    }
}

impl<T> Named for ArrayQueue<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> fmt::Debug for ArrayQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

impl<T> IntoIterator for ArrayQueue<T> {
    type Item = T;
    type IntoIter = <crossbeam_queue::ArrayQueue<T> as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.real.into_iter()
    }
}
