//! The worker pool as it ships. The numbers are those of its protocol.

use std::collections::VecDeque;

use unsnarl::{
    check::FindingKind,
    server::pool::{Pool, RejectReason},
    sync::{
        Arc, Semaphore,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use unsnarl_loom_tests::{broken, correct};

/// How often each job has run. One counter for each job, so that counting does not order jobs.
struct Runs(Vec<AtomicUsize>);

impl Runs {
    fn of(jobs: usize) -> Arc<Self> {
        Arc::new(Runs((0..jobs).map(|_| AtomicUsize::new(0)).collect()))
    }

    fn note(&self, job: usize) {
        self.0[job].fetch_add(1, Ordering::SeqCst);
    }

    fn counts(&self) -> Vec<usize> {
        self.0.iter().map(|count| count.load(Ordering::SeqCst)).collect()
    }
}

fn counting_pool(workers: usize, queue_len_max: usize, runs: &Arc<Runs>) -> Pool<usize> {
    let runs = Arc::clone(runs);
    Pool::new("worker", workers, queue_len_max, move |_, job: usize| runs.note(job))
        .expect("threads can be started")
}

/// A job that was submitted while the pool may have been shutting down has run once or has come back.
fn accepted(
    outcome: Result<(), unsnarl::server::pool::Rejected<usize>>,
    job: usize,
    reason: RejectReason,
) -> usize {
    match outcome {
        Ok(()) => 1,
        Err(rejected) => {
            assert_eq!((rejected.job, rejected.reason), (job, reason), "what was not taken comes back");
            0
        }
    }
}

#[test]
fn every_accepted_job_runs_exactly_once() {
    correct("pool::drain").check(|| {
        let runs = Runs::of(2);
        let pool = counting_pool(2, 2, &runs);
        pool.try_submit(0).expect("the queue has room");
        pool.try_submit(1).expect("the queue has room");
        pool.shutdown();
        assert_eq!(runs.counts(), [1, 1]);
    });
}

/// Rule 5.
#[test]
fn a_job_beside_a_shutdown_runs_or_comes_back() {
    correct("pool::submit_beside_shutdown").check(|| {
        let runs = Runs::of(2);
        let pool = Arc::new(counting_pool(1, 1, &runs));
        let submitter = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || accepted(pool.try_submit(0), 0, RejectReason::ShutDown))
        };
        pool.shutdown();
        assert_eq!(accepted(pool.try_submit(1), 1, RejectReason::ShutDown), 0, "after the shutdown");
        let accepted = submitter.join().expect("the submitter does not panic");
        assert_eq!(runs.counts(), [accepted, 0]);
    });
}

/// Rule 5 for batches.
#[test]
fn a_batch_beside_a_shutdown_is_taken_from_the_front() {
    correct("pool::batch_beside_shutdown").check(|| {
        let runs = Runs::of(3);
        let pool = Arc::new(counting_pool(1, 2, &runs));
        let submitter = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || {
                let mut jobs = VecDeque::from([0, 1, 2]);
                pool.try_submit_all(&mut jobs);
                jobs
            })
        };
        pool.shutdown();
        let left = submitter.join().expect("the submitter does not panic");
        assert!(matches!(left.len(), 1 | 3), "all that fit into the queue, or none: {left:?}");
        let ran = 3 - left.len();
        assert!(left.iter().copied().eq(ran..3), "what comes back is the end of the batch");
        assert_eq!(runs.counts(), (0..3).map(|job| usize::from(job < ran)).collect::<Vec<_>>());
    });
}

/// Job 0 ends only after job 1, if that was taken. Gives what came of job 1.
fn beside_a_job_that_waits(
    workers: usize,
    submit: impl Fn(&Pool<usize>) -> bool + Send + Sync + 'static,
) -> impl Fn() + Send + Sync + 'static {
    move || {
        let (runs, may_end) = (Runs::of(2), Arc::new(Semaphore::new(0)));
        let pool = {
            let (runs, may_end) = (Arc::clone(&runs), Arc::clone(&may_end));
            Pool::new("worker", workers, 2, move |_, job: usize| match job {
                0 => {
                    may_end.acquire().expect("not closed").forget();
                    runs.note(0);
                }
                _ => {
                    runs.note(1);
                    may_end.add_permits(1);
                }
            })
        };
        let pool = pool.expect("threads can be started");
        pool.try_submit(0).expect("the queue has room");
        let taken = submit(&pool);
        if !taken {
            may_end.add_permits(1);
        }
        pool.shutdown();
        assert_eq!(runs.counts(), [1, usize::from(taken)]);
    }
}

/// Rule 4: what is given only to the idle waits for no other job.
#[test]
fn a_job_for_the_idle_is_begun_or_comes_back() {
    let submit = |pool: &Pool<usize>| pool.try_submit_to_idle(1).is_ok();
    correct("pool::one_is_not_idle").check(beside_a_job_that_waits(1, submit));
    correct("pool::another_is_idle").check(beside_a_job_that_waits(2, submit));
}

/// The same submitted to whoever comes.
#[test]
fn a_job_behind_one_that_waits_for_it_is_found() {
    let submit = |pool: &Pool<usize>| pool.try_submit(1).is_ok();
    broken("pool::given_to_the_busy", FindingKind::Deadlock).check(beside_a_job_that_waits(1, submit));
}

#[test]
fn a_full_queue_gives_the_job_back() {
    correct("pool::full").check(|| {
        let runs = Runs::of(3);
        let pool = counting_pool(1, 1, &runs);
        let accepted: Vec<_> =
            (0..3).map(|job| accepted(pool.try_submit(job), job, RejectReason::Full)).collect();
        assert!(pool.status().queue_len <= 1, "the queue has an end");
        assert_eq!(accepted[0], 1, "the queue was empty");
        pool.shutdown();
        assert_eq!(runs.counts(), accepted);
    });
}

/// Rule 6.
#[test]
fn a_job_may_submit_to_its_own_pool() {
    correct("pool::submit_from_a_job").check(|| {
        let (runs, refused) = (Runs::of(2), Arc::new(AtomicUsize::new(0)));
        let pool = {
            let (runs, refused) = (Arc::clone(&runs), Arc::clone(&refused));
            Pool::new("worker", 2, 1, move |worker, job: usize| {
                runs.note(job);
                if job == 0 && worker.try_submit(1).is_err() {
                    refused.fetch_add(1, Ordering::SeqCst);
                }
            })
            .expect("threads can be started")
        };
        pool.try_submit(0).expect("the queue is empty");
        pool.shutdown();
        assert_eq!(runs.counts(), [1, 1 - refused.load(Ordering::SeqCst)]);
    });
}

/// Rule 7.
#[test]
fn a_panic_in_a_job_is_counted_and_the_worker_lives() {
    correct("pool::panic").check(|| {
        let runs = Runs::of(2);
        let pool = {
            let runs = Arc::clone(&runs);
            Pool::new("worker", 1, 2, move |_, job: usize| {
                runs.note(job);
                if job == 0 {
                    // As `panic!`, but for the message on standard error, once in each execution.
                    std::panic::resume_unwind(Box::new("as the model wants it"));
                }
            })
            .expect("threads can be started")
        };
        pool.try_submit(0).expect("the queue has room");
        pool.try_submit(1).expect("the queue has room");
        pool.shutdown();
        let status = pool.status();
        assert_eq!((runs.counts(), status.panicked), (vec![1, 1], 1));
        assert_eq!((status.workers[0].done, status.workers[0].busy), (2, false));
    });
}

/// The second one does not wait and does not break the first.
#[test]
fn two_shutdowns_at_once() {
    correct("pool::two_shutdowns").check(|| {
        let runs = Runs::of(1);
        let pool = Arc::new(counting_pool(1, 1, &runs));
        pool.try_submit(0).expect("the queue is empty");
        let other = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || pool.shutdown())
        };
        pool.shutdown();
        other.join().expect("a shutdown does not panic");
        assert_eq!(runs.counts(), [1]);
        assert!(pool.status().shutting_down);
    });
}
