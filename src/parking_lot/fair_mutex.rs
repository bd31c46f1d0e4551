//! The mutex that goes to the thread that has waited longest.

use std::time::Duration;

use super::{RawMutex, lock_api};
use crate::{Named, time::Instant};

/// A mutex in the shape of `parking_lot::FairMutex`: an unlock hands it to the thread that has waited longest. A model looks
/// at every order in which waiting threads can get it, as for any mutex: more than can happen.
pub type FairMutex<T> = lock_api::Mutex<RawFairMutex, T>;

/// Access to the data of a locked [`FairMutex`]; unlocks it on drop.
pub type FairMutexGuard<'a, T> = lock_api::MutexGuard<'a, RawFairMutex, T>;

/// Access to a part of the data of a locked [`FairMutex`]; unlocks it on drop.
pub type MappedFairMutexGuard<'a, T> = lock_api::MappedMutexGuard<'a, RawFairMutex, T>;

/// Creates an unlocked fair mutex around `value`.
#[track_caller]
pub const fn const_fair_mutex<T>(value: T) -> FairMutex<T> {
    FairMutex::from_raw(RawFairMutex(RawMutex::new()), value)
}

impl<T> Named for FairMutex<T> {
    fn named(self, name: &'static str) -> Self {
        // SAFETY: nobody can have locked it: it is here by value.
        let raw = RawFairMutex(unsafe { self.raw() }.0.renamed(name));
        Self::from_raw(raw, self.into_inner())
    }
}

/// A raw mutex of which every unlock is fair.
#[derive(Debug)]
pub struct RawFairMutex(RawMutex);

// SAFETY: as `RawMutex`, on which it stands.
unsafe impl lock_api::RawMutex for RawFairMutex {
    const INIT: Self = RawFairMutex(RawMutex::INIT);

    type GuardMarker = <RawMutex as lock_api::RawMutex>::GuardMarker;

    #[track_caller]
    fn lock(&self) {
        self.0.lock();
    }

    #[track_caller]
    fn try_lock(&self) -> bool {
        self.0.try_lock()
    }

    #[track_caller]
    unsafe fn unlock(&self) {
        // SAFETY: the caller has the lock.
        unsafe { self.0.unlock_fair() };
    }
}

// SAFETY: as `RawMutex`, on which it stands.
unsafe impl lock_api::RawMutexFair for RawFairMutex {
    #[track_caller]
    unsafe fn unlock_fair(&self) {
        // SAFETY: the caller has the lock.
        unsafe { self.0.unlock_fair() };
    }
}

// SAFETY: as `RawMutex`, on which it stands.
unsafe impl lock_api::RawMutexTimed for RawFairMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> bool {
        self.0.lock_timeout(timeout)
    }

    #[track_caller]
    fn try_lock_until(&self, deadline: Instant) -> bool {
        self.0.lock_timeout(deadline.saturating_duration_since(Instant::now()))
    }
}
