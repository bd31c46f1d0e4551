//! rayon: a latch looks at its flag outside of the mutex that it waits with.
//!
//! # The symptom
//!
//! A thread waits for a job of the pool. The job is done, the pool is idle, and the thread waits for ever.
//!
//! # The story
//!
//! A latch is a flag that is set once, and a condition variable to wait for it. The setter sets the flag and notifies.
//!
//! The waiter looked at the flag before it took the mutex. If the flag is set and the notification sent between the look and
//! the wait, nobody is there to be woken.
//!
//! What counts is not that the flag is behind a mutex somewhere, but that the look and the wait are under one guard.
//!
//! # The bad interleaving
//!
//! ```text
//! waiter                    job
//! is_set? no
//!                           lock, is_set = true
//!                           notify             <- nobody waits
//! lock
//! wait                      (has ended)
//!   for ever
//! ```
//!
//! # The fix
//!
//! Take the mutex, then look in a loop and wait with that same guard.
//!
//! # Reading
//!
//! - rayon, commit f17d745e, `LockLatch`.
//! - The lesson `lost-wakeup`: the same mistake with nothing around it.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("rayon_lock_latch.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "rayon-lock-latch",
    title: "rayon: the latch that is set between look and wait",
    concept: "latches",
    summary: "The flag is tested outside of the mutex, so the notification falls between test and wait",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Latch {
    is_set: AtomicBool,
    mutex: Mutex<()>,
    changed: Condvar,
}

impl Latch {
    fn set(&self) {
        let _guard = self.mutex.lock();
        self.is_set.store(true, SeqCst);
        self.changed.notify_all();
    }
}

fn buggy() {
    wait_for_a_job(|latch| {
        while !latch.is_set.load(SeqCst) {
            let mut guard = latch.mutex.lock();
            latch.changed.wait(&mut guard);
        }
    });
}

fn fixed() {
    wait_for_a_job(|latch| {
        let mut guard = latch.mutex.lock();
        while !latch.is_set.load(SeqCst) {
            latch.changed.wait(&mut guard);
        }
    });
}

fn wait_for_a_job(wait: fn(&Latch)) {
    let latch = Latch {
        is_set: AtomicBool::new(false),
        mutex: Mutex::new(()).named("latch"),
        changed: Condvar::new().named("changed"),
    };
    thread::scope(|scope| {
        spawn(scope, "waiter", || wait(&latch));
        spawn(scope, "job", || latch.set());
    });
}
