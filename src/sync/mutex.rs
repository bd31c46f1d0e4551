//! The mutex with poisoning: `parking_lot`'s shape with a flag beside it.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::{LockResult, PoisonError, TryLockError, TryLockResult};
use crate::{
    Named,
    backend::{plain::Flag, thread},
    parking_lot,
};

/// A mutual exclusion lock in the shape of [`std::sync::Mutex`]: a panic while it is held poisons it.
///
/// # Examples
///
/// ```
/// use unsnarl::sync::Mutex;
///
/// let count = Mutex::new(1);
/// *count.lock().unwrap() += 1;
/// assert_eq!(count.into_inner().unwrap(), 2);
/// ```
pub struct Mutex<T: ?Sized> {
    poison: Flag,
    inner: parking_lot::Mutex<T>,
}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

impl<T> Mutex<T> {
    /// Creates an unlocked mutex around `value`.
    #[must_use]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Mutex { poison: Flag::new(), inner: parking_lot::Mutex::new(value) }
    }

    /// Unwraps the data.
    ///
    /// # Errors
    ///
    /// The data in a [`PoisonError`] when a thread panicked while it held the lock.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.is_poisoned();
        with_poison(poisoned, self.inner.into_inner())
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the lock; blocks while another thread has it. A thread that has it already blocks for ever.
    ///
    /// # Errors
    ///
    /// The guard in a [`PoisonError`] when a thread panicked while it held the lock.
    #[inline]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        self.guard(self.inner.lock())
    }

    /// Takes the lock if it is free; never blocks.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when the lock is not free, `Poisoned` with the guard when a thread panicked while it held it.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match self.inner.try_lock() {
            Some(inner) => self.guard(inner).map_err(TryLockError::Poisoned),
            None => Err(TryLockError::WouldBlock),
        }
    }

    /// Whether a thread panicked while it held the lock. Without the lock this is a hint.
    pub fn is_poisoned(&self) -> bool {
        self.poison.get()
    }

    /// Forgets that a thread panicked while it held the lock.
    pub fn clear_poison(&self) {
        self.poison.set(false);
    }

    /// The data, by exclusive borrow: no lock is needed.
    ///
    /// # Errors
    ///
    /// The data in a [`PoisonError`] when a thread panicked while it held the lock.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        with_poison(self.poison.get(), self.inner.get_mut())
    }

    fn guard<'a>(&'a self, inner: parking_lot::MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let guard = MutexGuard { poison: Poisoner::new(&self.poison), inner };
        with_poison(self.poison.get(), guard)
    }
}

impl<T> Named for Mutex<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.inner = self.inner.named(name);
        self
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
        let mut out = f.debug_struct("Mutex");
        match self.inner.try_lock() {
            Some(guard) => out.field("data", &&*guard),
            None => out.field("data", &"<locked>"),
        };
        out.field("poisoned", &self.poison.get()).finish_non_exhaustive()
    }
}

/// Access to the data of a locked [`Mutex`]; unlocks it on drop.
#[must_use = "if unused the mutex unlocks at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    // Dropped first: the flag must be set while the lock is still held.
    poison: Poisoner<'a>,
    inner: parking_lot::MutexGuard<'a, T>,
}

impl<T: ?Sized> UnwindSafe for MutexGuard<'_, T> {}
impl<T: ?Sized> RefUnwindSafe for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The parts, for the condition variable.
    pub(super) fn inner(&mut self) -> &mut parking_lot::MutexGuard<'a, T> {
        &mut self.inner
    }

    pub(super) fn is_poisoned(&self) -> bool {
        self.poison.flag.get()
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// Sets a lock's flag on drop when a panic began since its creation.
pub(super) struct Poisoner<'a> {
    flag: &'a Flag,
    was_panicking: bool,
}

impl<'a> Poisoner<'a> {
    #[inline]
    pub(super) fn new(flag: &'a Flag) -> Self {
        Poisoner { flag, was_panicking: thread::panicking() }
    }
}

impl Drop for Poisoner<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.was_panicking && thread::panicking() {
            self.flag.set(true);
        }
    }
}

/// `value`, as an error when `poisoned`.
pub(super) fn with_poison<T>(poisoned: bool, value: T) -> LockResult<T> {
    if poisoned { Err(PoisonError::new(value)) } else { Ok(value) }
}
