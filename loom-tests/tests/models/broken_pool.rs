//! The pool's protocol in a few lines, with one mistake at a time. Without a mistake it passes, so the mistake alone is what
//! is found.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use unsnarl::{
    Named,
    check::{EngineName, FindingKind},
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};
use unsnarl_loom_tests::{broken, correct};

/// What is wrong with a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Against rule 1 and 5: the flag is no part of what the mutex guards.
    FlagWithoutLock,
    /// Against rule 3.
    IfInsteadOfWhile,
    /// Against rule 4.
    NotifyOneAtShutdown,
    /// Against rule 5: looks at the flag, unlocks, and queues all the same.
    ChecksThenQueues,
    /// Against rule 6.
    JobUnderTheLock,
    /// Against rule 7: a panic is caught where it has ended the worker.
    EndsByAPanic,
}

struct Pool {
    mistake: Mistake,
    state: Mutex<State>,
    work: Condvar,
    /// For `Mistake::FlagWithoutLock`.
    loose_flag: AtomicBool,
    ran: AtomicUsize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    shutting_down: bool,
}

enum Job {
    Count,
    /// Submits another job.
    Submit,
    Panic,
}

impl Pool {
    fn new(mistake: Mistake) -> Arc<Self> {
        Arc::new(Pool {
            mistake,
            state: Mutex::new(State::default()).named("pool.state"),
            work: Condvar::new().named("pool.work"),
            loose_flag: AtomicBool::new(false),
            ran: AtomicUsize::new(0),
        })
    }

    fn start(self: &Arc<Self>, workers: usize) -> Vec<thread::JoinHandle<()>> {
        let worker = |index| {
            let pool = Arc::clone(self);
            let work = move || {
                let ended = catch_unwind(AssertUnwindSafe(|| pool.work()));
                assert!(ended.is_ok() || pool.mistake == Mistake::EndsByAPanic, "a panic ends a job only");
            };
            thread::Builder::new()
                .name(format!("worker-{index}"))
                .spawn(work)
                .expect("a thread can be started")
        };
        (0..workers).map(worker).collect()
    }

    fn is_shutting_down(&self, state: &State) -> bool {
        match self.mistake {
            Mistake::FlagWithoutLock => self.loose_flag.load(Ordering::SeqCst),
            _ => state.shutting_down,
        }
    }

    fn submit(&self, job: Job) -> bool {
        let mut state = self.state.lock();
        if self.is_shutting_down(&state) {
            return false;
        }
        if self.mistake == Mistake::ChecksThenQueues {
            drop(state);
            state = self.state.lock();
        }
        state.queue.push_back(job);
        drop(state);
        self.work.notify_one();
        true
    }

    fn shut_down(&self) {
        match self.mistake {
            Mistake::FlagWithoutLock => self.loose_flag.store(true, Ordering::SeqCst),
            _ => self.state.lock().shutting_down = true,
        }
        if self.mistake == Mistake::NotifyOneAtShutdown {
            self.work.notify_one();
        } else {
            self.work.notify_all();
        }
    }

    fn work(&self) {
        let mut state = self.state.lock();
        loop {
            if self.mistake == Mistake::IfInsteadOfWhile && state.queue.is_empty() && !state.shutting_down {
                self.work.wait(&mut state);
                assert!(!state.queue.is_empty() || state.shutting_down, "a woken worker finds work");
            }
            if let Some(job) = state.queue.pop_front() {
                if self.mistake == Mistake::JobUnderTheLock {
                    self.run(job);
                    continue;
                }
                drop(state);
                self.run(job);
                state = self.state.lock();
            } else if self.is_shutting_down(&state) {
                return;
            } else {
                self.work.wait(&mut state);
            }
        }
    }

    fn run(&self, job: Job) {
        self.ran.fetch_add(1, Ordering::SeqCst);
        match job {
            Job::Count => {}
            Job::Submit => {
                self.submit(Job::Count);
            }
            // As `panic!`, but for the message on standard error, once in each execution.
            Job::Panic => {
                let panic = || resume_unwind(Box::new("as the model wants it"));
                if self.mistake == Mistake::EndsByAPanic {
                    panic();
                }
                let _: Result<(), _> = catch_unwind(panic);
            }
        }
    }
}

fn join(threads: Vec<thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("a worker does not panic");
    }
}

/// Two workers, no job: all must end.
fn shuts_down(mistake: Mistake) {
    let pool = Pool::new(mistake);
    let workers = pool.start(2);
    pool.shut_down();
    join(workers);
}

/// A job beside a shutdown: it runs if it was taken.
fn submits_beside_shutdown(mistake: Mistake) {
    let pool = Pool::new(mistake);
    let workers = pool.start(1);
    let other = Arc::clone(&pool);
    let submitter = thread::spawn(move || other.submit(Job::Count));
    pool.shut_down();
    let taken = submitter.join().expect("the submitter does not panic");
    join(workers);
    assert_eq!(pool.ran.load(Ordering::SeqCst), usize::from(taken), "a job that was taken has run");
}

/// A worker that has slept finds the job gone: another took it.
fn two_workers_and_one_job(mistake: Mistake) {
    let pool = Pool::new(mistake);
    let workers = pool.start(2);
    pool.submit(Job::Count);
    pool.shut_down();
    join(workers);
    assert_eq!(pool.ran.load(Ordering::SeqCst), 1);
}

fn a_job_that_submits(mistake: Mistake) {
    let pool = Pool::new(mistake);
    let workers = pool.start(1);
    pool.submit(Job::Submit);
    pool.shut_down();
    join(workers);
}

/// A job that panics before another one.
fn a_job_that_panics(mistake: Mistake) {
    let pool = Pool::new(mistake);
    let workers = pool.start(1);
    pool.submit(Job::Panic);
    pool.submit(Job::Count);
    pool.shut_down();
    join(workers);
    assert_eq!(pool.ran.load(Ordering::SeqCst), 2, "the worker has run both jobs");
}

#[test]
fn without_a_mistake_all_of_them_pass() {
    let model = || correct("pool::small");
    model().check(|| shuts_down(Mistake::Nothing));
    model().check(|| submits_beside_shutdown(Mistake::Nothing));
    model().check(|| two_workers_and_one_job(Mistake::Nothing));
    model().check(|| a_job_that_submits(Mistake::Nothing));
    model().check(|| a_job_that_panics(Mistake::Nothing));
}

#[test]
fn a_flag_that_is_set_without_the_lock_is_missed() {
    broken("pool::flag_without_lock", FindingKind::Deadlock).check(|| shuts_down(Mistake::FlagWithoutLock));
}

#[test]
fn a_worker_that_looks_once_finds_the_job_gone() {
    broken("pool::if_instead_of_while", FindingKind::Panic)
        .check(|| two_workers_and_one_job(Mistake::IfInsteadOfWhile));
}

#[test]
fn one_notification_ends_one_worker() {
    broken("pool::notify_one_at_shutdown", FindingKind::Deadlock)
        .check(|| shuts_down(Mistake::NotifyOneAtShutdown));
}

#[test]
fn a_flag_that_was_looked_at_before_is_no_longer_true() {
    broken("pool::checks_then_queues", FindingKind::Panic)
        .check(|| submits_beside_shutdown(Mistake::ChecksThenQueues));
}

#[test]
fn a_job_under_the_lock_cannot_submit() {
    let finding = broken("pool::job_under_the_lock", FindingKind::Deadlock)
        .check(|| a_job_that_submits(Mistake::JobUnderTheLock));
    if EngineName::of_this_build() == EngineName::Unsnarl {
        let finding = finding.finding().expect("announced");
        assert_eq!(finding.cycle.len(), 1, "it waits for itself: {finding}");
    }
}

#[test]
fn a_worker_that_a_panic_ends_leaves_the_rest() {
    broken("pool::ends_by_a_panic", FindingKind::Panic).check(|| a_job_that_panics(Mistake::EndsByAPanic));
}
