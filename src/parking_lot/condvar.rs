//! The condition variable.

use std::{fmt, time::Duration};

use super::mutex::MutexGuard;
use crate::{Named, backend::RawCondvar, time::Instant};

/// A condition variable in the shape of `parking_lot::Condvar`: it waits through `&mut MutexGuard`.
///
/// A wait may return without a notification, so the condition must be looked at again, in a loop or by
/// [`wait_while`](Self::wait_while).
pub struct Condvar {
    raw: RawCondvar,
}

/// Whether a timed wait ended because the time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitTimeoutResult(pub(crate) bool);

impl WaitTimeoutResult {
    /// True when the time was over.
    #[must_use]
    pub fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    /// Creates a condition variable that nobody waits on.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Condvar { raw: RawCondvar::new() }
    }

    /// Unlocks the mutex, blocks until notified, and locks the mutex again.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        self.wait_raw(guard, None);
    }

    /// As [`wait`](Self::wait), for at most `timeout`.
    #[track_caller]
    pub fn wait_for<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> WaitTimeoutResult {
        WaitTimeoutResult(self.wait_raw(guard, Some(timeout)))
    }

    /// As [`wait`](Self::wait), until `deadline` at the latest.
    #[track_caller]
    pub fn wait_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        self.wait_for(guard, deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits as long as `condition` is true of the data.
    #[track_caller]
    pub fn wait_while<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) {
        while condition(&mut **guard) {
            self.wait_raw(guard, None);
        }
    }

    /// Waits as long as `condition` is true of the data, for at most `timeout`. The result says timed out when the
    /// condition was still true at the end.
    #[track_caller]
    pub fn wait_while_for<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        let start = Instant::now();
        while condition(&mut **guard) {
            let Some(left) = timeout.checked_sub(start.elapsed()) else {
                return WaitTimeoutResult(true);
            };
            if self.wait_raw(guard, Some(left)) {
                return WaitTimeoutResult(condition(&mut **guard));
            }
        }
        WaitTimeoutResult(false)
    }

    /// Waits as long as `condition` is true of the data, until `deadline` at the latest. The result says timed out when the
    /// condition was still true at the end.
    #[track_caller]
    pub fn wait_while_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        condition: impl FnMut(&mut T) -> bool,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        self.wait_while_for(guard, condition, deadline.saturating_duration_since(Instant::now()))
    }

    /// Wakes one waiting thread, if there is one. Where the backend cannot tell whether it did, the result is a guess.
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        self.raw.notify_one()
    }

    /// Wakes all waiting threads; how many, as far as the backend can tell.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        self.raw.notify_all()
    }

    /// True when the time was over.
    #[track_caller]
    fn wait_raw<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, timeout: Option<Duration>) -> bool {
        // SAFETY: the raw lock is given back only together with the guard, see below.
        let mutex = unsafe { MutexGuard::mutex(guard).raw() };
        // SAFETY: the guard says that this thread has the lock; its exclusive borrow keeps the data out of reach until
        // the wait has taken the lock again.
        unsafe { self.raw.wait(mutex, timeout) }
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}

impl Named for Condvar {
    fn named(mut self, name: &'static str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Condvar { .. }")
    }
}
