//! A counting semaphore, which `std` lacks (Dijkstra, "Cooperating sequential processes", 1965).

use std::{fmt, sync::Arc, time::Duration};

use super::{fair::FairSemaphore, named::Named};
use crate::backend::RawSemaphore;

/// A counting semaphore: a number of permits that threads take and give back.
///
/// Prefer a [`Mutex`](super::Mutex) when one thread at a time may touch some data, a semaphore when up to *n* threads
/// may use some resource (connections, workers, slots of a buffer), and a condition variable when a thread waits for a
/// fact about data that a mutex guards, a channel when something is handed over. Waiting threads are served in no particular
/// order, but by a [`fair`](Self::fair) semaphore.
///
/// Every operation on a semaphore happens-before every later operation on the same semaphore.
///
/// # Examples
///
/// ```
/// use unsnarl::sync::Semaphore;
///
/// let slots = Semaphore::new(2);
/// let first = slots.acquire()?;
/// let second = slots.acquire()?;
/// assert!(slots.try_acquire().is_err());
/// drop(first);
/// assert_eq!(slots.available_permits(), 1);
/// # drop(second);
/// # Ok::<(), unsnarl::sync::AcquireError>(())
/// ```
pub struct Semaphore {
    raw: Raw,
}

enum Raw {
    Any(RawSemaphore),
    Fair(FairSemaphore),
}

/// The same on either kind.
macro_rules! either {
    ($raw:expr, $inner:ident => $call:expr) => {
        match $raw {
            Raw::Any($inner) => $call,
            Raw::Fair($inner) => $call,
        }
    };
}

impl Raw {
    #[track_caller]
    fn acquire(&self, count: usize, timeout: Option<Duration>) -> Result<(), TryAcquireError> {
        either!(self, raw => raw.acquire(count, timeout))
    }

    #[track_caller]
    fn try_acquire(&self, count: usize) -> Result<(), TryAcquireError> {
        either!(self, raw => raw.try_acquire(count))
    }

    #[track_caller]
    fn release(&self, count: usize) {
        either!(self, raw => raw.release(count));
    }
}

/// The semaphore was closed while, or before, the thread waited for a permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcquireError(());

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("semaphore closed")
    }
}

impl std::error::Error for AcquireError {}

/// Why a permit could not be had at once, or within the time given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TryAcquireError {
    /// There were too few permits.
    NoPermits,
    /// The semaphore is closed.
    Closed,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryAcquireError::NoPermits => "no permits available",
            TryAcquireError::Closed => "semaphore closed",
        })
    }
}

impl std::error::Error for TryAcquireError {}

impl Semaphore {
    /// Creates a semaphore that holds `permits` permits.
    #[must_use]
    #[track_caller]
    pub const fn new(permits: usize) -> Self {
        Semaphore { raw: Raw::Any(RawSemaphore::new(permits)) }
    }

    /// As [`new`](Self::new), but threads are served in the order in which they came: who wants many permits is not overtaken
    /// by those who want few, and `try_acquire` fails while others wait.
    #[must_use]
    #[track_caller]
    pub const fn fair(permits: usize) -> Self {
        Semaphore { raw: Raw::Fair(FairSemaphore::new(permits)) }
    }

    /// Takes one permit; blocks until one is there.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is or becomes closed.
    #[track_caller]
    pub fn acquire(&self) -> Result<Permit<'_>, AcquireError> {
        self.acquire_many(1)
    }

    /// Takes `count` permits at once; blocks until all of them are there.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is or becomes closed.
    #[track_caller]
    pub fn acquire_many(&self, count: usize) -> Result<Permit<'_>, AcquireError> {
        match self.raw.acquire(count, None) {
            Ok(()) => Ok(Permit { semaphore: self, count }),
            Err(_) => Err(AcquireError(())),
        }
    }

    /// Takes one permit if one is there now; never blocks.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`] or [`TryAcquireError::Closed`].
    #[track_caller]
    pub fn try_acquire(&self) -> Result<Permit<'_>, TryAcquireError> {
        self.try_acquire_many(1)
    }

    /// Takes `count` permits at once if they are there now; never blocks.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`] or [`TryAcquireError::Closed`].
    #[track_caller]
    pub fn try_acquire_many(&self, count: usize) -> Result<Permit<'_>, TryAcquireError> {
        self.raw.try_acquire(count).map(|()| Permit { semaphore: self, count })
    }

    /// Takes one permit; blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`] when the time ran out, [`TryAcquireError::Closed`] when the semaphore is or becomes
    /// closed.
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, TryAcquireError> {
        self.acquire_many_timeout(1, timeout)
    }

    /// Takes `count` permits at once; blocks for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As those of [`acquire_timeout`](Self::acquire_timeout).
    #[track_caller]
    pub fn acquire_many_timeout(
        &self,
        count: usize,
        timeout: Duration,
    ) -> Result<Permit<'_>, TryAcquireError> {
        self.raw.acquire(count, Some(timeout)).map(|()| Permit { semaphore: self, count })
    }

    /// Takes one permit that keeps the semaphore alive and may move to another thread; blocks until one is there.
    ///
    /// # Errors
    ///
    /// [`AcquireError`] when the semaphore is or becomes closed.
    #[track_caller]
    pub fn acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, AcquireError> {
        match self.raw.acquire(1, None) {
            Ok(()) => Ok(OwnedPermit { semaphore: Arc::clone(self), count: 1 }),
            Err(_) => Err(AcquireError(())),
        }
    }

    /// As [`try_acquire`](Self::try_acquire), with a permit that keeps the semaphore alive.
    ///
    /// # Errors
    ///
    /// [`TryAcquireError::NoPermits`] or [`TryAcquireError::Closed`].
    #[track_caller]
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, TryAcquireError> {
        self.raw.try_acquire(1).map(|()| OwnedPermit { semaphore: Arc::clone(self), count: 1 })
    }

    /// Adds `count` permits and wakes threads that can now go on. Never blocks.
    #[track_caller]
    pub fn add_permits(&self, count: usize) {
        self.raw.release(count);
    }

    /// The number of permits that could be taken now; another thread may take them before the caller acts on it.
    #[must_use]
    #[track_caller]
    pub fn available_permits(&self) -> usize {
        either!(&self.raw, raw => raw.available())
    }

    /// Closes the semaphore: every waiting and every later acquisition fails. Permits that are out stay valid.
    #[track_caller]
    pub fn close(&self) {
        either!(&self.raw, raw => raw.close());
    }

    /// Whether the semaphore is closed; never blocks.
    #[must_use]
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        either!(&self.raw, raw => raw.is_closed())
    }
}

impl Named for Semaphore {
    fn named(mut self, name: &'static str) -> Self {
        // The lock of a fair one keeps its place of construction.
        if let Raw::Any(raw) = &mut self.raw {
            raw.set_name(name);
        }
        self
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").finish_non_exhaustive()
    }
}

/// Permits of a [`Semaphore`], given back on drop.
#[must_use = "a permit that is dropped at once guards nothing"]
#[derive(Debug)]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    count: usize,
}

impl Permit<'_> {
    /// Gives the permits up without returning them: the semaphore has that many fewer from now on.
    pub fn forget(mut self) {
        self.count = 0;
    }
}

impl Drop for Permit<'_> {
    #[track_caller]
    fn drop(&mut self) {
        if self.count > 0 {
            self.semaphore.raw.release(self.count);
        }
    }
}

/// Permits of a [`Semaphore`] that keep it alive, given back on drop.
#[must_use = "a permit that is dropped at once guards nothing"]
#[derive(Debug)]
pub struct OwnedPermit {
    semaphore: Arc<Semaphore>,
    count: usize,
}

impl OwnedPermit {
    /// Gives the permits up without returning them: the semaphore has that many fewer from now on.
    pub fn forget(mut self) {
        self.count = 0;
    }
}

impl Drop for OwnedPermit {
    #[track_caller]
    fn drop(&mut self) {
        if self.count > 0 {
            self.semaphore.raw.release(self.count);
        }
    }
}
