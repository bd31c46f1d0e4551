//! A rope over a canyon, and two semaphores in two orders.
//!
//! # The symptom
//!
//! Baboons hang on both sides of the canyon and look at each other. The rope is empty on one of them, full on none.
//!
//! # The story
//!
//! A rope crosses a canyon. It carries only so many baboons at once, which a semaphore counts; and all that are on it must
//! go in the same direction, for which another semaphore stands: who has the direction has the rope.
//!
//! A baboon from the east first gets the direction and then a place. One from the west was programmed by somebody else:
//! first a place, then the direction.
//!
//! With one place left, east has the direction and waits for the place, and west has the place and waits for the
//! direction.
//!
//! Lock order is not about locks. Whatever can be held while one waits for something else has a place in the order:
//! permits, room in a queue, workers of a pool. No tool that looks at mutexes only will find this one.
//!
//! # The bad interleaving
//!
//! ```text
//! east                      west
//! acquire direction
//!                           acquire place
//! acquire place
//!   waits: west             acquire direction
//!                             waits: east
//!
//! ```
//!
//! # The fix
//!
//! One order for both sides: the direction, then a place. Who waits for the direction then holds nothing that the others
//! need.
//!
//! # Questions
//!
//! - Who owns a semaphore's permit? Nobody as far as the semaphore knows. So the report says who could give it, and not
//!   who has it, unless it was taken by a guard.
//! - Would two places hide the bug? From this test. Two baboons of each side bring it back.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 6.3: the baboon crossing problem, with the harder question of
//!   who starves.
//! - Andrew Tanenbaum, "Modern Operating Systems", chapter 6: deadlocks of resources that are no locks.
//! - Richard Holt, "Some deadlock properties of computer systems", ACM Computing Surveys 4(3), 1972: reusable and
//!   consumable resources.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, sync::Semaphore, thread};

const SOURCE: &str = include_str!("baboon_crossing.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "baboon-crossing",
    title: "The baboon crossing",
    concept: "lock order beyond locks",
    summary: "Permits of two semaphores are taken in two orders",
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
    cross(|direction, places| {
        let _place = places.acquire().expect("the rope holds");
        let _direction = direction.acquire().expect("the rope holds");
    });
}

fn fixed() {
    cross(from_the_east);
}

fn from_the_east(direction: &Semaphore, places: &Semaphore) {
    let _direction = direction.acquire().expect("the rope holds");
    let _place = places.acquire().expect("the rope holds");
}

fn cross(from_the_west: fn(&Semaphore, &Semaphore)) {
    let direction = Semaphore::new(1).named("direction");
    let places = Semaphore::new(1).named("places");
    thread::scope(|scope| {
        spawn(scope, "east", || from_the_east(&direction, &places));
        spawn(scope, "west", || from_the_west(&direction, &places));
    });
}
