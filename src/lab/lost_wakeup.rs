//! A notification that comes between the look and the sleep.
//!
//! # The symptom
//!
//! A thread sleeps although what it waits for has happened. Nothing is wrong with the data: in the debugger the flag is set, and
//! the sleeper sleeps.
//!
//! # The story
//!
//! One thread prepares something, sets a flag and notifies. Another looks at the flag and, if it is not set, waits to be
//! notified. The flag stands behind a mutex, as it should.
//!
//! A notification is not kept. It wakes who waits at this moment; if nobody does, it is gone. So the look at the flag and
//! the falling asleep must be one step for whoever sets the flag. That is why a condition variable's wait takes a mutex: it
//! gives the mutex back and falls asleep in one step.
//!
//! Here the waiter looks under the mutex, gives it back, and takes it again to wait. In the gap the flag is set and the
//! notification sent, to nobody.
//!
//! # The bad interleaving
//!
//! ```text
//! waiter                    maker
//! lock ready
//!   not ready
//! unlock ready
//!                           lock ready
//!                             ready = true
//!                           unlock ready
//!                           notify changed    <- nobody waits
//! lock ready
//! wait changed              (has ended)
//!   for ever
//! ```
//!
//! # The fix
//!
//! Look, and wait, under one guard. And look again after each wake-up, since a wait may also end for no reason: a `while`,
//! or `wait_while`.
//!
//! # Questions
//!
//! - Why does `notify_one` not wait until somebody listens? A condition variable keeps no notifications; that is what a
//!   semaphore is for.
//! - Does it help to notify twice? No. Both can come before the wait.
//! - What must be under the mutex? The change of the condition and the look at it. The notification itself may come after the
//!   unlock.
//!
//! # Reading
//!
//! - Butler Lampson and David Redell, "Experience with processes and monitors in Mesa", Communications of the ACM 23(2), 1980:
//!   condition variables as they are today.
//! - Andrew Birrell, "An introduction to programming with threads", DEC SRC report 35, 1989, section 5.
//! - Remzi and Andrea Arpaci-Dusseau, "Operating Systems: Three Easy Pieces", chapter 30 (condition variables).

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    thread,
};

const SOURCE: &str = include_str!("lost_wakeup.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "lost-wakeup",
    title: "The lost wake-up",
    concept: "condition variables",
    summary: "The notification comes after the look at the flag and before the wait",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[
        Stage::buggy(FindingKind::Deadlock, buggy),
        Stage::new("no_flag", "Waits without looking at the flag at all.", FindingKind::Deadlock, no_flag),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    make_and_wait(|ready, changed| {
        let is_ready = *ready.lock();
        if !is_ready {
            // The lock was free in between.
            let mut ready = ready.lock();
            changed.wait(&mut ready);
        }
    });
}

fn no_flag() {
    make_and_wait(|ready, changed| changed.wait(&mut ready.lock()));
}

fn fixed() {
    make_and_wait(|ready, changed| {
        let mut ready = ready.lock();
        while !*ready {
            changed.wait(&mut ready);
        }
    });
}

fn make_and_wait(wait: fn(&Mutex<bool>, &Condvar)) {
    let ready = Mutex::new(false).named("ready");
    let changed = Condvar::new().named("changed");
    thread::scope(|scope| {
        spawn(scope, "waiter", || wait(&ready, &changed));
        spawn(scope, "maker", || {
            *ready.lock() = true;
            changed.notify_one();
        });
    });
}
