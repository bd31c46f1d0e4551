//! Two adults who want to leave, and each takes half of what it needs.
//!
//! # The symptom
//!
//! At closing time two adults stand in the door and wait. There are enough tokens for one of them to go.
//!
//! # The story
//!
//! In a child care centre there must be an adult for every two children. So each adult that comes brings two tokens, each
//! child takes one, and an adult who leaves must take two tokens along: if they are not there, children would be left
//! without enough adults.
//!
//! Two adults and two children are inside: two tokens are left. Both adults want to go. One can, and then the children are
//! fetched.
//!
//! Taking two tokens is written as taking one, twice. Each adult has one, and waits for the second.
//!
//! Two who each need several of the same thing and take them one by one are in a circle with only one kind of resource. No
//! order of kinds helps, since there is only one kind.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                       ben
//! take a token
//!                           take a token
//! take a token
//!   waits: ben              take a token
//!                             waits: ada
//!
//! ```
//!
//! # The fix
//!
//! Take both or none: `acquire_many`, if the semaphore has it, or a mutex around the two, as in the book. With the mutex,
//! one adult at a time takes tokens, and the one who does not get its second waits alone.
//!
//! # Questions
//!
//! - Why does the mutex not make a circle of its own? Who holds it waits for tokens, and those who give tokens, children
//!   who go home, need no mutex.
//! - Where does the same happen in a server? Two requests that each need two of the three connections of a pool.
//! - What is the banker's algorithm about? Granting a token only if afterwards somebody can still get all it may ask for.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 7.2: the child care problem.
//! - Edsger Dijkstra, "The mathematics behind the banker's algorithm", EWD-623, 1977.
//! - James Havender, "Avoiding deadlock in multitasking systems", IBM Systems Journal 7(2), 1968: ask for all at once.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, sync::Semaphore, thread};

const SOURCE: &str = include_str!("child_care.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "child-care",
    title: "Child care",
    concept: "several of one resource",
    summary: "Each of two takes one of two tokens and waits for the other one",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Deadlock, buggy),
        Stage::new(
            "door_for_the_first",
            "One adult at a time takes its first token; the mutex ends too soon.",
            FindingKind::Deadlock,
            door_for_the_first,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// What an adult brings when it comes and takes when it leaves.
const TOKENS: usize = 2;

struct Centre {
    tokens: Semaphore,
    door: Mutex<()>,
}

fn buggy() {
    closing_time(|centre| {
        for _ in 0..TOKENS {
            signals::wait(&centre.tokens);
        }
    });
}

fn door_for_the_first() {
    closing_time(|centre| {
        {
            let _door = centre.door.lock();
            signals::wait(&centre.tokens);
        }
        for _ in 1..TOKENS {
            signals::wait(&centre.tokens);
        }
    });
}

fn fixed() {
    closing_time(|centre| {
        let _door = centre.door.lock();
        for _ in 0..TOKENS {
            signals::wait(&centre.tokens);
        }
    });
}

fn closing_time(leave: fn(&Centre)) {
    let centre =
        Centre { tokens: Semaphore::new(TOKENS).named("tokens"), door: Mutex::new(()).named("door") };
    let fetched = Semaphore::new(0).named("an adult has left");
    thread::scope(|scope| {
        for name in ["ada", "ben"] {
            let (centre, fetched) = (&centre, &fetched);
            spawn(scope, name, move || {
                leave(centre);
                signals::signal(fetched);
            });
        }
        // The children are fetched when the first adult has gone, and give their tokens back.
        signals::wait(&fetched);
        centre.tokens.add_permits(TOKENS);
    });
}
