//! A reader who slips in between two writers.
//!
//! # The symptom
//!
//! Two updates belong together and are queued one right after the other. Now and then somebody reads after the first of
//! them.
//!
//! # The story
//!
//! A turnstile keeps readers from overtaking a writer who waits. With it nobody starves. Some programs want more: while any
//! writer waits, no reader may begin, since what it would read is old already.
//!
//! A writer gives the turnstile back when it has written. At that moment a reader and a second writer wait for it, side by
//! side, and a semaphore takes whom it likes. The reader goes in between.
//!
//! The writers must hold the turnstile together: the first of them takes it, the last one gives it back, and those in
//! between find it taken. That is a light switch, as the readers have one for the room. So there are two switches and two
//! semaphores, and with two semaphores comes an order.
//!
//! # The bad interleaving
//!
//! ```text
//! writer 1               writer 2               reader
//! take turnstile
//! write
//!                        wait for turnstile
//!                                               wait for turnstile
//! give turnstile back
//!                                               take turnstile
//!                                               read
//!                                                 panic: a writer waits
//! ```
//!
//! # The fix
//!
//! Writers enter through a switch that takes `no readers`, and then take `no writers` one at a time. A reader holds `no
//! readers` only while it enters the switch that takes `no writers`. Everybody takes `no readers` first.
//!
//! # Questions
//!
//! - Who can starve now? Readers, if writers always come. Priority for one side is starvation of the other one, put
//!   politely.
//! - Why does the reader hold `no readers` while it waits for `no writers`? Else a writer could come in between, and
//!   the reader would begin before it. If it waits there, the writers inside do not need `no readers` to leave.
//! - When is the priority of writers worth it? If there are few of them, and readers should see the newest. With many
//!   writers nobody reads any more.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 4.2: writer-priority readers-writers.
//! - Pierre-Jacques Courtois, Frans Heymans and David Parnas, "Concurrent control with readers and writers",
//!   Communications of the ACM 14(10), 1971: the second problem, in which writers come first.
//! - John Mellor-Crummey and Michael Scott, "Scalable reader-writer synchronization for shared-memory multiprocessors",
//!   PPoPP 1991: reader preference, writer preference, fairness.

use super::{Lesson, Stage, signals, spawn, switch::Lightswitch, text};
use crate::{
    Named,
    check::FindingKind,
    sync::{
        Semaphore,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("writer_priority.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "writer-priority",
    title: "Writers first",
    concept: "a group holds the turnstile",
    summary: "A reader gets the turnstile between two writers of whom the second waited",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "no_writers_first",
            "Two switches. A writer takes what keeps writers out, and then what keeps readers out.",
            FindingKind::Deadlock,
            no_writers_first,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two writers and one reader were checked."),
};

struct Library {
    no_readers: Semaphore,
    no_writers: Semaphore,
    readers: Lightswitch,
    writers: Lightswitch,
    is_written: AtomicBool,
    /// A writer has come while another one wrote, and has not written yet.
    writer_waits: AtomicBool,
}

impl Library {
    fn read(&self) {
        assert!(!self.writer_waits.load(SeqCst), "a reader begins between two writers");
    }

    fn writer_has_come(&self) {
        if self.is_written.load(SeqCst) {
            self.writer_waits.store(true, SeqCst);
        }
    }

    fn write(&self) {
        self.writer_waits.store(false, SeqCst);
        self.is_written.store(true, SeqCst);
        self.is_written.store(false, SeqCst);
    }
}

fn buggy() {
    // Here `no_readers` is the turnstile of all, and `no_writers` the room.
    two_writers(|library| {
        library.writer_has_come();
        signals::wait(&library.no_readers);
        signals::wait(&library.no_writers);
        library.write();
        signals::signal(&library.no_readers);
        signals::signal(&library.no_writers);
    });
}

fn no_writers_first() {
    two_writers(|library| {
        signals::wait(&library.no_writers);
        library.writers.enter(&library.no_readers);
        library.write();
        library.writers.leave(&library.no_readers);
        signals::signal(&library.no_writers);
    });
}

fn fixed() {
    two_writers(|library| {
        library.writers.enter(&library.no_readers);
        library.writer_has_come();
        signals::wait(&library.no_writers);
        library.write();
        signals::signal(&library.no_writers);
        library.writers.leave(&library.no_readers);
    });
}

fn two_writers(write: fn(&Library)) {
    let library = Library {
        no_readers: Semaphore::new(1).named("no readers"),
        no_writers: Semaphore::new(1).named("no writers"),
        readers: Lightswitch::new("readers"),
        writers: Lightswitch::new("writers"),
        is_written: AtomicBool::new(false).named("is written"),
        writer_waits: AtomicBool::new(false).named("writer waits"),
    };
    thread::scope(|scope| {
        for name in ["writer 1", "writer 2"] {
            let library = &library;
            spawn(scope, name, move || write(library));
        }
        spawn(scope, "reader", || {
            signals::wait(&library.no_readers);
            library.readers.enter(&library.no_writers);
            signals::signal(&library.no_readers);
            library.read();
            library.readers.leave(&library.no_writers);
        });
    });
}
