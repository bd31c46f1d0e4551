//! A test and the act that relies on it, under the same lock but not in the same critical section.
//!
//! # The symptom
//!
//! Each access to the table is locked, and still two visitors get the same seat. It happens once in a while, under load,
//! and a race detector is silent.
//!
//! # The story
//!
//! A server keeps a table of who sits where. Before it gives a seat away it looks whether the seat is free, and each look and
//! each change takes the lock, as it should.
//!
//! Between the look and the change the lock is free. Another thread can look in that moment, find the same seat free, and
//! take it. What the first thread knows is then no longer true, but it acts on it.
//!
//! A mutex makes single operations indivisible. It does not do so for two operations that belong together, unless one
//! critical section holds both. This is a race condition without a data race: no two accesses ever overlap.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                     ben
//! lock table
//!   seat 7 is free
//! unlock table
//!                         lock table
//!                           seat 7 is free
//!                         unlock table
//! lock table
//!   seat 7 = ada
//! unlock table
//!                         lock table
//!                           seat 7 = ben    <- ada sits there
//! ```
//!
//! # The fix
//!
//! Look and act under one guard. Better, give the table one operation that does both, so that nobody can do them apart:
//! here [`HashMap::entry`].
//!
//! # Questions
//!
//! - Each access is under the lock. Why is that not enough? The decision rests on what was seen under the first lock, and it
//!   need not be true any more under the second.
//! - Would an atomic counter help? Only with one operation that looks and changes, such as a compare-exchange. Two atomic
//!   operations have the same gap between them.
//!
//! # Reading
//!
//! - Maurice Herlihy and Jeannette Wing, "Linearizability: a correctness condition for concurrent objects", ACM TOPLAS 12(3),
//!   1990: what it means that an operation takes effect at one moment.
//! - Maurice Herlihy and Nir Shavit, "The Art of Multiprocessor Programming", chapter 3 (concurrent objects).
//! - Shan Lu et al., "Learning from mistakes: a comprehensive study on real world concurrency bug characteristics", ASPLOS
//!   2008: two in three of the bugs that are no deadlocks are of this kind.

use std::collections::{HashMap, hash_map::Entry};

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("check_then_act.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "check-then-act",
    title: "Check, then act",
    concept: "critical sections",
    summary: "Two visitors get the same seat although every access to the table is locked",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

type Table = Mutex<HashMap<u32, &'static str>>;

fn buggy() {
    two_visitors(|table, seat, name| {
        let is_free = !table.lock().contains_key(&seat);
        if is_free {
            // The lock was free in between: `is_free` is old news.
            let before = table.lock().insert(seat, name);
            assert_eq!(before, None, "{name} got seat {seat}, which was taken");
        }
    });
}

fn fixed() {
    two_visitors(|table, seat, name| {
        if let Entry::Vacant(free) = table.lock().entry(seat) {
            free.insert(name);
        }
    });
}

fn two_visitors(take_seat: fn(&Table, u32, &'static str)) {
    let table = Mutex::new(HashMap::new()).named("table");
    thread::scope(|scope| {
        spawn(scope, "ada", || take_seat(&table, 7, "ada"));
        spawn(scope, "ben", || take_seat(&table, 7, "ben"));
    });
    assert_eq!(table.lock().len(), 1);
}
