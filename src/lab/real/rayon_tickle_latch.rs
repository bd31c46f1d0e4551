//! rayon: who sets a latch touches it again, after its owner has gone on.
//!
//! # The symptom
//!
//! A program that calls `join` very often crashes once in many days.
//!
//! # The story
//!
//! A latch lives on the stack of the thread that waits for it. Who has done the work sets the latch, and then looks into
//! it for the pool that is to be woken.
//!
//! Setting the latch is what the owner waits for. It returns, and its stack is used for something else. What is read from
//! the latch then is garbage.
//!
//! A signal that ends the life of an object must be the last thing that is done with it.
//!
//! # The bad interleaving
//!
//! ```text
//! worker                    owner
//! set
//!                           is set: go on
//!                           the latch is gone
//! which pool to wake?
//!   reads what is gone
//! ```
//!
//! # The fix
//!
//! Read what is needed before the latch is set.
//!
//! # Reading
//!
//! - rayon, pull request 739, commit 26da2f7e.
//! - The comments at `Latch::set` in rayon-core.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("rayon_tickle_latch.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "rayon-tickle-latch",
    title: "rayon: the latch that is gone",
    concept: "lifetimes",
    summary: "A latch is looked into after it was set, when its owner may have gone on",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// A latch on the owner's stack; nothing is freed for real.
#[derive(Default)]
struct Latch {
    is_set: AtomicBool,
    is_gone: AtomicBool,
}

impl Latch {
    /// The pool to wake.
    fn pool(&self) -> u32 {
        assert!(!self.is_gone.load(SeqCst), "the latch is gone");
        7
    }
}

fn buggy() {
    work_and_wait(|latch| {
        latch.is_set.store(true, SeqCst);
        latch.pool()
    });
}

fn fixed() {
    work_and_wait(|latch| {
        let pool = latch.pool();
        latch.is_set.store(true, SeqCst);
        pool
    });
}

fn work_and_wait(set: fn(&Latch) -> u32) {
    let latch = Latch::default();
    thread::scope(|scope| {
        spawn(scope, "worker", || assert_eq!(set(&latch), 7));
        spawn(scope, "owner", || {
            if latch.is_set.load(SeqCst) {
                latch.is_gone.store(true, SeqCst);
            }
        });
    });
}
