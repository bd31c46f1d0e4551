//! A writer who waits while readers come and go.
//!
//! # The symptom
//!
//! A changed setting arrives minutes later, or never while the site is busy. At night it takes a millisecond.
//!
//! # The story
//!
//! Readers share a room by a light switch: the first one in takes it from the writers, the last one out gives it back. That
//! is correct: a writer is never in the room with a reader.
//!
//! But the room is given back only when nobody is in it. A reader comes while another one reads, and a third one before
//! that one leaves. There is always somebody inside, and the writer waits, though each of them came after it.
//!
//! The cure is a turnstile before the room, through which all must go: a semaphore that readers take and give back at once.
//! A writer takes it and keeps it while it waits for the room. Readers who are inside finish, new ones queue up behind the
//! writer.
//!
//! If the writer goes through the turnstile as a reader does, it stands before the room with an open turnstile behind it.
//! And if it takes the room first and the turnstile afterwards, there are two locks in two orders.
//!
//! # The bad interleaving
//!
//! ```text
//! writer                 ada                    ben
//!                        in (takes the room)
//! waits for the room
//!                                               in
//!                        out
//!                        in again
//!                                               out
//!                                               in again
//!                                                 panic: overtaken again
//! ```
//!
//! # The fix
//!
//! The writer holds the turnstile until it has the room, and gives both back when it has written. Then at most those
//! readers overtake it who were past the turnstile when it came.
//!
//! # Questions
//!
//! - Can readers starve now? If writers always come, the turnstile's permit may go from writer to writer. With a turnstile
//!   that serves in order, nobody starves.
//! - Why may the writer hold the turnstile while it waits? Those it waits for, the readers in the room, are past the
//!   turnstile and do not need it any more.
//! - What does `RwLock` of the standard library do? On Linux it lets no new reader in while a writer waits. Its
//!   documentation leaves that open, so a program must be right either way.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 4.2: starvation, and the no-starve readers-writers problem.
//! - Pierre-Jacques Courtois, Frans Heymans and David Parnas, "Concurrent control with readers and writers",
//!   Communications of the ACM 14(10), 1971.
//! - David Parnas, "On a solution to the cigarette smoker's problem (without conditional statements)", Communications of the
//!   ACM 18(3), 1975: what semaphores can do alone.

use super::{Lesson, Stage, signals, spawn, switch::Lightswitch, text};
use crate::{
    Named,
    check::FindingKind,
    sync::{
        Semaphore,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("no_starve_readers_writers.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "no-starve-readers-writers",
    title: "A turnstile for the writer",
    concept: "who comes later waits behind",
    summary: "Readers come and go, and the room is never empty for the writer",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "writer_passes_turnstile",
            "All go through a turnstile, the writer as well: it gives it back before it has the room.",
            FindingKind::Panic,
            writer_passes_turnstile,
        ),
        Stage::new(
            "room_before_turnstile",
            "Readers hold the turnstile until they are in; the writer takes the room first and then the turnstile.",
            FindingKind::Deadlock,
            room_before_turnstile,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("One writer was checked; which of several writers is overtaken by whom is another question."),
};

/// How many reads may begin after the writer has come: those of both readers, if they were past the turnstile.
const OVERTAKEN_MAX: usize = 2;
const ROUNDS: usize = 2;

struct Library {
    turnstile: Semaphore,
    room: Semaphore,
    readers: Lightswitch,
    writer_waits: AtomicBool,
    overtaken: AtomicUsize,
}

impl Library {
    fn enter_shared(&self) {
        self.readers.enter(&self.room);
    }

    fn pass_turnstile(&self) {
        signals::wait(&self.turnstile);
        signals::signal(&self.turnstile);
    }

    fn read(&self) {
        if self.writer_waits.load(SeqCst) {
            let overtaken = self.overtaken.fetch_add(1, SeqCst) + 1;
            assert!(overtaken <= OVERTAKEN_MAX, "the writer is overtaken {overtaken} times");
        }
    }

    /// From here on the writer must not be overtaken too often.
    fn writer_has_come(&self) {
        self.writer_waits.store(true, SeqCst);
    }

    fn write(&self) {
        self.writer_waits.store(false, SeqCst);
    }
}

fn buggy() {
    two_readers(Library::enter_shared, |library| {
        library.writer_has_come();
        signals::wait(&library.room);
        library.write();
        signals::signal(&library.room);
    });
}

fn writer_passes_turnstile() {
    two_readers(
        |library| {
            library.pass_turnstile();
            library.enter_shared();
        },
        |library| {
            library.pass_turnstile();
            library.writer_has_come();
            signals::wait(&library.room);
            library.write();
            signals::signal(&library.room);
        },
    );
}

fn room_before_turnstile() {
    two_readers(
        |library| {
            signals::wait(&library.turnstile);
            library.enter_shared();
            signals::signal(&library.turnstile);
        },
        |library| {
            signals::wait(&library.room);
            signals::wait(&library.turnstile);
            library.write();
            signals::signal(&library.turnstile);
            signals::signal(&library.room);
        },
    );
}

fn fixed() {
    two_readers(
        |library| {
            library.pass_turnstile();
            library.enter_shared();
        },
        |library| {
            signals::wait(&library.turnstile);
            library.writer_has_come();
            signals::wait(&library.room);
            library.write();
            signals::signal(&library.turnstile);
            signals::signal(&library.room);
        },
    );
}

fn two_readers(enter: fn(&Library), write: fn(&Library)) {
    let library = Library {
        turnstile: Semaphore::new(1).named("turnstile"),
        room: Semaphore::new(1).named("room"),
        readers: Lightswitch::new("readers"),
        writer_waits: AtomicBool::new(false).named("writer waits"),
        overtaken: AtomicUsize::new(0).named("overtaken"),
    };
    thread::scope(|scope| {
        spawn(scope, "writer", || write(&library));
        for name in ["ada", "ben"] {
            let library = &library;
            spawn(scope, name, move || {
                for _ in 0..ROUNDS {
                    enter(library);
                    library.read();
                    library.readers.leave(&library.room);
                }
            });
        }
    });
}
