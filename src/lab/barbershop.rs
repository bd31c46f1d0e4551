//! A barber who begins before the customer sits.
//!
//! # The symptom
//!
//! The barber reports a haircut, the customer reports a haircut, and they were not of each other: scissors in the air.
//!
//! # The story
//!
//! A barber sleeps until a customer comes. The customer says that it is there, and waits until the barber is ready. Two
//! semaphores, one for each direction, make sure that both have come: a rendezvous.
//!
//! After it, the barber cuts. The customer sits down. Which of the two comes first? The rendezvous says that both have
//! arrived at it, and nothing about what they do afterwards.
//!
//! So the barber may cut before anybody sits, and the customer may leave before the barber is done. Each further step that
//! must be in order needs a signal of its own.
//!
//! # The bad interleaving
//!
//! ```text
//! customer                  barber
//! signal customer
//! wait barber
//!                           wait customer
//!                           signal barber
//!                           cut hair: the chair is empty
//!                             panic
//! sit down
//!
//! ```
//!
//! # The fix
//!
//! A second rendezvous around the cut: the customer signals that it sits, and waits until the barber signals that it is
//! done.
//!
//! # Questions
//!
//! - How many signals does a phone call need for the same? Ring, answer, talk, hang up, and the other one hangs up: the
//!   same shape.
//! - What is missing here of Downey's problem? The waiting room with so many chairs. Count it under a mutex, as in the
//!   lesson `check-then-act`.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", sections 5.2 to 5.4: the barbershop, first in first out, and Hilzer's.
//! - Edsger Dijkstra, "Cooperating sequential processes", technical report EWD-123, 1965: the sleeping barber.
//! - Tony Hoare, "Communicating sequential processes", Communications of the ACM 21(8), 1978: where meeting and exchange
//!   are one.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    sync::{
        Semaphore,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("barbershop.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "barbershop",
    title: "The barbershop",
    concept: "a rendezvous orders what is before it",
    summary: "The barber and the customer meet, and then nothing says who goes on first",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Shop {
    customer: Semaphore,
    barber: Semaphore,
    customer_sits: Semaphore,
    barber_is_done: Semaphore,
    chair_is_taken: AtomicBool,
}

impl Shop {
    fn cut_hair(&self) {
        assert!(self.chair_is_taken.load(SeqCst), "the barber cuts, and the chair is empty");
    }
}

fn buggy() {
    one_haircut(
        |shop| {
            signals::signal(&shop.customer);
            signals::wait(&shop.barber);
            shop.chair_is_taken.store(true, SeqCst);
            shop.chair_is_taken.store(false, SeqCst);
        },
        |shop| {
            signals::wait(&shop.customer);
            signals::signal(&shop.barber);
            shop.cut_hair();
        },
    );
}

fn fixed() {
    one_haircut(
        |shop| {
            signals::signal(&shop.customer);
            signals::wait(&shop.barber);
            shop.chair_is_taken.store(true, SeqCst);
            signals::signal(&shop.customer_sits);
            signals::wait(&shop.barber_is_done);
            shop.chair_is_taken.store(false, SeqCst);
        },
        |shop| {
            signals::wait(&shop.customer);
            signals::signal(&shop.barber);
            signals::wait(&shop.customer_sits);
            shop.cut_hair();
            signals::signal(&shop.barber_is_done);
        },
    );
}

fn one_haircut(customer: fn(&Shop), barber: fn(&Shop)) {
    let shop = Shop {
        customer: Semaphore::new(0).named("customer"),
        barber: Semaphore::new(0).named("barber"),
        customer_sits: Semaphore::new(0).named("customer sits"),
        barber_is_done: Semaphore::new(0).named("barber is done"),
        chair_is_taken: AtomicBool::new(false).named("chair is taken"),
    };
    thread::scope(|scope| {
        spawn(scope, "customer", || customer(&shop));
        spawn(scope, "barber", || barber(&shop));
        // Looks through the window.
        spawn(scope, "passer-by", || _ = shop.chair_is_taken.load(SeqCst));
    });
}
