//! Pieces that are written once, for backends that lack them: on the facade's own mutex and condition variable, or on
//! plain `std` where no scheduling point is wanted.

#[cfg(not(backend = "native"))]
pub(crate) mod barrier;
#[cfg(not(backend = "native"))]
mod blocks;
#[cfg(any(backend = "loom", backend = "shuttle"))]
pub(crate) mod channel;
#[cfg(not(backend = "native"))]
pub(crate) mod locals;
#[cfg(not(backend = "native"))]
pub(crate) mod once;
#[cfg(not(backend = "native"))]
pub(crate) mod outcome;
#[cfg(not(backend = "native"))]
pub(crate) mod plain;
#[cfg(all(any(feature = "queue", feature = "deque"), any(backend = "loom", backend = "shuttle")))]
pub(crate) mod queue;
pub(crate) mod semaphore;
#[cfg(not(backend = "native"))]
pub(crate) mod world;
