//! The stranded connection: a real server's bug (rule 2 of the pool).
//!
//! An elastic pool starts a thread for a job unless a sleeper is free to take it. If it asks so by a counter that a sleeper
//! lowers only after it has woken, two jobs that come before that are both queued for one sleeper. The second waits until the
//! first has ended: with connections that live as long as their clients want, perhaps for ever.

use std::collections::VecDeque;

use unsnarl::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    sync::{Arc, Semaphore},
    thread,
};
use unsnarl_loom_tests::{broken, correct};

/// How it is decided whether a job needs a thread of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Somebody sleeps.
    CountsSleepers,
    /// More sleep than jobs are queued.
    ComparesWithTheQueue,
}

struct Pool {
    rule: Rule,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    sleepers: usize,
    closed: bool,
    threads: Vec<thread::JoinHandle<()>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Pool {
    /// A pool of one worker.
    fn new(rule: Rule) -> Arc<Self> {
        let pool = Arc::new(Pool {
            rule,
            state: Mutex::new(State::default()).named("pool.state"),
            work: Condvar::new().named("pool.work"),
        });
        pool.grow(&mut pool.state.lock(), None);
        pool
    }

    fn grow(self: &Arc<Self>, state: &mut State, first: Option<Job>) {
        let pool = Arc::clone(self);
        let name = format!("worker-{}", state.threads.len());
        let work = move || {
            if let Some(job) = first {
                job();
            }
            pool.work();
        };
        state.threads.push(thread::Builder::new().name(name).spawn(work).expect("a thread can be started"));
    }

    fn submit(self: &Arc<Self>, job: Job) {
        let mut state = self.state.lock();
        let free = match self.rule {
            Rule::CountsSleepers => state.sleepers > 0,
            Rule::ComparesWithTheQueue => state.sleepers > state.queue.len(),
        };
        if free {
            state.queue.push_back(job);
            drop(state);
            self.work.notify_one();
        } else {
            self.grow(&mut state, Some(job));
        }
    }

    fn work(&self) {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                drop(state);
                job();
                state = self.state.lock();
            } else if state.closed {
                return;
            } else {
                state.sleepers += 1;
                self.work.wait(&mut state);
                state.sleepers -= 1;
            }
        }
    }

    fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let threads = std::mem::take(&mut state.threads);
        drop(state);
        self.work.notify_all();
        for thread in threads {
            thread.join().expect("a worker does not panic");
        }
    }
}

/// The first connection stays open until the second has been answered: a browser does so when it loads a page and its parts.
fn two_connections(rule: Rule) {
    let pool = Pool::new(rule);
    let answered = Arc::new(Semaphore::new(0).named("answered"));
    let waits = Arc::clone(&answered);
    pool.submit(Box::new(move || waits.acquire().expect("not closed").forget()));
    pool.submit(Box::new(move || answered.add_permits(1)));
    pool.close();
}

#[test]
fn a_sleeper_that_is_counted_twice_strands_a_connection() {
    broken("pool::stranded", FindingKind::Deadlock).check(|| two_connections(Rule::CountsSleepers));
}

#[test]
fn nobody_is_stranded_when_sleepers_are_compared_with_the_queue() {
    correct("pool::not_stranded").check(|| two_connections(Rule::ComparesWithTheQueue));
}
