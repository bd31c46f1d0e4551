//! once_cell: those who wait for the value are woken before it is said to be there.
//!
//! # The symptom
//!
//! Two threads ask for a lazy value at the same moment. One computes it and goes on; the other sleeps for ever.
//!
//! # The story
//!
//! The first thread to ask computes the value. The others put themselves into a queue and park until the state is no longer
//! "running".
//!
//! The first thread unparked the queue and then stored the new state. A woken thread looks at the state, still reads "running",
//! and parks again. Nobody unparks it a second time.
//!
//! A wake-up says "look again". So what there is to be seen must be there before the wake-up.
//!
//! # The bad interleaving
//!
//! ```text
//! waiter                    initializer
//! queue itself
//! state is running: park
//!                           unpark waiter
//! state is running
//!                           state = complete
//! park                      (has ended)
//!   for ever
//! ```
//!
//! # The fix
//!
//! Store the state first, then unpark.
//!
//! # Reading
//!
//! - once_cell, commit 5386606.
//! - The documentation of `std::thread::park`: a token is kept, but only one, and parking may end for no reason.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::Mutex,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread::{self, Thread},
};

const SOURCE: &str = include_str!("once_cell_early_unpark.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "once-cell-early-unpark",
    title: "once_cell: woken too early",
    concept: "parking",
    summary: "Waiters are unparked before the state is stored: they look, see it running, and park again",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Once {
    is_complete: AtomicBool,
    waiters: Mutex<Vec<Thread>>,
}

impl Once {
    fn wait(&self) {
        self.waiters.lock().push(thread::current());
        while !self.is_complete.load(SeqCst) {
            thread::park();
        }
    }

    fn wake(&self) {
        for waiter in self.waiters.lock().drain(..) {
            waiter.unpark();
        }
    }
}

fn buggy() {
    wait_for_the_value(|once| {
        once.wake();
        once.is_complete.store(true, SeqCst);
    });
}

fn fixed() {
    wait_for_the_value(|once| {
        once.is_complete.store(true, SeqCst);
        once.wake();
    });
}

fn wait_for_the_value(finish: fn(&Once)) {
    let once = Once { is_complete: AtomicBool::new(false), waiters: Mutex::new(Vec::new()).named("waiters") };
    thread::scope(|scope| {
        spawn(scope, "waiter", || once.wait());
        spawn(scope, "initializer", || finish(&once));
    });
}
