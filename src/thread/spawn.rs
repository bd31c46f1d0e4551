//! Threads that own what they use.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{Result, Thread};
use crate::backend::{
    locals,
    outcome::Outcome,
    thread::{self as raw, RawJoinHandle},
};

/// How a new thread is to be.
#[derive(Debug, Default)]
#[must_use = "a builder starts no thread by itself"]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// A thread without a name, on a stack of the default size.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Names the thread.
    pub fn name(mut self, name: String) -> Builder {
        self.name = Some(name);
        self
    }

    /// Sets the size of the stack in bytes.
    pub fn stack_size(mut self, size: usize) -> Builder {
        self.stack_size = Some(size);
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// What the operating system says when it cannot.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // SAFETY: what the thread has lives for ever.
        unsafe { self.spawn_unchecked(f) }
    }

    /// Starts the thread, which may borrow whatever the caller keeps alive.
    ///
    /// # Errors
    ///
    /// What the operating system says when it cannot.
    ///
    /// # Safety
    ///
    /// The thread must have ended before anything that `f` borrows, or a result of its type does, goes away.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        let (outcome, result) = Outcome::pair();
        // SAFETY: the caller keeps alive what the thread borrows until it has ended.
        let (raw, thread) = unsafe { raw::spawn(self.name, self.stack_size, body(f, outcome))? };
        Ok(JoinHandle { thread: Thread(thread), raw, result })
    }

    /// Starts the thread in `scope`.
    ///
    /// # Errors
    ///
    /// What the operating system says when it cannot.
    #[track_caller]
    pub fn spawn_scoped<'scope, F, T>(
        self,
        scope: &'scope super::Scope<'scope, '_>,
        f: F,
    ) -> io::Result<super::ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        scope.start(self.name, self.stack_size, f)
    }
}

/// What a thread runs; true when `f` panicked.
pub(super) fn body<F, T>(f: F, result: Outcome<T>) -> impl FnOnce() -> bool + Send
where
    F: FnOnce() -> T + Send,
    T: Send,
{
    move || {
        let outcome = catch_unwind(AssertUnwindSafe(f));
        // Before the result is there to be taken, since their destructors are part of what the thread does.
        locals::end_thread();
        let panicked = outcome.is_err();
        // SAFETY: this is the only place, and a body is run once.
        unsafe { result.put(outcome) };
        panicked
    }
}

/// Starts a thread.
///
/// ```
/// let answer = unsnarl::thread::spawn(|| 6 * 7);
/// assert_eq!(answer.join().unwrap(), 42);
/// ```
///
/// What it runs has to be `Send`, on every backend:
///
/// ```compile_fail,E0277
/// let not_send = std::rc::Rc::new(0);
/// unsnarl::thread::spawn(move || drop(not_send));
/// ```
///
/// # Panics
///
/// When the operating system cannot start it; [`Builder::spawn`] tells instead.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}

/// The right to wait for a thread. Dropping it leaves the thread to itself.
pub struct JoinHandle<T> {
    raw: RawJoinHandle,
    thread: Thread,
    result: Outcome<T>,
}

impl<T> JoinHandle<T> {
    /// Blocks until the thread has ended.
    ///
    /// # Errors
    ///
    /// What the thread panicked with.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.raw.join();
        self.result.of_joined()
    }

    /// The thread.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Whether the thread's closure has ended; never blocks.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.raw.ask().is_finished()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}
