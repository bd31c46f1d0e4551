//! Which implementation stands behind the facade: the only folder, with the facade's own files, that reads the backend cfg.
//!
//! Off the native backend the typed shells (`sync`, `parking_lot`, `thread` …) are written once, on the *raw* layer that
//! this module exports: locks, condition variables and threads without data types, one implementation per backend.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the backends stand on the real primitives"
)]

#[cfg(not(backend = "native"))]
mod access;
#[cfg(any(backend = "loom", backend = "shuttle"))]
mod guest;
#[cfg(backend = "instrumented")]
mod instrumented;
#[cfg(backend = "loom")]
mod loom;
mod portable;
#[cfg(backend = "shuttle")]
mod shuttle;

#[cfg(not(backend = "native"))]
pub(crate) use access::Access;
#[cfg(backend = "instrumented")]
pub(crate) use instrumented::*;
#[cfg(backend = "loom")]
pub(crate) use loom::*;
#[cfg(all(any(feature = "queue", feature = "deque"), any(backend = "loom", backend = "shuttle")))]
pub(crate) use portable::queue::PortableQueue as RawQueue;
#[cfg(not(backend = "instrumented"))]
pub(crate) use portable::semaphore::PortableSemaphore as RawSemaphore;
#[cfg(not(backend = "native"))]
pub(crate) use portable::{locals, once::OnceWord, outcome, plain, world};
#[cfg(backend = "shuttle")]
pub(crate) use shuttle::*;

#[cfg(any(backend = "loom", backend = "shuttle"))]
pub use guest::{mutex::RawMutex, rwlock::RawRwLock};
#[cfg(backend = "instrumented")]
pub use instrumented::{RawMutex, RawRwLock};

/// How many values a queue has, and how many it can have.
#[cfg(all(any(feature = "queue", feature = "deque"), not(backend = "native")))]
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(all(feature = "model", backend = "instrumented")),
    allow(dead_code, reason = "only our own engine counts what is in a queue")
)]
pub(crate) struct QueueCounts {
    pub(crate) len: usize,
    /// `None` for an unbounded queue.
    pub(crate) capacity: Option<usize>,
}

/// The strongest ordering that a failing exchange may have beside this one of a successful one.
#[cfg(not(backend = "native"))]
fn of_failure(success: std::sync::atomic::Ordering) -> std::sync::atomic::Ordering {
    use std::sync::atomic::Ordering;
    // ORDERING: none here: the caller's is taken apart.
    match success {
        Ordering::Release => Ordering::Relaxed,
        Ordering::AcqRel => Ordering::Acquire,
        other => other,
    }
}

/// Whether the caller is in an execution in which one-time cells start afresh, also those that an earlier execution has met: in
/// every model.
#[cfg(not(backend = "native"))]
pub(crate) fn cells_start_afresh() -> bool {
    cfg!(any(backend = "loom", backend = "shuttle")) || in_model()
}

/// Whether a wait with a timeout can end by it. Where it cannot, the timeouts of sockets and pollers are accepted and never
/// fire, and all others are refused.
#[cfg(not(backend = "native"))]
pub(crate) const TIMEOUTS_FIRE: bool = cfg!(backend = "instrumented");
