//! crossbeam-channel: a plain store wipes out the mark that says the channel is closed.
//!
//! # The symptom
//!
//! A channel is closed while a send is under way. The receiver takes the message and then waits for ever.
//!
//! # The story
//!
//! The number of the next free slot and the mark "closed" were kept in one word: the mark is its lowest bit. A send read
//! the word, wrote its message into the slot, and stored the number of the slot after it.
//!
//! If the mark is set between the read and the store, the store takes it away again. The receiver finds neither a message
//! nor the mark, and goes to sleep.
//!
//! A word that several threads change is changed by read-modify-write operations only.
//!
//! # The bad interleaving
//!
//! ```text
//! sender                    closer                    receiver
//! read 0
//!                           set the mark: 1
//!                           wake receiver
//! store 2: the mark is gone
//! wake receiver
//!                                                     takes the message
//!                                                     no message, no mark
//!                                                     park
//!                                                       for ever
//! ```
//!
//! # The fix
//!
//! Add to the number instead of storing it: the mark stays.
//!
//! # Reading
//!
//! - crossbeam, commit 9d423946.
//! - "The Art of Multiprocessor Programming" (Herlihy, Shavit), on marks in pointers.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("crossbeam_channel_lost_mark.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "crossbeam-channel-lost-mark",
    title: "crossbeam-channel: the lost mark",
    concept: "lost update",
    summary: "The tail of a list is stored over the mark that was set in the same word meanwhile",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// The lowest bit of the tail: the channel is closed.
const CLOSED: usize = 1;
/// What a message adds to the tail.
const MESSAGE: usize = 2;

fn buggy() {
    send_while_closing(|tail| {
        let next = tail.load(SeqCst) + MESSAGE;
        tail.store(next, SeqCst);
    });
}

fn fixed() {
    send_while_closing(|tail| {
        tail.fetch_add(MESSAGE, SeqCst);
    });
}

fn send_while_closing(send: fn(&AtomicUsize)) {
    let tail = &AtomicUsize::new(0);
    thread::scope(|scope| {
        let receiver = spawn(scope, "receiver", || {
            let mut head = 0;
            loop {
                let tail = tail.load(SeqCst);
                if head < tail & !CLOSED {
                    head += MESSAGE;
                } else if tail & CLOSED == 0 {
                    thread::park();
                } else {
                    return;
                }
            }
        });
        let also_receiver = receiver.clone();
        spawn(scope, "sender", move || {
            send(tail);
            also_receiver.unpark();
        });
        spawn(scope, "closer", move || {
            tail.fetch_or(CLOSED, SeqCst);
            receiver.unpark();
        });
    });
}
