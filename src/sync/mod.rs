//! Locks, condition variables, semaphores, barriers, one-time cells and atomics in the shape of [`std::sync`].
//!
//! On the native backend every item that `std` has *is* the `std` item. [`Semaphore`], [`Latch`], [`WaitGroup`] and [`Notify`]
//! are ours, since `std` has none.
//! [`Arc`] and [`Weak`] are `std`'s on every backend: counting references is not a scheduling point.
//!
//! # Which one
//!
//! | what the threads do | prefer |
//! |---|---|
//! | touch the same data, one at a time | a [`Mutex`] |
//! | mostly read the same data | an [`RwLock`]; never take it twice in a thread: a writer that waits in between is a deadlock |
//! | wait until data has become so and so | a [`Condvar`] beside the mutex of that data, in a loop |
//! | hand values or jobs over | a channel ([`channel`](crate::channel), [`mpsc`]), bounded unless the sender is known to be slower |
//! | use at most *n* of something (connections, slots) | a [`Semaphore`], [fair](Semaphore::fair) where some want many at once |
//! | wait until others have come so far | a [`WaitGroup`] or a [`Latch`]; in rounds a [`Barrier`]; a [scope](crate::thread::scope) |
//! | wait for "something has happened", with no data to it | a [`Notify`], which remembers one that came too early |
//! | make a value once | [`OnceLock`], [`LazyLock`] |
//! | count, or raise a flag, and read nothing else because of it | an [`atomic`] |
//!
//! A mutex is given back by who took it, a permit by whoever has it: a semaphore with one permit is no mutex, as nothing says
//! which data it guards (`cargo unsnarl lesson semaphore-as-lock`). A condition variable forgets a notification that nobody
//! waits for; a permit, a message and a latch stay.

mod fair;
mod latch;
pub mod named;
mod semaphore;

#[cfg(backend = "native")]
#[allow(deprecated, reason = "published crates use it")]
pub use std::sync::ONCE_INIT;
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
mod deprecated;
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
#[allow(deprecated, reason = "published crates use it")]
pub use self::{
    barrier::{Barrier, BarrierWaitResult},
    condvar::{Condvar, WaitTimeoutResult},
    deprecated::ONCE_INIT,
    mutex::{Mutex, MutexGuard},
    once::{Once, OnceState},
    once_cell::{LazyLock, OnceLock},
    rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard},
};
#[cfg(not(backend = "native"))]
pub mod atomic {
    //! Atomic types in the shape of [`std::sync::atomic`].
    pub use super::deprecated::atomic::*;
    pub use crate::backend::atomic::*;
}

pub use latch::{Latch, Notify, WaitGroup};
pub use semaphore::{AcquireError, OwnedPermit, Permit, Semaphore, TryAcquireError};
