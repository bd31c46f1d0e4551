//! Philosophers who may not all sit down.
//!
//! # The symptom
//!
//! The dining philosophers got a footman who lets only so many sit down. They still starve together, though seldom.
//!
//! # The story
//!
//! A circle needs everybody in it. If one of three philosophers is kept from the table, one of the others has a neighbour
//! without a fork, and can eat. So a footman counts who sits down: a semaphore with as many permits as may.
//!
//! The number is what matters. With three permits for three philosophers the footman never says no, and the circle closes
//! as before. It looks like protection and is none.
//!
//! The forks are still taken in the order left, right. Nothing else has changed: not what is exclusive, not what is held
//! while waiting, not that nobody takes it away. Only whether the circle can close.
//!
//! # The bad interleaving
//!
//! ```text
//! aristotle           boethius            confucius
//! sit down
//!                     sit down
//!                                         sit down
//! lock fork 0
//!                     lock fork 1
//!                                         lock fork 2
//! lock fork 1         lock fork 2         lock fork 0
//!   waits               waits               waits
//!
//! ```
//!
//! # The fix
//!
//! Two permits. Of two who sit at a table for three, at most one misses a fork, and the other one has both.
//!
//! # Questions
//!
//! - Which of the four conditions does the footman take away? The circular wait: there is always one who waits for nobody.
//! - Can a philosopher starve? Not if the semaphore lets those who wait longest in first; the order of this one is open,
//!   so somebody may be overtaken for ever.
//! - How does this compare with numbering the forks? Numbering needs no further object and lets all sit down. The footman
//!   needs to know nothing about the forks.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 4.4.3: the footman.
//! - Edsger Dijkstra, "Hierarchical ordering of sequential processes", Acta Informatica 1(2), 1971: the philosophers.
//! - Edward Coffman, Michael Elphick and Arie Shoshani, "System deadlocks", ACM Computing Surveys 3(2), 1971: the four
//!   conditions.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, sync::Semaphore, thread};

const SOURCE: &str = include_str!("footman.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "footman",
    title: "The footman",
    concept: "breaking the circle",
    summary: "A footman lets all three philosophers sit down, so the circle can close",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    dine(3);
}

fn fixed() {
    dine(2);
}

/// Lets everybody eat once, at most `seats` of them at the table at the same time.
fn dine(seats: usize) {
    let forks =
        [Mutex::new(()).named("fork 0"), Mutex::new(()).named("fork 1"), Mutex::new(()).named("fork 2")];
    let footman = Semaphore::new(seats).named("footman");
    thread::scope(|scope| {
        for (seat, name) in ["aristotle", "boethius", "confucius"].into_iter().enumerate() {
            let (forks, footman) = (&forks, &footman);
            spawn(scope, name, move || {
                let _sits = footman.acquire().expect("the footman stays");
                let _left = forks[seat].lock();
                let _right = forks[(seat + 1) % forks.len()].lock();
            });
        }
    });
}
