//! Locks, condition variables, semaphores, barriers, one-time cells and atomics in the shape of [`std::sync`].
//!
//! On the native backend every item that `std` has *is* the `std` item. [`Semaphore`], [`Latch`], [`WaitGroup`] and [`Notify`]
//! are ours, since `std` has none.
//! [`Arc`] and [`Weak`] are `std`'s on every backend: counting references is not a scheduling point.

mod fair;
mod latch;
pub mod named;
mod semaphore;

pub use std::sync::{Arc, LockResult, PoisonError, TryLockError, TryLockResult, Weak};
#[cfg(backend = "native")]
pub use std::sync::{
    Barrier, BarrierWaitResult, Condvar, LazyLock, Mutex, MutexGuard, Once, OnceLock, OnceState, RwLock,
    RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult, atomic, mpsc,
};

#[cfg(not(backend = "native"))]
mod barrier;
#[cfg(not(backend = "native"))]
mod condvar;
#[cfg(not(backend = "native"))]
pub mod mpsc;
#[cfg(not(backend = "native"))]
mod mutex;
#[cfg(not(backend = "native"))]
mod once;
#[cfg(not(backend = "native"))]
mod once_cell;
#[cfg(not(backend = "native"))]
mod rwlock;

#[cfg(not(backend = "native"))]
pub use self::{
    barrier::{Barrier, BarrierWaitResult},
    condvar::{Condvar, WaitTimeoutResult},
    mutex::{Mutex, MutexGuard},
    once::{Once, OnceState},
    once_cell::{LazyLock, OnceLock},
    rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard},
};
#[cfg(not(backend = "native"))]
pub mod atomic {
    //! Atomic types in the shape of [`std::sync::atomic`].
    pub use crate::backend::atomic::*;
}

pub use latch::{Latch, Notify, WaitGroup};
pub use semaphore::{AcquireError, OwnedPermit, Permit, Semaphore, TryAcquireError};
