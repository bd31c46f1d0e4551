//! A condition that is changed without the mutex of those who wait for it.
//!
//! # The symptom
//!
//! Shutting down hangs, sometimes: `join` waits for a worker that sleeps. The flag that tells it to stop is set, and the
//! notification was sent.
//!
//! # The story
//!
//! A worker takes jobs from a queue, and sleeps when there are none. To stop the pool, the owner sets a flag, wakes all
//! workers, and joins them. The flag is a single word, so it is atomic, and the owner does not take the queue's lock to set it.
//!
//! The worker looks at the queue and at the flag while it has the lock, and falls asleep by giving it back. Somebody who
//! changes a condition under the lock cannot come between the look and the sleep. The owner is not held off by the lock,
//! and can: it sets the flag and notifies after the worker has looked and before it sleeps.
//!
//! An atomic is enough for a thread that looks again and again. For a thread that sleeps, what it waits for must change
//! under the mutex that it waits with, even if each change is atomic.
//!
//! # The bad interleaving
//!
//! ```text
//! worker                        owner
//! lock queue
//!   no jobs
//!   stopping? no
//!                               stopping = true
//!                               notify_all     <- nobody waits
//!                               join worker
//! wait changed                    waits for worker
//!   for ever
//! ```
//!
//! # The fix
//!
//! The flag moves into the mutex, beside the queue. Then the owner sets it either before the worker looks, or after the worker
//! sleeps.
//!
//! # Questions
//!
//! - The flag is atomic. What is missing? The order of the worker's look and its sleep: only the mutex makes them one, as
//!   seen by the owner.
//! - Would it be enough to take the mutex just for the `notify_all`? No, if the flag is set before: yes, if the flag is set
//!   under it. What counts is where the condition changes.
//!
//! # Reading
//!
//! - Andrew Birrell, "An introduction to programming with threads", DEC SRC report 35, 1989: the association of a condition
//!   variable with its mutex.
//! - Steve Klabnik and Carol Nichols, "The Rust Programming Language", chapter 21 (graceful shutdown of a thread pool).
//! - Brian Goetz et al., "Java Concurrency in Practice", chapter 7 (cancellation and shutdown) and section 14.2.

use std::collections::VecDeque;

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("pool_shutdown.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "pool-shutdown",
    title: "Shutting a pool down",
    concept: "conditions change under their mutex",
    summary: "The flag is set between a worker's look and its sleep",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

type Job = u32;

fn buggy() {
    let queue = Mutex::new(VecDeque::<Job>::from([1])).named("queue");
    let stopping = AtomicBool::new(false);
    let changed = Condvar::new().named("changed");
    thread::scope(|scope| {
        spawn(scope, "worker", || {
            let mut queue = queue.lock();
            loop {
                if queue.pop_front().is_some() {
                    continue;
                }
                if stopping.load(SeqCst) {
                    return;
                }
                changed.wait(&mut queue);
            }
        });
        // The scope joins the worker at its end.
        stopping.store(true, SeqCst);
        changed.notify_all();
    });
}

fn fixed() {
    let pool = Mutex::new((VecDeque::<Job>::from([1]), false)).named("queue and flag");
    let changed = Condvar::new().named("changed");
    thread::scope(|scope| {
        spawn(scope, "worker", || {
            let mut pool = pool.lock();
            loop {
                let (queue, stopping) = &mut *pool;
                if queue.pop_front().is_some() {
                    continue;
                }
                if *stopping {
                    return;
                }
                changed.wait(&mut pool);
            }
        });
        pool.lock().1 = true;
        changed.notify_all();
    });
}
