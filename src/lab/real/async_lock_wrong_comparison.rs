//! async-lock: a successful compare-exchange is compared with the wrong value.
//!
//! # The symptom
//!
//! A task that has waited long for a mutex waits for ever, and so does everyone else.
//!
//! # The story
//!
//! The state is one word: bit 0 says "locked", the rest counts those that are starving. A starving task acquires by a
//! compare-exchange from 2 (nobody holds the lock, one is starving) to 3.
//!
//! The result of a compare-exchange is the value before it. On success that is 2. The code asked whether it was 0, as it
//! is on the fast path. So the task had the lock and did not know it; it went on waiting for a holder that was itself.
//!
//! On the fast path the comparison is right, and few tests make a task starve.
//!
//! # The bad interleaving
//!
//! ```text
//! holder                    starving
//!                           count itself: 1 → 3
//!                           2 → 3? no: it is 3. Park
//! unlock: 3 → 2
//! wake starving
//!                           2 → 3? yes; it was 2
//!                           2 is not 0: not acquired. Park
//!                             for ever, with the lock
//! ```
//!
//! # The fix
//!
//! Compare with 2.
//!
//! # Reading
//!
//! - async-lock, commit 2ceca7d.
//! - `AtomicUsize::compare_exchange`, whose `Ok` says that it succeeded: the value needs no second look.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("async_lock_wrong_comparison.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "async-lock-wrong-comparison",
    title: "async-lock: a success that is not noticed",
    concept: "compare-exchange",
    summary: "The value before a successful compare-exchange is compared with that of another path",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const LOCKED: usize = 1;
const STARVING: usize = 2;

fn buggy() {
    starve(0);
}

fn fixed() {
    starve(STARVING);
}

/// Takes the lock to be acquired if the state was this before.
fn starve(before_success: usize) {
    let state = &AtomicUsize::new(LOCKED);
    thread::scope(|scope| {
        let starving = spawn(scope, "starving", || {
            state.fetch_add(STARVING, SeqCst);
            loop {
                let result = state.compare_exchange(STARVING, STARVING | LOCKED, SeqCst, SeqCst);
                if result.unwrap_or_else(|found| found) == before_success {
                    break;
                }
                thread::park();
            }
            state.store(0, SeqCst);
        });
        spawn(scope, "holder", move || {
            state.fetch_and(!LOCKED, SeqCst);
            starving.unpark();
        });
    });
}
