//! tokio: at shutdown tasks are dropped while the queue is locked, and one of them schedules another one.
//!
//! # The symptom
//!
//! A runtime hangs at shutdown, if a task has something in it that does work when it is dropped.
//!
//! # The story
//!
//! At shutdown the queue is locked and emptied. Each task that is taken out is dropped on the spot, and with it all that
//! it owns. What a destructor does is up to the user: this one schedules a last task.
//!
//! To schedule is to lock the queue. The thread that shuts down holds it.
//!
//! Dropping a value of an unknown type is a call to code that one does not know, though nothing in the source looks like
//! a call.
//!
//! # The bad interleaving
//!
//! ```text
//! shutdown
//! lock queue
//! take out a task; drop it
//!   its destructor schedules: lock queue: waits for itself
//!     for ever
//! ```
//!
//! # The fix
//!
//! Take all tasks out under the lock, and drop them without it.
//!
//! # Reading
//!
//! - tokio, pull requests 2062, 2074 and 3228.
//! - The documentation of `std::mem::take`, which makes this fix one line.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, sync::Arc, thread};

const SOURCE: &str = include_str!("tokio_drop_under_lock.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tokio-drop-under-lock",
    title: "tokio: dropped with the lock held",
    concept: "destructors under a lock",
    summary: "Values whose destructors may take a lock are dropped while it is held",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

type Queue = Mutex<Vec<Task>>;

/// Does something when it is dropped.
struct Task {
    queue: Arc<Queue>,
    schedules_another: bool,
}

impl Drop for Task {
    fn drop(&mut self) {
        if self.schedules_another {
            let last = Task { queue: Arc::clone(&self.queue), schedules_another: false };
            self.queue.lock().push(last);
        }
    }
}

fn buggy() {
    schedule_and_shut_down(|queue| queue.lock().clear());
}

fn fixed() {
    schedule_and_shut_down(|queue| {
        let tasks = std::mem::take(&mut *queue.lock());
        drop(tasks);
    });
}

fn schedule_and_shut_down(shut_down: fn(&Queue)) {
    let queue = Arc::new(Queue::new(Vec::new()).named("queue"));
    thread::scope(|scope| {
        spawn(scope, "scheduler", || {
            let task = Task { queue: Arc::clone(&queue), schedules_another: true };
            queue.lock().push(task);
        });
        spawn(scope, "shutdown", || shut_down(&queue));
    });
    // Tasks own the queue that they are in: what is left is taken out, so that it goes.
    loop {
        let left = std::mem::take(&mut *queue.lock());
        if left.is_empty() {
            break;
        }
    }
}
