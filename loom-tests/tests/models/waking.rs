//! Which worker is woken, and by whom (rules 2 and 4 of the pool), in a few lines and with one mistake at a time.

use std::collections::VecDeque;

use unsnarl::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex, MutexGuard},
    sync::{Arc, Semaphore},
    thread,
};
use unsnarl_loom_tests::{broken, correct};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Against rule 4: a worker that takes a job and leaves others wakes nobody.
    NoChain,
    /// Against rule 1: a worker says that it sleeps after it has let the lock go.
    SaysSoLater,
}

struct Pool {
    mistake: Mistake,
    state: Mutex<State>,
    work: Vec<Condvar>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    shutting_down: bool,
    sleepers: Vec<usize>,
    woken: Vec<usize>,
    waking: usize,
}

type Job = Box<dyn FnOnce() + Send>;

/// On their way at once.
const WAKING_MAX: usize = 1;

impl Pool {
    fn wake(&self, mut state: MutexGuard<'_, State>, jobs: usize) {
        let count = jobs.min(WAKING_MAX.saturating_sub(state.waking));
        let mut sleepers = Vec::new();
        for _ in 0..count {
            let sleeper = state.sleepers.pop();
            if let Some(sleeper) = sleeper {
                state.waking += 1;
                state.woken.push(sleeper);
                sleepers.push(sleeper);
            }
        }
        drop(state);
        for sleeper in sleepers {
            self.work[sleeper].notify_one();
        }
    }

    fn submit(&self, jobs: Vec<Job>) {
        let mut state = self.state.lock();
        let count = jobs.len();
        state.queue.extend(jobs);
        self.wake(state, count);
    }

    fn work(&self, index: usize) {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.queue.pop_front() {
                let more = if self.mistake == Mistake::NoChain { 0 } else { state.queue.len() };
                self.wake(state, more);
                job();
                state = self.state.lock();
            } else if state.shutting_down {
                return;
            } else {
                if self.mistake == Mistake::SaysSoLater {
                    drop(state);
                    state = self.state.lock();
                }
                state.sleepers.push(index);
                while !state.woken.contains(&index) && !state.shutting_down {
                    self.work[index].wait(&mut state);
                }
                if let Some(at) = state.woken.iter().position(|woken| *woken == index) {
                    state.woken.remove(at);
                    state.waking -= 1;
                }
                state.sleepers.retain(|sleeper| *sleeper != index);
            }
        }
    }
}

/// Two jobs at once for two workers; the first ends only when the second has run: a connection that is kept open until a
/// second one was answered.
fn one_job_waits_for_the_other(mistake: Mistake) {
    let work = (0..2).map(|_| Condvar::new().named("pool.work")).collect();
    let pool = Arc::new(Pool { mistake, state: Mutex::new(State::default()).named("pool.state"), work });
    let workers: Vec<_> = (0..2)
        .map(|index| {
            let pool = Arc::clone(&pool);
            let work = move || pool.work(index);
            let builder = thread::Builder::new().name(format!("worker-{index}"));
            builder.spawn(work).expect("a thread can be started")
        })
        .collect();
    let answered = Arc::new(Semaphore::new(0).named("answered"));
    let waits = Arc::clone(&answered);
    let ended = Arc::new(Semaphore::new(0).named("ended"));
    let ends = Arc::clone(&ended);
    pool.submit(vec![
        Box::new(move || {
            waits.acquire().expect("not closed").forget();
            ends.add_permits(1);
        }),
        Box::new(move || answered.add_permits(1)),
    ]);
    ended.acquire().expect("not closed").forget();
    pool.state.lock().shutting_down = true;
    for work in &pool.work {
        work.notify_one();
    }
    for worker in workers {
        worker.join().expect("a worker does not panic");
    }
}

#[test]
fn somebody_is_on_the_way_as_long_as_there_is_work() {
    correct("pool::wakes").check(|| one_job_waits_for_the_other(Mistake::Nothing));
}

#[test]
fn a_job_is_left_beside_a_sleeper() {
    broken("pool::no_chain", FindingKind::Deadlock).check(|| one_job_waits_for_the_other(Mistake::NoChain));
}

#[test]
fn a_worker_falls_asleep_beside_a_job() {
    broken("pool::says_so_later", FindingKind::Deadlock)
        .check(|| one_job_waits_for_the_other(Mistake::SaysSoLater));
}
