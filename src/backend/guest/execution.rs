//! Executions: which one runs, its clock, and how it failed.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind},
    sync::{
        Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{NAME, thread};

/// Where virtual clocks start: late enough that a program may subtract a day from `now`.
const CLOCK_START: Duration = Duration::from_secs(1_000_000);

std::thread_local! {
    /// Set while a run is on, also between its executions: panics are kept and not printed.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
    /// The present execution, 0 outside of executions.
    static EXECUTION: Cell<u64> = const { Cell::new(0) };
    static CLOCK: Cell<Duration> = const { Cell::new(CLOCK_START) };
    /// Why the present execution cannot go on.
    static FAILURE: RefCell<Option<String>> = const { RefCell::new(None) };
    /// The last panic of each model thread, and whether it is still unwinding for all we know.
    static PANICS: RefCell<BTreeMap<u64, Panic>> = const { RefCell::new(BTreeMap::new()) };
}

struct Panic {
    message: String,
    unwinding: bool,
    /// Set when the panic ended its thread and nobody has joined that yet.
    unseen: bool,
}

/// The present execution's number, unique within the process; 0 outside of executions.
pub(crate) fn execution_id() -> u64 {
    EXECUTION.get()
}

/// Whether the caller runs inside an execution.
pub(crate) fn in_model() -> bool {
    execution_id() != 0
}

/// Virtual time.
pub(crate) fn now() -> Duration {
    CLOCK.get()
}

/// Moves the virtual clock on.
pub(crate) fn advance(duration: Duration) {
    CLOCK.set(CLOCK.get().saturating_add(duration));
}

/// Whether the checker can be called.
///
/// False when the execution has failed and the caller is unwinding: destructors must then neither block nor panic, so
/// every operation does nothing. The threads that could notice never run again.
///
/// # Panics
///
/// When the execution has failed and the caller is not unwinding, since it caught the panic that said so.
pub(crate) fn alive() -> bool {
    let failed = FAILURE.with_borrow(Option::is_some);
    if failed && !std::thread::panicking() {
        panic::resume_unwind(Box::new("the execution has failed"));
    }
    !failed
}

/// Whether the execution has failed so that it cannot go on.
pub(crate) fn failed() -> bool {
    FAILURE.with_borrow(Option::is_some)
}

/// Ends the execution: `message` says what cannot be done and what to do instead.
#[track_caller]
pub(crate) fn refuse(message: &str) -> ! {
    let message = format!("unsnarl: {message}");
    FAILURE.with_borrow_mut(|failure| {
        failure.get_or_insert_with(|| message.clone());
    });
    panic!("{message}");
}

/// Notes that a thread has given up a lock by a panic, which the checker cannot go on after. To be called from destructors:
/// it does not panic itself.
#[cfg(backend = "loom")]
pub(crate) fn note_panic_under_lock() {
    let text = PANICS.with_borrow(|panics| panics.get(&thread::NOBODY).map(|panic| panic.message.clone()));
    let text = text.unwrap_or_else(|| "a panic".to_owned());
    FAILURE.with_borrow_mut(|failure| {
        failure.get_or_insert_with(|| {
            format!(
                "{text}; the panic unlocked a mutex, and unsnarl's loom backend cannot go on after that: to look at \
                 poisoning, run this model under unsnarl's engine or shuttle"
            )
        });
    });
}

/// Refuses an operation that needs time.
#[track_caller]
pub(crate) fn refuse_timeout() -> ! {
    refuse(&format!(
        "the {NAME} backend has no timeouts: run this model under unsnarl's engine{} (Checker::needs(Capability::Timeouts))",
        if NAME == "loom" { " or shuttle" } else { "" },
    ));
}

/// Starts an execution; called first thing inside it.
///
/// # Panics
///
/// When a thread of the last execution panicked and nobody joined it.
pub(crate) fn begin_execution() {
    static EXECUTIONS: AtomicU64 = AtomicU64::new(0);
    fail_on_unseen_panic();
    // ORDERING: relaxed: only the numbers must differ.
    EXECUTION.set(EXECUTIONS.fetch_add(1, Ordering::Relaxed) + 1);
    CLOCK.set(CLOCK_START);
    PANICS.with_borrow_mut(BTreeMap::clear);
    thread::forget_all();
}

/// Fails when a thread panicked and nobody joined it.
pub(crate) fn fail_on_unseen_panic() {
    let unseen = PANICS
        .with_borrow(|panics| panics.values().find(|panic| panic.unseen).map(|panic| panic.message.clone()));
    if let Some(message) = unseen {
        panic!("a thread panicked and nobody joined it: {message}");
    }
}

/// Notes that a thread's closure ended, by its last panic when `panicked`.
pub(crate) fn thread_ended(thread: u64, panicked: bool) {
    PANICS.with_borrow_mut(|panics| {
        if let Some(panic) = panics.get_mut(&thread) {
            panic.unwinding = false;
            panic.unseen = panicked;
        }
    });
}

/// Notes that somebody waited for a thread and so sees how it ended.
pub(crate) fn thread_joined(thread: u64) {
    PANICS.with_borrow_mut(|panics| panics.remove(&thread));
}

/// Whether the calling model thread is unwinding.
///
/// `std` counts panics per thread of the operating system, and here that is all model threads together.
pub(crate) fn panicking() -> bool {
    if !std::thread::panicking() {
        return false;
    }
    if !in_model() || failed() {
        return true;
    }
    let current = thread::current_number();
    PANICS.with_borrow(|panics| panics.get(&current).is_some_and(|panic| panic.unwinding))
}

/// The right to call the checker, which one thread of the process has at a time.
pub(crate) struct Turn(#[expect(dead_code, reason = "held, not looked at")] MutexGuard<'static, ()>);

impl Turn {
    /// Blocks while another thread has it, which may take long: take it before the clock of a time limit starts.
    pub(crate) fn take() -> Self {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        Turn(ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Runs `run`, which calls the checker; `Err` says how an execution failed.
pub(crate) fn run_exclusively(_turn: &Turn, run: impl FnOnce()) -> Result<(), String> {
    install_hook();
    FAILURE.set(None);
    PANICS.with_borrow_mut(BTreeMap::clear);
    RUNNING.set(true);
    let result = catch_unwind(AssertUnwindSafe(|| {
        run();
        EXECUTION.set(0);
        fail_on_unseen_panic();
    }));
    let failure = FAILURE.take();
    let last = PANICS.with_borrow(|panics| panics.get(&thread::NOBODY).map(|panic| panic.message.clone()));
    RUNNING.set(false);
    EXECUTION.set(0);
    CLOCK.set(CLOCK_START);
    thread::forget_all();
    result.map_err(|payload| failure.or(last).unwrap_or_else(|| message_of(&*payload)))
}

/// Keeps panics of runs silent and remembers what they said; all others go to the hook that was there.
fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let others = panic::take_hook();
        crate::backend::prepare_hook();
        panic::set_hook(Box::new(move |info| if RUNNING.get() { remember(info) } else { others(info) }));
    });
}

/// The hook inside runs.
fn remember(info: &PanicHookInfo<'_>) {
    let place =
        info.location().map(|place| format!(" (at {}:{})", place.file(), place.line())).unwrap_or_default();
    let message = message_of(info.payload());
    let from_checker = info.location().is_some_and(|place| crate::backend::is_checker_source(place.file()));
    if from_checker {
        FAILURE.with_borrow_mut(|failure| {
            failure.get_or_insert_with(|| crate::backend::explain(&message));
        });
    }
    let text = format!("{message}{place}");
    PANICS.with_borrow_mut(|panics| {
        let panic = || Panic { message: text.clone(), unwinding: true, unseen: false };
        // The last panic of all is kept under nobody's number: it is the one that ended the run, if any did.
        panics.insert(thread::NOBODY, Panic { unwinding: false, ..panic() });
        if !from_checker && FAILURE.with_borrow(Option::is_none) {
            panics.insert(thread::current_number(), panic());
        }
    });
}

fn message_of(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic with a payload that is no text".to_owned())
}
