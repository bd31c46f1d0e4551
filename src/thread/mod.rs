//! Threads in the shape of [`std::thread`].
//!
//! On the native backend every item here *is* the `std` item.

#[cfg(backend = "native")]
pub use std::thread::{
    AccessError, Builder, JoinHandle, LocalKey, Result, Scope, ScopedJoinHandle, Thread, ThreadId,
    available_parallelism, current, panicking, park, park_timeout, scope, sleep, spawn, yield_now,
};
#[cfg(backend = "native")]
#[allow(deprecated, reason = "published crates use them")]
pub use std::thread::{park_timeout_ms, sleep_ms};
#[cfg(backend = "native")]
pub use std::thread_local;

#[cfg(not(backend = "native"))]
mod ending;
#[cfg(not(backend = "native"))]
mod handle;
#[cfg(not(backend = "native"))]
mod local;
#[cfg(not(backend = "native"))]
mod scope;
#[cfg(not(backend = "native"))]
mod spawn;

#[cfg(not(backend = "native"))]
#[allow(deprecated, reason = "published crates use them")]
pub use self::handle::{park_timeout_ms, sleep_ms};
#[cfg(not(backend = "native"))]
pub use self::{
    handle::{
        Thread, ThreadId, available_parallelism, current, panicking, park, park_timeout, sleep, yield_now,
    },
    local::{AccessError, LocalKey},
    scope::{Scope, ScopedJoinHandle, scope},
    spawn::{Builder, JoinHandle, spawn},
};
#[cfg(not(backend = "native"))]
pub use crate::__unsnarl_thread_local as thread_local;
#[cfg(not(backend = "native"))]
pub use std::thread::Result;
