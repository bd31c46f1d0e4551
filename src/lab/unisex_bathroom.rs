//! Two kinds who must not meet, and who each looked first.
//!
//! # The symptom
//!
//! A man and a woman meet in the only bathroom of the house. Both had looked who is inside: nobody.
//!
//! # The story
//!
//! A bathroom is used by women or by men, never by both at once, and it has only so many places. Here it has one, which is
//! enough to see everything.
//!
//! In the first attempt each counts under the lock of its own kind, and looks at the other count before it goes in. Between
//! the look and the count the other one does the same.
//!
//! A light switch for each kind makes the look and the count one step: the first woman takes the empty room for all
//! women, the first man for all men. A multiplex, a semaphore with as many permits as places, keeps the number down.
//!
//! Now nobody meets, and somebody waits for ever. A woman who waits at the multiplex is counted in by the switch: so the room
//! is the women's, although she is not inside. While women come and go, the man at the door is overtaken without end.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                       carl
//! men inside: 0
//!                           women inside: 0
//! women inside = 1
//! goes in
//!                           men inside = 1
//!                           goes in
//!                             panic: they meet
//! ```
//!
//! # The fix
//!
//! A light switch for each kind, and before both a turnstile that who comes holds until its kind has the room. A man who waits
//! for the room keeps the turnstile, and women who come later queue up behind him.
//!
//! # Questions
//!
//! - Where is the multiplex taken, before or after the switch? After. Before it, men who wait for the room would hold
//!   places that the women need, if both kinds share one multiplex.
//! - How is this different from readers and writers? Both kinds are readers. Each excludes the other as a writer would.
//! - Does the turnstile cost something? A woman who comes behind a waiting man waits, although women are inside and there is
//!   room. Fairness has a price in use.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 6.2: the unisex bathroom, and the one in which nobody starves.
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 4, exercises: the same problem.
//! - Yuh-Jzer Joung, "Asynchronous group mutual exclusion", Distributed Computing 13(4), 2000: its general form.

use super::{Lesson, Stage, signals, spawn, switch::Lightswitch, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::Mutex,
    sync::{
        Semaphore,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("unisex_bathroom.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "unisex-bathroom",
    title: "The unisex bathroom",
    concept: "groups that exclude each other",
    summary: "Each looks that nobody of the other kind is inside, and then counts itself in",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "no_turnstile",
            "A switch for each kind. Women come and go, and the man is overtaken again and again.",
            FindingKind::Panic,
            no_turnstile,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two women who come twice and one man were checked, in a bathroom with one place."),
};

const PLACES: usize = 1;
/// How many women may go in after the man has come: those who had come before him.
const OVERTAKEN_MAX: usize = 2;
const WOMEN: usize = 0;
const MEN: usize = 1;

struct Bathroom {
    turnstile: Semaphore,
    room: Semaphore,
    switches: [Lightswitch; 2],
    places: [Semaphore; 2],
    counted: [Mutex<usize>; 2],
    inside: Mutex<[usize; 2]>,
    man_waits: AtomicBool,
    overtaken: AtomicUsize,
}

impl Bathroom {
    fn use_it(&self, kind: usize) {
        {
            let mut inside = self.inside.lock();
            inside[kind] += 1;
            assert!(inside[1 - kind] == 0, "a man and a woman meet");
        }
        if kind == MEN {
            self.man_waits.store(false, SeqCst);
        } else if self.man_waits.load(SeqCst) {
            self.overtaken.fetch_add(1, SeqCst);
        }
        self.inside.lock()[kind] -= 1;
    }
}

fn buggy() {
    day(1, |room, kind| {
        while *room.counted[1 - kind].lock() > 0 {
            thread::yield_now();
        }
        *room.counted[kind].lock() += 1;
        room.use_it(kind);
        *room.counted[kind].lock() -= 1;
    });
}

fn no_turnstile() {
    day(2, |room, kind| {
        if kind == MEN {
            room.man_waits.store(true, SeqCst);
        }
        room.switches[kind].enter(&room.room);
        signals::wait(&room.places[kind]);
        room.use_it(kind);
        signals::signal(&room.places[kind]);
        room.switches[kind].leave(&room.room);
    });
}

fn fixed() {
    day(2, |room, kind| {
        signals::wait(&room.turnstile);
        if kind == MEN {
            room.man_waits.store(true, SeqCst);
        }
        room.switches[kind].enter(&room.room);
        signals::signal(&room.turnstile);
        signals::wait(&room.places[kind]);
        room.use_it(kind);
        signals::signal(&room.places[kind]);
        room.switches[kind].leave(&room.room);
    });
}

fn day(visits: usize, visit: fn(&Bathroom, usize)) {
    let room = Bathroom {
        turnstile: Semaphore::new(1).named("turnstile"),
        room: Semaphore::new(1).named("room"),
        switches: [Lightswitch::new("women"), Lightswitch::new("men")],
        places: [
            Semaphore::new(PLACES).named("women's places"),
            Semaphore::new(PLACES).named("men's places"),
        ],
        counted: [Mutex::new(0).named("women inside"), Mutex::new(0).named("men inside")],
        inside: Mutex::new([0; 2]).named("inside"),
        man_waits: AtomicBool::new(false).named("man waits"),
        overtaken: AtomicUsize::new(0).named("overtaken"),
    };
    thread::scope(|scope| {
        for name in ["ada", "eva"] {
            let room = &room;
            spawn(scope, name, move || {
                for _ in 0..visits {
                    visit(room, WOMEN);
                }
            });
        }
        spawn(scope, "carl", || visit(&room, MEN));
    });
    let overtaken = room.overtaken.into_inner();
    assert!(overtaken <= OVERTAKEN_MAX, "the man was overtaken {overtaken} times");
}
