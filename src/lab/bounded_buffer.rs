//! A waiter that does not look again after it was woken.
//!
//! # The symptom
//!
//! A consumer takes from an empty buffer, although it waited until the buffer was not empty. With one consumer it never
//! happens.
//!
//! # The story
//!
//! A producer puts items into a buffer of one slot, consumers take them out. A consumer that finds the buffer empty waits for
//! `not empty`; a producer that finds it full waits for `not full`. Each notifies the other.
//!
//! Being woken is one thing and having the lock another. The notification makes the sleeper a candidate for the lock, and a
//! consumer that has just arrived can get the lock first, find the item, and take it. When the woken one has the lock at
//! last, what it was woken for is over.
//!
//! Hoare's monitors handed the lock over together with the signal, so that an `if` was right. Mesa's, and all that are
//! in use today, do not: there a notification is only a hint that it is worth looking again.
//!
//! # The bad interleaving
//!
//! ```text
//! early                   late                    producer
//! lock buffer
//!   empty
//! wait not empty
//!                                                 lock buffer
//!                                                   put the item
//!                                                 notify not empty   -> early
//!                                                 unlock buffer
//!                         lock buffer
//!                           take the item
//!                         unlock buffer
//! (woken, has the lock)
//!   take the item         <- there is none
//! ```
//!
//! # The fix
//!
//! `while` instead of `if`: whoever was woken looks again, and waits again if there is nothing. This also covers wake-ups for
//! no reason, which the standard allows.
//!
//! # Questions
//!
//! - Why is one `wait` not enough although there is a notification for each item? Between the notification and the moment at
//!   which the woken thread has the mutex, another one can take the item.
//! - Does `while` cost more than `if`? One more look at the condition, under a mutex that is held anyway.
//!
//! # Reading
//!
//! - Tony Hoare, "Monitors: an operating system structuring concept", Communications of the ACM 17(10), 1974: hand-over.
//! - Butler Lampson and David Redell, "Experience with processes and monitors in Mesa", Communications of the ACM 23(2), 1980:
//!   why the hand-over was given up.
//! - Maurice Herlihy and Nir Shavit, "The Art of Multiprocessor Programming", chapter 8 (monitors and blocking
//!   synchronization).

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    thread,
};

const SOURCE: &str = include_str!("bounded_buffer.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "bounded-buffer",
    title: "The bounded buffer",
    concept: "waiting in a loop",
    summary: "A woken consumer finds the buffer empty, since another one was faster",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Buffer {
    slot: Mutex<Option<u32>>,
    not_empty: Condvar,
    not_full: Condvar,
}

impl Buffer {
    fn put(&self, item: u32) {
        let mut slot = self.slot.lock();
        while slot.is_some() {
            self.not_full.wait(&mut slot);
        }
        *slot = Some(item);
        self.not_empty.notify_one();
    }
}

fn buggy() {
    two_consumers(|buffer| {
        let mut slot = buffer.slot.lock();
        if slot.is_none() {
            buffer.not_empty.wait(&mut slot);
        }
        let item = slot.take().expect("woken, so the buffer is not empty");
        buffer.not_full.notify_one();
        item
    });
}

fn fixed() {
    two_consumers(|buffer| {
        let mut slot = buffer.slot.lock();
        while slot.is_none() {
            buffer.not_empty.wait(&mut slot);
        }
        let item = slot.take().expect("looked at under the lock");
        buffer.not_full.notify_one();
        item
    });
}

fn two_consumers(take: fn(&Buffer) -> u32) {
    let buffer = Buffer {
        slot: Mutex::new(None).named("buffer"),
        not_empty: Condvar::new().named("not empty"),
        not_full: Condvar::new().named("not full"),
    };
    thread::scope(|scope| {
        spawn(scope, "early", || {
            take(&buffer);
        });
        spawn(scope, "late", || {
            take(&buffer);
        });
        spawn(scope, "producer", || {
            buffer.put(1);
            buffer.put(2);
        });
    });
}
