//! async-channel: a weak sender is upgraded when the last sender has gone.
//!
//! # The symptom
//!
//! A channel is closed, and yet there is a sender of it. What it sends is lost, or an assertion fails.
//!
//! # The story
//!
//! A weak sender becomes a sender by adding one to the count of senders. The last sender closes the channel when it takes
//! the count to zero.
//!
//! An addition does not ask what it adds to. Zero is final: whoever reaches it closes the channel, so nobody may leave
//! zero again.
//!
//! The window is two steps wide, so a test hardly ever hits it.
//!
//! # The bad interleaving
//!
//! ```text
//! last sender               weak sender
//! count: 1 → 0
//!                           count: 0 → 1: a sender
//! close the channel
//!                           sends into a closed channel
//! ```
//!
//! # The fix
//!
//! Add one only to a count that is not zero, in one compare-exchange.
//!
//! # Reading
//!
//! - async-channel, pull request 60.
//! - `std::sync::Weak::upgrade`.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("async_channel_dead_upgrade.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "async-channel-dead-upgrade",
    title: "async-channel: a weak sender comes back from zero",
    concept: "reference counts",
    summary: "A weak handle adds to a count that is zero already",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Channel {
    senders: AtomicUsize,
    is_closed: AtomicBool,
}

impl Channel {
    fn leave(&self) {
        if self.senders.fetch_sub(1, SeqCst) == 1 {
            self.is_closed.store(true, SeqCst);
        }
    }
}

fn buggy() {
    leave_and_upgrade(|channel| {
        channel.senders.fetch_add(1, SeqCst);
        true
    });
}

fn fixed() {
    leave_and_upgrade(|channel| {
        let add = |senders: usize| if senders == 0 { None } else { Some(senders + 1) };
        channel.senders.fetch_update(SeqCst, SeqCst, add).is_ok()
    });
}

fn leave_and_upgrade(upgrade: fn(&Channel) -> bool) {
    let channel = Channel { senders: AtomicUsize::new(1), is_closed: AtomicBool::new(false) };
    thread::scope(|scope| {
        spawn(scope, "last sender", || channel.leave());
        spawn(scope, "weak sender", || {
            if upgrade(&channel) {
                assert!(!channel.is_closed.load(SeqCst), "a sender of a closed channel");
                channel.leave();
            }
        });
    });
}
