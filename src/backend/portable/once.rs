//! The state word of one-time cells.

#[cfg(not(backend = "loom"))]
use crate::backend::atomic::{AtomicU8, Ordering};

/// A small state that says how far an initialisation has come; it starts as 0.
#[cfg(not(backend = "loom"))]
pub(crate) struct OnceWord(AtomicU8);

#[cfg(not(backend = "loom"))]
impl OnceWord {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        OnceWord(AtomicU8::new(0))
    }

    #[track_caller]
    pub(crate) fn get(&self) -> u8 {
        // ORDERING: acquire, partner of the release in `set`: whoever sees the last state sees the value.
        self.0.load(Ordering::Acquire)
    }

    #[track_caller]
    pub(crate) fn set(&self, state: u8) {
        // ORDERING: release, partner of the acquire in `get`.
        self.0.store(state, Ordering::Release);
    }
}

/// As above. An atomic of loom's has no const constructor, and one that is made at first use counts as written by its
/// first user, which loom would report as a race with the second. A lock has neither trouble.
#[cfg(backend = "loom")]
pub(crate) struct OnceWord {
    lock: crate::backend::RawMutex,
    state: crate::backend::PerExecution<std::cell::Cell<u8>>,
}

#[cfg(backend = "loom")]
impl OnceWord {
    pub(crate) const fn new() -> Self {
        OnceWord { lock: crate::backend::RawMutex::new(), state: crate::backend::PerExecution::new() }
    }

    #[track_caller]
    pub(crate) fn get(&self) -> u8 {
        self.lock.lock();
        let state = self.state.get(Self::start).get();
        // SAFETY: locked above by this thread.
        unsafe { self.lock.unlock() };
        state
    }

    #[track_caller]
    pub(crate) fn set(&self, state: u8) {
        self.lock.lock();
        self.state.get(Self::start).set(state);
        // SAFETY: locked above by this thread.
        unsafe { self.lock.unlock() };
    }

    fn start() -> std::cell::Cell<u8> {
        std::cell::Cell::new(0)
    }
}
