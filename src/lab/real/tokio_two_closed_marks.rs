//! tokio: a receiver that subscribes after the channel was closed looks beyond the mark.
//!
//! # The symptom
//!
//! A receiver of a broadcast channel waits for ever, although all senders are gone.
//!
//! # The story
//!
//! A broadcast channel is a ring of slots, and the tail says where the next message goes. When the last sender leaves, the
//! channel is marked as closed in two places: in the tail, and in the slot after the last message. That slot is used up by
//! this, so the tail moves on.
//!
//! A receiver looks for the mark in the slot that it reads next. One that subscribes afterwards begins at the tail: a slot
//! after the marked one. There it finds neither a message nor the mark, and waits.
//!
//! It takes no thread at the wrong moment inside an operation, only two operations in the other order.
//!
//! # The bad interleaving
//!
//! ```text
//! sender                    subscriber
//! mark slot 0, tail = 1
//!                           subscribe: begin at slot 1
//!                           slot 1: no message, no mark
//!                           wait
//! (has ended)                 for ever
//! ```
//!
//! # The fix
//!
//! One mark only, the one in the tail. A receiver that has come to the tail looks there.
//!
//! # Reading
//!
//! - tokio, issue 4814, pull request 4867.
//! - The lesson `parking-lot-cleared-bit`: another fact that was kept in two places.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    thread,
};

const SOURCE: &str = include_str!("tokio_two_closed_marks.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tokio-two-closed-marks",
    title: "tokio: two marks for one fact",
    concept: "one place for a fact",
    summary: "A new receiver looks for the mark of a closed channel one slot too far",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

#[derive(Default)]
struct Ring {
    /// Where the next message goes.
    tail: usize,
    is_closed: bool,
    /// The slots that bear the mark.
    marked: [bool; 2],
}

struct Channel {
    ring: Mutex<Ring>,
    changed: Condvar,
}

impl Channel {
    fn subscribe(&self) -> usize {
        self.ring.lock().tail
    }

    /// Nothing is ever sent, so that all there is to receive is the end.
    fn receive(&self, next: usize, is_end: fn(&Ring, usize) -> bool) {
        let mut ring = self.ring.lock();
        while !is_end(&ring, next) {
            self.changed.wait(&mut ring);
        }
    }
}

fn buggy() {
    let close = |ring: &mut Ring| {
        ring.is_closed = true;
        ring.marked[ring.tail] = true;
        ring.tail += 1;
    };
    subscribe_and_close(close, |ring, next| ring.marked[next]);
}

fn fixed() {
    subscribe_and_close(|ring| ring.is_closed = true, |ring, next| next == ring.tail && ring.is_closed);
}

fn subscribe_and_close(close: fn(&mut Ring), is_end: fn(&Ring, usize) -> bool) {
    let channel =
        Channel { ring: Mutex::new(Ring::default()).named("ring"), changed: Condvar::new().named("changed") };
    thread::scope(|scope| {
        spawn(scope, "sender", || {
            close(&mut channel.ring.lock());
            channel.changed.notify_all();
        });
        spawn(scope, "subscriber", || {
            let next = channel.subscribe();
            channel.receive(next, is_end);
        });
    });
}
