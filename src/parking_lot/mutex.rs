//! The mutex that does not poison.

use std::{
    cell::UnsafeCell,
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    time::Duration,
};

use crate::{Named, backend::RawMutex, time::Instant};

/// A mutual exclusion lock in the shape of `parking_lot::Mutex`: [`lock`](Self::lock) returns the guard itself, and a
/// panic while the lock is held does not poison it.
pub struct Mutex<T: ?Sized> {
    raw: RawMutex,
    data: UnsafeCell<T>,
}

// SAFETY: the data moves with the mutex.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: the raw lock lets one thread at a time reach the data, so it is sent from thread to thread, never shared.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    /// Creates an unlocked mutex around `value`.
    #[must_use]
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Mutex { raw: RawMutex::new(), data: UnsafeCell::new(value) }
    }

    /// Unwraps the data.
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the lock; blocks while another thread has it.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.raw.lock();
        self.guard()
    }

    /// Takes the lock if it is free; never blocks.
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.raw.try_lock().then(|| self.guard())
    }

    /// Takes the lock; blocks for at most `timeout`.
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        self.raw.lock_timeout(timeout).then(|| self.guard())
    }

    /// Takes the lock; blocks until `deadline` at the latest.
    #[track_caller]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<MutexGuard<'_, T>> {
        self.try_lock_for(deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether some thread has the lock now. In a model this is an attempt to take it.
    #[track_caller]
    pub fn is_locked(&self) -> bool {
        self.try_lock().is_none()
    }

    /// The data, by exclusive borrow: no lock is needed.
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    /// The guard of a lock that the caller has just taken.
    fn guard(&self) -> MutexGuard<'_, T> {
        MutexGuard { mutex: self, not_send: PhantomData }
    }
}

impl<T> Named for Mutex<T> {
    fn named(mut self, name: &'static str) -> Self {
        self.raw.set_name(name);
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
        match self.try_lock() {
            Some(guard) => out.field("data", &&*guard),
            None => out.field("data", &format_args!("<locked>")),
        };
        out.finish()
    }
}

/// Access to the data of a locked [`Mutex`]; unlocks it on drop.
#[must_use = "if unused the mutex unlocks at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// The thread that took the lock gives it back.
    not_send: PhantomData<*const ()>,
}

// SAFETY: a shared guard gives `&T` only.
unsafe impl<T: ?Sized + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The mutex that this guard holds.
    pub fn mutex(guard: &Self) -> &'a Mutex<T> {
        guard.mutex
    }

    /// Runs `action` with the mutex unlocked and takes it again, also when `action` panics.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, action: impl FnOnce() -> R) -> R {
        struct Relock<'a>(&'a RawMutex);
        impl Drop for Relock<'_> {
            #[track_caller]
            fn drop(&mut self) {
                self.0.lock();
            }
        }
        // SAFETY: the guard says that this thread has the lock; its exclusive borrow keeps the data out of reach until
        // the lock is taken again.
        unsafe { guard.mutex.raw.unlock() };
        let _relock = Relock(&guard.mutex.raw);
        action()
    }

    /// Unlocks, and lets a waiting thread go first where the backend knows of fairness.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }

    /// Narrows the guard to a part of the data.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedMutexGuard<'a, U> {
        let mutex = guard.mutex;
        // SAFETY: this thread has the lock; `guard` is alive while `part` runs, so a panic there unlocks.
        let data: *mut U = part(unsafe { &mut *mutex.data.get() });
        std::mem::forget(guard);
        MappedMutexGuard { raw: &mutex.raw, data, owns: PhantomData }
    }

    /// The raw lock, for the condition variable.
    pub(crate) fn raw(guard: &Self) -> &'a RawMutex {
        &guard.mutex.raw
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread has the lock.
        unsafe { &*self.mutex.data.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this thread has the lock, and the guard is borrowed exclusively.
        unsafe { &mut *self.mutex.data.get() }
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: a guard exists only while its thread has the lock.
        unsafe { self.mutex.raw.unlock() };
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

/// Access to a part of the data of a locked [`Mutex`], see [`MutexGuard::map`]; unlocks it on drop.
#[must_use = "if unused the mutex unlocks at once"]
pub struct MappedMutexGuard<'a, U: ?Sized> {
    raw: &'a RawMutex,
    /// Also makes the guard stay on its thread.
    data: *mut U,
    owns: PhantomData<&'a mut U>,
}

// SAFETY: a shared guard gives `&U` only.
unsafe impl<U: ?Sized + Sync> Sync for MappedMutexGuard<'_, U> {}

impl<'a, U: ?Sized> MappedMutexGuard<'a, U> {
    /// Narrows the guard further.
    pub fn map<V: ?Sized>(guard: Self, part: impl FnOnce(&mut U) -> &mut V) -> MappedMutexGuard<'a, V> {
        let raw = guard.raw;
        // SAFETY: this thread has the lock, and `data` points into what it guards.
        let data: *mut V = part(unsafe { &mut *guard.data });
        std::mem::forget(guard);
        MappedMutexGuard { raw, data, owns: PhantomData }
    }
}

impl<U: ?Sized> Deref for MappedMutexGuard<'_, U> {
    type Target = U;

    fn deref(&self) -> &U {
        // SAFETY: this thread has the lock, and `data` points into what it guards.
        unsafe { &*self.data }
    }
}

impl<U: ?Sized> DerefMut for MappedMutexGuard<'_, U> {
    fn deref_mut(&mut self) -> &mut U {
        // SAFETY: as in `deref`, and the guard is borrowed exclusively.
        unsafe { &mut *self.data }
    }
}

impl<U: ?Sized> Drop for MappedMutexGuard<'_, U> {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: a guard exists only while its thread has the lock.
        unsafe { self.raw.unlock() };
    }
}

impl<U: ?Sized + fmt::Debug> fmt::Debug for MappedMutexGuard<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
