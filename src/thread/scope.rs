//! Threads that borrow.
//!
//! A scope waits at its end for each of its threads that nobody has joined. Rules:
//!
//! 1. [`scope`] returns, or unwinds, only after all of its threads have ended: they borrow from its caller. When a checker
//!    takes an execution down, its caller may have to be unwound first; then it is left for good, half unwound;
//! 2. the scope and the [`ScopedJoinHandle`] of a thread may wait for it at the same time, see [`ending`](super::ending);
//! 3. a result that nobody has taken is dropped before [`scope`] returns, and when it is a panic the scope panics.

use std::{
    fmt, io,
    marker::PhantomData,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

use super::{Result, Thread, ending::Ending, spawn::body};
use crate::backend::{outcome::Outcome, plain::Plain, thread as raw};

/// Where threads that borrow can be started, see [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    /// With their lifetime erased; empty before the scope ends.
    threads: Plain<Vec<Arc<dyn Ends>>>,
    /// Closures that have not ended and been dropped.
    running: Arc<Plain<usize>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// A thread of a scope, whatever it returns.
trait Ends: Send + Sync {
    /// Its end. (Joining is left to the caller, since a call through this trait would hide whose place the join is at.)
    fn ending(&self) -> &Ending;

    /// Drops the result; true when it was a panic that nobody has seen.
    fn drop_result(&self) -> bool;
}

struct Packet<T> {
    ending: Ending,
    result: Outcome<T>,
}

impl<T: Send> Ends for Packet<T> {
    fn ending(&self) -> &Ending {
        &self.ending
    }

    fn drop_result(&self) -> bool {
        matches!(self.result.take(), Some(Err(_)))
    }
}

/// Runs `f`, which may start threads that borrow from the caller, and waits for all of them.
///
/// # Panics
///
/// When `f` panics, or when a thread panicked that was not joined.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let scope = Scope {
        threads: Plain::new(Vec::new()),
        running: Arc::new(Plain::new(0)),
        scope: PhantomData,
        env: PhantomData,
    };
    let waiting = Waiting { scope: &scope };
    let result = catch_unwind(AssertUnwindSafe(|| f(&scope)));
    let panicked = waiting.join_all();
    drop(waiting);
    match result {
        Err(payload) => resume_unwind(payload),
        Ok(_) if panicked => panic!("a scoped thread panicked"),
        Ok(value) => value,
    }
}

/// Holds a scope to rule 1, also when a checker unwinds its caller out of a join.
struct Waiting<'a, 'scope, 'env> {
    scope: &'a Scope<'scope, 'env>,
}

impl Waiting<'_, '_, '_> {
    /// Waits for all threads; true when one of them panicked and nobody saw it.
    #[track_caller]
    fn join_all(&self) -> bool {
        let mut joined = Vec::new();
        // One at a time, since a thread that has not ended yet may start others.
        while let Some(thread) = self.scope.first() {
            thread.ending().join();
            joined.push(thread);
        }
        // When all have ended, since one of them may have joined another and not yet taken its result.
        let mut panicked = false;
        for thread in joined {
            panicked |= thread.drop_result();
        }
        panicked
    }
}

impl Drop for Waiting<'_, '_, '_> {
    #[track_caller]
    fn drop(&mut self) {
        self.join_all();
        // A thread can be left only when the engine takes an execution down: who parks then never runs again, so the frames
        // that are lent stay. (Under loom and shuttle it is the threads that are left that never run again.)
        #[cfg(backend = "instrumented")]
        while self.scope.running.with(|running| *running) > 0 {
            raw::park();
        }
    }
}

/// What a thread of a scope runs. Fields are dropped in this order, also if it never runs.
struct Task<B> {
    body: B,
    _running: Running,
}

impl<B: FnOnce() -> bool> Task<B> {
    fn run(self) -> bool {
        let Task { body, _running } = self;
        body()
    }
}

/// Counts a closure that has not been dropped.
struct Running(Arc<Plain<usize>>);

impl Running {
    fn new(count: &Arc<Plain<usize>>) -> Self {
        count.with(|count| *count += 1);
        Running(Arc::clone(count))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.with(|count| *count -= 1);
    }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread that may borrow whatever outlives the scope.
    ///
    /// # Panics
    ///
    /// When the operating system cannot start it; [`Builder::spawn_scoped`](super::Builder::spawn_scoped) tells instead.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        self.start(None, None, f).expect("failed to spawn thread")
    }

    #[track_caller]
    pub(super) fn start<F, T>(
        &'scope self,
        name: Option<String>,
        stack_size: Option<usize>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let (outcome, result) = Outcome::pair();
        let task = Task { body: body(f, outcome), _running: Running::new(&self.running) };
        // SAFETY: rule 1: the thread has ended before anything that it borrows goes away.
        let (raw, thread) = unsafe { raw::spawn(name, stack_size, move || task.run())? };
        let packet = Arc::new(Packet { ending: Ending::of(raw), result });
        let ends: Arc<dyn Ends + 'scope> = Arc::<Packet<T>>::clone(&packet);
        // SAFETY: rule 3: the scope empties its list, and `end` drops what may borrow, before the lifetime is over.
        let ends: Arc<dyn Ends + 'static> = unsafe { mem::transmute(ends) };
        self.threads.with(|threads| threads.push(ends));
        Ok(ScopedJoinHandle { packet, thread: Thread(thread), scope: PhantomData })
    }

    fn first(&self) -> Option<Arc<dyn Ends>> {
        self.threads.with(|threads| if threads.is_empty() { None } else { Some(threads.remove(0)) })
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

/// The right to wait for a thread of a scope; the scope waits for it in any case.
pub struct ScopedJoinHandle<'scope, T> {
    packet: Arc<Packet<T>>,
    thread: Thread,
    /// Not `UnwindSafe`, as in `std`.
    scope: PhantomData<&'scope mut ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Blocks until the thread has ended.
    ///
    /// # Errors
    ///
    /// What the thread panicked with.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.packet.ending.join();
        self.packet.result.of_joined()
    }

    /// The thread.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Whether the thread's closure has ended; never blocks.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.packet.ending.is_finished()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").finish_non_exhaustive()
    }
}
