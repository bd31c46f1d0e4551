//! The raw reader-writer lock.

use std::time::Duration;

use parking_lot::lock_api::{RawRwLock as _, RawRwLockDowngrade as _, RawRwLockTimed as _};

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

pub(crate) struct RawRwLock {
    identity: Identity,
    native: parking_lot::RawRwLock,
}

impl RawRwLock {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        RawRwLock { identity: Identity::new(), native: parking_lot::RawRwLock::INIT }
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.identity.name = Some(name);
    }

    #[cfg(feature = "model")]
    fn index(&self, handle: &Handle) -> ObjectIndex {
        self.identity.index(handle, "rwlock", || State::RwLock {
            writer: None,
            readers: Vec::new(),
            queued: Vec::new(),
        })
    }

    #[cfg(feature = "model")]
    #[track_caller]
    fn step(&self, handle: &Handle, kind: OpKind, timeout: Option<Duration>) -> bool {
        step(handle, kind, self.index(handle), timeout) == Outcome::Done
    }

    #[track_caller]
    pub(crate) fn read(&self) {
        in_model!(handle => {
            self.step(&handle, OpKind::Read, None);
        });
        self.identity.watch_taking();
        self.native.lock_shared();
    }

    #[track_caller]
    pub(crate) fn try_read(&self) -> bool {
        in_model!(handle => self.step(&handle, OpKind::TryRead, None));
        self.identity.watch_took(self.native.try_lock_shared())
    }

    #[track_caller]
    pub(crate) fn read_timeout(&self, timeout: Duration) -> bool {
        in_model!(handle => self.step(&handle, OpKind::ReadTimed, Some(timeout)));
        self.identity.watch_took(self.native.try_lock_shared_for(timeout))
    }

    /// # Safety
    ///
    /// The caller holds a read lock.
    #[track_caller]
    pub(crate) unsafe fn unlock_read(&self) {
        in_model!(handle => {
            handle.release(OpKind::UnlockRead, self.index(&handle), std::panic::Location::caller());
        });
        self.identity.watch_released();
        // SAFETY: the caller holds a read lock.
        unsafe { self.native.unlock_shared() };
    }

    #[track_caller]
    pub(crate) fn write(&self) {
        in_model!(handle => {
            self.step(&handle, OpKind::Write, None);
        });
        self.identity.watch_taking();
        self.native.lock_exclusive();
    }

    #[track_caller]
    pub(crate) fn try_write(&self) -> bool {
        in_model!(handle => self.step(&handle, OpKind::TryWrite, None));
        self.identity.watch_took(self.native.try_lock_exclusive())
    }

    #[track_caller]
    pub(crate) fn write_timeout(&self, timeout: Duration) -> bool {
        in_model!(handle => self.step(&handle, OpKind::WriteTimed, Some(timeout)));
        self.identity.watch_took(self.native.try_lock_exclusive_for(timeout))
    }

    /// # Safety
    ///
    /// The caller holds the write lock.
    #[track_caller]
    pub(crate) unsafe fn unlock_write(&self) {
        in_model!(handle => {
            handle.release(OpKind::UnlockWrite, self.index(&handle), std::panic::Location::caller());
        });
        self.identity.watch_released();
        // SAFETY: the caller holds the write lock.
        unsafe { self.native.unlock_exclusive() };
    }

    /// # Safety
    ///
    /// The caller holds the write lock.
    #[track_caller]
    pub(crate) unsafe fn downgrade(&self) {
        in_model!(handle => {
            self.step(&handle, OpKind::Downgrade, None);
        });
        // SAFETY: the caller holds the write lock.
        unsafe { self.native.downgrade() };
    }
}
