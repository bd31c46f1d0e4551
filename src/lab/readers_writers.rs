//! A read lock that is still held when the write lock is asked for.
//!
//! # The symptom
//!
//! A lookup that misses the cache hangs, every time, with a single thread in the stack dump; lookups that hit are fine. Or, with
//! more readers, it hangs only when two of them miss together.
//!
//! # The story
//!
//! Many threads read a cache and few change it, so it stands behind a readers-writer lock: any number of readers, or one
//! writer. A lookup reads; if the value is missing it loads the value and writes it.
//!
//! The write lock waits until all readers are gone, and one of them is the very thread that waits. In Rust the read guard is
//! easily overlooked: a temporary in the head of a `match` lives until the end of the `match`, so the guard is held in all of
//! its arms although no variable has it.
//!
//! There is no way to turn a read lock into a write lock in place, not even for a lock that has such an operation for one
//! thread: two readers who both want to be the writer wait for each other to stop reading.
//!
//! # The bad interleaving
//!
//! ```text
//! ada
//! read-lock cache          <- the guard is a temporary of the `match`
//!   the value is missing
//!   write-lock cache
//!     waits for all readers: ada
//! ```
//!
//! # The fix
//!
//! Give the read lock back before asking for the write lock, and look again once the write lock is there, since another
//! thread may have written in between. A `let` statement of its own ends the temporary's life.
//!
//! # Questions
//!
//! - Why can a thread wait for itself here? It holds a read lock, and the write lock waits until all read locks are back, its
//!   own too.
//! - What does an upgradable lock promise? That only one thread at a time has it, so that two who upgrade cannot wait for
//!   each other.
//!
//! # Reading
//!
//! - Pierre-Jacques Courtois, Frans Heymans and David Parnas, "Concurrent control with readers and writers", Communications of
//!   the ACM 14(10), 1971: the problem.
//! - Allen Downey, "The Little Book of Semaphores", section 4.2 (readers-writers).
//! - The Rust Reference, "Destructors", section "Temporary scopes": how long the guard lives.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::RwLock, thread};

const SOURCE: &str = include_str!("readers_writers.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "readers-writers",
    title: "Readers and writers",
    concept: "upgrading a read lock",
    summary: "A thread waits for all readers to leave and is one of them",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    two_lookups(|cache| match *cache.read() {
        Some(value) => value,
        None => *cache.write().insert(42),
    });
}

fn fixed() {
    two_lookups(|cache| {
        let found = *cache.read();
        match found {
            Some(value) => value,
            None => *cache.write().get_or_insert(42),
        }
    });
}

fn two_lookups(look_up: fn(&RwLock<Option<u32>>) -> u32) {
    let cache = RwLock::new(None).named("cache");
    thread::scope(|scope| {
        spawn(scope, "ada", || assert_eq!(look_up(&cache), 42));
        spawn(scope, "ben", || assert_eq!(look_up(&cache), 42));
    });
}
