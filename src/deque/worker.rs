//! A thread's own queue, and the handles by which others steal from it.

use std::{fmt, sync::Arc};

use crossbeam_deque::Steal;

use super::steal_batch;
use crate::backend::{QueueCounts, RawQueue};

/// A queue of tasks that one thread owns, in the shape of `crossbeam_deque::Worker`. Never blocks.
pub struct Worker<T> {
    raw: Arc<RawQueue>,
    real: crossbeam_deque::Worker<T>,
    is_fifo: bool,
}

impl<T> Worker<T> {
    #[track_caller]
    fn of(real: crossbeam_deque::Worker<T>, is_fifo: bool) -> Self {
        Worker { raw: Arc::new(RawQueue::new()), real, is_fifo }
    }

    /// Creates an empty queue whose owner takes the oldest task first.
    #[must_use]
    #[track_caller]
    pub fn new_fifo() -> Self {
        Worker::of(crossbeam_deque::Worker::new_fifo(), true)
    }

    /// Creates an empty queue whose owner takes the newest task first.
    #[must_use]
    #[track_caller]
    pub fn new_lifo() -> Self {
        Worker::of(crossbeam_deque::Worker::new_lifo(), false)
    }

    pub(super) fn real(&self) -> &crossbeam_deque::Worker<T> {
        &self.real
    }

    pub(super) fn of_same_flavor(&self) -> crossbeam_deque::Worker<T> {
        if self.is_fifo { crossbeam_deque::Worker::new_fifo() } else { crossbeam_deque::Worker::new_lifo() }
    }

    /// Puts all of a batch in, in one step and in the order in which it lies.
    #[track_caller]
    pub(super) fn push_all(&self, batch: &crossbeam_deque::Worker<T>) {
        let act = || {
            let front = batch.stealer();
            while let Steal::Success(task) = front.steal() {
                self.real.push(task);
            }
        };
        self.raw.push(|| self.counts(), false, act);
    }

    fn counts(&self) -> QueueCounts {
        QueueCounts { len: self.real.len(), capacity: None }
    }

    /// A handle by which others steal tasks.
    #[must_use]
    pub fn stealer(&self) -> Stealer<T> {
        Stealer { raw: Arc::clone(&self.raw), real: self.real.stealer() }
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

    /// Puts a task in.
    #[track_caller]
    pub fn push(&self, task: T) {
        self.raw.push(|| self.counts(), false, || self.real.push(task));
    }

    /// Takes a task out, if there is one.
    #[track_caller]
    pub fn pop(&self) -> Option<T> {
        self.raw.pop(|| self.counts(), || self.real.pop())
    }
}

impl<T> fmt::Debug for Worker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

/// Steals tasks from a [`Worker`], always the oldest, in the shape of `crossbeam_deque::Stealer`. Never blocks.
pub struct Stealer<T> {
    raw: Arc<RawQueue>,
    real: crossbeam_deque::Stealer<T>,
}

impl<T> Stealer<T> {
    fn counts(&self) -> QueueCounts {
        QueueCounts { len: self.real.len(), capacity: None }
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

    /// Steals a task.
    #[track_caller]
    pub fn steal(&self) -> Steal<T> {
        self.raw.steal(|| self.counts(), || self.real.steal()).unwrap_or(Steal::Retry)
    }

    /// Steals some tasks, about half of them, and puts them into `dest`.
    #[track_caller]
    pub fn steal_batch(&self, dest: &Worker<T>) -> Steal<()> {
        self.steal_into(dest, |batch| self.real.steal_batch(batch))
    }

    /// As [`steal_batch`](Self::steal_batch), at most `limit` tasks.
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    #[track_caller]
    pub fn steal_batch_with_limit(&self, dest: &Worker<T>, limit: usize) -> Steal<()> {
        assert!(limit > 0, "the limit of a batch is at least 1");
        self.steal_into(dest, |batch| self.real.steal_batch_with_limit(batch, limit))
    }

    #[track_caller]
    fn steal_into(
        &self,
        dest: &Worker<T>,
        take: impl FnOnce(&crossbeam_deque::Worker<T>) -> Steal<()>,
    ) -> Steal<()> {
        if Arc::ptr_eq(&self.raw, &dest.raw) {
            return if dest.is_empty() { Steal::Empty } else { Steal::Success(()) };
        }
        steal_batch(&self.raw, || self.counts(), dest, take)
    }

    /// Steals some tasks, about half of them, puts them into `dest`, and takes one of them.
    #[track_caller]
    pub fn steal_batch_and_pop(&self, dest: &Worker<T>) -> Steal<T> {
        self.steal_into_and_pop(dest, |batch| self.real.steal_batch_and_pop(batch))
    }

    /// As [`steal_batch_and_pop`](Self::steal_batch_and_pop), at most `limit` tasks.
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    #[track_caller]
    pub fn steal_batch_with_limit_and_pop(&self, dest: &Worker<T>, limit: usize) -> Steal<T> {
        assert!(limit > 0, "the limit of a batch is at least 1");
        self.steal_into_and_pop(dest, |batch| self.real.steal_batch_with_limit_and_pop(batch, limit))
    }

    #[track_caller]
    fn steal_into_and_pop(
        &self,
        dest: &Worker<T>,
        take: impl FnOnce(&crossbeam_deque::Worker<T>) -> Steal<T>,
    ) -> Steal<T> {
        if Arc::ptr_eq(&self.raw, &dest.raw) {
            return dest.pop().map_or(Steal::Empty, Steal::Success);
        }
        steal_batch(&self.raw, || self.counts(), dest, take)
    }
}

impl<T> Clone for Stealer<T> {
    fn clone(&self) -> Self {
        Stealer { raw: Arc::clone(&self.raw), real: self.real.clone() }
    }
}

impl<T> fmt::Debug for Stealer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}
