//! A semaphore that counts items, and is told of an item that is not there yet.
//!
//! # The symptom
//!
//! A consumer that was told that there is an item finds none. It takes a fast consumer and a slow producer, so it shows on the
//! machine with more processors.
//!
//! # The story
//!
//! A semaphore can count things instead of guarding one: `items` has as many permits as there are items in the queue. A
//! producer puts an item and then adds a permit; a consumer takes a permit and then an item. Since it has a permit there
//! must be an item for it, and it need not look.
//!
//! That holds only if the permit is never ahead of the item. The producer here adds the permit first and puts the item second,
//! both correctly locked. In between there is a permit without an item, and a consumer that is fast enough gets it.
//!
//! The rule behind it is an invariant: at every moment, the permits that can be had are at most as many as the items in
//! the queue. A step that breaks it for a moment is a bug, however short the moment.
//!
//! # The bad interleaving
//!
//! ```text
//! producer                  consumer
//! V items (0 -> 1)
//!                           P items (1 -> 0)
//!                           lock queue
//!                             pop: nothing there
//! lock queue
//!   push the item
//! ```
//!
//! # The fix
//!
//! First the item, then the permit: publish when it is done. The other way round for what is taken away: first the permit,
//! then the item.
//!
//! # Questions
//!
//! - What does a permit of this semaphore stand for? An item that is in the queue. It may be given only once the item is
//!   there.
//! - What goes wrong if the permit is given too late? Nothing worse than waiting: a thread sleeps although there is an item,
//!   until the permit comes.
//!
//! # Reading
//!
//! - Edsger Dijkstra, "Cooperating sequential processes", technical report EWD-123, 1965, section 4.3: the bounded buffer with
//!   counting semaphores.
//! - Allen Downey, "The Little Book of Semaphores", section 4.1 (producer-consumer).
//! - Nico Habermann, "Synchronization of communicating processes", Communications of the ACM 15(3), 1972: the invariant of a
//!   semaphore.

use std::collections::VecDeque;

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, sync::Semaphore, thread};

const SOURCE: &str = include_str!("semaphore_as_counter.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "semaphore-as-counter",
    title: "The permit that came too early",
    concept: "a semaphore as a counter",
    summary: "The item is announced before it is in the queue",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Queue {
    queue: Mutex<VecDeque<u32>>,
    items: Semaphore,
}

fn buggy() {
    produce_and_consume(|queue, item| {
        queue.items.add_permits(1);
        queue.queue.lock().push_back(item);
    });
}

fn fixed() {
    produce_and_consume(|queue, item| {
        queue.queue.lock().push_back(item);
        queue.items.add_permits(1);
    });
}

fn produce_and_consume(put: fn(&Queue, u32)) {
    let queue =
        Queue { queue: Mutex::new(VecDeque::new()).named("queue"), items: Semaphore::new(0).named("items") };
    thread::scope(|scope| {
        spawn(scope, "producer", || {
            put(&queue, 1);
            put(&queue, 2);
        });
        spawn(scope, "consumer", || {
            for _ in 0..2 {
                queue.items.acquire().expect("nobody closes it").forget();
                queue.queue.lock().pop_front().expect("a permit, but no item");
            }
        });
    });
}
