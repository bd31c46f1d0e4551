//! One condition variable for two conditions, and a notification that wakes the wrong waiter.
//!
//! # The symptom
//!
//! A buffer with room and a producer that waits for room. All waits are in loops, all changes are notified, and yet everybody
//! sleeps.
//!
//! # The story
//!
//! Somebody simplified the bounded buffer: one condition variable, `changed`, for producers and consumers alike. Whoever
//! changes the buffer wakes one sleeper.
//!
//! `notify_one` wakes any one of those who wait, and with one condition variable these wait for different things. A consumer
//! takes the last item and wakes a sleeper, hoping for the producer. It may be the other consumer, who finds the buffer
//! empty, and goes back to sleep. The notification is used up, and the producer, who could go on, has not heard of it.
//!
//! Many runs go well, since systems tend to wake who has waited longest. Nothing promises that.
//!
//! # The bad interleaving
//!
//! ```text
//! anna                 bert                 producer
//! (empty) wait
//!                      (empty) wait
//!                                           put 1, notify   -> anna
//!                                           (full) wait
//! take 1, notify                            (could go on)
//!         `----------> woken
//!                      (empty) wait         for ever
//! ```
//!
//! # The fix
//!
//! A condition variable for each condition, so that a notification can only reach somebody who can use it. (`notify_all` is
//! right too, and wakes many for one item.)
//!
//! # Questions
//!
//! - Why can `notify_one` wake the wrong one? Producers and consumers wait in one place, and the notification does not know
//!   for what.
//! - What does `notify_all` cost here? All wake up, look, and all but one go back to sleep.
//!
//! # Reading
//!
//! - Remzi and Andrea Arpaci-Dusseau, "Operating Systems: Three Easy Pieces", chapter 30, figures 30.8 to 30.12: this program.
//! - Butler Lampson and David Redell, "Experience with processes and monitors in Mesa", Communications of the ACM 23(2), 1980:
//!   notify against broadcast.
//! - Tony Hoare, "Monitors: an operating system structuring concept", Communications of the ACM 17(10), 1974: two conditions for
//!   the two sides of a buffer.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    thread,
};

const SOURCE: &str = include_str!("wrong_waiter.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "wrong-waiter",
    title: "The wrong waiter",
    concept: "one condition variable a condition",
    summary: "notify_one on a shared condition variable wakes somebody who cannot use it",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// A buffer of one slot. Who waits for an item and who waits for room may wait in the same place.
struct Buffer<'a> {
    slot: &'a Mutex<Option<u32>>,
    not_empty: &'a Condvar,
    not_full: &'a Condvar,
}

impl Buffer<'_> {
    fn put(&self, item: u32) {
        let mut slot = self.slot.lock();
        while slot.is_some() {
            self.not_full.wait(&mut slot);
        }
        *slot = Some(item);
        self.not_empty.notify_one();
    }

    fn take(&self) -> u32 {
        let mut slot = self.slot.lock();
        loop {
            if let Some(item) = slot.take() {
                self.not_full.notify_one();
                return item;
            }
            self.not_empty.wait(&mut slot);
        }
    }
}

fn buggy() {
    let slot = Mutex::new(None).named("buffer");
    let changed = Condvar::new().named("changed");
    two_consumers(&Buffer { slot: &slot, not_empty: &changed, not_full: &changed });
}

fn fixed() {
    let slot = Mutex::new(None).named("buffer");
    let not_empty = Condvar::new().named("not empty");
    let not_full = Condvar::new().named("not full");
    two_consumers(&Buffer { slot: &slot, not_empty: &not_empty, not_full: &not_full });
}

fn two_consumers(buffer: &Buffer<'_>) {
    thread::scope(|scope| {
        for name in ["anna", "bert"] {
            spawn(scope, name, || {
                buffer.take();
            });
        }
        spawn(scope, "producer", || {
            buffer.put(1);
            buffer.put(2);
        });
    });
}
