//! Locks in the shape of the `parking_lot` crate (0.12): no poisoning, guards without `Result`, timed locks.
//!
//! On the native backend every item here *is* the `parking_lot` item.

#[cfg(backend = "native")]
pub use parking_lot::{
    Condvar, MappedMutexGuard, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard,
    WaitTimeoutResult,
};
