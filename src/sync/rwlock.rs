//! The reader-writer lock with poisoning: `parking_lot`'s shape with a flag beside it.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::{
    LockResult, TryLockError, TryLockResult,
    mutex::{Poisoner, with_poison},
};
use crate::{Named, backend::plain::Flag, parking_lot};

/// A reader-writer lock in the shape of [`std::sync::RwLock`]: many readers or one writer, and a panic while it is held
/// for writing poisons it.
///
/// Whether a reader may overtake a waiting writer is not promised; code that needs either can deadlock.
pub struct RwLock<T: ?Sized> {
    poison: Flag,
    inner: parking_lot::RwLock<T>,
}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

impl<T> RwLock<T> {
    /// Creates an unlocked lock around `value`.
    #[must_use]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        RwLock { poison: Flag::new(), inner: parking_lot::RwLock::new(value) }
    }

    /// Unwraps the data.
    ///
    /// # Errors
    ///
    /// The data in a [`PoisonError`](super::PoisonError) when a thread panicked while it wrote.
    pub fn into_inner(self) -> LockResult<T> {
        let poisoned = self.is_poisoned();
        with_poison(poisoned, self.inner.into_inner())
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Locks for reading; blocks while a writer has the lock.
    ///
    /// # Errors
    ///
    /// The guard in a [`PoisonError`](super::PoisonError) when a thread panicked while it wrote.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        self.read_guard(self.inner.read())
    }

    /// Locks for reading if that is possible now; never blocks.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when it is not, `Poisoned` with the guard when a thread panicked while it wrote.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        match self.inner.try_read() {
            Some(inner) => self.read_guard(inner).map_err(TryLockError::Poisoned),
            None => Err(TryLockError::WouldBlock),
        }
    }

    /// Locks for writing; blocks while any other thread has the lock.
    ///
    /// # Errors
    ///
    /// The guard in a [`PoisonError`](super::PoisonError) when a thread panicked while it wrote.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        self.write_guard(self.inner.write())
    }

    /// Locks for writing if that is possible now; never blocks.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when it is not, `Poisoned` with the guard when a thread panicked while it wrote.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        match self.inner.try_write() {
            Some(inner) => self.write_guard(inner).map_err(TryLockError::Poisoned),
            None => Err(TryLockError::WouldBlock),
        }
    }

    /// Whether a thread panicked while it wrote. Without the lock this is a hint.
    pub fn is_poisoned(&self) -> bool {
        self.poison.get()
    }

    /// Forgets that a thread panicked while it wrote.
    pub fn clear_poison(&self) {
        self.poison.set(false);
    }

    /// The data, by exclusive borrow: no lock is needed.
    ///
    /// # Errors
    ///
    /// The data in a [`PoisonError`](super::PoisonError) when a thread panicked while it wrote.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        with_poison(self.poison.get(), self.inner.get_mut())
    }

    fn read_guard<'a>(
        &'a self,
        inner: parking_lot::RwLockReadGuard<'a, T>,
    ) -> LockResult<RwLockReadGuard<'a, T>> {
        with_poison(self.poison.get(), RwLockReadGuard { inner })
    }

    fn write_guard<'a>(
        &'a self,
        inner: parking_lot::RwLockWriteGuard<'a, T>,
    ) -> LockResult<RwLockWriteGuard<'a, T>> {
        let guard = RwLockWriteGuard { poison: Poisoner::new(&self.poison), inner };
        with_poison(self.poison.get(), guard)
    }
}

impl<T> Named for RwLock<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.inner = self.inner.named(name);
        self
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("RwLock");
        match self.inner.try_read() {
            Some(guard) => out.field("data", &&*guard),
            None => out.field("data", &format_args!("<locked>")),
        };
        out.field("poisoned", &self.poison.get()).finish_non_exhaustive()
    }
}

/// Shared access to the data of a locked [`RwLock`]; unlocks it on drop.
#[must_use = "if unused the lock unlocks at once"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    inner: parking_lot::RwLockReadGuard<'a, T>,
}

impl<T: ?Sized + RefUnwindSafe> UnwindSafe for RwLockReadGuard<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> RefUnwindSafe for RwLockReadGuard<'_, T> {}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

/// Exclusive access to the data of a locked [`RwLock`]; unlocks it on drop.
#[must_use = "if unused the lock unlocks at once"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    // Dropped before `inner`: the flag must be set while the lock is still held.
    poison: Poisoner<'a>,
    inner: parking_lot::RwLockWriteGuard<'a, T>,
}

impl<T: ?Sized> UnwindSafe for RwLockWriteGuard<'_, T> {}
impl<T: ?Sized> RefUnwindSafe for RwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Turns the write lock into a read lock, without a moment at which another writer could take it.
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        let RwLockWriteGuard { poison, inner } = guard;
        drop(poison);
        RwLockReadGuard { inner: parking_lot::RwLockWriteGuard::downgrade(inner) }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
