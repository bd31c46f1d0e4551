//! rayon: two pools wait for each other, and none of them works.
//!
//! # The symptom
//!
//! A job of one pool has a second pool do something, and a job of the second pool the first. Sometimes both stop.
//!
//! # The story
//!
//! A job runs `install` on another pool: it puts a job into that pool's queue and waits until it is done. It waited as a
//! thread from outside would, by blocking.
//!
//! But it is a worker, and while it blocks its own pool has one worker less. If all workers of both pools wait for each other,
//! the jobs that they wait for lie in the queues, and nobody takes them.
//!
//! A worker is a resource like a lock. Who holds it while waiting can be part of a circle.
//!
//! # The bad interleaving
//!
//! ```text
//! left's worker             right's worker
//! take the left job
//!                           take the right job
//! put a job into right
//! wait for it
//!                           put a job into left
//!   for ever                wait for it
//!                             for ever
//! ```
//!
//! # The fix
//!
//! A worker that waits for another pool runs jobs of its own pool meanwhile, and the end of the other job wakes it.
//!
//! # Reading
//!
//! - rayon, issue 446, pull request 449.
//! - rayon, issue 592: what running other jobs while waiting does to those who hold a lock.

use std::collections::VecDeque;

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    thread,
};

const SOURCE: &str = include_str!("rayon_pools_wait.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "rayon-pools-wait",
    title: "rayon: two pools wait for each other",
    concept: "workers as resources",
    summary: "Workers of two pools block until the other pool has done a job",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

#[derive(Clone, Copy)]
enum Job {
    /// Has the other pool do a leaf, and waits for it.
    Install,
    /// Is done at once, and says so to the other pool.
    Leaf,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// The leaf that this pool has put into the other one is done.
    is_leaf_done: bool,
}

/// A pool of one worker.
struct Pool {
    state: Mutex<State>,
    changed: Condvar,
}

impl Pool {
    fn new(name: &'static str) -> Self {
        Self { state: Mutex::new(State::default()).named(name), changed: Condvar::new() }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock());
        self.changed.notify_all();
    }

    /// The next job, or none once `is_enough` says so.
    fn next(&self, is_enough: fn(&State) -> bool, may_take: bool) -> Option<Job> {
        let mut state = self.state.lock();
        loop {
            if is_enough(&state) {
                return None;
            }
            if may_take && let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            self.changed.wait(&mut state);
        }
    }

    /// Runs a job, and those jobs that it runs while it waits; returns how many.
    fn run(&self, job: Job, other: &Self, works_while_waiting: bool) -> usize {
        let mut count = 1;
        match job {
            Job::Leaf => other.change(|state| state.is_leaf_done = true),
            Job::Install => {
                other.change(|state| state.jobs.push_back(Job::Leaf));
                while let Some(job) = self.next(|state| state.is_leaf_done, works_while_waiting) {
                    count += self.run(job, other, works_while_waiting);
                }
            }
        }
        count
    }
}

fn buggy() {
    install_into_each_other(false);
}

fn fixed() {
    install_into_each_other(true);
}

fn install_into_each_other(works_while_waiting: bool) {
    let [left, right] = &["left", "right"].map(Pool::new);
    thread::scope(|scope| {
        for (name, own, other) in [("left's worker", left, right), ("right's worker", right, left)] {
            spawn(scope, name, move || {
                // One job from outside, and one from the other pool.
                let mut count = 0;
                while count < 2
                    && let Some(job) = own.next(|_| false, true)
                {
                    count += own.run(job, other, works_while_waiting);
                }
            });
        }
        for pool in [left, right] {
            pool.change(|state| state.jobs.push_back(Job::Install));
        }
    });
}
