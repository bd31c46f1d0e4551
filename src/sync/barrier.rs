//! The barrier.

use std::{fmt, panic::RefUnwindSafe};

use crate::{Named, backend::RawBarrier};

/// A barrier in the shape of [`std::sync::Barrier`]: threads wait until a fixed number of them has come.
pub struct Barrier {
    raw: RawBarrier,
}

impl RefUnwindSafe for Barrier {}

/// What [`Barrier::wait`] returns: one of the threads is the leader.
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// True for exactly one of the threads of a round.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.0).finish()
    }
}

impl Barrier {
    /// Creates a barrier for `threads` threads. For 0 and 1, [`wait`](Self::wait) returns at once.
    #[must_use]
    #[track_caller]
    pub const fn new(threads: usize) -> Self {
        Barrier { raw: RawBarrier::new(threads) }
    }

    /// Blocks until all threads have come. The barrier can then be used for the next round.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        BarrierWaitResult(self.raw.wait())
    }
}

impl Named for Barrier {
    fn named(mut self, name: &'static str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}
