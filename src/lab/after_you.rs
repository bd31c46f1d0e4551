//! Two flags, each raised by one thread and read by the other.
//!
//! # The symptom
//!
//! Two threads are in a place that only one may enter. Each of them has raised its flag before it looked at the other's.
//! The log shows it, so it cannot be.
//!
//! # The story
//!
//! To enter, a thread raises its own flag and then looks at the other one's. If that is up, it does not enter. Whatever
//! the order of the four steps, the second one to raise its flag sees the first one's: at most one enters.
//!
//! That argument puts all steps into one order. Processors and compilers do not, unless they are told to: a store may wait
//! in a buffer of the processor while the load after it is served from memory already. Both threads load before either of
//! the stores is seen.
//!
//! `Release` and `Acquire` do not help. They order what comes before a store with what comes after the load that reads
//! it; here no load reads anything.
//!
//! # The bad interleaving
//!
//! ```text
//! left                         right
//! store left = true
//!                              store right = true
//! load right -> false                              (the store is not seen yet)
//!                              load left -> false
//! enter                        enter
//!
//! ```
//!
//! # The fix
//!
//! `SeqCst` for all four operations: there is one order of them that every thread agrees on, and the simple argument
//! holds. A mutex would do as well, and be easier to read.
//!
//! # Questions
//!
//! - Does x86 show this? Yes: store buffers are the one reordering that it has. This is the test by which they are found.
//! - Would a sequentially consistent load alone be enough? No. All four operations must be in the one order.
//! - Where does real code need this? Where a sleeper announces itself and then looks for work, and a producer puts work
//!   and then looks for sleepers.
//!
//! # Reading
//!
//! - Peter Sewell et al., "x86-TSO: a rigorous and usable programmer's model for x86 multiprocessors", Communications of
//!   the ACM 53(7), 2010.
//! - Edsger Dijkstra, "Cooperating sequential processes", 1965: Dekker's algorithm, of which this is the heart.
//! - Mara Bos, "Rust Atomics and Locks", chapter 3: sequentially consistent ordering.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread,
};

const SOURCE: &str = include_str!("after_you.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "after-you",
    title: "After you",
    concept: "sequential consistency",
    summary: "Each thread looks for the other's flag before its own is seen",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    // ORDERING: what is wrong here. A release and an acquire that do not meet order nothing.
    enter_both(Ordering::Release, Ordering::Acquire);
}

fn fixed() {
    enter_both(Ordering::SeqCst, Ordering::SeqCst);
}

fn enter_both(store: Ordering, load: Ordering) {
    let flags = [AtomicBool::new(false).named("left's flag"), AtomicBool::new(false).named("right's flag")];
    let entered = AtomicU32::new(0).named("entered");
    thread::scope(|scope| {
        for (mine, name) in ["left", "right"].into_iter().enumerate() {
            let (flags, entered) = (&flags, &entered);
            spawn(scope, name, move || {
                flags[mine].store(true, store);
                if !flags[1 - mine].load(load) {
                    entered.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert!(entered.into_inner() <= 1, "both have entered");
}
