//! Waiting in a semaphore is not standing in a line.
//!
//! # The symptom
//!
//! Requests are served, but not in the order in which they came. The first one of a busy hour is answered last.
//!
//! # The story
//!
//! Two customers take numbers and wait. The clerk serves two, one after the other, and the numbers should be served in order.
//!
//! All wait in one semaphore. A permit that is put there may be had by whoever waits, or by one who has just come: which one
//! is up to the scheduler. The numbers were given in order; what was waited in has none.
//!
//! To serve in order one must be able to wake a certain thread. A semaphore wakes one of those who wait in it, so each
//! customer gets a semaphore of its own, and a list of these is the line. Who signals takes the first one off the list and
//! signals that.
//!
//! Now a signal may find the list empty. The single semaphore would have kept it as a permit. The list forgets it, as a
//! condition variable does, unless the permits are counted beside the list. And the look at that count and the place in
//! the list must be one step: else the signal comes in between.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                    ben                    clerk
//! takes number 1
//! wait
//!                        takes number 2
//!                        wait
//!                                               signal
//!                        goes on
//!                          panic: number 2 before number 1
//! ```
//!
//! # The fix
//!
//! A list of private semaphores and a count of permits, both under one lock. To wait: take a permit if there is one, else
//! line up, then wait in the own semaphore without the lock. To signal: wake the first in the line, or count a permit if
//! there is nobody.
//!
//! # Questions
//!
//! - Why may the private semaphore be waited for outside of the lock? A signal to it that comes early is kept: nobody else
//!   waits in it, and nobody can take it.
//! - Do all semaphores have an open order? No. `Semaphore::fair` serves in order, and has such a list inside; the others
//!   are faster, since who comes along while nobody is scheduled may go on at once.
//! - Does a fair semaphore mean that nobody starves? Nobody starves in it. Elsewhere in the program they still may.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 5.3: in the first in, first out barbershop each customer has a
//!   semaphore of its own.
//! - Kenneth Reek, "The well-tempered semaphore: theme with variations", SIGCSE 2002: what a semaphore promises about order.
//! - Andrew Birrell, "An introduction to programming with threads", 1989: one condition a waiter.

use std::{collections::VecDeque, sync::Arc};

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("fifo_queue.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "fifo-queue",
    title: "The queue that keeps its order",
    concept: "a semaphore for each who waits",
    summary: "The number that was taken second is served first",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "signal_to_nobody",
            "Each has a semaphore of its own. A signal that finds nobody in the line is dropped.",
            FindingKind::Deadlock,
            signal_to_nobody,
        ),
        Stage::new(
            "looks_then_lines_up",
            "Such a signal is counted. Between the look at the count and the place in the line, the lock is given back.",
            FindingKind::Deadlock,
            looks_then_lines_up,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

#[derive(Default)]
struct Line {
    numbers: usize,
    permits: usize,
    waiting: VecDeque<Arc<Semaphore>>,
}

impl Line {
    fn take_number(&mut self) -> usize {
        self.numbers += 1;
        self.numbers
    }

    fn take_permit(&mut self) -> bool {
        let there = self.permits > 0;
        self.permits -= usize::from(there);
        there
    }

    fn line_up(&mut self) -> Arc<Semaphore> {
        let mine = Arc::new(Semaphore::new(0).named("private"));
        self.waiting.push_back(mine.clone());
        show("in the line", self.waiting.len());
        mine
    }
}

struct Counter {
    line: Mutex<Line>,
    everybody: Semaphore,
}

fn buggy() {
    customers(
        &["ada", "ben"],
        |counter| {
            let number = counter.line.lock().take_number();
            signals::wait(&counter.everybody);
            number
        },
        |counter| signals::signal(&counter.everybody),
    );
}

fn signal_to_nobody() {
    customers(&["ada"], wait_in_line, |counter| {
        if let Some(first) = counter.line.lock().waiting.pop_front() {
            signals::signal(&first);
        }
    });
}

fn looks_then_lines_up() {
    customers(
        &["ada"],
        |counter| {
            let number = {
                let mut line = counter.line.lock();
                let number = line.take_number();
                if line.take_permit() {
                    return number;
                }
                number
            };
            let mine = counter.line.lock().line_up();
            signals::wait(&mine);
            number
        },
        wake_first,
    );
}

fn fixed() {
    customers(&["ada", "ben"], wait_in_line, wake_first);
}

fn wait_in_line(counter: &Counter) -> usize {
    let mut line = counter.line.lock();
    let number = line.take_number();
    if line.take_permit() {
        return number;
    }
    let mine = line.line_up();
    drop(line);
    signals::wait(&mine);
    number
}

fn wake_first(counter: &Counter) {
    let mut line = counter.line.lock();
    match line.waiting.pop_front() {
        Some(first) => signals::signal(&first),
        None => line.permits += 1,
    }
    show("in the line", line.waiting.len());
}

fn customers(names: &[&str], wait: fn(&Counter) -> usize, wake: fn(&Counter)) {
    let counter = Counter {
        line: Mutex::new(Line::default()).named("line"),
        everybody: Semaphore::new(0).named("everybody"),
    };
    let served = Mutex::new(0).named("served");
    let next_please = Semaphore::new(0).named("next");
    thread::scope(|scope| {
        for name in names {
            let (counter, served, next_please) = (&counter, &served, &next_please);
            spawn(scope, name, move || {
                let number = wait(counter);
                let mut served = served.lock();
                *served += 1;
                assert!(number == *served, "number {number} is served as number {}", *served);
                drop(served);
                signals::signal(next_please);
            });
        }
        spawn(scope, "clerk", || {
            for _ in names {
                wake(&counter);
                signals::wait(&next_please);
            }
        });
    });
}
