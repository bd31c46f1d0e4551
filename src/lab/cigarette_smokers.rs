//! Three smokers, each of whom takes the first of two things that it sees.
//!
//! # The symptom
//!
//! There is tobacco and paper on the table, and somebody who needs just these. Nobody smokes.
//!
//! # The story
//!
//! A cigarette needs tobacco, paper and a match. Each of three smokers has one of the three without end, and needs the two
//! others. An agent puts two things on the table, and the one who needs just these is to take them.
//!
//! Each smoker waits for the first thing it needs, then for the second. The agent puts down tobacco and paper. The smoker
//! with the matches needs these.
//!
//! But the smoker with the paper needs tobacco, too, and comes first. It takes the tobacco and waits for a match, which is
//! not there. The smoker with the matches waits for tobacco.
//!
//! Signals do not say for whom they are meant. Taking one thing and waiting for the next keeps it from the one who could
//! have used both.
//!
//! # The bad interleaving
//!
//! ```text
//! agent              has matches            has paper
//! put tobacco
//! put paper
//!                                           take tobacco
//!                    take tobacco           take a match
//!                      waits                  waits
//!
//! ```
//!
//! # The fix
//!
//! Look at the table as a whole, under a lock, and take both things or none. Who finds only one of them leaves it and
//! sleeps until something changes. Downey's solution has three helpers who do the looking, since it is only allowed
//! semaphores.
//!
//! # Questions
//!
//! - Why not let the agent call the right smoker? It would, in real life. The rule of the puzzle is that the agent is
//!   given and cannot be changed, like a device or somebody else's program.
//! - Why must the fixed program wake everybody? The agent does not know whom the things are for; with `notify_one` the
//!   wrong one may wake, and go back to sleep.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 4.5: the cigarette smokers; the wrong solution is its deadlock
//!   number 6.
//! - Suhas Patil, "Limitations and capabilities of Dijkstra's semaphore primitives", MIT Project MAC, 1971: where it comes
//!   from.
//! - David Parnas, "On a solution to the cigarette smoker's problem", Communications of the ACM 18(3), 1975.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::{FindingKind, choose},
    parking_lot::{Condvar, Mutex},
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("cigarette_smokers.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "cigarette-smokers",
    title: "Cigarette smokers",
    concept: "all or nothing",
    summary: "A smoker takes the one thing that it can use and waits for the other one",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const THINGS: [&str; 3] = ["tobacco", "paper", "match"];
const SMOKERS: [&str; 3] = ["has tobacco", "has paper", "has matches"];

/// What the smoker with thing `has` needs.
fn needs(has: usize) -> [usize; 2] {
    match has {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
}

fn buggy() {
    let table = THINGS.map(|thing| Semaphore::new(0).named(thing));
    let smoked = Semaphore::new(0).named("smoked");
    thread::scope(|scope| {
        for (has, name) in SMOKERS.into_iter().enumerate() {
            let (table, smoked) = (&table, &smoked);
            spawn(scope, name, move || {
                for thing in needs(has) {
                    // Closed: the day is over.
                    let Ok(permit) = table[thing].acquire() else { return };
                    permit.forget();
                }
                smoked.add_permits(1);
            });
        }
        for thing in needs(choose(3)) {
            table[thing].add_permits(1);
        }
        smoked.acquire().expect("nobody closes it").forget();
        table.iter().for_each(Semaphore::close);
    });
}

#[derive(Default)]
struct Table {
    things: [bool; 3],
    day_is_over: bool,
}

fn fixed() {
    let table = Mutex::new(Table::default()).named("table");
    let changed = Condvar::new().named("changed");
    let smoked = Semaphore::new(0).named("smoked");
    thread::scope(|scope| {
        for (has, name) in SMOKERS.into_iter().enumerate() {
            let (table, changed, smoked) = (&table, &changed, &smoked);
            spawn(scope, name, move || {
                let mut table = table.lock();
                while !needs(has).into_iter().all(|thing| table.things[thing]) {
                    if table.day_is_over {
                        return;
                    }
                    changed.wait(&mut table);
                }
                table.things = [false; 3];
                smoked.add_permits(1);
            });
        }
        let [one, other] = needs(choose(3));
        {
            let mut table = table.lock();
            table.things[one] = true;
            table.things[other] = true;
        }
        changed.notify_all();
        smoked.acquire().expect("nobody closes it").forget();
        table.lock().day_is_over = true;
        changed.notify_all();
    });
}
