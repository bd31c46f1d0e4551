//! A mutex that one thread never gets.
//!
//! # The symptom
//!
//! One worker of a pool has done nothing for a minute. It waits for a lock that the others get a thousand times a second.
//!
//! # The story
//!
//! A semaphore with one permit is a mutex: at most one is inside, and if somebody wants in and nobody is inside, somebody
//! gets in. It says nothing about who. A thread that leaves may be back and in again before one that has slept at the door
//! is awake.
//!
//! Such a thread starves, which no check can wait for: at no moment is it certain that it will never get in. What can be
//! checked is a bound. Who waits at the door may be overtaken so many times, and not once more.
//!
//! In 1979 Joseph Morris built such a mutex from semaphores that promise no order. It has two rooms before the critical
//! section, each behind a turnstile of which one at a time is open. Threads gather in the first room; then its turnstile
//! lets all of them into the second one and stays shut. All of these go through the critical section, and only then does
//! the first turnstile open again. Who has left must begin in the first room, and waits there until those before it are done.
//!
//! The last one in a room decides which turnstile opens. If it decides that there is nobody to open it for, nobody is
//! left who opens it.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                       ben
//!                           in
//! waits
//!                           out, and in again     (overtaken: 1)
//!                           out, and in again     (overtaken: 2)
//!                           out, and in again     (overtaken: 3)
//!                             panic
//! ```
//!
//! # The fix
//!
//! Morris's two turnstiles. Ben may overtake ada in the second room, and once more in the next group, since within a group
//! the order is open. A third time he cannot: ada is of the group before.
//!
//! # Questions
//!
//! - Why is `room_2` no atomic, and under no lock? Only who has the permit of a turnstile touches it, and there is one permit
//!   for both turnstiles together. The checker looks for a race and finds none.
//! - Would a fair semaphore do? Yes, it is the same promise made inside the semaphore: lesson `fifo-queue`. Morris showed that
//!   it can be built from those that do not make it, which Dijkstra had thought to be impossible.
//! - Is starving rare? Among threads that compete at random, yes. Threads that leave and come back at once do not compete
//!   at random: who is awake wins against who sleeps.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 4.3: the no-starve mutex.
//! - Joseph Morris, "A starvation-free solution to the mutual exclusion problem", Information Processing Letters 8(2), 1979.
//! - Jan Tijmen Udding, "Absence of individual starvation using weak semaphores", Information Processing Letters 23(3), 1986.

use super::{Lesson, Stage, plain::Plain, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::{
        Semaphore,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("no_starve_mutex.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "no-starve-mutex",
    title: "The mutex that lets nobody starve",
    concept: "bounded overtaking",
    summary: "A thread that leaves is in again before the one that waits at the door",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "opens_for_nobody",
            "Two rooms. The last one out opens the first room only if somebody is in it.",
            FindingKind::Deadlock,
            opens_for_nobody,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("One who waits was checked against one who comes back three times."),
};

/// How often who waits may be overtaken.
const OVERTAKEN_MAX: usize = 2;
const ROUNDS: usize = 3;

struct Door {
    mutex: Semaphore,
    room_1: Mutex<u32>,
    /// Belongs to who has the permit of a turnstile.
    room_2: Plain,
    turnstile_1: Semaphore,
    turnstile_2: Semaphore,
}

/// `counted_in` is called at the moment from which a thread must not be overtaken too often.
type Enter = fn(&Door, counted_in: &dyn Fn());

fn buggy() {
    ada_and_ben(
        |door, counted_in| {
            counted_in();
            signals::wait(&door.mutex);
        },
        |door| signals::signal(&door.mutex),
    );
}

fn opens_for_nobody() {
    ada_and_ben(through_both_rooms, |door| {
        if door.room_2.get() > 0 {
            signals::signal(&door.turnstile_2);
        } else if *door.room_1.lock() > 0 {
            signals::signal(&door.turnstile_1);
        }
    });
}

fn fixed() {
    ada_and_ben(through_both_rooms, |door| {
        if door.room_2.get() > 0 {
            signals::signal(&door.turnstile_2);
        } else {
            signals::signal(&door.turnstile_1);
        }
    });
}

fn through_both_rooms(door: &Door, counted_in: &dyn Fn()) {
    {
        let mut room_1 = door.room_1.lock();
        *room_1 += 1;
        show("room 1", *room_1);
        counted_in();
    }
    signals::wait(&door.turnstile_1);
    door.room_2.set(door.room_2.get() + 1);
    let mut room_1 = door.room_1.lock();
    *room_1 -= 1;
    show("room 1", *room_1);
    let all_are_in_room_2 = *room_1 == 0;
    drop(room_1);
    signals::signal(if all_are_in_room_2 { &door.turnstile_2 } else { &door.turnstile_1 });
    signals::wait(&door.turnstile_2);
    door.room_2.set(door.room_2.get() - 1);
}

fn ada_and_ben(enter: Enter, leave: fn(&Door)) {
    let door = Door {
        mutex: Semaphore::new(1).named("mutex"),
        room_1: Mutex::new(0).named("room 1"),
        room_2: Plain::new(0),
        turnstile_1: Semaphore::new(1).named("turnstile 1"),
        turnstile_2: Semaphore::new(0).named("turnstile 2"),
    };
    let ada_waits = AtomicBool::new(false).named("ada waits");
    let overtaken = AtomicUsize::new(0).named("overtaken");
    thread::scope(|scope| {
        spawn(scope, "ada", || {
            enter(&door, &|| ada_waits.store(true, SeqCst));
            ada_waits.store(false, SeqCst);
            leave(&door);
        });
        spawn(scope, "ben", || {
            for _ in 0..=ROUNDS {
                enter(&door, &|| {});
                if ada_waits.load(SeqCst) {
                    let overtaken = overtaken.fetch_add(1, SeqCst) + 1;
                    assert!(overtaken <= OVERTAKEN_MAX, "ada is overtaken {overtaken} times");
                }
                leave(&door);
            }
        });
    });
}
