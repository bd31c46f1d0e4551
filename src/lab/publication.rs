//! Data that is published by a flag which orders nothing.
//!
//! # The symptom
//!
//! A reader sees the flag set and the data half-written or old. On x86 it never happens, on ARM once in a million times, and
//! after a compiler update every day.
//!
//! # The story
//!
//! A writer fills a cell and then sets an atomic flag; a reader that sees the flag set reads the cell. The flag is atomic, so
//! the reader sees it either set or not, and in the program's text the cell is filled first.
//!
//! `Relaxed` makes the flag itself indivisible and orders nothing else. The compiler may move the write to the cell behind the
//! store to the flag, and the processor may let the other core see them in that order. What one thread did "before" another one's
//! act is decided by happens-before, and a relaxed flag adds no edge to it.
//!
//! So nothing orders the write to the cell and the read of it: a data race, which in Rust is undefined behaviour even if it
//! seems to work. The checker does not need to see a wrong value: it keeps, for each thread, what of the others it is ordered
//! after, and finds two accesses that are not ordered.
//!
//! # The bad interleaving
//!
//! ```text
//! writer                          reader
//! write cell
//! store ready = true (relaxed)
//!                                 load ready = true (relaxed)
//!                                 read cell     <- not ordered after the write
//! ```
//!
//! # The fix
//!
//! Store with `Release`, load with `Acquire`: a load that reads what the store wrote is ordered after all that the storing
//! thread did before. (Or use a lock, a channel, or `OnceLock`, which do this for you.)
//!
//! # Questions
//!
//! - Both threads use atomics for the flag. Where is the race? On the value. A relaxed flag says nothing about what was
//!   written before it.
//! - Why does the test pass on the author's machine? Processors of the x86 family keep stores in order. The compiler need
//!   not, and others do not.
//!
//! # Reading
//!
//! - Leslie Lamport, "Time, clocks, and the ordering of events in a distributed system", Communications of the ACM 21(7), 1978:
//!   happened before.
//! - Hans Boehm and Sarita Adve, "Foundations of the C++ concurrency memory model", PLDI 2008: the model that Rust took over.
//! - Mara Bos, "Rust Atomics and Locks", O'Reilly 2023, chapter 3 (memory ordering).

use super::{Lesson, Stage, plain::Plain, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

const SOURCE: &str = include_str!("publication.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "publication",
    title: "Publishing data",
    concept: "release and acquire",
    summary: "A relaxed flag does not order the data that it announces",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Race, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Slot {
    ready: AtomicBool,
    value: Plain,
}

impl Slot {
    fn publish(&self, value: u32, store: Ordering) {
        self.value.set(value);
        // ORDERING: with the load in `get`: publishes the write above.
        self.ready.store(true, store);
    }

    fn get(&self, load: Ordering) -> Option<u32> {
        // ORDERING: with the store in `publish`.
        self.ready.load(load).then(|| self.value.get())
    }
}

fn buggy() {
    // ORDERING: relaxed, which is the bug.
    publish_and_read(Ordering::Relaxed, Ordering::Relaxed);
}

fn fixed() {
    // ORDERING: release in `publish`, partner of the acquire in `get`.
    publish_and_read(Ordering::Release, Ordering::Acquire);
}

fn publish_and_read(store: Ordering, load: Ordering) {
    let slot = Slot { ready: AtomicBool::new(false), value: Plain::new(0) };
    thread::scope(|scope| {
        spawn(scope, "writer", || slot.publish(42, store));
        spawn(scope, "reader", || assert!(matches!(slot.get(load), None | Some(42))));
    });
}
