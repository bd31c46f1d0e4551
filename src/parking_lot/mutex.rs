//! The mutex that does not poison.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    time::Duration,
};

use super::{ArcMutexGuard, RawMutex, arc_methods, lock_api};
use crate::{Named, time::Instant};

/// A mutual exclusion lock in the shape of `parking_lot::Mutex`: [`lock`](lock_api::Mutex::lock) returns the guard itself,
/// and a panic while the lock is held does not poison it.
///
/// All methods but those that make it, unwrap it or take it in an `Arc` are those of [`lock_api::Mutex`].
///
/// # Examples
///
/// ```
/// use unsnarl::parking_lot::Mutex;
///
/// let count = Mutex::new(1);
/// *count.lock() += 1;
/// assert_eq!(count.into_inner(), 2);
/// ```
#[repr(transparent)]
pub struct Mutex<T: ?Sized>(Inner<T>);

type Inner<T> = lock_api::Mutex<RawMutex, T>;

/// Access to the data of a locked [`Mutex`]; unlocks it on drop.
pub type MutexGuard<'a, T> = lock_api::MutexGuard<'a, RawMutex, T>;

/// Access to a part of the data of a locked [`Mutex`]; unlocks it on drop.
pub type MappedMutexGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawMutex, T>;

/// Creates an unlocked mutex around `value`; the same as [`Mutex::new`].
#[track_caller]
pub const fn const_mutex<T>(value: T) -> Mutex<T> {
    Mutex::new(value)
}

impl<T> Mutex<T> {
    /// Creates an unlocked mutex around `value`.
    #[must_use]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self::from_raw(RawMutex::new(), value)
    }

    /// Creates a mutex from a raw one.
    #[must_use]
    pub const fn from_raw(raw: RawMutex, value: T) -> Self {
        Mutex(Inner::from_raw(raw, value))
    }

    /// Creates a mutex from a raw one; the same as [`from_raw`](Self::from_raw).
    #[must_use]
    pub const fn const_new(raw: RawMutex, value: T) -> Self {
        Self::from_raw(raw, value)
    }

    /// Unwraps the data.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    arc_methods! {
        /// Takes the lock; blocks while another thread has it. The guard keeps the mutex alive.
        lock_arc() -> ArcMutexGuard<RawMutex, T>;
        /// Takes the lock if it is free; never blocks. The guard keeps the mutex alive.
        try_lock_arc() -> Option<ArcMutexGuard<RawMutex, T>>;
        /// Takes the lock; blocks for at most `timeout`. The guard keeps the mutex alive.
        try_lock_arc_for(timeout: Duration) -> Option<ArcMutexGuard<RawMutex, T>>;
        /// Takes the lock; blocks until `deadline` at the latest. The guard keeps the mutex alive.
        try_lock_arc_until(deadline: Instant) -> Option<ArcMutexGuard<RawMutex, T>>;
    }
}

impl<T: ?Sized> Deref for Mutex<T> {
    type Target = lock_api::Mutex<RawMutex, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for Mutex<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> Named for Mutex<T> {
    fn named(self, name: &'static str) -> Self {
        // SAFETY: nobody can have locked it: it is here by value.
        let raw = unsafe { self.0.raw() }.renamed(name);
        Self::from_raw(raw, self.into_inner())
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
