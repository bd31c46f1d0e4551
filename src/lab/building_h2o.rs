//! A fast atom that is in one molecule twice.
//!
//! # The symptom
//!
//! A reactor stops with a hydrogen and an oxygen in it. As many atoms as molecules need have come in; the log shows one of
//! the hydrogens two times in the same molecule.
//!
//! # The story
//!
//! Threads are atoms. Two hydrogens and one oxygen make a molecule: they wait for each other, and all three bond before any
//! atom of the next molecule does.
//!
//! Who comes counts itself. Who finds that there are two hydrogens and one oxygen signals the others out of their queues, and
//! the three bond.
//!
//! A signal says that somebody may go on, not that the one who was meant has gone on. One hydrogen bonds, comes back as a new
//! atom, and waits in the same queue, where the permit for its partner still lies. It takes that and bonds again. The
//! partner waits for a permit that is gone.
//!
//! So the next molecule must not be begun before this one is bonded. The mutex that protects the counters is kept until
//! then, by the one who completed the molecule.
//!
//! # The bad interleaving
//!
//! ```text
//! oxygen 1               hydrogen 1             hydrogen 2
//! waits
//!                        waits
//!                                               complete: signals
//!                                               both
//!                                               bonds
//!                                               comes again: waits
//!                                               takes the permit
//!                                               bonds again
//!                        permit
//!                          waits for ever
//! ```
//!
//! # The fix
//!
//! Who completes a molecule keeps the mutex, waits until the two others say that they have bonded, bonds as the last one, and
//! gives the mutex back. Atoms that come meanwhile wait for the mutex, and not in a queue. (Downey lets all three meet at a
//! barrier.)
//!
//! # Questions
//!
//! - Why must who waits for partners give the mutex back first? They could not count themselves.
//! - With a barrier for three in place of the signals, must it be a reusable one? Yes, the next three come to it. The
//!   facade's `Barrier` is; the lessons `barrier` and `reusable-barrier` tell why that is not a matter of course.
//! - Could an atom take the permit that was meant for another one, in the fixed program? Yes, and it does not matter: both
//!   are hydrogens of the same molecule.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 5.6: building H2O.
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 4, exercises: the same reaction.
//! - Tony Hoare, "Communicating sequential processes", Communications of the ACM 21(8), 1978: meetings, there of two.

use super::{Lesson, Stage, plain::Plain, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("building_h2o.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "building-h2o",
    title: "Building water",
    concept: "may go on is not has gone on",
    summary: "A hydrogen comes again and takes the permit that was meant for its partner",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Deadlock, buggy),
        Stage::new(
            "waits_with_mutex",
            "The mutex is kept until all have bonded, and also by who waits for partners.",
            FindingKind::Deadlock,
            waits_with_mutex,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two molecules were checked, of two hydrogens who come twice and two oxygens."),
};

const HYDROGEN: usize = 0;
const OXYGEN: usize = 1;
/// How many of each a molecule has.
const FORMULA: [u32; 2] = [2, 1];

struct Reactor {
    mutex: Semaphore,
    /// How many wait, by kind; belong to who has the mutex.
    waiting: [Plain; 2],
    queues: [Semaphore; 2],
    has_bonded: Semaphore,
    /// The atoms in the order in which they bonded.
    bonded: Mutex<Vec<usize>>,
}

impl Reactor {
    /// Counts the caller. If that completes a molecule, lets its other atoms go on.
    #[track_caller]
    fn completes(&self, kind: usize) -> bool {
        self.waiting[kind].set(self.waiting[kind].get() + 1);
        show("hydrogens", self.waiting[HYDROGEN].get());
        show("oxygens", self.waiting[OXYGEN].get());
        if (0..2).any(|kind| self.waiting[kind].get() < FORMULA[kind]) {
            return false;
        }
        for (other, needed) in FORMULA.into_iter().enumerate() {
            self.waiting[other].set(self.waiting[other].get() - needed);
            self.queues[other].add_permits(needed as usize - usize::from(other == kind));
        }
        true
    }

    fn bond(&self, kind: usize) {
        self.bonded.lock().push(kind);
    }

    /// Bonds as the last one of the molecule.
    #[track_caller]
    fn bond_last(&self, kind: usize) {
        signals::wait(&self.has_bonded);
        signals::wait(&self.has_bonded);
        self.bond(kind);
    }
}

fn buggy() {
    two_molecules(|reactor, kind| {
        signals::wait(&reactor.mutex);
        let completes = reactor.completes(kind);
        signals::signal(&reactor.mutex);
        if !completes {
            signals::wait(&reactor.queues[kind]);
        }
        reactor.bond(kind);
    });
}

fn waits_with_mutex() {
    two_molecules(|reactor, kind| {
        signals::wait(&reactor.mutex);
        if reactor.completes(kind) {
            reactor.bond_last(kind);
        } else {
            signals::wait(&reactor.queues[kind]);
            reactor.bond(kind);
            signals::signal(&reactor.has_bonded);
        }
        signals::signal(&reactor.mutex);
    });
}

fn fixed() {
    two_molecules(|reactor, kind| {
        signals::wait(&reactor.mutex);
        if reactor.completes(kind) {
            reactor.bond_last(kind);
            signals::signal(&reactor.mutex);
        } else {
            signals::signal(&reactor.mutex);
            signals::wait(&reactor.queues[kind]);
            reactor.bond(kind);
            signals::signal(&reactor.has_bonded);
        }
    });
}

fn two_molecules(atom: fn(&Reactor, usize)) {
    let reactor = Reactor {
        mutex: Semaphore::new(1).named("mutex"),
        waiting: [Plain::new(0), Plain::new(0)],
        queues: [Semaphore::new(0).named("hydrogens"), Semaphore::new(0).named("oxygens")],
        has_bonded: Semaphore::new(0).named("has bonded"),
        bonded: Mutex::new(Vec::new()).named("bonded"),
    };
    thread::scope(|scope| {
        for (name, kind, times) in [
            ("hydrogen 1", HYDROGEN, 2),
            ("hydrogen 2", HYDROGEN, 2),
            ("oxygen 1", OXYGEN, 1),
            ("oxygen 2", OXYGEN, 1),
        ] {
            let reactor = &reactor;
            spawn(scope, name, move || {
                for _ in 0..times {
                    atom(reactor, kind);
                }
            });
        }
    });
    for molecule in reactor.bonded.into_inner().chunks(3) {
        let oxygens = molecule.iter().filter(|kind| **kind == OXYGEN).count();
        assert!(oxygens == 1, "a molecule with {} hydrogens and {oxygens} oxygens", molecule.len() - oxygens);
    }
}
