//! The raw reader-writer lock.

use std::time::Duration;

use parking_lot::lock_api::{
    RawRwLock as _, RawRwLockDowngrade as _, RawRwLockFair as _, RawRwLockRecursive as _,
    RawRwLockRecursiveTimed as _, RawRwLockTimed as _, RawRwLockUpgrade as _, RawRwLockUpgradeDowngrade as _,
    RawRwLockUpgradeFair as _, RawRwLockUpgradeTimed as _,
};

use super::identity::Identity;
use crate::backend::Access;
#[cfg(feature = "model")]
use crate::engine::{
    Handle,
    object::{RECURSIVE, RwLock, State},
    op::{ObjectIndex, Op, OpKind},
    trace::Outcome,
};

/// The raw lock of [`RwLock`](crate::parking_lot::RwLock): a step of the engine inside a model, the native lock outside.
pub struct RawRwLock {
    identity: Identity,
    native: parking_lot::RawRwLock,
}

impl RawRwLock {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        RawRwLock { identity: Identity::new(), native: parking_lot::RawRwLock::INIT }
    }

    /// As [`new`](Self::new), where the place of construction is not known.
    pub(crate) const fn somewhere() -> Self {
        RawRwLock { identity: Identity::somewhere(), native: parking_lot::RawRwLock::INIT }
    }

    /// Another lock that was made at the same place, with a name.
    pub(crate) fn renamed(&self, name: &'static str) -> Self {
        RawRwLock { identity: self.identity.renamed(name), native: parking_lot::RawRwLock::INIT }
    }

    #[cfg(feature = "model")]
    #[inline]
    #[track_caller]
    fn index(&self, handle: &Handle) -> ObjectIndex {
        self.identity.index(handle, "rwlock", || State::RwLock(RwLock::default()))
    }

    #[cfg(feature = "model")]
    #[inline(always)]
    #[track_caller]
    fn step(&self, handle: &Handle, kind: OpKind, access: Access, timeout: Option<Duration>) -> bool {
        let argument = if access == Access::ReadRecursive { RECURSIVE } else { 0 };
        let op = Op::new(kind, self.index(handle), argument, std::panic::Location::caller());
        handle.step(op, timeout) == Outcome::Done
    }

    #[inline]
    #[track_caller]
    pub(crate) fn lock(&self, access: Access) {
        in_model!(handle => {
            let kind = match access {
                Access::Read | Access::ReadRecursive => OpKind::Read,
                Access::Upgradable => OpKind::Upgradable,
                Access::Write => OpKind::Write,
            };
            self.step(&handle, kind, access, None);
        });
        self.identity.watch_taking();
        match access {
            Access::Read => self.native.lock_shared(),
            Access::ReadRecursive => self.native.lock_shared_recursive(),
            Access::Upgradable => self.native.lock_upgradable(),
            Access::Write => self.native.lock_exclusive(),
        }
    }

    #[inline]
    #[track_caller]
    pub(crate) fn try_lock(&self, access: Access) -> bool {
        in_model!(handle => {
            let kind = match access {
                Access::Read | Access::ReadRecursive => OpKind::TryRead,
                Access::Upgradable => OpKind::TryUpgradable,
                Access::Write => OpKind::TryWrite,
            };
            self.step(&handle, kind, access, None)
        });
        self.identity.watch_took(match access {
            Access::Read => self.native.try_lock_shared(),
            Access::ReadRecursive => self.native.try_lock_shared_recursive(),
            Access::Upgradable => self.native.try_lock_upgradable(),
            Access::Write => self.native.try_lock_exclusive(),
        })
    }

    #[inline]
    #[track_caller]
    pub(crate) fn lock_timeout(&self, access: Access, timeout: Duration) -> bool {
        in_model!(handle => {
            let kind = match access {
                Access::Read | Access::ReadRecursive => OpKind::ReadTimed,
                Access::Upgradable => OpKind::UpgradableTimed,
                Access::Write => OpKind::WriteTimed,
            };
            self.step(&handle, kind, access, Some(timeout))
        });
        self.identity.watch_took(match access {
            Access::Read => self.native.try_lock_shared_for(timeout),
            Access::ReadRecursive => self.native.try_lock_shared_recursive_for(timeout),
            Access::Upgradable => self.native.try_lock_upgradable_for(timeout),
            Access::Write => self.native.try_lock_exclusive_for(timeout),
        })
    }

    /// # Safety
    ///
    /// The caller holds the lock in this way.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn unlock(&self, access: Access) {
        in_model!(handle => self.release(&handle, access));
        self.identity.watch_released();
        // SAFETY: the caller holds the lock in this way.
        unsafe {
            match access {
                Access::Read | Access::ReadRecursive => self.native.unlock_shared(),
                Access::Upgradable => self.native.unlock_upgradable(),
                Access::Write => self.native.unlock_exclusive(),
            }
        }
    }

    /// As [`unlock`](Self::unlock), and hands the lock to who has waited longest.
    ///
    /// # Safety
    ///
    /// The caller holds the lock in this way.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn unlock_fair(&self, access: Access) {
        in_model!(handle => self.release(&handle, access));
        self.identity.watch_released();
        // SAFETY: the caller holds the lock in this way.
        unsafe {
            match access {
                Access::Read | Access::ReadRecursive => self.native.unlock_shared_fair(),
                Access::Upgradable => self.native.unlock_upgradable_fair(),
                Access::Write => self.native.unlock_exclusive_fair(),
            }
        }
    }

    #[cfg(feature = "model")]
    #[inline]
    #[track_caller]
    fn release(&self, handle: &Handle, access: Access) {
        let kind = match access {
            Access::Read | Access::ReadRecursive => OpKind::UnlockRead,
            Access::Upgradable => OpKind::UnlockUpgradable,
            Access::Write => OpKind::UnlockWrite,
        };
        handle.release(kind, self.index(handle), std::panic::Location::caller());
    }

    /// Turns what is held into something that lets others read.
    ///
    /// # Safety
    ///
    /// The caller holds the lock as `from` says, and `to` is one of those that let others read.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn downgrade(&self, from: Access, to: Access) {
        in_model!(handle => {
            let kind = match to {
                Access::Upgradable => OpKind::DowngradeToUpgradable,
                _ => OpKind::Downgrade,
            };
            self.step(&handle, kind, to, None);
        });
        // SAFETY: the caller holds the lock as `from` says.
        unsafe {
            match (from, to) {
                (Access::Upgradable, _) => self.native.downgrade_upgradable(),
                (_, Access::Upgradable) => self.native.downgrade_to_upgradable(),
                _ => self.native.downgrade(),
            }
        }
    }

    /// # Safety
    ///
    /// The caller holds the upgradable lock.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn upgrade(&self) {
        in_model!(handle => {
            self.step(&handle, OpKind::Upgrade, Access::Write, None);
        });
        // SAFETY: the caller holds the upgradable lock.
        unsafe { self.native.upgrade() };
    }

    /// # Safety
    ///
    /// The caller holds the upgradable lock.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn try_upgrade(&self) -> bool {
        in_model!(handle => self.step(&handle, OpKind::TryUpgrade, Access::Write, None));
        // SAFETY: the caller holds the upgradable lock.
        unsafe { self.native.try_upgrade() }
    }

    /// # Safety
    ///
    /// The caller holds the upgradable lock.
    #[inline]
    #[track_caller]
    pub(crate) unsafe fn upgrade_timeout(&self, timeout: Duration) -> bool {
        in_model!(handle => self.step(&handle, OpKind::UpgradeTimed, Access::Write, Some(timeout)));
        // SAFETY: the caller holds the upgradable lock.
        unsafe { self.native.try_upgrade_for(timeout) }
    }
}
