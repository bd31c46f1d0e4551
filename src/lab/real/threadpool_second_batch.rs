//! threadpool: the mark that says "all done" is reset by the next batch before the waiter has seen it.
//!
//! # The symptom
//!
//! `join` on a thread pool waits for work that was given to the pool after the call; if that work waits for the caller,
//! for ever.
//!
//! # The story
//!
//! `join` returns when the pool has nothing to do. The pool kept a mark for that: set when the last job ends, reset when
//! a job comes in. `join` waited for the mark.
//!
//! A waiter that is woken does not run at once. If the next batch comes in before, the mark is reset, the waiter finds it
//! so, and sleeps again, as if the first batch had not ended.
//!
//! That something has happened cannot be told by a mark that says what is true now. A counter of the events can: it
//! does not go back.
//!
//! # The bad interleaving
//!
//! ```text
//! caller                    worker
//! join: done? no; wait
//!                           end of the batch: done = true, wake
//!                           next batch: done = false
//! done? no; wait
//!   for ever                waits for the caller
//! ```
//!
//! # The fix
//!
//! Count the moments at which everything was done, and wait for the count to change.
//!
//! # Reading
//!
//! - rust-threadpool, commit 2694e24b.
//! - `std::sync::Barrier`, which counts its generations for the same reason.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    thread,
};

const SOURCE: &str = include_str!("threadpool_second_batch.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "threadpool-second-batch",
    title: "threadpool: the second batch",
    concept: "generations",
    summary: "A waiter misses a state that was true only for a moment",
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
    is_done: bool,
    times_done: u32,
    has_joined: bool,
}

fn buggy() {
    two_batches(|state| state.is_done);
}

fn fixed() {
    two_batches(|state| state.times_done > 0);
}

/// The caller waits for the first batch; the second one waits for the caller.
fn two_batches(is_over: fn(&State) -> bool) {
    let (pool, changed) = (Mutex::new(State::default()).named("pool"), Condvar::new().named("changed"));
    thread::scope(|scope| {
        spawn(scope, "worker", || {
            let mut state = pool.lock();
            state.is_done = true;
            state.times_done += 1;
            changed.notify_all();
            drop(state);
            let mut state = pool.lock();
            state.is_done = false;
            while !state.has_joined {
                changed.wait(&mut state);
            }
        });
        spawn(scope, "caller", || {
            let mut state = pool.lock();
            while !is_over(&state) {
                changed.wait(&mut state);
            }
            state.has_joined = true;
            changed.notify_all();
        });
    });
}
