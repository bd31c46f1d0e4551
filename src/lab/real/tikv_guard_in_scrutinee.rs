//! TiKV: a read guard in a `match` lives through the arm that takes the write lock.
//!
//! # The symptom
//!
//! A thread stops at the first miss in a table, and then everyone else who needs that table.
//!
//! # The story
//!
//! A thread looks something up under a read lock and, if it is not there, takes the write lock to insert it. The lookup is
//! the scrutinee of a `match`, the insertion is one of its arms.
//!
//! A temporary in a scrutinee lives until the end of the whole `match`. So does the read guard: the thread waits for a write
//! lock that its own read lock keeps away.
//!
//! The lock is taken for longer than it looks. No other thread is needed for this bug, only a miss.
//!
//! # The bad interleaving
//!
//! ```text
//! lookup
//! match table.read()...     <- guard lives on
//!   None =>
//!     table.write()         <- waits for its own guard
//!       for ever
//! ```
//!
//! # The fix
//!
//! Bind the result with `let` first: the temporary ends with that statement. Then look again under the write lock, since
//! another thread may have inserted in between.
//!
//! # Reading
//!
//! - TiKV, commit bcb7745e.
//! - Boqin Qin et al., "Understanding memory and thread safety practices and issues in real-world Rust programs", PLDI 2020.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::RwLock, thread};

const SOURCE: &str = include_str!("tikv_guard_in_scrutinee.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tikv-guard-in-scrutinee",
    title: "TiKV: the guard in the scrutinee",
    concept: "how long a guard lives",
    summary: "A read guard in a scrutinee lives through the arm, which takes the write lock",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

type Table = RwLock<Option<u32>>;

fn buggy() {
    two_lookups(|table| match *table.read() {
        Some(value) => value,
        None => *table.write().get_or_insert(7),
    });
}

fn fixed() {
    two_lookups(|table| {
        let found = *table.read();
        match found {
            Some(value) => value,
            None => *table.write().get_or_insert(7),
        }
    });
}

fn two_lookups(look_up: fn(&Table) -> u32) {
    let table = RwLock::new(None).named("table");
    thread::scope(|scope| {
        for name in ["first", "second"] {
            spawn(scope, name, || assert_eq!(look_up(&table), 7));
        }
    });
}
