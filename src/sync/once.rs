//! One-time initialisation.
//!
//! The state word says how far the initialisation has come; the raw lock makes all others wait for the one thread that
//! runs it. Rules:
//!
//! 1. the word leaves `NEW` or `POISONED` only under the lock, so one thread at a time runs an initialiser;
//! 2. `DONE` is final, and is stored after what the initialiser did, so who reads it may go on without the lock;
//! 3. an initialiser that panics leaves `POISONED` and gives the lock back, so that nobody waits for ever.

use std::{
    cell::Cell,
    fmt,
    marker::PhantomData,
    panic::{RefUnwindSafe, UnwindSafe},
};

use crate::{
    Named,
    backend::{OnceWord, RawMutex},
};

const NEW: u8 = 0;
const POISONED: u8 = 1;
const DONE: u8 = 2;

/// A one-time gate in the shape of [`std::sync::Once`].
pub struct Once {
    state: OnceWord,
    lock: RawMutex,
}

impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

/// What [`Once::call_once_force`] tells its closure.
pub struct OnceState {
    poisoned: bool,
    /// As in `std` it stays on its thread.
    not_shared: PhantomData<Cell<()>>,
}

impl OnceState {
    /// Whether an earlier initialiser panicked.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

impl fmt::Debug for OnceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnceState").field("poisoned", &self.poisoned).finish()
    }
}

#[expect(clippy::new_without_default, reason = "the shape of std")]
impl Once {
    /// Creates a gate through which nobody has gone.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Self {
        Once { state: OnceWord::new(), lock: RawMutex::new() }
    }

    /// Runs `init` if nobody has; blocks while another thread does. A call from within `init` deadlocks.
    ///
    /// # Panics
    ///
    /// When an earlier initialiser panicked.
    #[track_caller]
    pub fn call_once(&self, init: impl FnOnce()) {
        self.run(false, |state| {
            assert!(!state.is_poisoned(), "Once instance has previously been poisoned");
            init();
        });
    }

    /// As [`call_once`](Self::call_once), but also after an initialiser that panicked.
    #[track_caller]
    pub fn call_once_force(&self, init: impl FnOnce(&OnceState)) {
        self.run(false, init);
    }

    /// Whether an initialiser has returned.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        self.state.get() == DONE
    }

    /// How far it has come, as `parking_lot` tells it.
    #[track_caller]
    pub(crate) fn progress(&self) -> crate::parking_lot::OnceState {
        use crate::parking_lot::OnceState;
        match self.state.get() {
            DONE => OnceState::Done,
            _ if !self.lock.try_lock() => OnceState::InProgress,
            _ => {
                // Read again under the lock: it may have ended in between.
                let state = self.state.get();
                // SAFETY: locked above by this thread.
                unsafe { self.lock.unlock() };
                match state {
                    DONE => OnceState::Done,
                    POISONED => OnceState::Poisoned,
                    _ => OnceState::New,
                }
            }
        }
    }

    /// Waits until an initialiser has returned, giving the processor up again and again.
    ///
    /// # Panics
    ///
    /// When an initialiser panicked.
    #[track_caller]
    pub fn wait(&self) {
        self.wait_until(|state| {
            assert!(state != POISONED, "Once instance has previously been poisoned");
        });
    }

    /// As [`wait`](Self::wait), but goes on waiting after an initialiser that panicked.
    #[track_caller]
    pub fn wait_force(&self) {
        self.wait_until(|_| ());
    }

    /// Waits until done; `look` is shown each other state that was found while nobody ran an initialiser.
    #[track_caller]
    fn wait_until(&self, look: impl Fn(u8)) {
        while !self.is_completed() {
            self.lock.lock();
            let state = self.state.get();
            // SAFETY: locked above by this thread.
            unsafe { self.lock.unlock() };
            look(state);
            crate::thread::yield_now();
        }
    }

    /// Runs `init` unless done. With `forgive`, a panic leaves the gate as it was before and not poisoned.
    #[track_caller]
    pub(super) fn run(&self, forgive: bool, init: impl FnOnce(&OnceState)) {
        if self.state.get() == DONE {
            return;
        }
        self.lock.lock();
        let before = self.state.get();
        let mut running = Running { once: self, end: if forgive { before } else { POISONED }, before };
        if before != DONE {
            init(&OnceState { poisoned: before == POISONED, not_shared: PhantomData });
        }
        running.end = DONE;
    }
}

/// Ends an initialisation on drop, also when it panics.
struct Running<'a> {
    once: &'a Once,
    before: u8,
    end: u8,
}

impl Drop for Running<'_> {
    #[track_caller]
    fn drop(&mut self) {
        if self.end != self.before {
            self.once.state.set(self.end);
        }
        // SAFETY: `run` has locked, and this guard exists once per `run`.
        unsafe { self.once.lock.unlock() };
    }
}

impl Named for Once {
    fn named(mut self, name: &'static str) -> Self {
        self.lock = self.lock.renamed(name);
        self
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

const _: () = assert!(NEW == 0, "a state word starts as 0");
