//! A bounded worker pool: a fixed number of threads, a queue with an end, and nothing lost.
//!
//! # State
//!
//! Everything the pool decides by lies under one mutex (`pool.state`). Each worker sleeps on a condition variable of its own
//! (`pool.work`), which means "you have been woken"; the sleepers are a stack.
//!
//! | `shutting_down` | queue | a submission | a free worker |
//! |---|---|---|---|
//! | no | empty | is queued | sleeps |
//! | no | some | is queued | takes the oldest job |
//! | no | full | comes back as [`RejectReason::Full`] | takes the oldest job |
//! | yes | some | comes back as [`RejectReason::ShutDown`] | takes the oldest job |
//! | yes | empty | comes back as [`RejectReason::ShutDown`] | ends |
//!
//! # Protocol
//!
//! 1. *A worker decides "sleep", says so on the stack and falls asleep in one step*, because the condition variable releases
//!    the mutex only once the thread is a waiter. Otherwise: worker finds the queue empty; submitter queues and wakes nobody;
//!    worker sleeps beside a queued job.
//! 2. *Who wakes a sleeper takes it off the stack.* A pool that asks "is someone free?" by a counter which a sleeper lowers
//!    only after it has woken queues two jobs for one sleeper: the second waits until the first ends, perhaps for ever.
//! 3. *A woken worker looks again*, since another worker may have taken the job between the notification and the wake-up;
//!    and it sleeps on unless somebody took it off the stack, since wake-ups may be spurious.
//! 4. *As many are on their way at once as there are cores, and no more*: a worker that takes a job and leaves others in the
//!    queue wakes the next one. So at any time the queue is empty, or nobody sleeps, or somebody is on the way who will see
//!    to it. Otherwise: two jobs are queued and one worker is woken; the job that it takes waits for the other one.
//!    Who fell asleep last is woken first: its stack and its data are still in the core's cache.
//!    Who submits only to the idle ([`Pool::try_submit_to_idle`]) looks whether anybody sleeps, and for whom no job waits, in the
//!    step in which the job is queued. Otherwise: a worker sleeps; submitter sees it; another one's job takes it and blocks;
//!    submitter queues; its job waits behind that one.
//! 5. *Shutting down closes the door first and empties the room second*: the flag and the queue share the mutex, so a
//!    submission is either before the flag (its job runs) or after it (its job comes back). Otherwise: submitter reads
//!    "open"; shutdown sets the flag, workers find an empty queue and end; submitter queues a job nobody will run.
//! 6. *A job runs without the mutex*, so it may itself submit, and a slow job delays no one but its worker.
//! 7. *A panic ends the job, not the worker*: it is caught, counted and visible in [`PoolStatus::panicked`]. Otherwise the
//!    pool would shrink silently until nothing is served.

use std::{
    any::Any,
    collections::VecDeque,
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use crate::{
    Named,
    parking_lot::{Condvar, Mutex, MutexGuard},
    sync::Arc,
    thread,
    time::Instant,
};

/// A fixed number of worker threads behind a bounded queue of jobs of type `J`.
///
/// Dropping the pool is the same as [`shutdown`](Self::shutdown).
///
/// # Examples
///
/// ```
/// use std::sync::mpsc;
/// use unsnarl::server::pool::Pool;
///
/// let (send, receive) = mpsc::channel();
/// let pool = Pool::new("square", 2, 16, move |_worker, number: u32| {
///     send.send(number * number).expect("the receiver outlives the pool");
/// })?;
/// pool.try_submit(3).expect("the queue is empty");
/// pool.shutdown();
/// assert_eq!(receive.recv(), Ok(9));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Pool<J> {
    shared: Arc<Shared<J>>,
    /// Taken by the first `shutdown`; a second one finds nothing left to join.
    threads: Mutex<Vec<thread::JoinHandle<()>>>,
}

struct Shared<J> {
    state: Mutex<State<J>>,
    /// One for each worker.
    work: Vec<Condvar>,
    queue_len_max: usize,
    /// How many may be on their way at once.
    waking_max: usize,
}

struct State<J> {
    queue: VecDeque<J>,
    shutting_down: bool,
    workers: Vec<WorkerStatus>,
    /// Workers that sleep and that nobody has woken; the last one fell asleep last.
    sleepers: Vec<usize>,
    /// Workers that were woken and do not run yet.
    waking: usize,
    panicked: u64,
}

/// What one worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerStatus {
    /// Whether it runs a job now.
    pub busy: bool,
    /// Since when.
    pub since: Instant,
    /// Jobs it has ended, panics included.
    pub done: u64,
}

/// What a pool is doing, all of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolStatus {
    /// One entry for each worker, in order.
    pub workers: Vec<WorkerStatus>,
    /// Jobs that wait.
    pub queue_len: usize,
    /// Jobs that may wait.
    pub queue_len_max: usize,
    /// Jobs that ended in a panic.
    pub panicked: u64,
    /// Whether the pool refuses jobs for good.
    pub shutting_down: bool,
}

/// The worker that runs a job, as the job's handler sees it.
pub struct Worker<'a, J> {
    index: usize,
    shared: &'a Shared<J>,
}

impl PoolStatus {
    /// Of no pool.
    pub(crate) fn none() -> Self {
        PoolStatus { workers: Vec::new(), queue_len: 0, queue_len_max: 0, panicked: 0, shutting_down: false }
    }
}

impl<J> Worker<'_, J> {
    /// The worker's number, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// As [`Pool::status`].
    #[must_use]
    pub fn pool_status(&self) -> PoolStatus {
        self.shared.status()
    }

    /// As [`Pool::try_submit`]. Never blocks, so a job may submit to its own pool.
    ///
    /// # Errors
    ///
    /// Gives the job back when the queue is full or the pool is shutting down.
    pub fn try_submit(&self, job: J) -> Result<(), Rejected<J>> {
        self.shared.try_submit(job)
    }
}

impl<J> fmt::Debug for Worker<'_, J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("index", &self.index).finish_non_exhaustive()
    }
}

/// A job that the pool did not take.
pub struct Rejected<J> {
    /// The job, unchanged.
    pub job: J,
    /// Why it was not taken.
    pub reason: RejectReason,
}

/// Why a pool did not take a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectReason {
    /// The queue is at its limit; later there may be room.
    Full,
    /// The pool takes no more jobs, ever.
    ShutDown,
}

impl<J> fmt::Debug for Rejected<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<J> fmt::Display for Rejected<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            RejectReason::Full => "the queue of the pool is full",
            RejectReason::ShutDown => "the pool is shutting down",
        })
    }
}

impl<J> std::error::Error for Rejected<J> {}

impl<J: Send + 'static> Pool<J> {
    /// Starts `workers` threads, called `{name}-0`, `{name}-1` and so on, that run `handler` for each job.
    ///
    /// # Errors
    ///
    /// The operating system's, when a thread cannot be started; those started before it are ended first.
    ///
    /// # Panics
    ///
    /// When `workers` or `queue_len_max` is 0: such a pool could never run a job.
    pub fn new<H>(name: &str, workers: usize, queue_len_max: usize, handler: H) -> io::Result<Self>
    where
        H: Fn(&Worker<'_, J>, J) + Send + Sync + 'static,
    {
        let handler = move |worker: &Worker<'_, J>, (): &mut (), job| handler(worker, job);
        Pool::with_local(name, workers, queue_len_max, || (), handler)
    }

    /// As [`new`](Self::new); each worker makes itself a value by `local` and lends it to every job that it runs. After a
    /// panic it makes a new one.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    pub fn with_local<L, H>(
        name: &str,
        workers: usize,
        queue_len_max: usize,
        local: impl Fn() -> L + Send + Sync + 'static,
        handler: H,
    ) -> io::Result<Self>
    where
        H: Fn(&Worker<'_, J>, &mut L, J) + Send + Sync + 'static,
    {
        assert!(workers > 0, "a pool needs at least one worker");
        assert!(queue_len_max > 0, "a pool needs room for at least one waiting job");
        let idle = WorkerStatus { busy: false, since: Instant::now(), done: 0 };
        let state = State {
            queue: VecDeque::new(),
            shutting_down: false,
            workers: vec![idle; workers],
            sleepers: Vec::with_capacity(workers),
            waking: 0,
            panicked: 0,
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state).named("pool.state"),
            work: (0..workers).map(|_| Condvar::new().named("pool.work")).collect(),
            queue_len_max,
            waking_max: thread::available_parallelism().map_or(1, usize::from),
        });
        let pool = Pool { shared, threads: Mutex::new(Vec::with_capacity(workers)).named("pool.threads") };
        let work_on = Arc::new((local, handler));
        for index in 0..workers {
            let shared = Arc::clone(&pool.shared);
            let work_on = Arc::clone(&work_on);
            // On an error the pool is dropped, which ends the threads started so far.
            let thread = thread::Builder::new().name(format!("{name}-{index}")).spawn(move || {
                let (local, handler) = &*work_on;
                work(&Worker { index, shared: &shared }, local, handler);
            })?;
            pool.threads.lock().push(thread);
        }
        Ok(pool)
    }
}

impl<J> Pool<J> {
    /// Queues `job` for the next free worker. Never blocks.
    ///
    /// # Errors
    ///
    /// Gives the job back when the queue is full or the pool is shutting down.
    pub fn try_submit(&self, job: J) -> Result<(), Rejected<J>> {
        self.shared.try_submit(job)
    }

    /// Queues jobs from the front of `jobs` while there is room; what stays in `jobs` was not taken. Never blocks.
    ///
    /// One step for many jobs: either all of a batch is queued before a shutdown, or the rest comes back.
    pub fn try_submit_all(&self, jobs: &mut VecDeque<J>) {
        let mut state = self.shared.state.lock();
        if state.shutting_down {
            return;
        }
        let room = self.shared.queue_len_max - state.queue.len();
        let taken = room.min(jobs.len());
        state.queue.extend(jobs.drain(..taken));
        self.shared.wake(state, taken);
    }

    /// Has `job` run by a worker that sleeps, and that nobody has woken yet; only if no job waits, so that it is begun as soon as
    /// a worker can. Never blocks.
    ///
    /// # Errors
    ///
    /// Gives the job back when all workers are busy or on their way, or the pool is shutting down.
    pub fn try_submit_to_idle(&self, job: J) -> Result<(), J> {
        let mut state = self.shared.state.lock();
        let is_idle = state.queue.is_empty() && !state.sleepers.is_empty();
        if state.shutting_down || !is_idle || state.waking >= self.shared.waking_max {
            return Err(job);
        }
        state.queue.push_back(job);
        self.shared.wake(state, 1);
        Ok(())
    }

    /// How many workers would serve beside the caller, if all cores did.
    pub(crate) fn helpers(&self) -> usize {
        self.shared.waking_max.saturating_sub(1).min(self.shared.work.len())
    }

    /// Takes no more jobs, lets the workers run every job that was taken, and waits until they have ended.
    ///
    /// Blocks as long as the jobs do. A second call returns at once, even while the first still waits.
    ///
    /// # Panics
    ///
    /// Deadlocks or panics when a job of this pool calls it: a thread cannot wait for its own end.
    pub fn shutdown(&self) {
        let mut state = self.shared.state.lock();
        state.shutting_down = true;
        let sleepers = std::mem::take(&mut state.sleepers);
        state.waking += sleepers.len();
        drop(state);
        for sleeper in sleepers {
            self.shared.work[sleeper].notify_one();
        }
        let threads = std::mem::take(&mut *self.threads.lock());
        for thread in threads {
            // A worker catches its jobs' panics, so an error here is a defect of the pool itself; it has been
            // printed by the panic hook, and the other workers must still be waited for.
            let _ = thread.join();
        }
    }

    /// What the pool is doing, all of one moment.
    #[must_use]
    pub fn status(&self) -> PoolStatus {
        self.shared.status()
    }
}

impl<J> Drop for Pool<J> {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl<J> fmt::Debug for Pool<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl<J> Shared<J> {
    fn try_submit(&self, job: J) -> Result<(), Rejected<J>> {
        let mut state = self.state.lock();
        if state.shutting_down {
            return Err(Rejected { job, reason: RejectReason::ShutDown });
        }
        if state.queue.len() >= self.queue_len_max {
            return Err(Rejected { job, reason: RejectReason::Full });
        }
        state.queue.push_back(job);
        self.wake(state, 1);
        Ok(())
    }

    /// Wakes workers for as many new jobs, and unlocks first.
    fn wake(&self, mut state: MutexGuard<'_, State<J>>, jobs: usize) {
        let count = jobs.min(self.waking_max.saturating_sub(state.waking)).min(state.sleepers.len());
        state.waking += count;
        // Most often it is one, which needs no memory.
        let first = if count > 0 { state.sleepers.pop() } else { None };
        let at = state.sleepers.len() - count.saturating_sub(1);
        let others = state.sleepers.split_off(at);
        drop(state);
        for sleeper in first.into_iter().chain(others) {
            self.work[sleeper].notify_one();
        }
    }

    fn status(&self) -> PoolStatus {
        let state = self.state.lock();
        PoolStatus {
            workers: state.workers.clone(),
            queue_len: state.queue.len(),
            queue_len_max: self.queue_len_max,
            panicked: state.panicked,
            shutting_down: state.shutting_down,
        }
    }
}

/// The life of one worker.
fn work<J, L, H: Fn(&Worker<'_, J>, &mut L, J)>(
    worker: &Worker<'_, J>,
    make_local: &impl Fn() -> L,
    handler: &H,
) {
    let (shared, index) = (worker.shared, worker.index);
    let mut local = make_local();
    let mut state = shared.state.lock();
    loop {
        if let Some(job) = state.queue.pop_front() {
            state.workers[index].begin();
            let more = state.queue.len();
            shared.wake(state, more);
            let outcome: Result<(), Box<dyn Any + Send>> =
                catch_unwind(AssertUnwindSafe(|| handler(worker, &mut local, job)));
            if outcome.is_err() {
                local = make_local();
            }
            state = shared.state.lock();
            state.workers[index].end();
            state.panicked += u64::from(outcome.is_err());
        } else if state.shutting_down {
            return;
        } else {
            state.sleepers.push(index);
            while state.sleepers.contains(&index) {
                shared.work[index].wait(&mut state);
            }
            state.waking -= 1;
        }
    }
}

impl WorkerStatus {
    fn begin(&mut self) {
        debug_assert!(!self.busy, "a worker runs one job at a time");
        self.busy = true;
        self.since = Instant::now();
    }

    fn end(&mut self) {
        debug_assert!(self.busy, "a worker ends only what it has begun");
        self.busy = false;
        self.since = Instant::now();
        self.done += 1;
    }
}
