//! A boat with the wrong people in it.
//!
//! # The symptom
//!
//! Three hackers and a serf sit in one boat, which must not be. Four were there, so it left.
//!
//! # The story
//!
//! A boat takes four across a river, neither more nor fewer. Hackers and serfs use it. One among three of the others would
//! not be safe: four of one kind may go, or two and two.
//!
//! Whoever comes as the fourth sees that the boat is full and calls everybody. Who those four are, it has not asked.
//!
//! Counted by kind, it is known whom to call: four of one's own, or two and two; else wait for somebody else. Those who are
//! called board, and one of them rows: the one who has called the others, the captain.
//!
//! The captain knows that three others were called. They are on the way. If it rows at once, the boat leaves with those who
//! happen to be aboard.
//!
//! # The bad interleaving
//!
//! ```text
//! hacker 1, 2           serf 1                 hacker 3
//! wait (2)
//!                       waits (3)
//!                                              fourth: calls all
//!                                              boards
//! board                 boards
//!                                              3 hackers, 1 serf
//! ```
//!
//! # The fix
//!
//! Count hackers and serfs apart, and call four who fit. Each of the three says that it is aboard, and the captain waits for
//! that. Then it rows, and only then gives the mutex back, so that the next boat is not called before this one has left.
//!
//! # Questions
//!
//! - Can people wait on both banks although a boat could go? With five there is always a boat: four of one kind, or two of each,
//!   or three and two. With four, three and one must wait for somebody.
//! - Why does the captain keep the mutex? Else the next four are called, and board the boat of these.
//! - Who is captain? Who completes the four. Any rule does that makes it exactly one.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 5.7: the river crossing problem.
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 4: passing the baton.
//! - Edsger Dijkstra, "Hierarchical ordering of sequential processes", Acta Informatica 1(2), 1971: a semaphore for each
//!   who waits, and a state that says whom to wake.

use super::{Lesson, Stage, plain::Plain, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("river_crossing.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "river-crossing",
    title: "The river crossing",
    concept: "count what the rule is about",
    summary: "The fourth one calls everybody to the boat, whoever they are",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "captain_rows_at_once",
            "Four who fit are called. The captain rows as soon as it is aboard itself.",
            FindingKind::Panic,
            captain_rows_at_once,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Three hackers and two serfs were checked: one boat leaves, and one of them stays."),
};

const HACKER: usize = 0;
const SERF: usize = 1;
const SEATS: u32 = 4;

struct Bank {
    mutex: Semaphore,
    /// How many wait, by kind; belong to who has the mutex.
    waiting: [Plain; 2],
    queues: [Semaphore; 2],
    /// Who has been called and is aboard, by kind.
    aboard: [Semaphore; 2],
    boats: Mutex<Vec<[usize; 2]>>,
}

impl Bank {
    /// Counts the caller in. If the boat can go with those who wait, calls them, and makes the caller captain of so many of
    /// its own kind, itself among them, and so many others.
    #[track_caller]
    fn becomes_captain(&self, kind: usize, fits: fn(u32, u32) -> Option<[u32; 2]>) -> Option<[u32; 2]> {
        let other = 1 - kind;
        self.waiting[kind].set(self.waiting[kind].get() + 1);
        show("hackers", self.waiting[HACKER].get());
        show("serfs", self.waiting[SERF].get());
        let crew = fits(self.waiting[kind].get(), self.waiting[other].get())?;
        for (called, count) in [(kind, crew[0]), (other, crew[1])] {
            self.waiting[called].set(self.waiting[called].get() - count);
            self.queues[called].add_permits(count as usize - usize::from(called == kind));
        }
        Some(crew)
    }

    #[track_caller]
    fn wait_for_crew(&self, kind: usize, crew: [u32; 2]) {
        for _ in 1..crew[0] {
            signals::wait(&self.aboard[kind]);
        }
        for _ in 0..crew[1] {
            signals::wait(&self.aboard[1 - kind]);
        }
    }

    /// Leaves with so many of the own kind and so many others. Nobody else comes today: who still waits goes home.
    #[track_caller]
    fn row(&self, kind: usize, [own, others]: [usize; 2]) {
        let mut boat = [others; 2];
        boat[kind] = own;
        self.boats.lock().push(boat);
        for queue in &self.queues {
            queue.close();
        }
    }

    /// Gives the mutex back, and waits for a captain; goes home if there is none any more.
    #[track_caller]
    fn wait_and_board(&self, kind: usize) {
        signals::signal(&self.mutex);
        if let Ok(call) = self.queues[kind].acquire() {
            call.forget();
            signals::signal(&self.aboard[kind]);
        }
    }
}

/// Four of the own kind, or two and two.
fn four_who_fit(own: u32, others: u32) -> Option<[u32; 2]> {
    match (own, others) {
        (4.., _) => Some([4, 0]),
        (2.., 2..) => Some([2, 2]),
        _ => None,
    }
}

fn buggy() {
    cross(|bank, kind| {
        signals::wait(&bank.mutex);
        let whoever = |own, others| (own + others == SEATS).then_some([own, others]);
        if let Some(crew) = bank.becomes_captain(kind, whoever) {
            bank.wait_for_crew(kind, crew);
            bank.row(kind, crew.map(|count| count as usize));
            signals::signal(&bank.mutex);
        } else {
            bank.wait_and_board(kind);
        }
    });
}

fn captain_rows_at_once() {
    cross(|bank, kind| {
        signals::wait(&bank.mutex);
        if bank.becomes_captain(kind, four_who_fit).is_some() {
            let own = bank.aboard[kind].available_permits() + 1;
            let others = bank.aboard[1 - kind].available_permits();
            bank.row(kind, [own, others]);
            signals::signal(&bank.mutex);
        } else {
            bank.wait_and_board(kind);
        }
    });
}

fn fixed() {
    cross(|bank, kind| {
        signals::wait(&bank.mutex);
        if let Some(crew) = bank.becomes_captain(kind, four_who_fit) {
            bank.wait_for_crew(kind, crew);
            bank.row(kind, crew.map(|count| count as usize));
            signals::signal(&bank.mutex);
        } else {
            bank.wait_and_board(kind);
        }
    });
}

fn cross(person: fn(&Bank, usize)) {
    let bank = Bank {
        mutex: Semaphore::new(1).named("mutex"),
        waiting: [Plain::new(0), Plain::new(0)],
        queues: [Semaphore::new(0).named("hackers"), Semaphore::new(0).named("serfs")],
        aboard: [Semaphore::new(0).named("hackers aboard"), Semaphore::new(0).named("serfs aboard")],
        boats: Mutex::new(Vec::new()).named("boats"),
    };
    thread::scope(|scope| {
        for (name, kind) in [
            ("hacker 1", HACKER),
            ("hacker 2", HACKER),
            ("hacker 3", HACKER),
            ("serf 1", SERF),
            ("serf 2", SERF),
        ] {
            let bank = &bank;
            spawn(scope, name, move || person(bank, kind));
        }
    });
    for [hackers, serfs] in bank.boats.into_inner() {
        let is_safe = matches!([hackers, serfs], [4, 0] | [2, 2] | [0, 4]);
        assert!(is_safe, "a boat has left, hackers: {hackers}, serfs: {serfs}");
    }
}
