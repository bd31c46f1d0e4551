//! Two additions of which one is lost.
//!
//! # The symptom
//!
//! The counter of served requests is a little too low. Not always, and never in a test with one client.
//!
//! # The story
//!
//! Adding one to a number in memory is three things: read it, add, write it back. With an atomic type each of the two
//! accesses is safe. Together they are not.
//!
//! Two threads read the same number, each adds one, and both write the same result. One request is not counted.
//!
//! An atomic variable makes operations indivisible, and only those that it has. `load` and `store` are two.
//!
//! # The bad interleaving
//!
//! ```text
//! left                right
//! load -> 0
//!                     load -> 0
//! store 1
//!                     store 1
//!
//! ```
//!
//! # The fix
//!
//! One operation for all of it: `fetch_add`. Where there is none, `compare_exchange` in a loop, which writes only if
//! nothing has changed since the read; or a mutex around it.
//!
//! # Questions
//!
//! - How many of a million additions get lost? Nobody knows: between none and nearly half. That is why counting does not
//!   find it, and a checker does.
//! - Is `fetch_add` with `Relaxed` enough here? Yes. The additions are one after the other for this variable in any
//!   ordering; the join makes the result visible.
//!
//! # Reading
//!
//! - Maurice Herlihy, "Wait-free synchronization", ACM TOPLAS 13(1), 1991: what which operation can do.
//! - The documentation of `std::sync::atomic`: `fetch_add`, `compare_exchange`.
//! - Mara Bos, "Rust Atomics and Locks", chapter 2.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("lost_update.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "lost-update",
    title: "The lost update",
    concept: "read, change, write",
    summary: "Two threads read the same number and write the same sum",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "unchecked",
            "With `compare_exchange`, but without a look at whether it did anything.",
            FindingKind::Panic,
            unchecked,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    count_two(|requests| {
        let before = requests.load(SeqCst);
        requests.store(before + 1, SeqCst);
    });
}

fn unchecked() {
    count_two(|requests| {
        let before = requests.load(SeqCst);
        // An error says that another one was faster, and that nothing was written.
        let _ = requests.compare_exchange(before, before + 1, SeqCst, SeqCst);
    });
}

fn fixed() {
    count_two(|requests| {
        requests.fetch_add(1, SeqCst);
    });
}

fn count_two(count: fn(&AtomicU32)) {
    let requests = AtomicU32::new(0).named("requests");
    thread::scope(|scope| {
        for name in ["left", "right"] {
            let requests = &requests;
            spawn(scope, name, move || count(requests));
        }
    });
    assert_eq!(requests.into_inner(), 2, "two requests were served");
}
