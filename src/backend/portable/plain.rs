//! Plain `std` containers for the shells' own bookkeeping, where a scheduling point would only cost executions.
//!
//! They are never held across a facade operation, so in a model they are never contended.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// A value behind a plain lock.
pub(crate) struct Plain<T>(Mutex<T>);

impl<T> Plain<T> {
    pub(crate) const fn new(value: T) -> Self {
        Plain(Mutex::new(value))
    }

    /// Runs `access` on the value. `access` must not call the facade.
    pub(crate) fn with<R>(&self, access: impl FnOnce(&mut T) -> R) -> R {
        access(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T> fmt::Debug for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plain").finish_non_exhaustive()
    }
}

/// A poison flag.
#[derive(Debug)]
pub(crate) struct Flag(AtomicBool);

impl Flag {
    pub(crate) const fn new() -> Self {
        Flag(AtomicBool::new(false))
    }

    #[inline]
    pub(crate) fn get(&self) -> bool {
        // ORDERING: relaxed: whoever acts on the flag reads it under the lock that was held when it was set; a reader
        // without the lock gets a hint, as from `std`.
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn set(&self, value: bool) {
        // ORDERING: relaxed, see `get`.
        self.0.store(value, Ordering::Relaxed);
    }
}
