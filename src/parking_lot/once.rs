//! The one-time gate that says how far it has come.

use std::fmt;

use crate::{Named, sync};

/// How far a [`Once`] has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnceState {
    /// No closure has run.
    New,
    /// A closure ran and panicked.
    Poisoned,
    /// A thread is running a closure.
    InProgress,
    /// A closure has returned.
    Done,
}

impl OnceState {
    /// Whether a closure ran and panicked.
    #[must_use]
    pub fn poisoned(self) -> bool {
        self == OnceState::Poisoned
    }

    /// Whether a closure has returned.
    #[must_use]
    pub fn done(self) -> bool {
        self == OnceState::Done
    }
}

/// A one-time gate in the shape of `parking_lot::Once`.
pub struct Once(sync::Once);

impl Once {
    /// Creates a gate through which nobody has gone.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Once(sync::Once::new())
    }

    /// How far it has come.
    #[track_caller]
    pub fn state(&self) -> OnceState {
        self.0.progress()
    }

    /// Runs `init` if nobody has; blocks while another thread does. A call from within `init` deadlocks.
    ///
    /// # Panics
    ///
    /// When an earlier closure panicked.
    #[track_caller]
    pub fn call_once(&self, init: impl FnOnce()) {
        self.0.call_once(init);
    }

    /// As [`call_once`](Self::call_once), but also after a closure that panicked: `init` is told whether one did.
    #[track_caller]
    pub fn call_once_force(&self, init: impl FnOnce(OnceState)) {
        self.0.call_once_force(|state| {
            init(if state.is_poisoned() { OnceState::Poisoned } else { OnceState::New });
        });
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Once::new()
    }
}

impl Named for Once {
    fn named(self, name: &'static str) -> Self {
        Once(self.0.named(name))
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("state", &self.state()).finish()
    }
}
