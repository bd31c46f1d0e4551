//! Locks, condition variables, semaphores, barriers, one-time cells and atomics in the shape of [`std::sync`].
//!
//! On the native backend every item that `std` has *is* the `std` item. [`Semaphore`] is ours, since `std` has none.
//! [`Arc`] and [`Weak`] are `std`'s on every backend: counting references is not a scheduling point.

pub mod named;
mod semaphore;

pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};
#[cfg(backend = "native")]
pub use std::sync::{
    Barrier, BarrierWaitResult, Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, OnceState, RwLock,
    RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult, atomic,
};

pub use semaphore::{AcquireError, OwnedPermit, Permit, Semaphore, TryAcquireError};
