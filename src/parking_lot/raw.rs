//! The backend's raw locks behind the traits of `lock_api`.

use std::{fmt, panic::RefUnwindSafe, time::Duration};

use super::lock_api::{
    self, RawMutexFair, RawMutexTimed, RawRwLockDowngrade, RawRwLockFair, RawRwLockRecursive,
    RawRwLockRecursiveTimed, RawRwLockTimed, RawRwLockUpgrade, RawRwLockUpgradeDowngrade,
    RawRwLockUpgradeFair, RawRwLockUpgradeTimed,
};
use crate::{
    backend::{Access, RawMutex, RawRwLock},
    time::Instant,
};

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

// SAFETY: the backend's lock is held by one thread at a time.
unsafe impl lock_api::RawMutex for RawMutex {
    #[allow(clippy::declare_interior_mutable_const, reason = "the trait asks for it")]
    const INIT: Self = RawMutex::somewhere();

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    #[track_caller]
    fn lock(&self) {
        RawMutex::lock(self);
    }

    #[inline]
    #[track_caller]
    fn try_lock(&self) -> bool {
        RawMutex::try_lock(self)
    }

    #[inline]
    #[track_caller]
    unsafe fn unlock(&self) {
        // SAFETY: the caller has the lock.
        unsafe { RawMutex::unlock(self) };
    }
}

// SAFETY: as above.
unsafe impl RawMutexFair for RawMutex {
    #[inline]
    #[track_caller]
    unsafe fn unlock_fair(&self) {
        // SAFETY: the caller has the lock.
        unsafe { RawMutex::unlock_fair(self) };
    }
}

// SAFETY: as above.
unsafe impl RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> bool {
        self.lock_timeout(timeout)
    }

    #[inline]
    #[track_caller]
    fn try_lock_until(&self, deadline: Instant) -> bool {
        self.lock_timeout(left(deadline))
    }
}

impl RefUnwindSafe for RawMutex {}

impl fmt::Debug for RawMutex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawMutex").finish_non_exhaustive()
    }
}

// SAFETY: the backend's lock is held by one writer or by readers.
unsafe impl lock_api::RawRwLock for RawRwLock {
    #[allow(clippy::declare_interior_mutable_const, reason = "the trait asks for it")]
    const INIT: Self = RawRwLock::somewhere();

    type GuardMarker = lock_api::GuardNoSend;

    #[inline]
    #[track_caller]
    fn lock_shared(&self) {
        self.lock(Access::Read);
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared(&self) -> bool {
        self.try_lock(Access::Read)
    }

    #[inline]
    #[track_caller]
    unsafe fn unlock_shared(&self) {
        // SAFETY: the caller has a read lock.
        unsafe { self.unlock(Access::Read) };
    }

    #[inline]
    #[track_caller]
    fn lock_exclusive(&self) {
        self.lock(Access::Write);
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive(&self) -> bool {
        self.try_lock(Access::Write)
    }

    #[inline]
    #[track_caller]
    unsafe fn unlock_exclusive(&self) {
        // SAFETY: the caller has the write lock.
        unsafe { self.unlock(Access::Write) };
    }

    #[inline]
    #[track_caller]
    fn is_locked_exclusive(&self) -> bool {
        let free = self.try_lock(Access::ReadRecursive);
        if free {
            // SAFETY: the read lock was taken above.
            unsafe { self.unlock(Access::ReadRecursive) };
        }
        !free
    }
}

// SAFETY: as above.
unsafe impl RawRwLockFair for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn unlock_shared_fair(&self) {
        // SAFETY: the caller has a read lock.
        unsafe { self.unlock_fair(Access::Read) };
    }

    #[inline]
    #[track_caller]
    unsafe fn unlock_exclusive_fair(&self) {
        // SAFETY: the caller has the write lock.
        unsafe { self.unlock_fair(Access::Write) };
    }
}

// SAFETY: as above.
unsafe impl RawRwLockDowngrade for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade(&self) {
        // SAFETY: the caller has the write lock.
        unsafe { RawRwLock::downgrade(self, Access::Write, Access::Read) };
    }
}

// SAFETY: as above.
unsafe impl RawRwLockTimed for RawRwLock {
    type Duration = Duration;
    type Instant = Instant;

    #[inline]
    #[track_caller]
    fn try_lock_shared_for(&self, timeout: Duration) -> bool {
        self.lock_timeout(Access::Read, timeout)
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_until(&self, deadline: Instant) -> bool {
        self.lock_timeout(Access::Read, left(deadline))
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> bool {
        self.lock_timeout(Access::Write, timeout)
    }

    #[inline]
    #[track_caller]
    fn try_lock_exclusive_until(&self, deadline: Instant) -> bool {
        self.lock_timeout(Access::Write, left(deadline))
    }
}

// SAFETY: as above; a recursive read does not wait behind writers that wait.
unsafe impl RawRwLockRecursive for RawRwLock {
    #[inline]
    #[track_caller]
    fn lock_shared_recursive(&self) {
        self.lock(Access::ReadRecursive);
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_recursive(&self) -> bool {
        self.try_lock(Access::ReadRecursive)
    }
}

// SAFETY: as above.
unsafe impl RawRwLockRecursiveTimed for RawRwLock {
    #[inline]
    #[track_caller]
    fn try_lock_shared_recursive_for(&self, timeout: Duration) -> bool {
        self.lock_timeout(Access::ReadRecursive, timeout)
    }

    #[inline]
    #[track_caller]
    fn try_lock_shared_recursive_until(&self, deadline: Instant) -> bool {
        self.lock_timeout(Access::ReadRecursive, left(deadline))
    }
}

// SAFETY: as above; one upgradable lock at a time stands beside readers, and none beside a writer.
unsafe impl RawRwLockUpgrade for RawRwLock {
    #[inline]
    #[track_caller]
    fn lock_upgradable(&self) {
        self.lock(Access::Upgradable);
    }

    #[inline]
    #[track_caller]
    fn try_lock_upgradable(&self) -> bool {
        self.try_lock(Access::Upgradable)
    }

    #[inline]
    #[track_caller]
    unsafe fn unlock_upgradable(&self) {
        // SAFETY: the caller has the upgradable lock.
        unsafe { self.unlock(Access::Upgradable) };
    }

    #[inline]
    #[track_caller]
    unsafe fn upgrade(&self) {
        // SAFETY: the caller has the upgradable lock.
        unsafe { RawRwLock::upgrade(self) };
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade(&self) -> bool {
        // SAFETY: the caller has the upgradable lock.
        unsafe { RawRwLock::try_upgrade(self) }
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgradeFair for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn unlock_upgradable_fair(&self) {
        // SAFETY: the caller has the upgradable lock.
        unsafe { self.unlock_fair(Access::Upgradable) };
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgradeDowngrade for RawRwLock {
    #[inline]
    #[track_caller]
    unsafe fn downgrade_upgradable(&self) {
        // SAFETY: the caller has the upgradable lock.
        unsafe { RawRwLock::downgrade(self, Access::Upgradable, Access::Read) };
    }

    #[inline]
    #[track_caller]
    unsafe fn downgrade_to_upgradable(&self) {
        // SAFETY: the caller has the write lock.
        unsafe { RawRwLock::downgrade(self, Access::Write, Access::Upgradable) };
    }
}

// SAFETY: as above.
unsafe impl RawRwLockUpgradeTimed for RawRwLock {
    #[inline]
    #[track_caller]
    fn try_lock_upgradable_for(&self, timeout: Duration) -> bool {
        self.lock_timeout(Access::Upgradable, timeout)
    }

    #[inline]
    #[track_caller]
    fn try_lock_upgradable_until(&self, deadline: Instant) -> bool {
        self.lock_timeout(Access::Upgradable, left(deadline))
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade_for(&self, timeout: Duration) -> bool {
        // SAFETY: the caller has the upgradable lock.
        unsafe { self.upgrade_timeout(timeout) }
    }

    #[inline]
    #[track_caller]
    unsafe fn try_upgrade_until(&self, deadline: Instant) -> bool {
        // SAFETY: the caller has the upgradable lock.
        unsafe { self.upgrade_timeout(left(deadline)) }
    }
}

impl fmt::Debug for RawRwLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRwLock").finish_non_exhaustive()
    }
}
