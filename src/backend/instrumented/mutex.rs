//! The raw mutex.

use std::{mem, time::Duration};

use super::identity::Identity;
#[cfg(feature = "model")]
use super::identity::step;
#[cfg(feature = "model")]
use crate::engine::{
    Handle,
    object::State,
    op::{ObjectIndex, OpKind},
    trace::Outcome,
};

/// The raw lock of [`Mutex`](crate::parking_lot::Mutex): a step of the engine inside a model, the native lock outside.
pub struct RawMutex {
    identity: Identity,
    native: parking_lot::Mutex<()>,
}

impl RawMutex {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        RawMutex { identity: Identity::new(), native: parking_lot::Mutex::new(()) }
    }

    /// As [`new`](Self::new), where the place of construction is not known.
    pub(crate) const fn somewhere() -> Self {
        RawMutex { identity: Identity::somewhere(), native: parking_lot::Mutex::new(()) }
    }

    /// Another lock that was made at the same place, with a name.
    pub(crate) fn renamed(&self, name: &'static str) -> Self {
        RawMutex { identity: self.identity.renamed(name), native: parking_lot::Mutex::new(()) }
    }

    #[cfg(feature = "model")]
    #[inline]
    #[track_caller]
    pub(super) fn index(&self, handle: &Handle) -> ObjectIndex {
        self.identity.index(handle, "mutex", || State::Mutex { owner: None })
    }

    /// The native lock, for the native condition variable.
    pub(super) fn native(&self) -> &parking_lot::Mutex<()> {
        &self.native
    }

    #[inline(always)]
    #[track_caller]
    pub(crate) fn lock(&self) {
        in_model!(handle => {
            step(&handle, OpKind::Lock, self.index(&handle), None);
        });
        self.identity.watch_taking();
        mem::forget(self.native.lock());
    }

    #[inline]
    #[track_caller]
    pub(crate) fn try_lock(&self) -> bool {
        in_model!(handle => step(&handle, OpKind::TryLock, self.index(&handle), None) == Outcome::Done);
        self.identity.watch_took(self.native.try_lock().map(mem::forget).is_some())
    }

    #[inline]
    #[track_caller]
    pub(crate) fn lock_timeout(&self, timeout: Duration) -> bool {
        in_model!(handle => {
            step(&handle, OpKind::LockTimed, self.index(&handle), Some(timeout)) == Outcome::Done
        });
        self.identity.watch_took(self.native.try_lock_for(timeout).map(mem::forget).is_some())
    }

    /// # Safety
    ///
    /// The caller holds the lock.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn unlock(&self) {
        in_model!(handle => {
            handle.release(OpKind::Unlock, self.index(&handle), std::panic::Location::caller());
        });
        self.identity.watch_released();
        // SAFETY: the caller holds the lock.
        unsafe { self.native.force_unlock() };
    }

    /// As [`unlock`](Self::unlock), and hands the lock to who has waited longest.
    ///
    /// # Safety
    ///
    /// The caller holds the lock.
    #[track_caller]
    pub(crate) unsafe fn unlock_fair(&self) {
        in_model!(handle => {
            handle.release(OpKind::Unlock, self.index(&handle), std::panic::Location::caller());
        });
        self.identity.watch_released();
        // SAFETY: the caller holds the lock.
        unsafe { self.native.force_unlock_fair() };
    }
}
