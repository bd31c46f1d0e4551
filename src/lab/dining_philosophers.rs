//! A circle of more than two threads.
//!
//! # The symptom
//!
//! The program stops with every thread waiting for a lock, and no two of them wait for each other: looking at pairs of
//! threads explains nothing.
//!
//! # The story
//!
//! Three philosophers sit around a table with a fork between each two. Who wants to eat takes the fork on the left, then the
//! fork on the right, eats, and puts both back.
//!
//! Each does the same, and it looks fair. But when all three have taken their left fork there is none on the table, and each
//! waits for the right fork, which is the left fork of a neighbour who waits as well.
//!
//! Every program says "left, then right", so no single line of code has the order wrong. The circle is in the table, not in
//! the text: one seat's left is the next seat's right. With three locks on three places this is harder to see than a swap of
//! two, which is why deadlocks are looked for in a graph of threads and not in pairs.
//!
//! # The bad interleaving
//!
//! ```text
//! aristotle           boethius            confucius
//! lock fork 0
//!                     lock fork 1
//!                                         lock fork 2
//! lock fork 1
//!   waits: boethius   lock fork 2
//!                       waits: confucius  lock fork 0
//!                                           waits: aristotle
//! ```
//!
//! # The fix
//!
//! Number the forks and take the lower one first. Two philosophers still take left before right; the last one, between fork
//! 2 and fork 0, takes the right one first. So somebody always has the highest fork that anybody holds, and can eat.
//!
//! # Questions
//!
//! - Which of the four conditions does the fix take away? The circle. The forks are still exclusive, held while waiting, and
//!   nobody takes them away.
//! - Is it enough if one philosopher takes the right fork first? Yes: a circle needs everybody to wait for the next one, and
//!   this one waits the other way round.
//! - With five philosophers, how many can eat at once? Two: each needs two of five forks.
//!
//! # Reading
//!
//! - Edsger Dijkstra, "Hierarchical ordering of sequential processes", Acta Informatica 1(2), 1971: the philosophers.
//! - Allen Downey, "The Little Book of Semaphores", section 4.4: four solutions, and who starves in which.
//! - Richard Holt, "Some deadlock properties of computer systems", ACM Computing Surveys 4(3), 1972: deadlock as a circle in
//!   a graph.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("dining_philosophers.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "dining-philosophers",
    title: "Dining philosophers",
    concept: "circular waiting",
    summary: "Each philosopher holds the left fork and waits for the right one",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[
        Stage::buggy(FindingKind::Deadlock, buggy),
        Stage::new(
            "gives_up",
            "Who does not get the right fork at once puts the left one back: nobody waits while holding, and somebody stays hungry.",
            FindingKind::Panic,
            gives_up,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some(
        "Nobody starves for ever here because each eats once; the order alone does not make the table fair.",
    ),
};

type Forks = [Mutex<()>; 3];

fn buggy() {
    dine(|forks, seat| {
        let _left = forks[seat].lock();
        let _right = forks[right_of(seat)].lock();
        true
    });
}

fn gives_up() {
    dine(|forks, seat| {
        let _left = forks[seat].lock();
        forks[right_of(seat)].try_lock().is_some()
    });
}

fn fixed() {
    dine(|forks, seat| {
        let (left, right) = (seat, right_of(seat));
        let _lower = forks[left.min(right)].lock();
        let _higher = forks[left.max(right)].lock();
        true
    });
}

fn right_of(seat: usize) -> usize {
    (seat + 1) % 3
}

/// Lets everybody eat once; `eat` says whether it came to that.
fn dine(eat: fn(&Forks, usize) -> bool) {
    let forks =
        [Mutex::new(()).named("fork 0"), Mutex::new(()).named("fork 1"), Mutex::new(()).named("fork 2")];
    thread::scope(|scope| {
        for (seat, name) in ["aristotle", "boethius", "confucius"].into_iter().enumerate() {
            let forks = &forks;
            spawn(scope, name, move || assert!(eat(forks, seat), "{name} stays hungry"));
        }
    });
}
