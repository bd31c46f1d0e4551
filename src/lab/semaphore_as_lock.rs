//! A permit that is not given back on one of the ways out.
//!
//! # The symptom
//!
//! A service gets slower from day to day and stops one night. Each stop is preceded, hours earlier, by a few harmless errors in
//! the log.
//!
//! # The story
//!
//! A database takes one connection, so a semaphore with one permit stands before it: `P` on the way in, `V` on the way out. It
//! is used as a lock.
//!
//! A query can fail, and the function returns early. The way out through the error has no `V`. The permit is gone, and
//! nobody will give it back: a semaphore has no owner, so nothing notices that the thread that took it has left.
//!
//! With one permit the next query waits for ever. With fifty the service loses one of them an error, and gets slower until
//! the last is gone.
//!
//! # The bad interleaving
//!
//! ```text
//! bad query                 good query
//! P connection (1 -> 0)
//! error: return
//!                           P connection
//!                             waits for a permit that nobody has
//! ```
//!
//! # The fix
//!
//! Bind the permit to a value whose destructor gives it back. Then every way out does: a return, a `?`, a panic. This is what
//! [`Semaphore::acquire`] returns; the buggy version throws it away.
//!
//! # Questions
//!
//! - Who notices that a permit is missing? Nobody: a semaphore has no owner. The next one simply waits.
//! - Why does a guard help? Its destructor runs on every way out, early returns and panics included.
//!
//! # Reading
//!
//! - Edsger Dijkstra, "Cooperating sequential processes", technical report EWD-123, 1965: P and V, and mutual exclusion by a
//!   semaphore of one.
//! - Allen Downey, "The Little Book of Semaphores", sections 3.4 and 3.5 (mutex, multiplex).
//! - Bjarne Stroustrup, "The C++ Programming Language", third edition, section 14.4: resource acquisition is initialization.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, sync::Semaphore, thread};

const SOURCE: &str = include_str!("semaphore_as_lock.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "semaphore-as-lock",
    title: "The permit that was not given back",
    concept: "a semaphore as a lock",
    summary: "An early return skips giving the permit back",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    two_queries(|connection, query| {
        // P: from here on it is ours to give the permit back.
        connection.acquire().expect("nobody closes it").forget();
        let answer = run(query)?;
        // V: not reached after an error.
        connection.add_permits(1);
        Ok(answer)
    });
}

fn fixed() {
    two_queries(|connection, query| {
        let _permit = connection.acquire().expect("nobody closes it");
        run(query)
    });
}

/// Asks the database.
fn run(query: &str) -> Result<usize, &'static str> {
    if query.is_empty() { Err("syntax error") } else { Ok(query.len()) }
}

fn two_queries(ask: fn(&Semaphore, &str) -> Result<usize, &'static str>) {
    let connection = Semaphore::new(1).named("connection");
    thread::scope(|scope| {
        spawn(scope, "bad query", || assert!(ask(&connection, "").is_err()));
        spawn(scope, "good query", || assert!(ask(&connection, "select").is_ok()));
    });
}
