//! The reader-writer lock that does not poison.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    time::Duration,
};

use super::{
    ArcRwLockReadGuard, ArcRwLockUpgradableReadGuard, ArcRwLockWriteGuard, RawRwLock, arc_methods, lock_api,
};
use crate::{Named, time::Instant};

/// A reader-writer lock in the shape of `parking_lot::RwLock`: many readers or one writer, no poisoning. One thread at a time
/// can read with the right to [upgrade](lock_api::RwLockUpgradableReadGuard::upgrade).
///
/// Whether a reader may overtake a waiting writer is not promised, but for
/// [`read_recursive`](lock_api::RwLock::read_recursive), which does; code that needs either can deadlock.
///
/// All methods but those that make it, unwrap it or take it in an `Arc` are those of [`lock_api::RwLock`].
#[repr(transparent)]
pub struct RwLock<T: ?Sized>(Inner<T>);

type Inner<T> = lock_api::RwLock<RawRwLock, T>;

/// Shared access to the data of a locked [`RwLock`]; unlocks it on drop.
pub type RwLockReadGuard<'a, T> = lock_api::RwLockReadGuard<'a, RawRwLock, T>;

/// Exclusive access to the data of a locked [`RwLock`]; unlocks it on drop.
pub type RwLockWriteGuard<'a, T> = lock_api::RwLockWriteGuard<'a, RawRwLock, T>;

/// Shared access to the data of a locked [`RwLock`] that can become exclusive; unlocks it on drop.
pub type RwLockUpgradableReadGuard<'a, T> = lock_api::RwLockUpgradableReadGuard<'a, RawRwLock, T>;

/// Shared access to a part of the data of a locked [`RwLock`]; unlocks it on drop.
pub type MappedRwLockReadGuard<'a, T> = lock_api::MappedRwLockReadGuard<'a, RawRwLock, T>;

/// Exclusive access to a part of the data of a locked [`RwLock`]; unlocks it on drop.
pub type MappedRwLockWriteGuard<'a, T> = lock_api::MappedRwLockWriteGuard<'a, RawRwLock, T>;

/// Creates an unlocked lock around `value`; the same as [`RwLock::new`].
#[track_caller]
pub const fn const_rwlock<T>(value: T) -> RwLock<T> {
    RwLock::new(value)
}

impl<T> RwLock<T> {
    /// Creates an unlocked lock around `value`.
    #[must_use]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self::from_raw(RawRwLock::new(), value)
    }

    /// Creates a lock from a raw one.
    #[must_use]
    pub const fn from_raw(raw: RawRwLock, value: T) -> Self {
        RwLock(Inner::from_raw(raw, value))
    }

    /// Creates a lock from a raw one; the same as [`from_raw`](Self::from_raw).
    #[must_use]
    pub const fn const_new(raw: RawRwLock, value: T) -> Self {
        Self::from_raw(raw, value)
    }

    /// Unwraps the data.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

/// Every guard that these return keeps the lock alive.
impl<T: ?Sized> RwLock<T> {
    arc_methods! {
        /// Locks for reading; blocks while a writer has the lock.
        read_arc() -> ArcRwLockReadGuard<RawRwLock, T>;
        /// Locks for reading if that is possible now; never blocks.
        try_read_arc() -> Option<ArcRwLockReadGuard<RawRwLock, T>>;
        /// Locks for reading; blocks for at most `timeout`.
        try_read_arc_for(timeout: Duration) -> Option<ArcRwLockReadGuard<RawRwLock, T>>;
        /// Locks for reading; blocks until `deadline` at the latest.
        try_read_arc_until(deadline: Instant) -> Option<ArcRwLockReadGuard<RawRwLock, T>>;
        /// Locks for reading and never waits for a waiting writer; blocks while a writer has the lock.
        read_arc_recursive() -> ArcRwLockReadGuard<RawRwLock, T>;
        /// As [`read_arc_recursive`](Self::read_arc_recursive), if that is possible now; never blocks.
        try_read_recursive_arc() -> Option<ArcRwLockReadGuard<RawRwLock, T>>;
        /// As [`read_arc_recursive`](Self::read_arc_recursive), for at most `timeout`.
        try_read_arc_recursive_for(timeout: Duration) -> Option<ArcRwLockReadGuard<RawRwLock, T>>;
        /// As [`read_arc_recursive`](Self::read_arc_recursive), until `deadline` at the latest.
        try_read_arc_recursive_until(deadline: Instant) -> Option<ArcRwLockReadGuard<RawRwLock, T>>;
        /// Locks for writing; blocks while any other thread has the lock.
        write_arc() -> ArcRwLockWriteGuard<RawRwLock, T>;
        /// Locks for writing if that is possible now; never blocks.
        try_write_arc() -> Option<ArcRwLockWriteGuard<RawRwLock, T>>;
        /// Locks for writing; blocks for at most `timeout`.
        try_write_arc_for(timeout: Duration) -> Option<ArcRwLockWriteGuard<RawRwLock, T>>;
        /// Locks for writing; blocks until `deadline` at the latest.
        try_write_arc_until(deadline: Instant) -> Option<ArcRwLockWriteGuard<RawRwLock, T>>;
        /// Locks for reading with the right to upgrade; blocks while another thread has that right or writes.
        upgradable_read_arc() -> ArcRwLockUpgradableReadGuard<RawRwLock, T>;
        /// As [`upgradable_read_arc`](Self::upgradable_read_arc), if that is possible now; never blocks.
        try_upgradable_read_arc() -> Option<ArcRwLockUpgradableReadGuard<RawRwLock, T>>;
        /// As [`upgradable_read_arc`](Self::upgradable_read_arc), for at most `timeout`.
        try_upgradable_read_arc_for(timeout: Duration) -> Option<ArcRwLockUpgradableReadGuard<RawRwLock, T>>;
        /// As [`upgradable_read_arc`](Self::upgradable_read_arc), until `deadline` at the latest.
        try_upgradable_read_arc_until(deadline: Instant) -> Option<ArcRwLockUpgradableReadGuard<RawRwLock, T>>;
    }
}

impl<T: ?Sized> Deref for RwLock<T> {
    type Target = lock_api::RwLock<RawRwLock, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for RwLock<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> Named for RwLock<T> {
    fn named(self, name: &'static str) -> Self {
        // SAFETY: nobody can have locked it: it is here by value.
        let raw = unsafe { self.0.raw() }.renamed(name);
        Self::from_raw(raw, self.into_inner())
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
        self.0.fmt(f)
    }
}
