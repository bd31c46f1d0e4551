//! The raw condition variable over the checker's.

use std::{cell::Cell, time::Duration};

use super::{engine::sync as checker, execution, mutex::RawMutex, per_execution::PerExecution};

pub(crate) struct RawCondvar {
    inner: PerExecution<Inner>,
}

struct Inner {
    condvar: checker::Condvar,
    /// Waiting threads that no notification was meant for yet; for the return values only.
    waiting: Cell<usize>,
}

impl RawCondvar {
    pub(crate) const fn new() -> Self {
        RawCondvar { inner: PerExecution::new() }
    }

    #[expect(clippy::unused_self, reason = "the checker's objects have no names")]
    pub(crate) fn set_name(&mut self, _name: &'static str) {}

    /// # Safety
    ///
    /// The calling thread has `mutex`.
    #[track_caller]
    pub(crate) unsafe fn wait(&self, mutex: &RawMutex, timeout: Option<Duration>) -> bool {
        if timeout.is_some() {
            execution::refuse_timeout();
        }
        if !execution::alive() {
            return false;
        }
        let inner = self.inner.get(Inner::new);
        let guard = mutex.take_guard().expect("the waiting thread has the mutex");
        inner.waiting.set(inner.waiting.get() + 1);
        let guard = inner.condvar.wait(guard).unwrap_or_else(crate::sync::PoisonError::into_inner);
        mutex.put_guard(guard);
        false
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) -> bool {
        if !execution::alive() {
            return false;
        }
        let inner = self.inner.get(Inner::new);
        inner.condvar.notify_one();
        let waiting = inner.waiting.get();
        inner.waiting.set(waiting.saturating_sub(1));
        waiting > 0
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) -> usize {
        if !execution::alive() {
            return 0;
        }
        let inner = self.inner.get(Inner::new);
        inner.condvar.notify_all();
        inner.waiting.replace(0)
    }
}

impl Inner {
    fn new() -> Self {
        Inner { condvar: checker::Condvar::new(), waiting: Cell::new(0) }
    }
}
