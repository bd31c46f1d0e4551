//! internment: a lookup finds what the last drop is about to free.
//!
//! # The symptom
//!
//! Interned strings that are dropped and looked up by several threads now and then contain garbage.
//!
//! # The story
//!
//! Equal values share one allocation, which is found through a table. The last one to be dropped decremented the count to
//! zero, and then took the lock of the table to remove the entry and free it.
//!
//! Between the two a lookup finds the entry, counts itself, and goes on with memory that is freed under it.
//!
//! That the count is zero and that the table has no entry must become true in one step, as seen by whoever looks into the
//! table.
//!
//! # The bad interleaving
//!
//! ```text
//! dropper                   finder
//! count: 1 → 0
//!                           lock table: entry found
//!                           count: 0 → 1; unlock
//! lock table; remove; free
//!                           uses freed memory
//! ```
//!
//! # The fix
//!
//! Decrement under the lock of the table.
//!
//! # Reading
//!
//! - RUSTSEC-2020-0017.
//! - `std::sync::Weak::upgrade`, which never revives a count of zero.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::Mutex,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("internment_revived.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "internment-revived",
    title: "internment: revived after the last drop",
    concept: "reference counts",
    summary: "The last drop decrements and removes in two steps; a lookup in between revives what is freed",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// The table has one entry, with a count; nothing is freed for real.
struct Interner {
    has_entry: Mutex<bool>,
    count: AtomicUsize,
    is_freed: AtomicBool,
}

impl Interner {
    fn remove(&self, has_entry: &mut bool) {
        *has_entry = false;
        self.is_freed.store(true, SeqCst);
    }
}

fn buggy() {
    drop_and_find(|interner| {
        if interner.count.fetch_sub(1, SeqCst) == 1 {
            interner.remove(&mut interner.has_entry.lock());
        }
    });
}

fn fixed() {
    drop_and_find(|interner| {
        let mut has_entry = interner.has_entry.lock();
        if interner.count.fetch_sub(1, SeqCst) == 1 {
            interner.remove(&mut has_entry);
        }
    });
}

fn drop_and_find(drop_last: fn(&Interner)) {
    let interner = Interner {
        has_entry: Mutex::new(true).named("table"),
        count: AtomicUsize::new(1),
        is_freed: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        spawn(scope, "dropper", || drop_last(&interner));
        spawn(scope, "finder", || {
            let has_entry = interner.has_entry.lock();
            if *has_entry {
                interner.count.fetch_add(1, SeqCst);
                drop(has_entry);
                assert!(!interner.is_freed.load(SeqCst), "freed memory is used");
            }
        });
    });
}
