//! Threads over the checker's.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    fmt, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    condvar::RawCondvar,
    engine::thread as checker,
    execution::{self, advance},
    mutex::RawMutex,
    per_execution::PerExecution,
};

pub(crate) use super::execution::panicking;

/// The number that no thread has.
pub(super) const NOBODY: u64 = 0;
/// The number of the thread that runs the model's closure.
const MAIN: u64 = 1;

std::thread_local! {
    static THREADS: RefCell<Threads> = RefCell::new(Threads { last: MAIN, by_id: HashMap::new() });
}

struct Threads {
    last: u64,
    by_id: HashMap<checker::ThreadId, ThreadHandle>,
}

/// Which thread of its execution, in the order of their starts.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ThreadId(u64);

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ThreadId({})", self.0)
    }
}

#[derive(Clone)]
pub(crate) struct ThreadHandle(Arc<Inner>);

struct Inner {
    id: ThreadId,
    name: Option<String>,
    parker: Parker,
}

impl ThreadHandle {
    fn new(number: u64, name: Option<String>) -> Self {
        ThreadHandle(Arc::new(Inner { id: ThreadId(number), name, parker: Parker::new() }))
    }

    pub(crate) fn id(&self) -> ThreadId {
        self.0.id
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    #[track_caller]
    pub(crate) fn unpark(&self) {
        self.0.parker.unpark();
    }
}

/// The park token, on the raw lock: loom mixes its own up with condition variables.
struct Parker {
    lock: RawMutex,
    given: RawCondvar,
    token: PerExecution<Cell<bool>>,
}

impl Parker {
    const fn new() -> Self {
        Parker { lock: RawMutex::new(), given: RawCondvar::new(), token: PerExecution::new() }
    }

    #[track_caller]
    fn park(&self) {
        if !execution::alive() {
            return;
        }
        self.lock.lock();
        while !self.token().replace(false) {
            // SAFETY: locked above by this thread.
            unsafe { self.given.wait(&self.lock, None) };
            if execution::failed() {
                return;
            }
        }
        // SAFETY: locked above by this thread.
        unsafe { self.lock.unlock() };
    }

    #[track_caller]
    fn unpark(&self) {
        if !execution::alive() {
            return;
        }
        self.lock.lock();
        self.token().set(true);
        // SAFETY: locked above by this thread.
        unsafe { self.lock.unlock() };
        self.given.notify_one();
    }

    fn token(&self) -> &Cell<bool> {
        self.token.get(|| Cell::new(false))
    }
}

pub(crate) struct RawJoinHandle {
    inner: checker::JoinHandle<()>,
    thread: ThreadHandle,
    finished: Arc<AtomicBool>,
}

impl RawJoinHandle {
    #[track_caller]
    pub(crate) fn join(self) {
        if !execution::alive() {
            return;
        }
        let _ = self.inner.join();
        execution::thread_joined(self.thread.id().0);
    }

    /// One more handle of the same thread, where several can join it.
    pub(crate) fn another(&self) -> Option<RawJoinHandle> {
        None
    }

    /// Asks whether the thread has ended: the answer comes apart, since the checker has a say.
    pub(crate) fn ask(&self) -> Asked {
        Asked(Arc::clone(&self.finished))
    }
}

/// A question whether a thread has ended.
pub(crate) struct Asked(Arc<AtomicBool>);

impl Asked {
    #[track_caller]
    pub(crate) fn is_finished(&self) -> bool {
        // A chance for others before the look, since a look by itself is no step of the checker's.
        yield_now();
        // ORDERING: relaxed: one thread of the operating system; that a thread has finished orders nothing, its join does.
        self.0.load(Ordering::Relaxed)
    }
}

/// Starts a thread, which runs `body`: to wait for it, and what tells it from others.
///
/// # Safety
///
/// What the body borrows is there until the thread has ended.
#[track_caller]
pub(crate) unsafe fn spawn(
    name: Option<String>,
    stack_size: Option<usize>,
    body: impl FnOnce() -> bool + Send,
) -> io::Result<(RawJoinHandle, ThreadHandle)> {
    let body: Box<dyn FnOnce() -> bool + Send + '_> = Box::new(body);
    // SAFETY: the caller keeps alive what it borrows.
    let body: Box<dyn FnOnce() -> bool + Send + 'static> = unsafe { std::mem::transmute(body) };
    if !execution::in_model() {
        execution::refuse(&format!(
            "on the {} backend threads can only be started inside a check",
            super::NAME
        ));
    }
    if !execution::alive() {
        return Err(io::Error::other("the execution has failed"));
    }
    let thread = register(name);
    let finished = Arc::new(AtomicBool::new(false));
    let mut builder = checker::Builder::new();
    if let Some(name) = thread.name() {
        builder = builder.name(name.to_owned());
    }
    if let Some(words) = crate::backend::stack_size(stack_size) {
        builder = builder.stack_size(words);
    }
    let inner = builder.spawn({
        let (thread, finished) = (thread.clone(), Arc::clone(&finished));
        move || run(&thread, &finished, body)
    })?;
    Ok((RawJoinHandle { inner, thread: thread.clone(), finished }, thread))
}

/// Numbers a thread that is about to start.
#[track_caller]
fn register(name: Option<String>) -> ThreadHandle {
    let number = THREADS.with_borrow_mut(|threads| {
        threads.last += 1;
        threads.last
    });
    crate::backend::check_thread_count(number);
    ThreadHandle::new(number, name)
}

fn run(thread: &ThreadHandle, finished: &AtomicBool, body: Box<dyn FnOnce() -> bool + Send + 'static>) {
    let id = checker::current().id();
    THREADS.with_borrow_mut(|threads| threads.by_id.insert(id, thread.clone()));
    let panicked = body();
    if execution::failed() {
        // The body has caught the panic that told of it; the checker has to hear of it too.
        std::panic::resume_unwind(Box::new("the execution has failed"));
    }
    execution::thread_ended(thread.id().0, panicked);
    // ORDERING: relaxed, see `is_finished`.
    finished.store(true, Ordering::Relaxed);
}

/// The calling thread; a stand-in outside of executions and after a failure.
pub(crate) fn current() -> ThreadHandle {
    if !execution::in_model() || execution::failed() {
        return ThreadHandle::new(NOBODY, None);
    }
    let id = checker::current().id();
    THREADS.with_borrow_mut(|threads| {
        threads.by_id.entry(id).or_insert_with(|| ThreadHandle::new(MAIN, Some("main".to_owned()))).clone()
    })
}

/// The calling thread's number.
pub(super) fn current_number() -> u64 {
    current().id().0
}

/// Forgets the threads of the last execution.
pub(super) fn forget_all() {
    THREADS.with_borrow_mut(|threads| {
        threads.last = MAIN;
        for thread in std::mem::take(&mut threads.by_id).into_values() {
            drop(thread);
        }
    });
}

#[track_caller]
pub(crate) fn park() {
    current().0.parker.park();
}

#[track_caller]
pub(crate) fn park_timeout(_timeout: Duration) {
    execution::refuse_timeout();
}

#[track_caller]
pub(crate) fn yield_now() {
    if execution::in_model() && execution::alive() {
        checker::yield_now();
    }
}

#[track_caller]
pub(crate) fn spin_loop() {
    yield_now();
}

/// Moves the virtual clock on and lets others run.
#[track_caller]
pub(crate) fn sleep(duration: Duration) {
    advance(duration);
    yield_now();
}
