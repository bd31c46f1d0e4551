//! An elf who joins those that Santa helps already.
//!
//! # The symptom
//!
//! Santa has helped two elves and finds three at the door. The third one says that it was helped, too.
//!
//! # The story
//!
//! Santa sleeps. He is woken when all reindeer are back, or when enough elves have trouble with their toys; here two elves are
//! enough. Reindeer come first: if both are waiting, he harnesses the sleigh. A single elf does not wake him.
//!
//! Elves count themselves, and who makes it two wakes Santa. While he helps, another elf comes, counts itself as the third,
//! and does not wake him, since three are not two. It takes one of the two permits that were meant for the others.
//!
//! A group must be closed before it is helped, and stay closed until all of it have left. So there is a door: who makes
//! it two leaves it shut, and it is opened by the last one to leave. The last one: the first one out would let
//! somebody in who mixes with the one still inside.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                    ben                    carl
//! elves = 1
//!                        elves = 2: wakes Santa
//!                                               joins: elves = 3
//!                                                 panic: two are a group
//! ```
//!
//! # The fix
//!
//! A door of one permit. An elf takes it and gives it back while the group is not full; who makes it full keeps it, and the
//! last one who leaves gives it back.
//!
//! # Questions
//!
//! - Why does the door not stand before the reindeer? There are as many as there are: when all are back, no other one can
//!   come.
//! - How does Santa see that the reindeer come first? He looks at both counts under the mutex when he wakes, whoever has woken
//!   him.
//! - What is one signal to Santa for? One of two events. If both happen before he wakes there are two permits, and he goes
//!   through his loop twice.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 5.5: the Santa Claus problem.
//! - John Trono, "A new exercise in concurrency", SIGCSE Bulletin 26(3), 1994: where it comes from.
//! - Mordechai Ben-Ari, "How to solve the Santa Claus problem", Concurrency: Practice and Experience 10(6), 1998: why solutions
//!   with semaphores went wrong.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::{Permit, Semaphore},
    thread,
};

const SOURCE: &str = include_str!("santa_claus.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "santa-claus",
    title: "Santa Claus",
    concept: "a group is closed and opened",
    summary: "A third elf comes to a group of two, and takes help that was meant for another",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "first_one_out_opens",
            "Who makes the group full shuts the door; the first one who leaves opens it.",
            FindingKind::Panic,
            first_one_out_opens,
        ),
        Stage::new(
            "elves_first",
            "The last one out opens the door. Santa looks for elves before he looks for reindeer.",
            FindingKind::Panic,
            elves_first,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Three elves were checked, of whom two are a group, and one reindeer that is all of them."),
};

const GROUP: usize = 2;
const REINDEER: usize = 1;

#[derive(Default)]
struct Counts {
    elves: usize,
    reindeer: usize,
    /// The group is complete, and not all of it have left.
    is_full: bool,
    /// It has woken Santa, and he has not helped yet.
    is_waiting: bool,
    reindeer_had_to_wait: bool,
}

struct NorthPole {
    counts: Mutex<Counts>,
    door: Semaphore,
    santa: Semaphore,
    help: Semaphore,
    hitch: Semaphore,
    was_helped: Semaphore,
}

impl NorthPole {
    fn reindeer(&self) {
        {
            let mut counts = self.counts.lock();
            counts.reindeer += 1;
            if counts.reindeer == REINDEER {
                signals::signal(&self.santa);
            }
        }
        signals::wait(&self.hitch);
    }

    /// Counts an elf in, and says whether it makes the group full.
    #[track_caller]
    fn join(&self) -> bool {
        let mut counts = self.counts.lock();
        assert!(!counts.is_full, "an elf joins a group that is full already");
        counts.elves += 1;
        show("elves", counts.elves);
        counts.is_full = counts.elves == GROUP;
        counts.is_waiting = counts.is_full;
        if counts.is_full {
            signals::signal(&self.santa);
        }
        counts.is_full
    }

    /// Counts an elf out, and tells how many are left.
    #[track_caller]
    fn leave(&self) -> usize {
        let mut counts = self.counts.lock();
        counts.elves -= 1;
        show("elves", counts.elves);
        counts.is_full &= counts.elves > 0;
        signals::signal(&self.was_helped);
        counts.elves
    }

    /// Waits for help; `false` if the day is over.
    #[track_caller]
    fn is_helped(&self) -> bool {
        self.help.acquire().map(Permit::forget).is_ok()
    }

    /// Waits at the door; `false` if the day is over.
    #[track_caller]
    fn comes_to_the_door(&self) -> bool {
        self.door.acquire().map(Permit::forget).is_ok()
    }

    fn hitch_reindeer(&self, counts: &mut Counts) {
        counts.reindeer = 0;
        self.hitch.add_permits(REINDEER);
    }

    fn help_elves(&self, counts: &mut Counts) {
        counts.is_waiting = false;
        counts.reindeer_had_to_wait |= counts.reindeer == REINDEER;
        self.help.add_permits(GROUP);
    }

    fn elf(&self, opens: fn(left: usize) -> bool) {
        if !self.comes_to_the_door() {
            return;
        }
        if !self.join() {
            signals::signal(&self.door);
        }
        if self.is_helped() && opens(self.leave()) {
            signals::signal(&self.door);
        }
    }

    fn reindeer_first(&self) {
        let mut counts = self.counts.lock();
        if counts.reindeer == REINDEER {
            self.hitch_reindeer(&mut counts);
        } else {
            self.help_elves(&mut counts);
        }
    }
}

fn buggy() {
    let elf = |pole: &NorthPole| {
        pole.join();
        if pole.is_helped() {
            pole.leave();
        }
    };
    winter(elf, NorthPole::reindeer_first);
}

fn first_one_out_opens() {
    winter(|pole| pole.elf(|left| left == GROUP - 1), NorthPole::reindeer_first);
}

fn elves_first() {
    let santa = |pole: &NorthPole| {
        let mut counts = pole.counts.lock();
        if counts.is_waiting {
            pole.help_elves(&mut counts);
        } else {
            pole.hitch_reindeer(&mut counts);
        }
    };
    winter(|pole| pole.elf(|left| left == 0), santa);
}

fn fixed() {
    winter(|pole| pole.elf(|left| left == 0), NorthPole::reindeer_first);
}

/// Santa is woken twice: by the reindeer, and by one group of elves.
fn winter(elf: fn(&NorthPole), santa: fn(&NorthPole)) {
    let pole = NorthPole {
        counts: Mutex::new(Counts::default()).named("counts"),
        door: Semaphore::new(1).named("door"),
        santa: Semaphore::new(0).named("santa"),
        help: Semaphore::new(0).named("help"),
        hitch: Semaphore::new(0).named("hitch"),
        was_helped: Semaphore::new(0).named("was helped"),
    };
    thread::scope(|scope| {
        spawn(scope, "santa", || {
            for _ in 0..2 {
                signals::wait(&pole.santa);
                santa(&pole);
            }
            for _ in 0..GROUP {
                signals::wait(&pole.was_helped);
            }
            // The day is over, also for an elf who is alone.
            pole.help.close();
            pole.door.close();
        });
        spawn(scope, "reindeer", || pole.reindeer());
        for name in ["ada", "ben", "carl"] {
            let pole = &pole;
            spawn(scope, name, move || elf(pole));
        }
    });
    let had_to_wait = pole.counts.into_inner().reindeer_had_to_wait;
    assert!(!had_to_wait, "Santa has helped elves while all reindeer waited");
}
