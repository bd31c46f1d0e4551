//! The semaphore that serves threads in the order in which they came.

use std::{collections::VecDeque, time::Duration};

use super::TryAcquireError;
use crate::{
    parking_lot::{Condvar, Mutex, MutexGuard},
    time::Instant,
};

/// Permits, and a queue of those who wait for some. Rules:
///
/// 1. who comes while others wait queues behind them, whatever it wants;
/// 2. only the first in the queue takes permits, and whoever leaves the queue wakes the others, so that the next first looks;
/// 3. on closing all leave with an error.
pub(super) struct FairSemaphore {
    state: Mutex<State>,
    /// Signalled with `notify_all`: only the first in the queue can go on, and it may be any of those who wait.
    changed: Condvar,
}

struct State {
    permits: usize,
    closed: bool,
    /// The numbers of those who wait, the first in front.
    queue: VecDeque<u64>,
    next: u64,
}

impl FairSemaphore {
    #[track_caller]
    pub(super) const fn new(permits: usize) -> Self {
        let state = State { permits, closed: false, queue: VecDeque::new(), next: 0 };
        FairSemaphore { state: Mutex::new(state), changed: Condvar::new() }
    }

    #[track_caller]
    pub(super) fn acquire(&self, count: usize, timeout: Option<Duration>) -> Result<(), TryAcquireError> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state.lock();
        if state.queue.is_empty() || state.closed {
            match state.take(count) {
                Err(TryAcquireError::NoPermits) => {}
                done => return done,
            }
        }
        let number = state.next;
        state.next += 1;
        state.queue.push_back(number);
        loop {
            if state.closed || state.queue.front() == Some(&number) {
                match state.take(count) {
                    Err(TryAcquireError::NoPermits) => {}
                    done => {
                        self.leave(state, number);
                        return done;
                    }
                }
            }
            let timed_out = match deadline {
                None => {
                    self.changed.wait(&mut state);
                    false
                }
                Some(deadline) => self.changed.wait_until(&mut state, deadline).timed_out(),
            };
            if timed_out {
                let is_first = state.queue.front() == Some(&number);
                let result = if is_first || state.closed {
                    state.take(count)
                } else {
                    Err(TryAcquireError::NoPermits)
                };
                self.leave(state, number);
                return result;
            }
        }
    }

    #[track_caller]
    fn leave(&self, mut state: MutexGuard<'_, State>, number: u64) {
        state.queue.retain(|waiting| *waiting != number);
        drop(state);
        self.changed.notify_all();
    }

    #[track_caller]
    pub(super) fn try_acquire(&self, count: usize) -> Result<(), TryAcquireError> {
        let mut state = self.state.lock();
        if !state.closed && !state.queue.is_empty() {
            return Err(TryAcquireError::NoPermits);
        }
        state.take(count)
    }

    #[track_caller]
    pub(super) fn release(&self, count: usize) {
        let mut state = self.state.lock();
        state.permits = state.permits.checked_add(count).expect("semaphore: more than usize::MAX permits");
        drop(state);
        self.changed.notify_all();
    }

    #[track_caller]
    pub(super) fn available(&self) -> usize {
        self.state.lock().permits
    }

    #[track_caller]
    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    #[track_caller]
    pub(super) fn close(&self) {
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
