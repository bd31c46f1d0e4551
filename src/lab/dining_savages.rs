//! Two who find the pot empty, and both wake the cook.
//!
//! # The symptom
//!
//! The pot boils over: the cook was woken to fill a pot that was full.
//!
//! # The story
//!
//! Savages eat from a pot with servings for two. Who finds it empty wakes the cook and waits until it is full again. The
//! cook sleeps until woken, fills the pot, and says so.
//!
//! A savage looks into the pot under a lock, and finds it empty. It gives the lock back before it wakes the cook, since
//! one should not wait while holding a lock.
//!
//! A second savage looks, finds the pot empty as well, and also wakes the cook. The cook has two calls, fills the pot, and
//! fills it again.
//!
//! Often one should not wait under a lock. Here one must: being the one who has sent for the cook is a state that the
//! others have to see.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                    ben                    cook
//! lock pot: empty
//! unlock
//!                        lock pot: empty
//!                        unlock
//! wake cook
//!                        wake cook
//!                                               fill pot (2)
//!                                               fill pot (2 more)
//!                                                 panic: it is full
//!
//! ```
//!
//! # The fix
//!
//! Keep the lock while the cook works. The cook does not need it: nobody but the one who waits can touch the pot. Or write
//! down under the lock that the cook was sent for, and let the others wait for that.
//!
//! # Questions
//!
//! - When may one wait under a lock? When those one waits for never need that lock.
//! - What would a flag `cook_is_coming` change? The second savage could wait without the lock, and others could look into
//!   the pot meanwhile.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 5.1: the dining savages.
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 4: where the savages come from.
//! - Rajesh Nishtala et al., "Scaling Memcache at Facebook", NSDI 2013: leases, so that only one of those who find nothing
//!   fetches it.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("dining_savages.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "dining-savages",
    title: "The dining savages",
    concept: "one of several sends for more",
    summary: "Two find the pot empty, and the cook is woken twice",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const SERVINGS: usize = 2;

struct Kitchen {
    pot: Mutex<usize>,
    /// How much the cook has put there, until somebody looks.
    filled: Mutex<usize>,
    is_empty: Semaphore,
    is_full: Semaphore,
}

impl Kitchen {
    fn send_for_cook(&self) -> usize {
        signals::signal(&self.is_empty);
        signals::wait(&self.is_full);
        std::mem::take(&mut *self.filled.lock())
    }

    /// The cook, until the kitchen closes.
    fn cook(&self) {
        while let Ok(call) = self.is_empty.acquire() {
            call.forget();
            let mut filled = self.filled.lock();
            assert_eq!(*filled, 0, "the pot is full already");
            *filled = SERVINGS;
            drop(filled);
            signals::signal(&self.is_full);
        }
    }
}

fn buggy() {
    two_savages(|kitchen| {
        let is_empty = *kitchen.pot.lock() == 0;
        if is_empty {
            let servings = kitchen.send_for_cook();
            *kitchen.pot.lock() += servings;
        }
        *kitchen.pot.lock() -= 1;
    });
}

fn fixed() {
    two_savages(|kitchen| {
        let mut pot = kitchen.pot.lock();
        if *pot == 0 {
            *pot += kitchen.send_for_cook();
        }
        *pot -= 1;
        show("servings", *pot);
    });
}

fn two_savages(eat: fn(&Kitchen)) {
    let kitchen = Kitchen {
        pot: Mutex::new(0).named("pot"),
        filled: Mutex::new(0).named("what the cook brings"),
        is_empty: Semaphore::new(0).named("empty pot"),
        is_full: Semaphore::new(0).named("full pot"),
    };
    thread::scope(|scope| {
        spawn(scope, "cook", || kitchen.cook());
        thread::scope(|scope| {
            spawn(scope, "ada", || eat(&kitchen));
            spawn(scope, "ben", || eat(&kitchen));
        });
        kitchen.is_empty.close();
    });
}
