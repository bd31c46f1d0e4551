//! tokio: a timer that was cancelled before it was registered is put into the wheel all the same.
//!
//! # The symptom
//!
//! Timers that nobody waits for any more stay in memory until they expire, in the worst case for years.
//!
//! # The story
//!
//! A new timer first goes into a queue of its worker. Later the worker takes it from there, gives it a way to be cancelled
//! (a sender to the worker's queue of cancellations), and puts it into the wheel.
//!
//! Who cancels a timer marks it, and, if it has that way already, tells the worker to take it out of the wheel. A timer that
//! is marked first gets no such way: the registration refuses. But the worker did not look at the answer, and put the timer
//! into the wheel.
//!
//! Both sides used the lock correctly. What one of them learned under it was not used.
//!
//! # The bad interleaving
//!
//! ```text
//! worker                    task
//!                           cancel: mark it, nobody to tell
//! register: refused
//! put it into the wheel     (has ended)
//!   it stays
//! ```
//!
//! # The fix
//!
//! The registration says whether it succeeded. If it did not, the timer does not go into the wheel.
//!
//! # Reading
//!
//! - tokio, pull request 8252, on its alternative timer.
//! - George Varghese and Tony Lauck, "Hashed and hierarchical timing wheels", SOSP 1987.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("tokio_cancelled_timer.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tokio-cancelled-timer",
    title: "tokio: the timer that was cancelled too early",
    concept: "answers that nobody looks at",
    summary: "A timer goes into the wheel although its registration was refused",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

#[derive(Default)]
struct State {
    is_cancelled: bool,
    is_registered: bool,
}

struct Timer {
    state: Mutex<State>,
    /// The worker was told to take it out of the wheel.
    cancellation: Mutex<bool>,
}

impl Timer {
    fn cancel(&self) {
        let mut state = self.state.lock();
        state.is_cancelled = true;
        if state.is_registered {
            *self.cancellation.lock() = true;
        }
    }

    /// False if the timer was cancelled before.
    fn register(&self) -> bool {
        let mut state = self.state.lock();
        state.is_registered = !state.is_cancelled;
        state.is_registered
    }
}

fn buggy() {
    cancel_a_timer(|timer| {
        timer.register();
        true
    });
}

fn fixed() {
    cancel_a_timer(Timer::register);
}

/// `insert` says whether the timer goes into the wheel.
fn cancel_a_timer(insert: fn(&Timer) -> bool) {
    let timer = Timer {
        state: Mutex::new(State::default()).named("timer"),
        cancellation: Mutex::new(false).named("cancellation"),
    };
    let is_in_wheel = Mutex::new(false).named("wheel");
    thread::scope(|scope| {
        spawn(scope, "worker", || *is_in_wheel.lock() = insert(&timer));
        spawn(scope, "task", || timer.cancel());
    });
    let stays = *is_in_wheel.lock() && !*timer.cancellation.lock();
    assert!(!stays, "a cancelled timer stays in the wheel");
}
