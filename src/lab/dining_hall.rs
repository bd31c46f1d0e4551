//! A student who leaves, and one who sits alone.
//!
//! # The symptom
//!
//! Somebody sits alone in the dining hall, which the others had promised would not happen. Each of them had looked.
//!
//! # The story
//!
//! Students get food, dine, and leave. Nobody is to be left behind alone: of two at the table, one who is done stays until
//! the other one is done too, or until somebody else sits down.
//!
//! Who just leaves breaks the rule. So a student who is done counts itself as ready to leave, and waits if one other
//! student would be left dining. It is freed by who sits down next, or by that other one, when both can go.
//!
//! The one who was freed counts itself out of those who are ready. Until it does, the count says that somebody still waits,
//! who waits no more. Whoever reads it then takes a seat for company that is not there, or frees somebody a second
//! time: a permit is left over, and a later student goes through without waiting.
//!
//! Who changes somebody else's state has to write it down at once, under the lock under which it was decided.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                    ben                    carl
//! dines                  dines
//!                        ready: waits
//! done: frees ben
//! leaves
//!                                               dines
//!                                               done: somebody is ready
//!                                               frees ben again
//!                                                 panic
//!                        (counts itself out)
//! ```
//!
//! # The fix
//!
//! Who frees a student counts it out under the lock, before anybody else can look: "I'll do it for you".
//!
//! # Questions
//!
//! - Why can two students not wait for each other's end? Who waits is done; if both are, nobody dines, and the second one
//!   frees the first.
//! - Which other lesson has the same mistake? `sushi-bar`: there a seat was promised and not yet written down.
//! - Is a student alone who comes first? Not by the rule of the puzzle: nobody has left it behind.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 7.6: the dining hall problem, and its extension.
//! - Kenneth Reek, "Design patterns for semaphores", SIGCSE 2004: "I'll do it for you".
//! - Butler Lampson and David Redell, "Experience with processes and monitors in Mesa", Communications of the ACM 23(2),
//!   1980.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("dining_hall.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "dining-hall",
    title: "The dining hall",
    concept: "write down what you do for others",
    summary: "One who was freed is still counted as waiting, and another one relies on it",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "counts_itself_out",
            "Who would leave one behind waits. When it is freed, it counts itself out.",
            FindingKind::Panic,
            counts_itself_out,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Three students were checked, who dine once."),
};

#[derive(Default)]
struct Hall {
    dining: usize,
    ready_to_leave: usize,
    /// Those who are ready and were not freed yet. No part of the solution, which must do with the two above.
    waiting: usize,
}

impl Hall {
    fn show(&self) {
        show("dining", self.dining);
        show("ready to leave", self.ready_to_leave);
    }

    fn stands_up(&self) {
        self.show();
        assert!(self.waiting + self.dining != 1, "a student is left behind and sits alone");
    }
}

struct Place {
    hall: Mutex<Hall>,
    may_leave: Semaphore,
}

impl Place {
    #[track_caller]
    fn free_one(&self, hall: &mut Hall, frees: fn(&mut Hall)) {
        assert!(hall.waiting > 0, "a student is freed for the second time");
        hall.waiting -= 1;
        frees(hall);
        signals::signal(&self.may_leave);
    }

    fn dine(&self, frees: fn(&mut Hall), was_freed: fn(&mut Hall)) {
        let mut hall = self.hall.lock();
        hall.dining += 1;
        if hall.dining == 2 && hall.ready_to_leave == 1 {
            self.free_one(&mut hall, frees);
        }
        hall.show();
        drop(hall);

        let mut hall = self.hall.lock();
        hall.dining -= 1;
        hall.ready_to_leave += 1;
        hall.show();
        if hall.dining == 1 && hall.ready_to_leave == 1 {
            hall.waiting += 1;
            drop(hall);
            signals::wait(&self.may_leave);
            hall = self.hall.lock();
            was_freed(&mut hall);
            hall.show();
            return;
        }
        if hall.dining == 0 && hall.ready_to_leave == 2 {
            self.free_one(&mut hall, frees);
        }
        hall.ready_to_leave -= 1;
        hall.stands_up();
    }
}

fn buggy() {
    three_students(|place| {
        {
            let mut hall = place.hall.lock();
            hall.dining += 1;
            hall.show();
        }
        let mut hall = place.hall.lock();
        hall.dining -= 1;
        hall.stands_up();
    });
}

fn counts_itself_out() {
    three_students(|place| place.dine(|_| {}, |hall| hall.ready_to_leave -= 1));
}

fn fixed() {
    three_students(|place| place.dine(|hall| hall.ready_to_leave -= 1, |_| {}));
}

fn three_students(dine: fn(&Place)) {
    let place = Place {
        hall: Mutex::new(Hall::default()).named("hall"),
        may_leave: Semaphore::new(0).named("may leave"),
    };
    thread::scope(|scope| {
        for name in ["ada", "ben", "carl"] {
            let place = &place;
            spawn(scope, name, move || dine(place));
        }
    });
}
