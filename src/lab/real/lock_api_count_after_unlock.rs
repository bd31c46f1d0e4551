//! lock_api: a reentrant mutex writes its count after it has given the lock back.
//!
//! # The symptom
//!
//! A reentrant mutex that two threads use deadlocks, or lets both in.
//!
//! # The story
//!
//! A reentrant mutex has an owner and a count, which only the owner touches. The last unlock gave the lock back and then
//! set the count to zero.
//!
//! By then the lock may have another owner, who has set the count to one. Two threads write the same plain memory, and
//! either value may stay.
//!
//! What a lock protects may be touched until the unlock, and not after it.
//!
//! # The bad interleaving
//!
//! ```text
//! first                     second
//! unlock
//!                           lock
//!                           count = 1
//! count = 0: a data race
//! ```
//!
//! # The fix
//!
//! Write the count, then unlock.
//!
//! # Reading
//!
//! - lock_api, commit da16c2c.
//! - `std::sync::ReentrantLock`, which orders the two in this way.

use super::{Lesson, Plain, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("lock_api_count_after_unlock.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "lock-api-count-after-unlock",
    title: "lock_api: counted after the unlock",
    concept: "what a lock protects",
    summary: "Data that belongs to the owner of a lock is written after the unlock",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Race, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    lock_twice(|lock, count| {
        let guard = lock.lock();
        count.set(1);
        drop(guard);
        count.set(0);
    });
}

fn fixed() {
    lock_twice(|lock, count| {
        let guard = lock.lock();
        count.set(1);
        count.set(0);
        drop(guard);
    });
}

fn lock_twice(lock_and_unlock: fn(&Mutex<()>, &Plain)) {
    let (lock, count) = (Mutex::new(()).named("lock"), Plain::new(0));
    thread::scope(|scope| {
        spawn(scope, "first", || lock_and_unlock(&lock, &count));
        spawn(scope, "second", || lock_and_unlock(&lock, &count));
    });
}
