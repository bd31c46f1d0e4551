//! servo, redox: a method that holds a lock calls one that takes it.
//!
//! # The symptom
//!
//! A thread hangs the first time that a rare branch is taken.
//!
//! # The story
//!
//! A method locks the state, looks at it, and calls a helper while the guard is still alive. The helper locks the same
//! state. The lock is not reentrant, so the thread waits for itself.
//!
//! In Rust a guard lives to the end of its block, also where it is not used any more. This is the most frequent blocking
//! bug that the study below found.
//!
//! The branch was rare, and so the tests passed.
//!
//! # The bad interleaving
//!
//! ```text
//! painter
//! lock layout
//! layout is dirty
//!   update(): lock layout: waits for itself
//!     for ever
//! ```
//!
//! # The fix
//!
//! Let the guard end before the call, or give the locked state to the helper.
//!
//! # Reading
//!
//! - servo, commits 6fbd2aa5 and 2952ccfa; redox, commit c7eccb3a.
//! - Qin, Chen, Yu, Song, Zhang, "Understanding Memory and Thread Safety Practices and Issues in Real-World Rust Programs", PLDI 2020, section 6.1.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("servo_lock_through_a_call.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "servo-lock-through-a-call",
    title: "servo, redox: locked again through a call",
    concept: "guards that live too long",
    summary: "A method calls another one with the guard of a lock alive that the other one takes",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Page {
    is_dirty: Mutex<bool>,
}

impl Page {
    fn update(&self) {
        *self.is_dirty.lock() = false;
    }
}

fn buggy() {
    edit_and_paint(|page| {
        let is_dirty = page.is_dirty.lock();
        if *is_dirty {
            page.update();
        }
    });
}

fn fixed() {
    edit_and_paint(|page| {
        let is_dirty = *page.is_dirty.lock();
        if is_dirty {
            page.update();
        }
    });
}

fn edit_and_paint(paint: fn(&Page)) {
    let page = Page { is_dirty: Mutex::new(false).named("layout") };
    thread::scope(|scope| {
        spawn(scope, "editor", || *page.is_dirty.lock() = true);
        spawn(scope, "painter", || paint(&page));
    });
}
