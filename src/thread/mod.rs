//! Threads in the shape of [`std::thread`].
//!
//! On the native backend every item here *is* the `std` item.

#[cfg(backend = "native")]
pub use std::thread::{
    AccessError, Builder, JoinHandle, LocalKey, Result, Scope, ScopedJoinHandle, Thread, ThreadId,
    available_parallelism, current, panicking, park, park_timeout, scope, sleep, spawn, yield_now,
};
#[cfg(backend = "native")]
pub use std::thread_local;
