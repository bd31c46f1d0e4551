//! A barrier that works once.
//!
//! # The symptom
//!
//! A computation in rounds hangs at the second round, or the tenth; with one round it never does.
//!
//! # The story
//!
//! Threads compute in rounds, and none may begin a round before all have ended the one before. They meet at a barrier: a
//! counter of those who have come. Who comes last sets the counter back to zero and wakes the others, who wait as long as
//! it is not zero.
//!
//! The last one does not wait for those that it woke. It computes its next round and comes to the barrier again, where it
//! counts itself as the first of the second round. The counter is no longer zero when a thread of the first round wakes and looks
//! at it: it takes the second round's count for its own, and sleeps again. Nobody is left who could come.
//!
//! The sleepers ask "is the counter zero?", but what they want to know is "is my round over?". A condition that can become
//! true and false again before a sleeper looks is the wrong one.
//!
//! # The bad interleaving
//!
//! ```text
//! left                      right
//! round 1: count = 1
//!   count is not 0: wait
//!                           round 1: count = 2
//!                             all here: count = 0, notify_all
//!                           round 2: count = 1
//!                             count is not 0: wait
//! (woken)
//!   count is not 0: wait    for ever
//! ```
//!
//! # The fix
//!
//! Number the rounds. The last one begins a new round, and a sleeper waits as long as the round is the one in which it
//! came: that can become true only once. (The standard library's `Barrier` does the same.)
//!
//! # Questions
//!
//! - Why does a counter that is reset not tell a fast thread from a slow one? It is the same number in both rounds: the slow
//!   thread sees the new round's count and waits on, for a round that has ended for it.
//! - Would `notify_one` for each waiter repair it? No. The waiter would still look at the count, which is that of the next
//!   round by then.
//! - What else could make the rounds different? Two turnstiles, as in "The Little Book of Semaphores": nobody enters the
//!   first again before all have left the second.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", sections 3.6 and 3.7: barrier and reusable barrier, with two solutions that
//!   are none.
//! - Maurice Herlihy and Nir Shavit, "The Art of Multiprocessor Programming", chapter 18 (barriers): sense reversal.
//! - Debra Hensgen, Raphael Finkel and Udi Manber, "Two algorithms for barrier synchronization", International Journal of
//!   Parallel Programming 17(1), 1988.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    thread,
};

const SOURCE: &str = include_str!("barrier.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "barrier",
    title: "The barrier that works once",
    concept: "conditions that stay true",
    summary: "A fast thread comes to the barrier again before a slow one has left it",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two threads and two rounds were checked; more of either need a check of their own."),
};

const THREADS: usize = 2;

struct Barrier {
    state: Mutex<State>,
    opened: Condvar,
}

#[derive(Default)]
struct State {
    count: usize,
    round: usize,
}

fn buggy() {
    two_rounds(|barrier| {
        let mut state = barrier.state.lock();
        state.count += 1;
        if state.count == THREADS {
            state.count = 0;
            barrier.opened.notify_all();
        } else {
            while state.count != 0 {
                barrier.opened.wait(&mut state);
            }
        }
    });
}

fn fixed() {
    two_rounds(|barrier| {
        let mut state = barrier.state.lock();
        let mine = state.round;
        state.count += 1;
        if state.count == THREADS {
            state.count = 0;
            state.round += 1;
            barrier.opened.notify_all();
        } else {
            while state.round == mine {
                barrier.opened.wait(&mut state);
            }
        }
    });
}

fn two_rounds(wait: fn(&Barrier)) {
    let barrier = Barrier {
        state: Mutex::new(State::default()).named("barrier"),
        opened: Condvar::new().named("opened"),
    };
    thread::scope(|scope| {
        for name in ["left", "right"] {
            let barrier = &barrier;
            spawn(scope, name, move || {
                wait(barrier);
                wait(barrier);
            });
        }
    });
}
