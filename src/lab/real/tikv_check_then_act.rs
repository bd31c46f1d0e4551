//! TiKV: what was found under a lock is no longer true when the lock is taken again.
//!
//! # The symptom
//!
//! Under load a task is started twice.
//!
//! # The story
//!
//! The program looked under a lock whether something was still to be done, gave the lock back, and took it again to note
//! that it does it.
//!
//! Between the two critical sections another thread finds the same. Each section is right by itself; what was wrong is
//! that they were two.
//!
//! A lock makes a section whole. It says nothing about what is true when the section is over.
//!
//! # The bad interleaving
//!
//! ```text
//! worker 1                  worker 2
//! lock; to do? yes; unlock
//!                           lock; to do? yes; unlock
//! lock; mine; unlock
//! do it
//!                           lock; mine; unlock
//!                           do it a second time
//! ```
//!
//! # The fix
//!
//! Look and note in one critical section.
//!
//! # Reading
//!
//! - TiKV, commit 12c36194 and pull request 539.
//! - Lu, Park, Seo, Zhou, "Learning from Mistakes: A Comprehensive Study on Real World Concurrency Bug Characteristics", ASPLOS 2008, on atomicity violations.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::Mutex,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("tikv_check_then_act.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tikv-check-then-act",
    title: "TiKV: checked in one section, done in another",
    concept: "check and act",
    summary: "A condition is checked in one critical section, and acted upon in the next one",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    two_workers(|is_taken| {
        if *is_taken.lock() {
            return false;
        }
        *is_taken.lock() = true;
        true
    });
}

fn fixed() {
    two_workers(|is_taken| !std::mem::replace(&mut *is_taken.lock(), true));
}

fn two_workers(take: fn(&Mutex<bool>) -> bool) {
    let is_taken = Mutex::new(false).named("is_taken");
    let done = AtomicU32::new(0);
    thread::scope(|scope| {
        for name in ["worker 1", "worker 2"] {
            spawn(scope, name, || {
                if take(&is_taken) {
                    done.fetch_add(1, SeqCst);
                }
            });
        }
    });
    assert_eq!(done.load(SeqCst), 1, "the task is done once");
}
