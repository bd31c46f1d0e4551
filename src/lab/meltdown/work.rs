//! What each request of an experiment costs the server.

use std::{cell::RefCell, hint::black_box};

use crate::{
    hint,
    parking_lot::{Condvar, Mutex},
    server::{FrontEnd, Handler, Request, http::Response},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Bytes that a thread walks if the size of the last cache is not known.
const WALK_BYTES_DEFAULT: usize = 512 * 1024;
/// So many threads that walk fill the last cache.
const WALKERS_PER_CACHE: usize = 64;
/// Computing before the lock, and under it.
const BEFORE_LOCK_US: u64 = 40;
const UNDER_LOCK_US: u64 = 10;
/// How long the disk of the last two experiments takes.
pub(super) const DISK_US: u64 = 2_000;

/// The kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing but the answer.
    Bare,
    /// Each thread reads and writes memory of its own.
    Walk,
    /// Computing, a part of it under a lock whose waiters sleep.
    Lock,
    /// The same under a lock whose waiters spin.
    Spin,
    /// Waits for a disk, in fact for a clock: what it can serve does not depend on the machine.
    Disk,
    /// The same, and for some requests it waits for what never comes.
    Stuck,
}

/// The work of one server.
pub(super) struct Work {
    kind: Kind,
    /// The events' loops compute themselves: there is one for each core, and nothing else that runs.
    on_loop: bool,
    walk_bytes: usize,
    rounds_per_us: u64,
    mutex: Mutex<()>,
    spin: Spin,
    ended: AtomicBool,
    /// Who waits for what never comes, waits for the end.
    gate: Mutex<()>,
    opened: Condvar,
    stuck: AtomicUsize,
}

thread_local! {
    /// What this thread walks; goes with the thread.
    static OWN: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

impl Work {
    pub(super) fn new(kind: Kind, front_end: FrontEnd) -> Arc<Self> {
        let on_loop = match front_end {
            FrontEnd::ThreadPerConnection => false,
            FrontEnd::Pool => kind == Kind::Bare,
            FrontEnd::Events => !matches!(kind, Kind::Disk | Kind::Stuck),
        };
        Arc::new(Work {
            kind,
            on_loop,
            walk_bytes: walk_bytes(),
            rounds_per_us: rounds_per_us(),
            mutex: Mutex::new(()),
            spin: Spin(AtomicBool::new(false)),
            ended: AtomicBool::new(false),
            gate: Mutex::new(()),
            opened: Condvar::new(),
            stuck: AtomicUsize::new(0),
        })
    }

    /// Whoever works or waits gives up, so that the server ends soon.
    pub(super) fn end(&self) {
        // Under the lock of those who look and then wait.
        let _guard = self.gate.lock();
        // ORDERING: relaxed, as its reader: it publishes nothing, and is seen soon.
        self.ended.store(true, Ordering::Relaxed);
        self.opened.notify_all();
    }

    /// Waits for what never comes.
    fn wait_in_vain(&self) {
        let mut guard = self.gate.lock();
        self.stuck.fetch_add(1, Ordering::SeqCst);
        while !self.has_ended() {
            self.opened.wait(&mut guard);
        }
    }

    /// How many handlers are stuck.
    pub(super) fn stuck(&self) -> usize {
        self.stuck.load(Ordering::SeqCst)
    }

    fn has_ended(&self) -> bool {
        // ORDERING: relaxed: see `end`.
        self.ended.load(Ordering::Relaxed)
    }

    fn work(&self, request: &Request<'_>) -> Response {
        if !self.has_ended() {
            match self.kind {
                Kind::Bare => {}
                Kind::Walk => OWN.with_borrow_mut(|own| walk(own, self.walk_bytes)),
                Kind::Lock => {
                    self.compute(BEFORE_LOCK_US);
                    let _guard = self.mutex.lock();
                    if !self.has_ended() {
                        self.compute(UNDER_LOCK_US);
                    }
                }
                Kind::Spin => {
                    self.compute(BEFORE_LOCK_US);
                    if self.spin.lock(&self.ended) {
                        self.compute(UNDER_LOCK_US);
                        self.spin.unlock();
                    }
                }
                Kind::Stuck if request.head().path() != "/" => self.wait_in_vain(),
                Kind::Disk | Kind::Stuck => thread::sleep(Duration::from_micros(DISK_US)),
            }
        }
        Response::text(200, "done")
    }

    /// By rounds and not by the clock: a thread that does not run gets nothing done.
    fn compute(&self, us: u64) {
        compute(us * self.rounds_per_us);
    }
}

/// A server's handle on its work.
pub(super) struct Works(pub(super) Arc<Work>);

impl Handler for Works {
    fn handle(&self, request: &Request<'_>) -> Response {
        self.0.work(request)
    }

    fn handle_now(&self, request: &Request<'_>) -> Option<Response> {
        self.0.on_loop.then(|| self.0.work(request))
    }
}

/// The lock that nobody should write: who waits keeps a core busy, also while the holder has none.
struct Spin(AtomicBool);

impl Spin {
    /// Whether it was taken; not if the experiment has ended meanwhile.
    fn lock(&self, ended: &AtomicBool) -> bool {
        // ORDERING: acquire, with the release of `unlock`: what the last holder did is seen.
        while self.0.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            // ORDERING: relaxed: see `Work::end`.
            if ended.load(Ordering::Relaxed) {
                return false;
            }
            hint::spin_loop();
        }
        true
    }

    fn unlock(&self) {
        // ORDERING: release, with the acquire of `lock`.
        self.0.store(false, Ordering::Release);
    }
}

fn compute(rounds: u64) {
    let mut value = 1_u64;
    for round in 0..rounds {
        value = black_box(value.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round));
    }
}

/// Rounds of [`compute`] in a microsecond: the most of a few tries, since others may run beside it.
fn rounds_per_us() -> u64 {
    const ROUNDS: u64 = 200_000;
    let measure = |_| {
        let started = Instant::now();
        compute(ROUNDS);
        ROUNDS as f64 / (started.elapsed().as_secs_f64() * 1e6)
    };
    (0..8).map(measure).fold(1.0, f64::max) as u64
}

/// Touches each cache line of the thread's own memory.
fn walk(own: &mut Vec<u64>, bytes: usize) {
    own.resize(bytes / size_of::<u64>(), 0);
    for word in own.iter_mut().step_by(8) {
        *word = black_box(word.wrapping_add(1));
    }
}

/// A sixty-fourth of the last cache: so many threads fill it.
pub(super) fn walk_bytes() -> usize {
    let text = std::fs::read_to_string("/sys/devices/system/cpu/cpu0/cache/index3/size").unwrap_or_default();
    let kib: Option<usize> = text.trim().strip_suffix('K').and_then(|number| number.parse().ok());
    let share = kib.map_or(WALK_BYTES_DEFAULT, |kib| kib * 1024 / WALKERS_PER_CACHE);
    share.clamp(64 * 1024, 1024 * 1024)
}
