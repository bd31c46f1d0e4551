//! thread_local: an iterator reads slots whose flag was set with too weak an ordering.
//!
//! # The symptom
//!
//! On ARM an iteration over the values of all threads now and then sees a value that is not there yet.
//!
//! # The story
//!
//! Each thread writes its value into a slot and sets a flag that the slot is in use. An iterator looks at the flags and
//! reads the slots behind them.
//!
//! The flag was set and read with relaxed ordering. Then nothing says that the value is there when the flag is: the
//! processor, or the compiler, may let the flag be seen first.
//!
//! On x86 the processor keeps these two in order by itself, so it takes another one, or a checker, to see the bug.
//!
//! # The bad interleaving
//!
//! ```text
//! owner                     iterator
//! value = 7
//! flag = true (relaxed)
//!                           flag? true (relaxed)
//!                           read value: a data race
//! ```
//!
//! # The fix
//!
//! Set the flag with release, and read it with acquire: who sees the flag sees what was written before it.
//!
//! # Reading
//!
//! - RUSTSEC-2022-0006.
//! - Mara Bos, "Rust Atomics and Locks", chapter 3.

use super::{Lesson, Plain, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

const SOURCE: &str = include_str!("thread_local_weak_flag.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "thread-local-weak-flag",
    title: "thread_local: a flag that publishes nothing",
    concept: "memory ordering",
    summary: "A value is published by a flag with relaxed ordering",
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
    // ORDERING: relaxed on both sides, which is the bug.
    write_and_iterate(Ordering::Relaxed, Ordering::Relaxed);
}

fn fixed() {
    // ORDERING: the release of the owner's store is met by the acquire of the iterator's load.
    write_and_iterate(Ordering::Release, Ordering::Acquire);
}

fn write_and_iterate(publish: Ordering, look: Ordering) {
    let (slot, is_used) = (Plain::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        spawn(scope, "owner", || {
            slot.set(7);
            is_used.store(true, publish);
        });
        spawn(scope, "iterator", || {
            if is_used.load(look) {
                assert_eq!(slot.get(), 7);
            }
        });
    });
}
