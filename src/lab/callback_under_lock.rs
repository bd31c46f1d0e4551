//! A callback that is called while a lock is held.
//!
//! # The symptom
//!
//! A hang in the field: two threads, two locks, and no function that takes both. A stack trace shows code of three
//! modules.
//!
//! # The story
//!
//! A model of a document has a lock, and a list of listeners has another one. `publish` locks the list and calls each
//! listener. A listener looks at the document, so it locks that.
//!
//! An editor thread changes the document. While it has the document's lock it subscribes a listener for the new part,
//! which locks the list.
//!
//! The order is list, document on one way and document, list on the other one. Neither author wrote two locks: the second
//! one is taken by code that the first one called without knowing it.
//!
//! Whoever calls foreign code under a lock has an order of locks that nobody can look up.
//!
//! # The bad interleaving
//!
//! ```text
//! publisher                 editor
//! lock listeners
//!                           lock document
//! call listener:
//!   lock document
//!     waits: editor         lock listeners
//!                             waits: publisher
//!
//! ```
//!
//! # The fix
//!
//! Take the list out from under its lock, give the lock back, and then call. A listener that is removed meanwhile may be
//! called once more; that is a smaller promise, and it can be documented.
//!
//! # Questions
//!
//! - How would you find the second order in a review? By asking of each call under a lock: what can it reach? For a
//!   callback the answer is: anything.
//! - Is a reader-writer lock for the list a repair? No. A reader that waits for the document while a writer waits for the
//!   list is the same circle.
//!
//! # Reading
//!
//! - Joshua Bloch, "Effective Java", item 79: never cede control to the client within a synchronised region.
//! - The kernel's lock validator, Documentation/locking/lockdep-design: orders are learned from runs, not from reading.
//! - Tokio pull request 5578: a waker called under a lock; here as the real bug `tokio-waker-under-lock`.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("callback_under_lock.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "callback-under-lock",
    title: "The callback under a lock",
    concept: "lock order through foreign code",
    summary: "A listener is called under the list's lock and takes the document's",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

type Listener = fn(&Document);

struct Document {
    lines: Mutex<u32>,
    listeners: Mutex<Vec<Listener>>,
}

impl Document {
    fn publish_under_the_lock(&self) {
        for listener in self.listeners.lock().iter() {
            listener(self);
        }
    }

    fn publish(&self) {
        let listeners = self.listeners.lock().clone();
        for listener in listeners {
            listener(self);
        }
    }

    fn insert_line(&self) {
        let mut lines = self.lines.lock();
        *lines += 1;
        self.listeners.lock().push(look);
    }
}

/// A listener.
fn look(document: &Document) {
    assert!(*document.lines.lock() <= 1, "there is one editor");
}

fn buggy() {
    edit(Document::publish_under_the_lock);
}

fn fixed() {
    edit(Document::publish);
}

fn edit(publish: fn(&Document)) {
    let document = Document {
        lines: Mutex::new(0).named("document"),
        listeners: Mutex::new(vec![look as Listener]).named("listeners"),
    };
    thread::scope(|scope| {
        spawn(scope, "publisher", || publish(&document));
        spawn(scope, "editor", || document.insert_line());
    });
}
