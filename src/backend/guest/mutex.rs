//! The raw mutex over the checker's mutex.

use std::{cell::UnsafeCell, mem, time::Duration};

use super::{engine::sync as checker, execution, per_execution::PerExecution};
use crate::sync::TryLockError;

/// The raw lock of [`Mutex`](crate::parking_lot::Mutex), over the checker's.
pub struct RawMutex {
    lock: PerExecution<Lock>,
}

/// The checker's mutex together with the guard of whoever has it: the raw interface has no guards.
struct Lock {
    mutex: checker::Mutex<()>,
    /// Its lifetime is erased: it borrows `mutex`, and is taken out before that goes away or moves, unless the owner
    /// leaked it, in which case it is not touched again.
    guard: UnsafeCell<Option<Guard>>,
    /// Whether some thread was unwinding when the lock was taken: `std`'s mutex inside loom's does the same.
    #[cfg(backend = "loom")]
    taken_panicking: std::cell::Cell<bool>,
}

type Guard = mem::ManuallyDrop<checker::MutexGuard<'static, ()>>;

impl RawMutex {
    pub(crate) const fn new() -> Self {
        RawMutex { lock: PerExecution::new() }
    }

    pub(crate) const fn somewhere() -> Self {
        Self::new()
    }

    #[expect(clippy::unused_self, reason = "the checker's objects have no names")]
    pub(crate) fn renamed(&self, _name: &'static str) -> Self {
        Self::new()
    }

    #[track_caller]
    pub(crate) fn lock(&self) {
        if !execution::alive() {
            return;
        }
        let lock = self.lock.get(Lock::new);
        // Poisoning is the shell's: the checker's own goes the way of the guard that it comes with.
        lock.keep(lock.mutex.lock().unwrap_or_else(crate::sync::PoisonError::into_inner));
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> bool {
        if !execution::alive() {
            return true;
        }
        let lock = self.lock.get(Lock::new);
        match lock.mutex.try_lock() {
            Ok(guard) => lock.keep(guard),
            Err(TryLockError::Poisoned(poisoned)) => lock.keep(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => return false,
        }
        true
    }

    #[expect(clippy::unused_self, reason = "the raw interface has it")]
    #[track_caller]
    pub(crate) fn lock_timeout(&self, _timeout: Duration) -> bool {
        execution::refuse_timeout()
    }

    /// # Safety
    ///
    /// The calling thread has the lock.
    #[track_caller]
    pub(crate) unsafe fn unlock(&self) {
        if !execution::failed()
            && let Some(guard) = self.take_guard()
        {
            #[cfg(backend = "loom")]
            if std::thread::panicking() && self.lock.made().is_some_and(|lock| !lock.taken_panicking.get()) {
                execution::note_panic_under_lock();
            }
            drop(guard);
        }
    }

    /// # Safety
    ///
    /// The calling thread has the lock.
    #[track_caller]
    pub(crate) unsafe fn unlock_fair(&self) {
        // SAFETY: the calling thread has the lock.
        unsafe { self.unlock() };
    }

    /// The guard of the thread that has the lock; none after a failure.
    pub(super) fn take_guard(&self) -> Option<checker::MutexGuard<'static, ()>> {
        let lock = self.lock.made()?;
        // SAFETY: the caller has the lock, so nobody else looks at the slot; no call of the checker is in between.
        unsafe { (*lock.guard.get()).take() }.map(mem::ManuallyDrop::into_inner)
    }

    /// Puts back what [`take_guard`](Self::take_guard) took.
    pub(super) fn put_guard(&self, guard: checker::MutexGuard<'static, ()>) {
        if let Some(lock) = self.lock.made() {
            lock.keep(guard);
        }
    }
}

impl Lock {
    fn new() -> Self {
        Lock {
            mutex: checker::Mutex::new(()),
            guard: UnsafeCell::new(None),
            #[cfg(backend = "loom")]
            taken_panicking: std::cell::Cell::new(false),
        }
    }

    fn keep(&self, guard: checker::MutexGuard<'_, ()>) {
        // SAFETY: the guard stays beside the mutex that it borrows, see `guard`.
        let guard: checker::MutexGuard<'static, ()> = unsafe { mem::transmute(guard) };
        // SAFETY: the caller has the lock, so nobody else looks at the slot.
        unsafe { *self.guard.get() = Some(mem::ManuallyDrop::new(guard)) };
        #[cfg(backend = "loom")]
        self.taken_panicking.set(std::thread::panicking());
    }
}
