//! The condition variable that moves guards.

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
    time::Duration,
};

use super::{
    LockResult, PoisonError,
    mutex::{MutexGuard, with_poison},
};
use crate::{Named, parking_lot, time::Instant};

/// A condition variable in the shape of [`std::sync::Condvar`].
///
/// A wait may return without a notification, so the condition must be looked at again, in a loop or by
/// [`wait_while`](Self::wait_while).
#[derive(Default)]
pub struct Condvar {
    inner: parking_lot::Condvar,
}

impl UnwindSafe for Condvar {}
impl RefUnwindSafe for Condvar {}

/// Whether a timed wait ended because the time was over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// True when the time was over.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// Creates a condition variable that nobody waits on.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Condvar { inner: parking_lot::Condvar::new() }
    }

    /// Unlocks the mutex, blocks until notified, and locks the mutex again.
    ///
    /// # Errors
    ///
    /// The guard in a [`PoisonError`] when the mutex is poisoned.
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(&self, mut guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.inner.wait(guard.inner());
        with_poison(guard.is_poisoned(), guard)
    }

    /// Waits as long as `condition` is true of the data.
    ///
    /// # Errors
    ///
    /// The guard in a [`PoisonError`] when the mutex is poisoned.
    #[track_caller]
    pub fn wait_while<'a, T: ?Sized>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<MutexGuard<'a, T>> {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// As [`wait`](Self::wait), for at most `timeout`.
    ///
    /// # Errors
    ///
    /// The guard in a [`PoisonError`] when the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout<'a, T: ?Sized>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let timed_out = self.inner.wait_for(guard.inner(), timeout).timed_out();
        with_poison(guard.is_poisoned(), (guard, WaitTimeoutResult(timed_out)))
    }

    /// As [`wait_timeout`](Self::wait_timeout), in milliseconds; the flag says whether it was notified in time.
    ///
    /// # Errors
    ///
    /// The guard in a [`PoisonError`] when the mutex is poisoned.
    #[deprecated(note = "as in std: use `wait_timeout`")]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        milliseconds: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        let in_time = |(guard, result): (_, WaitTimeoutResult)| (guard, !result.timed_out());
        match self.wait_timeout(guard, Duration::from_millis(milliseconds.into())) {
            Ok(waited) => Ok(in_time(waited)),
            Err(poisoned) => Err(PoisonError::new(in_time(poisoned.into_inner()))),
        }
    }

    /// Waits as long as `condition` is true of the data, for at most `timeout`. The result says timed out when the
    /// condition was still true at the end.
    ///
    /// # Errors
    ///
    /// The guard in a [`PoisonError`] when the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout_while<'a, T: ?Sized>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let start = Instant::now();
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            let Some(left) = timeout.checked_sub(start.elapsed()) else {
                return Ok((guard, WaitTimeoutResult(true)));
            };
            guard = match self.wait_timeout(guard, left) {
                Ok((guard, _)) => guard,
                Err(poisoned) => return Err(PoisonError::new(poisoned.into_inner())),
            };
        }
    }

    /// Wakes one waiting thread, if there is one.
    #[track_caller]
    pub fn notify_one(&self) {
        self.inner.notify_one();
    }

    /// Wakes all waiting threads.
    #[track_caller]
    pub fn notify_all(&self) {
        self.inner.notify_all();
    }
}

impl Named for Condvar {
    fn named(mut self, name: &'static str) -> Self {
        self.inner = self.inner.named(name);
        self
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
