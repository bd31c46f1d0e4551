//! Locks in the shape of the `parking_lot` crate (0.12): no poisoning, guards without `Result`, timed locks.
//!
//! On the native backend every item here *is* the `parking_lot` item. On the others these types own the data and stand on
//! the backend's raw locks; the `std` shape in [`crate::sync`] stands on them.

#[cfg(backend = "native")]
pub use parking_lot::{
    Condvar, MappedMutexGuard, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    WaitTimeoutResult,
};

#[cfg(not(backend = "native"))]
mod condvar;
#[cfg(not(backend = "native"))]
mod mutex;
#[cfg(not(backend = "native"))]
mod rwlock;

#[cfg(not(backend = "native"))]
pub use self::{
    condvar::{Condvar, WaitTimeoutResult},
    mutex::{MappedMutexGuard, Mutex, MutexGuard},
    rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard},
};
