//! The dean who was let in, and finds another room than the one that was announced.
//!
//! # The symptom
//!
//! The dean breaks up a party of one. Rules say that it takes more than that, and the students have counted.
//!
//! # The story
//!
//! A dean may enter a room of students in two cases: it is empty, and the dean looks around; or there are enough of them to
//! be a party, and the dean breaks it up. Here two are a party. With one student in the room, the dean waits. While the dean
//! is inside, students may leave and none may come, and the dean stays until all have left.
//!
//! A student who comes and makes it a party signals the dean, and gives the mutex back. The dean wakes, takes the mutex, and
//! goes in. In between the mutex belongs to nobody. The other student takes it first, and leaves.
//!
//! So the student must not give the mutex back: it hands it over. The dean goes on with the mutex that the student took, and
//! the room is as it was announced.
//!
//! Inside, the dean waits for the students to leave, and they need the mutex to count themselves out.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                    ben                    dean
//! in (1)
//!                                               1 student: wait
//!                        in (2): a party
//!                        signal dean
//!                        unlock
//! lock
//! out (1)
//! unlock
//!                                               lock, in
//!                                                 panic: breaks up a party of 1
//! ```
//!
//! # The fix
//!
//! Pass the mutex on with the signal. It is a semaphore with one permit, since one thread takes it and another one gives it
//! back. And give it back before waiting for the students to leave.
//!
//! # Questions
//!
//! - What is the turnstile for? It keeps students out while the dean is inside, without a mutex that those who leave need.
//! - Could the dean look again after it was woken, and wait again? Yes, as under a condition variable. Then students who
//!   come and go can keep the dean waiting for ever.
//! - Who gives back the mutex that the dean goes on with after the last student has left? The dean, as if it had taken it.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 7.3: the room party problem.
//! - Kenneth Reek, "Design patterns for semaphores", SIGCSE 2004: "pass the baton".
//! - Gregory Andrews, "A method for solving synchronization problems", Science of Computer Programming 13(1), 1989: where
//!   the baton comes from.

use super::{Lesson, Stage, plain::Plain, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    sync::Semaphore,
    thread,
};

const SOURCE: &str = include_str!("room_party.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "room-party",
    title: "The room party",
    concept: "passing a lock on",
    summary: "A student leaves between the signal to the dean and the dean's lock",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "dean_keeps_mutex",
            "The mutex is passed on. The dean keeps it while it waits for the students to leave.",
            FindingKind::Deadlock,
            dean_keeps_mutex,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two students were checked, who are a party together, and a dean who comes once."),
};

const PARTY: u32 = 2;

const NOT_HERE: u32 = 0;
const WAITING: u32 = 1;
const INSIDE: u32 = 2;

struct Room {
    mutex: Semaphore,
    /// Both belong to who has the mutex.
    students: Plain,
    dean: Plain,
    dean_may_enter: Semaphore,
    all_have_left: Semaphore,
    turnstile: Semaphore,
}

impl Room {
    /// Signals the dean, and gives the mutex back or passes it on.
    fn wake_dean(&self, signal: &Semaphore, passes_mutex_on: bool) {
        signals::signal(signal);
        if !passes_mutex_on {
            signals::signal(&self.mutex);
        }
    }

    fn visit(&self, passes_mutex_on: bool) {
        signals::wait(&self.mutex);
        if self.dean.get() == INSIDE {
            signals::signal(&self.mutex);
            signals::wait(&self.turnstile);
            signals::signal(&self.turnstile);
            signals::wait(&self.mutex);
        }
        let students = self.students.get() + 1;
        self.students.set(students);
        show("students", students);
        assert!(self.dean.get() != INSIDE, "a student comes, and the dean is inside");
        if students == PARTY && self.dean.get() == WAITING {
            self.wake_dean(&self.dean_may_enter, passes_mutex_on);
        } else {
            signals::signal(&self.mutex);
        }

        signals::wait(&self.mutex);
        let students = self.students.get() - 1;
        self.students.set(students);
        show("students", students);
        match self.dean.get() {
            WAITING if students == 0 => self.wake_dean(&self.dean_may_enter, passes_mutex_on),
            INSIDE if students == 0 => self.wake_dean(&self.all_have_left, passes_mutex_on),
            _ => signals::signal(&self.mutex),
        }
    }

    /// The dean, from the first look until it has the mutex and may go in.
    fn come(&self, passes_mutex_on: bool) {
        signals::wait(&self.mutex);
        if (1..PARTY).contains(&self.students.get()) {
            self.dean.set(WAITING);
            signals::signal(&self.mutex);
            signals::wait(&self.dean_may_enter);
            if !passes_mutex_on {
                signals::wait(&self.mutex);
            }
        }
        let students = self.students.get();
        assert!(students == 0 || students >= PARTY, "the dean breaks up a party of {students}");
        self.dean.set(INSIDE);
    }

    fn leave(&self) {
        self.dean.set(NOT_HERE);
        signals::signal(&self.mutex);
    }
}

fn buggy() {
    evening(false, |room| {
        room.come(false);
        if room.students.get() > 0 {
            signals::wait(&room.turnstile);
            signals::signal(&room.mutex);
            signals::wait(&room.all_have_left);
            signals::wait(&room.mutex);
            signals::signal(&room.turnstile);
        }
        room.leave();
    });
}

fn dean_keeps_mutex() {
    evening(true, |room| {
        room.come(true);
        if room.students.get() > 0 {
            signals::wait(&room.all_have_left);
        }
        room.leave();
    });
}

fn fixed() {
    evening(true, |room| {
        room.come(true);
        if room.students.get() > 0 {
            signals::wait(&room.turnstile);
            signals::signal(&room.mutex);
            // The last student passes the mutex on.
            signals::wait(&room.all_have_left);
            signals::signal(&room.turnstile);
        }
        room.leave();
    });
}

fn evening(passes_mutex_on: bool, dean: fn(&Room)) {
    let room = Room {
        mutex: Semaphore::new(1).named("mutex"),
        students: Plain::new(0),
        dean: Plain::new(NOT_HERE),
        dean_may_enter: Semaphore::new(0).named("dean may enter"),
        all_have_left: Semaphore::new(0).named("all have left"),
        turnstile: Semaphore::new(1).named("turnstile"),
    };
    thread::scope(|scope| {
        for name in ["ada", "ben"] {
            let room = &room;
            spawn(scope, name, move || room.visit(passes_mutex_on));
        }
        spawn(scope, "dean", || dean(&room));
    });
}
