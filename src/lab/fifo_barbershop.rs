//! Customers who came first, and are cut last.
//!
//! # The symptom
//!
//! A customer leaves in anger: others who came later had their hair cut before. The barber called "next", as always.
//!
//! # The story
//!
//! Customers wait on chairs, and the barber calls the next one by a signal to a semaphore in which all of them wait. A
//! semaphore has no order, so "next" is anybody.
//!
//! To be called by name a customer needs a semaphore of its own. It puts that at the end of a list, tells the barber that
//! somebody is there, and waits in it. The barber waits for somebody, takes the first of the list, and signals that.
//!
//! There are three steps for the customer, and their order matters. Whoever says "I am there" before it is in the list calls
//! a barber who finds the list empty. And who looks for a free chair and sits down later, under the lock twice, finds
//! more customers in the shop than chairs.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                    ben                    barber
//! sits down (1)
//! signal: somebody
//! wait for the barber
//!                        sits down (2)
//!                        signal: somebody
//!                        wait for the barber
//!                                               signal: next
//!                        goes on
//!                          panic: 2 before 1
//! ```
//!
//! # The fix
//!
//! One step under the lock: look for a chair, take it, and line up. Then the signal to the barber, then the wait in the own
//! semaphore.
//!
//! # Questions
//!
//! - Why is the barber's semaphore for "somebody is there" not given up for the list? The barber must sleep while the list is
//!   empty, and a list does not wake anybody.
//! - May the signal be given under the lock, after lining up? Yes. Then the barber may wake only to wait for the lock.
//! - Could two barbers share the list? Yes, each takes the first one. Who is called first may then sit down second.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 5.3: the first in, first out barbershop.
//! - Edsger Dijkstra, "Cooperating sequential processes", technical report EWD-123, 1965: the sleeping barber.
//! - Andrew Birrell, "An introduction to programming with threads", 1989: waking a certain thread.

use std::{collections::VecDeque, sync::Arc};

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("fifo_barbershop.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "fifo-barbershop",
    title: "The barbershop with a line",
    concept: "first line up, then call",
    summary: "All wait in one semaphore, and the barber's signal takes whom it likes",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "calls_before_it_lines_up",
            "Each has a semaphore of its own, and calls the barber before it is in the list.",
            FindingKind::Panic,
            calls_before_it_lines_up,
        ),
        Stage::new(
            "looks_then_sits_down",
            "In the list, then calls. A free chair is looked for first, and taken later.",
            FindingKind::Panic,
            looks_then_sits_down,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

#[derive(Default)]
struct Waiting {
    /// How many have ever sat down.
    numbers: usize,
    in_the_shop: usize,
    /// The most who were ever in the shop.
    most: usize,
    line: VecDeque<Arc<Semaphore>>,
}

struct Shop {
    chairs: usize,
    waiting: Mutex<Waiting>,
    somebody: Semaphore,
    anybody: Semaphore,
    in_the_chair: Mutex<usize>,
    customer_is_done: Semaphore,
    barber_is_done: Semaphore,
}

impl Shop {
    /// Sits down, and tells the number.
    fn sit_down(waiting: &mut Waiting) -> usize {
        waiting.in_the_shop += 1;
        waiting.numbers += 1;
        show("in the shop", waiting.in_the_shop);
        waiting.most = waiting.most.max(waiting.in_the_shop);
        waiting.numbers
    }

    fn line_up(waiting: &mut Waiting) -> Arc<Semaphore> {
        let mine = Arc::new(Semaphore::new(0).named("own"));
        waiting.line.push_back(mine.clone());
        mine
    }

    fn has_hair_cut(&self, number: usize) {
        let mut before = self.in_the_chair.lock();
        *before += 1;
        assert!(*before == number, "number {number} has its hair cut as number {}", *before);
        drop(before);
        signals::signal(&self.customer_is_done);
        signals::wait(&self.barber_is_done);
        self.waiting.lock().in_the_shop -= 1;
    }
}

fn buggy() {
    let customer = |shop: &Shop| {
        let number = Shop::sit_down(&mut shop.waiting.lock());
        signals::signal(&shop.somebody);
        signals::wait(&shop.anybody);
        shop.has_hair_cut(number);
    };
    day(2, customer, |shop| signals::signal(&shop.anybody));
}

fn calls_before_it_lines_up() {
    let customer = |shop: &Shop| {
        signals::signal(&shop.somebody);
        let mut waiting = shop.waiting.lock();
        let number = Shop::sit_down(&mut waiting);
        let mine = Shop::line_up(&mut waiting);
        drop(waiting);
        signals::wait(&mine);
        shop.has_hair_cut(number);
    };
    day(2, customer, call_first);
}

fn looks_then_sits_down() {
    let customer = |shop: &Shop| {
        if shop.waiting.lock().in_the_shop == shop.chairs {
            return;
        }
        let mut waiting = shop.waiting.lock();
        let number = Shop::sit_down(&mut waiting);
        let mine = Shop::line_up(&mut waiting);
        drop(waiting);
        signals::signal(&shop.somebody);
        signals::wait(&mine);
        shop.has_hair_cut(number);
    };
    day(1, customer, call_first);
}

fn fixed() {
    let customer = |shop: &Shop| {
        let mut waiting = shop.waiting.lock();
        if waiting.in_the_shop == shop.chairs {
            return;
        }
        let number = Shop::sit_down(&mut waiting);
        let mine = Shop::line_up(&mut waiting);
        drop(waiting);
        signals::signal(&shop.somebody);
        signals::wait(&mine);
        shop.has_hair_cut(number);
    };
    day(2, customer, call_first);
}

fn call_first(shop: &Shop) {
    let first = shop.waiting.lock().line.pop_front();
    signals::signal(&first.expect("somebody was announced, and is not in the line"));
}

fn day(chairs: usize, customer: fn(&Shop), call: fn(&Shop)) {
    let shop = Shop {
        chairs,
        waiting: Mutex::new(Waiting::default()).named("waiting"),
        somebody: Semaphore::new(0).named("somebody"),
        anybody: Semaphore::new(0).named("anybody"),
        in_the_chair: Mutex::new(0).named("chair"),
        customer_is_done: Semaphore::new(0).named("customer is done"),
        barber_is_done: Semaphore::new(0).named("barber is done"),
    };
    thread::scope(|scope| {
        spawn(scope, "barber", || {
            while let Ok(somebody) = shop.somebody.acquire() {
                somebody.forget();
                call(&shop);
                signals::wait(&shop.customer_is_done);
                signals::signal(&shop.barber_is_done);
            }
        });
        thread::scope(|scope| {
            for name in ["ada", "ben"] {
                let shop = &shop;
                spawn(scope, name, move || customer(shop));
            }
        });
        shop.somebody.close();
    });
    let most = shop.waiting.into_inner().most;
    assert!(most <= chairs, "{most} customers were in the shop, which has {chairs} chair");
}
