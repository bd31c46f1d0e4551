//! parking_lot: who waits for an upgradable read keeps plain readers out.
//!
//! # The symptom
//!
//! A program that takes upgradable reads and plain reads only, never a write, stops.
//!
//! # The story
//!
//! A reader-writer lock with upgradable reads lets plain readers in beside the one upgradable reader. A second upgradable
//! reader has to wait for the first.
//!
//! To be fair to writers, a reader queued up behind anybody who waited. That was written before there were upgradable reads,
//! and not looked at again when they came. So a plain reader waited behind the second upgradable reader, which waited for the
//! first: the first kept plain readers out after all.
//!
//! If the first waits for something that this reader is to do, nobody goes on.
//!
//! # The bad interleaving
//!
//! ```text
//! first                     second                    reader
//! upgradable read
//!                           upgradable read: waits
//!                             for first
//!                                                     read: waits behind second
//! wait for the reader
//!   for ever                  for ever                  for ever
//! ```
//!
//! # The fix
//!
//! A plain reader waits for those only that it may not be beside: writers.
//!
//! # Reading
//!
//! - parking_lot, issue 101, pull request 112.
//! - parking_lot's changelog on version 0.7.1: another deadlock of upgradable reads.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("parking_lot_upgradable_queue.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "parking-lot-upgradable-queue",
    title: "parking_lot: behind somebody who waits",
    concept: "who waits for whom",
    summary: "A plain reader queues up behind one who waits for an upgradable read",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

#[derive(Default)]
struct State {
    is_upgradable_held: bool,
    waiting_upgradable: usize,
    waiting_writers: usize,
}

struct Lock {
    state: Mutex<State>,
    released: Condvar,
}

impl Lock {
    fn upgradable_read(&self) {
        let mut state = self.state.lock();
        state.waiting_upgradable += 1;
        while state.is_upgradable_held {
            self.released.wait(&mut state);
        }
        state.waiting_upgradable -= 1;
        state.is_upgradable_held = true;
    }

    fn unlock_upgradable(&self) {
        self.state.lock().is_upgradable_held = false;
        self.released.notify_all();
    }

    /// Nobody ever writes here, so that the end of a read wakes nobody.
    fn read(&self, must_wait: fn(&State) -> bool) {
        let mut state = self.state.lock();
        while must_wait(&state) {
            self.released.wait(&mut state);
        }
    }
}

fn buggy() {
    wait_for_a_reader(|state| state.waiting_upgradable + state.waiting_writers > 0);
}

fn fixed() {
    wait_for_a_reader(|state| state.waiting_writers > 0);
}

fn wait_for_a_reader(must_wait: fn(&State) -> bool) {
    let lock = Lock {
        state: Mutex::new(State::default()).named("state"),
        released: Condvar::new().named("released"),
    };
    let result = Semaphore::new(0).named("result");
    thread::scope(|scope| {
        spawn(scope, "first", || {
            lock.upgradable_read();
            result.acquire().expect("the semaphore is never closed").forget();
            lock.unlock_upgradable();
        });
        spawn(scope, "second", || {
            lock.upgradable_read();
            lock.unlock_upgradable();
        });
        spawn(scope, "reader", || {
            lock.read(must_wait);
            result.add_permits(1);
        });
    });
}
