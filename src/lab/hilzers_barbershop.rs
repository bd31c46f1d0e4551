//! A barber who waits for a customer to sit, and holds what the customer needs to sit.
//!
//! # The symptom
//!
//! The shop stands still on a full day: customers stand, sit and wait, and both barbers wait with them. With one barber it
//! never happens.
//!
//! # The story
//!
//! Customers stand, then sit on the sofa, then have their hair cut, then pay; and at each station in the order in which they
//! came. There are two lines, those who stand and those who sit, and in each line everybody has a semaphore of its own.
//! A barber calls the first who stands, and then the first who sits.
//!
//! The order is lost between the call and the sofa: two barbers call two customers, and the second one is faster.
//! So the barber holds the lock of the lines until the one whom it called sits. Then no other barber can call.
//!
//! Now somebody waits for another one and holds a lock, and every step of the other one until then must do without that
//! lock. If the customer says that it sits after it has lined up for the chair, it needs the lock to say so.
//!
//! There is also a place that it needs. If the sofa is full, the one who sits there must be able to go on; but to line up
//! for the chair it needs the lock that the barber holds.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                 ben                 barber 1            barber 2
//! stands
//!                     stands
//!                                         calls ada
//!                                                             calls ben
//!                     sits: first
//! sits
//!                       ben came second
//! ```
//!
//! # The fix
//!
//! The customer says that it sits as soon as it sits, before it takes the lock; and the sofa has at least as many places as
//! there are barbers. A barber calls somebody to the sofa and then takes somebody from it, so there is always room.
//!
//! # Questions
//!
//! - Why is it enough if the sofa has as many places as there are barbers? Each barber has called at most one more to the
//!   sofa than it has taken from it. So not more sit than barbers are in between.
//! - Where else is the safety of a program hidden in two numbers? In pools: so many workers, so many connections, and a
//!   worker that has one connection and asks for a second.
//! - Would the book's program be right with any numbers? Downey's shop has three barbers and a sofa for four. With four
//!   barbers it would be just right, and with a fifth one it can stop.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 5.4: Hilzer's barbershop.
//! - William Stallings, "Operating Systems: Internals and Design Principles": where it comes from, by Ralph Hilzer.
//! - Edsger Dijkstra, "The mathematics behind the banker's algorithm", EWD-623, 1977: how many must be there.

use std::{collections::VecDeque, sync::Arc};

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("hilzers_barbershop.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "hilzers-barbershop",
    title: "Hilzer's barbershop",
    concept: "waiting for one who needs the lock",
    summary: "Two barbers call two customers, and the second one sits down first",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "sits_and_says_so_later",
            "The barber holds the lock until the customer says that it sits, which it does after lining up for the chair.",
            FindingKind::Deadlock,
            sits_and_says_so_later,
        ),
        Stage::new(
            "small_sofa",
            "The customer says at once that it sits. The sofa has one place, and there are two barbers.",
            FindingKind::Deadlock,
            small_sofa,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two customers, two barbers and a sofa for two were checked; nobody pays."),
};

#[derive(Default)]
struct Lines {
    numbers: usize,
    standing: VecDeque<Arc<Semaphore>>,
    sitting: VecDeque<Arc<Semaphore>>,
}

fn line_up(line: &mut VecDeque<Arc<Semaphore>>, name: &'static str) -> Arc<Semaphore> {
    let mine = Arc::new(Semaphore::new(0).named(name));
    line.push_back(mine.clone());
    show(name, line.len());
    mine
}

struct Shop {
    lines: Mutex<Lines>,
    somebody_stands: Semaphore,
    somebody_sits: Semaphore,
    sofa: Semaphore,
    /// The numbers in the order in which they sat down.
    seated: Mutex<Vec<usize>>,
    sits: Semaphore,
}

impl Shop {
    fn stand(&self) -> usize {
        let mut lines = self.lines.lock();
        lines.numbers += 1;
        let number = lines.numbers;
        let mine = line_up(&mut lines.standing, "stands");
        drop(lines);
        signals::signal(&self.somebody_stands);
        signals::wait(&mine);
        number
    }

    fn sit_down(&self, number: usize) {
        signals::wait(&self.sofa);
        self.seated.lock().push(number);
    }

    /// From the sofa to the chair.
    fn have_hair_cut(&self, called: &Semaphore) {
        signals::signal(&self.somebody_sits);
        signals::wait(called);
        signals::signal(&self.sofa);
    }

    fn cut_hair(&self) {
        signals::wait(&self.somebody_sits);
        let first = self.lines.lock().sitting.pop_front();
        signals::signal(&first.expect("somebody sits"));
    }
}

fn customer(shop: &Shop) {
    let number = shop.stand();
    shop.sit_down(number);
    signals::signal(&shop.sits);
    let called = line_up(&mut shop.lines.lock().sitting, "sits");
    shop.have_hair_cut(&called);
}

fn barber(shop: &Shop) {
    signals::wait(&shop.somebody_stands);
    {
        let mut lines = shop.lines.lock();
        signals::signal(&lines.standing.pop_front().expect("somebody stands"));
        signals::wait(&shop.sits);
    }
    shop.cut_hair();
}

fn buggy() {
    day(2, customer, |shop| {
        signals::wait(&shop.somebody_stands);
        let first = shop.lines.lock().standing.pop_front();
        signals::signal(&first.expect("somebody stands"));
        signals::wait(&shop.sits);
        shop.cut_hair();
    });
}

fn sits_and_says_so_later() {
    let customer = |shop: &Shop| {
        let number = shop.stand();
        shop.sit_down(number);
        let called = line_up(&mut shop.lines.lock().sitting, "sits");
        signals::signal(&shop.sits);
        shop.have_hair_cut(&called);
    };
    day(2, customer, barber);
}

fn small_sofa() {
    day(1, customer, barber);
}

fn fixed() {
    day(2, customer, barber);
}

fn day(sofa: usize, customer: fn(&Shop), barber: fn(&Shop)) {
    let shop = Shop {
        lines: Mutex::new(Lines::default()).named("lines"),
        somebody_stands: Semaphore::new(0).named("somebody stands"),
        somebody_sits: Semaphore::new(0).named("somebody sits"),
        sofa: Semaphore::new(sofa).named("sofa"),
        seated: Mutex::new(Vec::new()).named("order"),
        sits: Semaphore::new(0).named("is seated"),
    };
    thread::scope(|scope| {
        for name in ["ada", "ben"] {
            let shop = &shop;
            spawn(scope, name, move || customer(shop));
        }
        for name in ["barber 1", "barber 2"] {
            let shop = &shop;
            spawn(scope, name, move || barber(shop));
        }
    });
    let seated = shop.seated.into_inner();
    assert!(seated.is_sorted(), "they came as 1, 2 and sat down as {}, {}", seated[0], seated[1]);
}
