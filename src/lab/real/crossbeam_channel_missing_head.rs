//! crossbeam-channel and std: a receiver walks a list whose head is not linked yet.
//!
//! # The symptom
//!
//! A program crashes while it drops the receiver of an unbounded channel, if that happens right after the first messages.
//!
//! # The story
//!
//! An unbounded channel is a list of blocks. The first send allocates the first block, in two steps: it sets the pointer at
//! the tail, and then the pointer at the head. A send that finds the tail set goes on at once.
//!
//! So a second send can be done before the first has set the head. The tail then says that there is a message. Who drops the
//! receiver believes it and walks from the head, which is null.
//!
//! "There are messages" does not mean "the list is complete": they are two facts, and become true in two steps.
//!
//! # The bad interleaving
//!
//! ```text
//! first sender              second sender, then receiver
//! tail block = new
//!                           tail block is there
//!                           tail index = 1
//!                           drop the receiver: head 0, tail 1
//!                           head block: null
//!                             crash
//! head block = new
//! ```
//!
//! # The fix
//!
//! If there are messages, the receiver waits until the head is set.
//!
//! # Reading
//!
//! - crossbeam, pull request 972; the port of the same code in std: rust-lang/rust, issue 110001, pull request 110089.
//! - The lesson `publication`: what a reader may conclude from a flag.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    hint,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("crossbeam_channel_missing_head.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "crossbeam-channel-missing-head",
    title: "crossbeam-channel: a list without its head",
    concept: "initialization in steps",
    summary: "A list is walked from a head that another thread is about to set",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

#[derive(Default)]
struct Channel {
    /// The pointer at the tail is not null.
    tail_block: AtomicBool,
    /// The pointer at the head is not null.
    head_block: AtomicBool,
    tail_index: AtomicUsize,
}

impl Channel {
    fn send(&self) {
        if self.tail_block.compare_exchange(false, true, SeqCst, SeqCst).is_ok() {
            self.head_block.store(true, SeqCst);
        }
        self.tail_index.fetch_add(1, SeqCst);
    }

    fn drop_receiver(&self, wait_for_head: fn(&Self)) {
        if self.tail_index.load(SeqCst) > 0 {
            wait_for_head(self);
            assert!(self.head_block.load(SeqCst), "the list is walked from null");
        }
    }
}

fn buggy() {
    drop_while_sending(|_| {});
}

fn fixed() {
    drop_while_sending(|channel| {
        while !channel.head_block.load(SeqCst) {
            hint::spin_loop();
        }
    });
}

fn drop_while_sending(wait_for_head: fn(&Channel)) {
    let channel = Channel::default();
    thread::scope(|scope| {
        spawn(scope, "first sender", || channel.send());
        spawn(scope, "second sender", || {
            channel.send();
            channel.drop_receiver(wait_for_head);
        });
    });
}
