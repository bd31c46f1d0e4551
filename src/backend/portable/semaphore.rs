//! The counting semaphore on a mutex and a condition variable.

use std::time::Duration;

use crate::{
    parking_lot::{Condvar, Mutex},
    sync::TryAcquireError,
    time::Instant,
};

pub(crate) struct PortableSemaphore {
    state: Mutex<State>,
    /// Signalled with `notify_all`, since waiters want different counts: waking one that wants many while one that
    /// wants few sleeps would lose the wake-up.
    changed: Condvar,
}

struct State {
    permits: usize,
    closed: bool,
}

impl PortableSemaphore {
    #[track_caller]
    pub(crate) const fn new(permits: usize) -> Self {
        PortableSemaphore { state: Mutex::new(State { permits, closed: false }), changed: Condvar::new() }
    }

    #[cfg(not(backend = "instrumented"))]
    #[expect(clippy::unused_self, reason = "the model's semaphore keeps its name; this one has none to keep")]
    pub(crate) fn set_name(&mut self, _name: &'static str) {}

    #[track_caller]
    pub(crate) fn acquire(&self, count: usize, timeout: Option<Duration>) -> Result<(), TryAcquireError> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state.lock();
        loop {
            match state.take(count) {
                Err(TryAcquireError::NoPermits) => {}
                done => return done,
            }
            match deadline {
                None => self.changed.wait(&mut state),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if self.changed.wait_for(&mut state, left).timed_out() {
                        return state.take(count);
                    }
                }
            }
        }
    }

    #[track_caller]
    pub(crate) fn try_acquire(&self, count: usize) -> Result<(), TryAcquireError> {
        self.state.lock().take(count)
    }

    #[track_caller]
    pub(crate) fn release(&self, count: usize) {
        let mut state = self.state.lock();
        state.permits = state.permits.checked_add(count).expect("semaphore: more than usize::MAX permits");
        drop(state);
        self.changed.notify_all();
    }

    #[track_caller]
    pub(crate) fn available(&self) -> usize {
        self.state.lock().permits
    }

    #[track_caller]
    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    #[track_caller]
    pub(crate) fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_all();
    }
}

impl State {
    fn take(&mut self, count: usize) -> Result<(), TryAcquireError> {
        if self.closed {
            return Err(TryAcquireError::Closed);
        }
        self.permits = self.permits.checked_sub(count).ok_or(TryAcquireError::NoPermits)?;
        Ok(())
    }
}
