//! Locks in the shape of the `parking_lot` crate (0.12): no poisoning, guards without `Result`, timed and fair locks, locks
//! that can be upgraded, guards that own an `Arc`.
//!
//! On the native backend every item here *is* the `parking_lot` item. On the others the guards, [`FairMutex`] and
//! [`ReentrantMutex`] are `lock_api`'s over this crate's raw locks, and so are [`Mutex`] and [`RwLock`] but for one thing:
//! they note where they were made, for reports.
//!
//! # Code that is generic over `lock_api`
//!
//! [`RawMutex`] and [`RawRwLock`] implement the traits of [`lock_api`], so code that is generic over them runs in a model,
//! too:
//!
//! ```
//! use unsnarl::parking_lot::{RawMutex, lock_api};
//!
//! struct Counter<R: lock_api::RawMutex>(lock_api::Mutex<R, u64>);
//!
//! let counter: Counter<RawMutex> = Counter(lock_api::Mutex::new(1));
//! *counter.0.lock() += 1;
//! assert_eq!(*counter.0.lock(), 2);
//! ```

pub use parking_lot::{
    ArcMutexGuard, ArcReentrantMutexGuard, ArcRwLockReadGuard, ArcRwLockUpgradableReadGuard,
    ArcRwLockWriteGuard, lock_api,
};
#[cfg(backend = "native")]
pub use parking_lot::{
    Condvar, FairMutex, FairMutexGuard, MappedFairMutexGuard, MappedMutexGuard, MappedReentrantMutexGuard,
    MappedRwLockReadGuard, MappedRwLockWriteGuard, Mutex, MutexGuard, Once, OnceState, RawFairMutex,
    RawMutex, RawRwLock, RawThreadId, ReentrantMutex, ReentrantMutexGuard, RwLock, RwLockReadGuard,
    RwLockUpgradableReadGuard, RwLockWriteGuard, WaitTimeoutResult, const_fair_mutex, const_mutex,
    const_reentrant_mutex, const_rwlock,
};

#[cfg(not(backend = "native"))]
mod condvar;
#[cfg(not(backend = "native"))]
mod fair_mutex;
#[cfg(not(backend = "native"))]
mod mutex;
#[cfg(not(backend = "native"))]
mod once;
#[cfg(not(backend = "native"))]
mod raw;
#[cfg(not(backend = "native"))]
mod remutex;
#[cfg(not(backend = "native"))]
mod rwlock;

#[cfg(not(backend = "native"))]
pub use self::{
    condvar::{Condvar, WaitTimeoutResult},
    fair_mutex::{FairMutex, FairMutexGuard, MappedFairMutexGuard, RawFairMutex, const_fair_mutex},
    mutex::{MappedMutexGuard, Mutex, MutexGuard, const_mutex},
    once::{Once, OnceState},
    remutex::{
        MappedReentrantMutexGuard, RawThreadId, ReentrantMutex, ReentrantMutexGuard, const_reentrant_mutex,
    },
    rwlock::{
        MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard,
        RwLockWriteGuard, const_rwlock,
    },
};
#[cfg(not(backend = "native"))]
pub use crate::backend::{RawMutex, RawRwLock};

/// Adds to a lock the methods that take it in an `Arc`, by handing on to the `lock_api` lock inside.
#[cfg(not(backend = "native"))]
macro_rules! arc_methods {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty)?) -> $guard:ty;)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(self: &std::sync::Arc<Self> $(, $arg: $ty)?) -> $guard {
            let inner = std::sync::Arc::into_raw(std::sync::Arc::clone(self)) as *const Inner<T>;
            // SAFETY: the pointer comes from an `Arc` of this type, which is a transparent wrapper of the one inside.
            unsafe { std::sync::Arc::from_raw(inner) }.$name($($arg)?)
        }
    )*};
}
#[cfg(not(backend = "native"))]
use arc_methods;
