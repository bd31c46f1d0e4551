//! A rider who comes while the bus is boarding.
//!
//! # The symptom
//!
//! A rider stands at the stop for ever. Buses come, wait for nobody, and leave.
//!
//! # The story
//!
//! Riders count themselves in and wait for the bus. The bus looks how many there are, lets that many board one after the
//! other, writes zero, and leaves.
//!
//! A rider comes while the others board. It counts itself in, after the bus has looked and before the bus writes zero. The
//! zero wipes it out.
//!
//! The next bus looks, sees nobody, and leaves. The rider still waits for a signal that only a bus sends which knows of
//! it.
//!
//! `= 0` says what the bus thinks the number is by now. What it knows is by how much it has become less.
//!
//! # The bad interleaving
//!
//! ```text
//! bus                       late rider
//! lock riders: 1
//! board 1
//!                           lock riders: 1 -> 2
//!                           wait for a bus
//! lock riders: = 0
//! leave
//! (next bus) lock riders: 0
//! leave
//!                             waits for ever
//!
//! ```
//!
//! # The fix
//!
//! Subtract those who boarded. Or hold the lock while boarding, as in Downey's first solution, so that late riders wait
//! outside and are not counted yet; that is also what the puzzle asks for.
//!
//! # Questions
//!
//! - Which of the two fixes lets the late rider on this bus? Neither. With the lock held it does not even get into the
//!   queue.
//! - Where else is a number overwritten that should be changed by a difference? In the lesson `lost-update`, in the small.
//!   Balances, stock, free slots, in the large.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 7.4: the Senate bus problem, with two solutions.
//! - Leslie Lamport, "Proving the correctness of multiprocess programs", IEEE Transactions on Software Engineering 3(2),
//!   1977: invariants, here that the count is the number of those who wait.
//! - Jim Gray, "The transaction concept: virtues and limitations", VLDB 1981.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("senate_bus.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "senate-bus",
    title: "The Senate bus",
    concept: "a difference, not a value",
    summary: "The bus writes that nobody waits, after somebody has come",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Stop {
    riders: Mutex<usize>,
    bus: Semaphore,
    boarded: Semaphore,
    arrived: Semaphore,
}

fn buggy() {
    two_riders(|riders, _| *riders = 0);
}

fn fixed() {
    two_riders(|riders, boarded| *riders -= boarded);
}

impl Stop {
    fn ride(&self) {
        let mut riders = self.riders.lock();
        *riders += 1;
        show("riders", *riders);
        drop(riders);
        signals::signal(&self.arrived);
        signals::wait(&self.bus);
        signals::signal(&self.boarded);
    }

    /// One bus: boards those it sees.
    fn come(&self, leave: fn(&mut usize, usize)) {
        let count = *self.riders.lock();
        for _ in 0..count {
            signals::signal(&self.bus);
            signals::wait(&self.boarded);
        }
        let mut riders = self.riders.lock();
        leave(&mut riders, count);
        show("riders", *riders);
    }
}

fn two_riders(leave: fn(&mut usize, usize)) {
    let stop = Stop {
        riders: Mutex::new(0).named("riders"),
        bus: Semaphore::new(0).named("bus"),
        boarded: Semaphore::new(0).named("boarded"),
        arrived: Semaphore::new(0).named("arrived"),
    };
    thread::scope(|scope| {
        spawn(scope, "ada", || stop.ride());
        spawn(scope, "ben", || stop.ride());
        spawn(scope, "bus", || {
            stop.come(leave);
            // The last bus comes when everybody is there.
            signals::wait(&stop.arrived);
            signals::wait(&stop.arrived);
            stop.come(leave);
        });
    });
}
