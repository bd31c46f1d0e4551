//! What a program does when it notices that it has gone wrong.

#![allow(
    clippy::disallowed_types,
    reason = "the record lies outside of the program under test: it must not be a step"
)]

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// Judges an execution. A check wants a panic, which ends the search; who counts executions wants them all to go on.
#[derive(Clone, Copy, Debug)]
pub enum Oracle {
    /// A failed requirement panics.
    Panic,
    /// A failed requirement is remembered here and the program goes on.
    Record(&'static AtomicBool),
}

impl Oracle {
    /// Says what must hold here.
    ///
    /// # Panics
    ///
    /// If it does not, unless failures are recorded.
    #[track_caller]
    pub fn require(self, holds: bool, message: &str) {
        match self {
            Oracle::Panic => assert!(holds, "{message}"),
            Oracle::Record(failed) if !holds => failed.store(true, SeqCst),
            Oracle::Record(_) => {}
        }
    }
}
