//! The second reader goes in while the first one still waits at the door.
//!
//! # The symptom
//!
//! A reader sees a half-written table. The readers count themselves in with an atomic counter, and the writer has the room
//! for itself.
//!
//! # The story
//!
//! Readers may read together; a writer needs the room alone. The first reader to come takes the room from the writers, and
//! the last one to leave gives it back, as with the light of a room: first in switches on, last out switches off.
//!
//! The count of readers is atomic. Who finds that it was zero is the first, and waits for the room. Who finds more than
//! zero goes in: the room is the readers' already.
//!
//! But "I am the first" and "the room is ours" are not the same moment. While the first reader waits for the writer to
//! finish, the second one comes, finds a count of one, and goes in to the writer.
//!
//! Here a lock must be held while waiting: it stands for the state in between.
//!
//! # The bad interleaving
//!
//! ```text
//! writer                 ada                    ben
//! take room
//!                        count 0 -> 1: first
//!                        take room
//!                          waits: writer
//!                                               count 1 -> 2: not first
//!                                               reads
//!                                                 panic: half a table
//!
//! ```
//!
//! # The fix
//!
//! Count under a mutex, and keep the mutex while waiting for the room. The second reader then waits for the mutex, and so
//! for the room.
//!
//! # Questions
//!
//! - Who else needs that mutex while the first reader waits? Readers who come or leave. None of them could do anything
//!   useful: nobody is inside.
//! - Can a writer starve? Yes, if there is always one reader inside. A turnstile before the door, which a waiting writer
//!   locks, is the cure.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 4.2: readers and writers, the light switch, and who starves.
//! - Pierre-Jacques Courtois, Frans Heymans and David Parnas, "Concurrent control with readers and writers",
//!   Communications of the ACM 14(10), 1971.
//! - Björn Brandenburg and James Anderson, "Spin-based reader-writer synchronization for multiprocessor real-time
//!   systems", Real-Time Systems 46, 2010: phase-fair locks.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::{
        Semaphore,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("lightswitch.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "lightswitch",
    title: "The light switch",
    concept: "a lock stands for what is in between",
    summary: "A reader is counted before it has the room, and the next one goes in",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Room {
    readers: AtomicU32,
    switch: Mutex<u32>,
    /// One permit: the writer has it, or the readers together.
    room: Semaphore,
    is_half_written: AtomicBool,
}

impl Room {
    fn read(&self) {
        assert!(!self.is_half_written.load(SeqCst), "a reader sees half a table");
    }

    fn write(&self) {
        signals::wait(&self.room);
        self.is_half_written.store(true, SeqCst);
        self.is_half_written.store(false, SeqCst);
        signals::signal(&self.room);
    }
}

fn buggy() {
    one_writer(|room| {
        if room.readers.fetch_add(1, SeqCst) == 0 {
            signals::wait(&room.room);
        }
        room.read();
        if room.readers.fetch_sub(1, SeqCst) == 1 {
            signals::signal(&room.room);
        }
    });
}

fn fixed() {
    one_writer(|room| {
        {
            let mut readers = room.switch.lock();
            *readers += 1;
            show("readers", *readers);
            if *readers == 1 {
                signals::wait(&room.room);
            }
        }
        room.read();
        let mut readers = room.switch.lock();
        *readers -= 1;
        show("readers", *readers);
        if *readers == 0 {
            signals::signal(&room.room);
        }
    });
}

fn one_writer(read: fn(&Room)) {
    let room = Room {
        readers: AtomicU32::new(0).named("readers"),
        switch: Mutex::new(0).named("switch"),
        room: Semaphore::new(1).named("room"),
        is_half_written: AtomicBool::new(false).named("half written"),
    };
    thread::scope(|scope| {
        spawn(scope, "writer", || room.write());
        spawn(scope, "ada", || read(&room));
        spawn(scope, "ben", || read(&room));
    });
}
