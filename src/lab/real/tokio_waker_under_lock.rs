//! tokio: a broadcast channel calls wakers while it holds its own lock.
//!
//! # The symptom
//!
//! A program that uses a broadcast channel in a hand-written waker hangs.
//!
//! # The story
//!
//! A send takes the lock of the channel, collects who is to be woken, and wakes them. A waker is code of the user. This
//! one looks at the channel, and the channel takes its lock.
//!
//! To call code that one does not know while a lock is held is to let it do anything under that lock, also take it.
//!
//! The wakers of common executors do not look at channels, so nothing happened to most users.
//!
//! # The bad interleaving
//!
//! ```text
//! sender
//! lock channel
//! wake: the waker asks how many messages there are
//!   lock channel: waits for itself
//!     for ever
//! ```
//!
//! # The fix
//!
//! Collect the wakers under the lock, and call them without it.
//!
//! # Reading
//!
//! - tokio, issue 5578.
//! - Butenhof, "Programming with POSIX Threads", on calling out with a mutex held.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("tokio_waker_under_lock.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tokio-waker-under-lock",
    title: "tokio: woken with the lock held",
    concept: "callbacks under a lock",
    summary: "Code of the user is called with a lock held that it may take",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

type Waker = fn(&Channel);

#[derive(Default)]
struct Inner {
    messages: usize,
    wakers: Vec<Waker>,
}

struct Channel(Mutex<Inner>);

impl Channel {
    fn len(&self) -> usize {
        self.0.lock().messages
    }

    fn subscribe(&self) {
        self.0.lock().wakers.push(|channel| assert!(channel.len() > 0));
    }
}

fn buggy() {
    send_to_a_subscriber(|channel| {
        let mut inner = channel.0.lock();
        inner.messages += 1;
        for waker in inner.wakers.drain(..) {
            waker(channel);
        }
    });
}

fn fixed() {
    send_to_a_subscriber(|channel| {
        let mut inner = channel.0.lock();
        inner.messages += 1;
        let wakers = std::mem::take(&mut inner.wakers);
        drop(inner);
        for waker in wakers {
            waker(channel);
        }
    });
}

fn send_to_a_subscriber(send: fn(&Channel)) {
    let channel = Channel(Mutex::new(Inner::default()).named("channel"));
    thread::scope(|scope| {
        spawn(scope, "subscriber", || channel.subscribe());
        spawn(scope, "sender", || send(&channel));
    });
}
