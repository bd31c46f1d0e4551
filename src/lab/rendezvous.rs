//! Two threads that wait for each other's signal before they give their own.
//!
//! # The symptom
//!
//! The program hangs on every run, at the first meeting. Each half was tested against a stub and worked.
//!
//! # The story
//!
//! Two threads have a first and a second step, and neither may begin its second step before both have done their first. A
//! semaphore for each of them says "I am here".
//!
//! Each thread's author thought of what the thread needs: first wait until the other one is here, then say that I am, too. Both
//! are polite in the same way, and both wait for ever.
//!
//! No lock is in sight, and no schedule avoids it. What waits here is not "held by" anybody: a semaphore has no owner, so a
//! tool that only knows locks and owners sees nothing. A checker sees that nobody is left who could signal.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                       ben
//! first step
//! wait until ben is here
//!                           first step
//!                           wait until ada is here
//! (would say: ada is here)  (would say: ben is here)
//! ```
//!
//! # The fix
//!
//! Say it, then wait. Signalling never blocks, so both signals are sent before anybody sleeps, and a semaphore, unlike a
//! condition variable, keeps a signal that comes early.
//!
//! # Questions
//!
//! - Is it enough if one of the two signals first? Yes: then the other one's wait ends, and with it the first one's. But the
//!   threads switch more often than with both signalling first.
//! - Why does the signal not get lost if nobody waits yet? The semaphore keeps it as a permit.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 3.3 (rendezvous): the exercise, and this deadlock as number 1.
//! - Edsger Dijkstra, "Cooperating sequential processes", technical report EWD-123, 1965: semaphores.
//! - Tony Hoare, "Communicating sequential processes", Communications of the ACM 21(8), 1978: meeting as the only primitive.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, sync::Semaphore, thread};

const SOURCE: &str = include_str!("rendezvous.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "rendezvous",
    title: "The rendezvous",
    concept: "signalling with semaphores",
    summary: "Both wait for the other's signal before they give their own",
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
    meet(|me, other| {
        signals::wait(other);
        signals::signal(me);
    });
}

fn fixed() {
    meet(|me, other| {
        signals::signal(me);
        signals::wait(other);
    });
}

/// `rendezvous` gets the own semaphore and the other one's.
fn meet(rendezvous: fn(&Semaphore, &Semaphore)) {
    let first_steps = Mutex::new(0).named("first steps");
    let ada_is_here = Semaphore::new(0).named("ada is here");
    let ben_is_here = Semaphore::new(0).named("ben is here");
    let steps = |me, other| {
        *first_steps.lock() += 1;
        rendezvous(me, other);
        assert_eq!(*first_steps.lock(), 2, "a second step before a first one");
    };
    thread::scope(|scope| {
        spawn(scope, "ada", || steps(&ada_is_here, &ben_is_here));
        spawn(scope, "ben", || steps(&ben_is_here, &ada_is_here));
    });
}
