//! Guests who were told that they may sit, and find the seat taken.
//!
//! # The symptom
//!
//! There is one seat, and two people sit on it. Both did what the sign says.
//!
//! # The story
//!
//! A sushi bar has seats. If all were taken at once, the guests are a party, and who comes has to wait until all of them
//! have left. Here there is one seat, so that three guests are enough.
//!
//! A waiting guest is woken by the last one who leaves. Before it sits down, it takes the lock and counts itself in.
//!
//! Between the signal and that moment there is a gap. The one who left has written that nobody sits and nobody must wait.
//! A newcomer comes into the gap, reads just that, and sits down. Then the woken guest sits down as well: it was told that
//! it may.
//!
//! A signal wakes somebody. It does not reserve anything.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                  ben                   carl
//! sits
//!                      must wait
//!                      wait for a seat
//! leaves, signals
//!                                            nobody sits: sits
//!                      woken: sits
//!                        panic: two on one seat
//!
//! ```
//!
//! # The fix
//!
//! The one who leaves does the woken guest's counting for it, under its own lock: it writes who will sit before anybody
//! else can look. Downey calls it "I'll do it for you"; another way is to pass the lock itself on to the woken one.
//!
//! # Questions
//!
//! - Is this the same as waking under a condition variable? Nearly: there the woken one looks again in a loop. Here nobody
//!   looks again, since a semaphore's signal is taken for a promise.
//! - What else would do? Let the woken guest look again, and wait again if the seat is gone. Then it may be overtaken for
//!   ever.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 7.1: the sushi bar, with two solutions that are none.
//! - Kenneth Reek, "Design patterns for semaphores", SIGCSE 2004: "pass the baton" and "I'll do it for you".
//! - Butler Lampson and David Redell, "Experience with processes and monitors in Mesa", Communications of the ACM 23(2),
//!   1980: what a signal promises.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("sushi_bar.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "sushi-bar",
    title: "The sushi bar",
    concept: "a signal reserves nothing",
    summary: "A newcomer sits down between the signal and the guest that it woke",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const SEATS: usize = 1;

#[derive(Default)]
struct Guests {
    eating: usize,
    waiting: usize,
    must_wait: bool,
}

struct Bar {
    guests: Mutex<Guests>,
    seat: Semaphore,
}

impl Bar {
    fn eat(&self, seats_for: fn(&mut Guests, usize), sits_down: fn(&mut Guests)) {
        let mut guests = self.guests.lock();
        if guests.must_wait {
            guests.waiting += 1;
            drop(guests);
            signals::wait(&self.seat);
            guests = self.guests.lock();
            sits_down(&mut guests);
        } else {
            guests.eating += 1;
            guests.must_wait = guests.eating == SEATS;
        }
        show("eating", guests.eating);
        assert!(guests.eating <= SEATS, "{} guests on {SEATS} seat", guests.eating);
        drop(guests);

        let mut guests = self.guests.lock();
        guests.eating -= 1;
        if guests.eating == 0 {
            let woken = guests.waiting.min(SEATS);
            guests.must_wait = false;
            seats_for(&mut guests, woken);
            self.seat.add_permits(woken);
        }
        show("eating", guests.eating);
    }
}

fn buggy() {
    three_guests(
        |_, _| {},
        |guests| {
            guests.waiting -= 1;
            guests.eating += 1;
            guests.must_wait = guests.eating == SEATS;
        },
    );
}

fn fixed() {
    three_guests(
        |guests, woken| {
            guests.waiting -= woken;
            guests.eating += woken;
            guests.must_wait = guests.eating == SEATS;
        },
        |_| {},
    );
}

fn three_guests(seats_for: fn(&mut Guests, usize), sits_down: fn(&mut Guests)) {
    let bar =
        Bar { guests: Mutex::new(Guests::default()).named("guests"), seat: Semaphore::new(0).named("seat") };
    thread::scope(|scope| {
        for name in ["ada", "ben", "carl"] {
            let bar = &bar;
            spawn(scope, name, move || bar.eat(seats_for, sits_down));
        }
    });
}
