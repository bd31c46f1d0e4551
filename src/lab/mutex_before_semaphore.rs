//! A consumer that takes the lock and then waits for an item.
//!
//! # The symptom
//!
//! With an empty buffer everything stops: the consumer waits for an item, and the producer has one but does not come in.
//!
//! # The story
//!
//! A buffer is protected by a mutex, and a semaphore counts its items. A consumer needs both: an item must be there, and
//! nobody else may touch the buffer meanwhile.
//!
//! It takes the mutex first, since all that concerns the buffer should be under the mutex. Then it waits for an item, in
//! the mutex.
//!
//! The producer has an item. To put it into the buffer it needs the mutex, which the consumer has while it waits for the
//! item.
//!
//! With items in the buffer the wait is none, and all works. The rule is old: do not wait for others while holding what
//! they need.
//!
//! # The bad interleaving
//!
//! ```text
//! consumer                  producer
//! lock buffer
//! wait for an item
//!   waits: producer         lock buffer
//!                             waits: consumer
//!
//! ```
//!
//! # The fix
//!
//! Wait for the item first, then lock. Between the two somebody else may come, but cannot take this item away: the permit
//! stands for it.
//!
//! # Questions
//!
//! - Why does a condition variable not have this problem? Its wait gives the mutex back while it sleeps. A semaphore knows
//!   of no mutex.
//! - May the producer give the permit inside the mutex? Yes, giving never waits. The consumer may then wake only to wait
//!   for the mutex, which costs a switch.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 4.1.2: this is its deadlock number 4.
//! - Edsger Dijkstra, "Cooperating sequential processes", technical report EWD-123, 1965: the bounded buffer.
//! - Per Brinch Hansen, "Operating System Principles", 1973, chapter 3: why monitors followed.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("mutex_before_semaphore.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "mutex-before-semaphore",
    title: "The mutex before the semaphore",
    concept: "waiting while holding",
    summary: "The consumer waits for an item and holds the lock that the producer needs",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    pass_one(|buffer, items| {
        let mut buffer = buffer.lock();
        signals::wait(items);
        buffer.pop()
    });
}

fn fixed() {
    pass_one(|buffer, items| {
        signals::wait(items);
        buffer.lock().pop()
    });
}

fn pass_one(take: fn(&Mutex<Vec<u32>>, &Semaphore) -> Option<u32>) {
    let buffer = Mutex::new(Vec::new()).named("buffer");
    let items = Semaphore::new(0).named("items");
    thread::scope(|scope| {
        spawn(scope, "consumer", || assert!(take(&buffer, &items).is_some(), "a permit stands for an item"));
        for (name, item) in [("producer 1", 1), ("producer 2", 2)] {
            let (buffer, items) = (&buffer, &items);
            spawn(scope, name, move || {
                {
                    let mut buffer = buffer.lock();
                    buffer.push(item);
                    show("items in the buffer", buffer.len());
                }
                signals::signal(items);
            });
        }
    });
}
