//! tokio: the next wake-up is worked out from locks that were given back too early.
//!
//! # The symptom
//!
//! A timer fires late, or never, when it is set while the timer thread goes to sleep.
//!
//! # The story
//!
//! Timers are kept in several tables with a lock each. The timer thread looks through all of them for the earliest, notes
//! when it will wake, and sleeps. Who sets a timer wakes the timer thread if the new timer is earlier than what is noted.
//!
//! The locks were given back before the note was written. A timer that is set in between is not in what the thread has
//! seen, and whoever set it compares it with a note that is out of date. Both believe that the other one knows.
//!
//! What is worked out from a table, and is to be compared with the table, has to be written before the table can change.
//!
//! # The bad interleaving
//!
//! ```text
//! timer thread              setter
//! lock table: empty; unlock
//!                           lock table; insert 5
//!                           note says "awake": no need to wake
//!                           unlock
//! note = never
//! sleep
//!   for ever
//! ```
//!
//! # The fix
//!
//! Write the note before the lock is given back.
//!
//! # Reading
//!
//! - tokio, pull request 6683.
//! - The lesson `lost-wakeup`.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::Mutex,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("tokio_timer_not_seen.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tokio-timer-not-seen",
    title: "tokio: a timer between two looks",
    concept: "snapshots",
    summary: "A note is worked out under a lock and written after it, while somebody compares with it",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// The note while the timer thread is awake: no timer is earlier.
const AWAKE: u32 = 0;
const NEVER: u32 = u32::MAX;

struct Timers {
    earliest: Mutex<u32>,
    wakes_at: AtomicU32,
}

fn buggy() {
    set_a_timer(|timers| {
        let earliest = *timers.earliest.lock();
        timers.wakes_at.store(earliest, SeqCst);
        earliest
    });
}

fn fixed() {
    set_a_timer(|timers| {
        let earliest = timers.earliest.lock();
        timers.wakes_at.store(*earliest, SeqCst);
        *earliest
    });
}

fn set_a_timer(note: fn(&Timers) -> u32) {
    let timers = &Timers { earliest: Mutex::new(NEVER).named("timers"), wakes_at: AtomicU32::new(AWAKE) };
    thread::scope(|scope| {
        let driver = spawn(scope, "timer thread", || {
            // It sleeps until it is woken; a timer that it knows of would wake it by itself.
            while note(timers) == NEVER {
                thread::park();
            }
        });
        spawn(scope, "setter", move || {
            let mut earliest = timers.earliest.lock();
            *earliest = 5;
            if *earliest < timers.wakes_at.load(SeqCst) {
                driver.unpark();
            }
        });
    });
}
