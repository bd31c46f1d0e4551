//! The queue by which tasks come in.

use std::fmt;

use crossbeam_deque::Steal;

use super::{Worker, steal_batch};
use crate::{
    Named,
    backend::{QueueCounts, RawQueue},
};

/// A first-in first-out queue that all threads share, in the shape of `crossbeam_deque::Injector`. Never blocks.
pub struct Injector<T> {
    raw: RawQueue,
    real: crossbeam_deque::Injector<T>,
}

impl<T> Injector<T> {
    /// Creates an empty queue.
    #[must_use]
    #[track_caller]
    pub fn new() -> Self {
        Injector { raw: RawQueue::new(), real: crossbeam_deque::Injector::new() }
    }

    fn counts(&self) -> QueueCounts {
        QueueCounts { len: self.real.len(), capacity: None }
    }

    /// Puts a task in.
    #[track_caller]
    pub fn push(&self, task: T) {
        self.raw.push(|| self.counts(), false, || self.real.push(task));
    }

    /// Steals a task.
    #[track_caller]
    pub fn steal(&self) -> Steal<T> {
        self.raw.steal(|| self.counts(), || self.real.steal()).unwrap_or(Steal::Retry)
    }

    /// Steals some tasks, about half of them, and puts them into `dest`.
    #[track_caller]
    pub fn steal_batch(&self, dest: &Worker<T>) -> Steal<()> {
        steal_batch(&self.raw, || self.counts(), dest, |batch| self.real.steal_batch(batch))
    }

    /// As [`steal_batch`](Self::steal_batch), at most `limit` tasks.
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    #[track_caller]
    pub fn steal_batch_with_limit(&self, dest: &Worker<T>, limit: usize) -> Steal<()> {
        assert!(limit > 0, "the limit of a batch is at least 1");
        let take = |batch: &_| self.real.steal_batch_with_limit(batch, limit);
        steal_batch(&self.raw, || self.counts(), dest, take)
    }

    /// Steals some tasks, about half of them, puts them into `dest`, and takes one of them.
    #[track_caller]
    pub fn steal_batch_and_pop(&self, dest: &Worker<T>) -> Steal<T> {
        steal_batch(&self.raw, || self.counts(), dest, |batch| self.real.steal_batch_and_pop(batch))
    }

    /// As [`steal_batch_and_pop`](Self::steal_batch_and_pop), at most `limit` tasks.
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    #[track_caller]
    pub fn steal_batch_with_limit_and_pop(&self, dest: &Worker<T>, limit: usize) -> Steal<T> {
        assert!(limit > 0, "the limit of a batch is at least 1");
        let take = |batch: &_| self.real.steal_batch_with_limit_and_pop(batch, limit);
        steal_batch(&self.raw, || self.counts(), dest, take)
    }

    /// Whether there is no task.
    #[must_use]
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many tasks there are.
    #[must_use]
    #[track_caller]
    pub fn len(&self) -> usize {
        self.raw.look(|| self.counts(), || self.real.len())
    }
}

impl<T> Named for Injector<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> Default for Injector<T> {
    #[track_caller]
    fn default() -> Self {
        Injector::new()
    }
}

impl<T> fmt::Debug for Injector<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}
