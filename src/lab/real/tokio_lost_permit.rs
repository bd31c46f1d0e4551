//! tokio: a waiter is cancelled just after it was handed the lock.
//!
//! # The symptom
//!
//! A task that waits for a mutex is cancelled, as by a timeout. From then on everybody who waits for the mutex waits for
//! ever.
//!
//! # The story
//!
//! The mutex hands itself over: who unlocks gives the permit to the first in the queue. A waiter that is cancelled takes
//! itself out of the queue.
//!
//! If it was handed the permit a moment before, it is not in the queue any more, but it has the permit. It left without
//! giving it back. Nobody held the lock, and nobody could get it.
//!
//! Whoever leaves has to look whether something was given to it meanwhile, and to pass it on.
//!
//! # The bad interleaving
//!
//! ```text
//! holder                    cancelled                 waiter
//!                                                     waits
//! unlock: permit to the
//! first, "cancelled"
//!                           leaves, with the permit
//!                                                       for ever
//! ```
//!
//! # The fix
//!
//! On leaving with a permit, hand it to the next one.
//!
//! # Reading
//!
//! - tokio, issue 1898 and pull request 1902.
//! - The documentation of `tokio::sync::Mutex`, on cancel safety.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    thread,
};

const SOURCE: &str = include_str!("tokio_lost_permit.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tokio-lost-permit",
    title: "tokio: the permit of a waiter that left",
    concept: "handing over",
    summary: "A waiter that gives up takes the permit with it that it was handed",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// Two wait: first the one that will be cancelled, then another one.
#[derive(Default)]
struct Queue {
    first_is_gone: bool,
    first_has_permit: bool,
    second_has_permit: bool,
}

impl Queue {
    fn hand_over(&mut self) {
        if self.first_is_gone || self.first_has_permit {
            self.second_has_permit = true;
        } else {
            self.first_has_permit = true;
        }
    }
}

fn buggy() {
    cancel(|queue| queue.first_is_gone = true);
}

fn fixed() {
    cancel(|queue| {
        queue.first_is_gone = true;
        if queue.first_has_permit {
            queue.hand_over();
        }
    });
}

fn cancel(leave: fn(&mut Queue)) {
    let (queue, changed) = (Mutex::new(Queue::default()).named("queue"), Condvar::new().named("changed"));
    thread::scope(|scope| {
        spawn(scope, "holder", || {
            queue.lock().hand_over();
            changed.notify_all();
        });
        spawn(scope, "cancelled", || {
            leave(&mut queue.lock());
            changed.notify_all();
        });
        spawn(scope, "waiter", || {
            let mut queue = queue.lock();
            while !queue.second_has_permit {
                changed.wait(&mut queue);
            }
        });
    });
}
