//! parking_lot: a waiter that times out clears a bit that already speaks of another waiter.
//!
//! # The symptom
//!
//! With timed locks in use, a thread that waits for a reader-writer lock is sometimes never woken.
//!
//! # The story
//!
//! A bit in the state says that somebody is parked. Who unlocks looks at the bit, and at the queue only if it is set. A
//! waiter that ran out of time took itself out of the queue, saw that it was the last, gave the lock of the queue back,
//! and then cleared the bit.
//!
//! In between, another thread puts itself into the queue and sets the bit, which is set already. Then the bit is cleared.
//! Who unlocks sees no bit and wakes nobody.
//!
//! The bit describes the queue. So it may be changed only while the queue cannot change.
//!
//! # The bad interleaving
//!
//! ```text
//! timed out                 waiter                    holder
//! leave the queue: empty
//!                           enter the queue; bit = 1
//!                           park
//! bit = 0
//!                                                     unlock; bit? no: done
//!                             for ever
//! ```
//!
//! # The fix
//!
//! Clear the bit while the lock of the queue is held.
//!
//! # Reading
//!
//! - parking_lot, pull request 465, commit a0d2de0.
//! - The documentation of `parking_lot_core::park`, whose `timed_out` runs with the queue locked.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::Mutex,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("parking_lot_cleared_bit.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "parking-lot-cleared-bit",
    title: "parking_lot: a bit cleared too late",
    concept: "state in two places",
    summary: "A bit that describes a queue is cleared after the lock of the queue was given back",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Lock {
    is_locked: AtomicBool,
    /// Somebody is in the queue.
    is_parked: AtomicBool,
    /// How many are in the queue.
    queue: Mutex<usize>,
    is_woken: AtomicBool,
}

fn buggy() {
    time_out(|lock| {
        let mut queue = lock.queue.lock();
        *queue -= 1;
        let was_last = *queue == 0;
        drop(queue);
        if was_last {
            lock.is_parked.store(false, SeqCst);
        }
    });
}

fn fixed() {
    time_out(|lock| {
        let mut queue = lock.queue.lock();
        *queue -= 1;
        if *queue == 0 {
            lock.is_parked.store(false, SeqCst);
        }
    });
}

fn time_out(leave: fn(&Lock)) {
    let lock = &Lock {
        is_locked: AtomicBool::new(true),
        is_parked: AtomicBool::new(true),
        // The one that is about to run out of time.
        queue: Mutex::new(1).named("queue"),
        is_woken: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        let waiter = spawn(scope, "waiter", || {
            let mut queue = lock.queue.lock();
            lock.is_parked.store(true, SeqCst);
            if !lock.is_locked.load(SeqCst) {
                return;
            }
            *queue += 1;
            drop(queue);
            while !lock.is_woken.load(SeqCst) {
                thread::park();
            }
        });
        spawn(scope, "timed out", || leave(lock));
        spawn(scope, "holder", move || {
            lock.is_locked.store(false, SeqCst);
            if lock.is_parked.load(SeqCst) {
                let _queue = lock.queue.lock();
                lock.is_woken.store(true, SeqCst);
                waiter.unpark();
            }
        });
    });
}
