//! The calling thread, and handles to threads.

use std::{fmt, io, num::NonZero, time::Duration};

use crate::backend::{
    self,
    thread::{self as raw, ThreadHandle},
};

/// How many threads [`available_parallelism`] tells a model: enough to size a pool by, few enough to search.
const MODEL_PARALLELISM: NonZero<usize> = NonZero::new(2).unwrap();

/// A handle to a thread.
#[derive(Clone)]
pub struct Thread(pub(super) ThreadHandle);

/// What tells a thread from all others.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ThreadId(raw::ThreadId);

impl Thread {
    /// What tells the thread from all others.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        ThreadId(self.0.id())
    }

    /// The thread's name, if it was given one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// Makes the thread's present or next [`park`] return. Two tokens are one.
    #[track_caller]
    pub fn unpark(&self) {
        self.0.unpark();
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread").field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// The calling thread.
#[must_use]
pub fn current() -> Thread {
    Thread(raw::current())
}

/// Blocks until [`unpark`](Thread::unpark) is or has been called for this thread; it may also return for no reason.
#[track_caller]
pub fn park() {
    raw::park();
}

/// As [`park`], for at most `timeout`.
#[track_caller]
pub fn park_timeout(timeout: Duration) {
    raw::park_timeout(timeout);
}

/// As [`park_timeout`], in milliseconds.
#[deprecated(note = "as in std: use `park_timeout`")]
#[track_caller]
pub fn park_timeout_ms(milliseconds: u32) {
    park_timeout(Duration::from_millis(milliseconds.into()));
}

/// Blocks for at least `duration`; in a model, of virtual time.
#[track_caller]
pub fn sleep(duration: Duration) {
    raw::sleep(duration);
}

/// As [`sleep()`], in milliseconds.
#[deprecated(note = "as in std: use `sleep`")]
#[track_caller]
pub fn sleep_ms(milliseconds: u32) {
    sleep(Duration::from_millis(milliseconds.into()));
}

/// Lets other threads run.
#[track_caller]
pub fn yield_now() {
    raw::yield_now();
}

/// Whether the calling thread is unwinding because of a panic.
#[must_use]
pub fn panicking() -> bool {
    raw::panicking()
}

/// How many threads can run at once; a fixed 2 in a model, so that the model does not depend on the machine.
///
/// # Errors
///
/// What the operating system says.
#[allow(clippy::disallowed_methods, reason = "outside of a model the machine is asked")]
pub fn available_parallelism() -> io::Result<NonZero<usize>> {
    if backend::in_model() { Ok(MODEL_PARALLELISM) } else { std::thread::available_parallelism() }
}
