//! crossbeam-channel: the last sender and the last receiver both free the channel.
//!
//! # The symptom
//!
//! The last sender and the last receiver of a channel go at the same moment. Now and then the memory of the channel is
//! freed twice.
//!
//! # The story
//!
//! Sender and receiver share one allocation. Who goes second frees it. Each side kept the other informed by a flag: on
//! leaving it set its own, and looked at that of the other side.
//!
//! If both set their flags before either looks, both see that the other one has gone, and both free.
//!
//! To say "I am going" and to ask "has the other one gone?" has to be one step.
//!
//! # The bad interleaving
//!
//! ```text
//! sender                    receiver
//! sender_gone = true
//!                           receiver_gone = true
//! receiver_gone? yes
//! free
//!                           sender_gone? yes
//!                           free: it was freed already
//! ```
//!
//! # The fix
//!
//! One flag, and a swap: who finds it set is the second one.
//!
//! # Reading
//!
//! - crossbeam, commit 9178ce15.
//! - `Drop` of `std::sync::Arc`: the count is decremented and looked at in one step.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("crossbeam_channel_two_destroyers.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "crossbeam-channel-two-destroyers",
    title: "crossbeam-channel: freed twice",
    concept: "check and act",
    summary: "Each of two sides announces that it goes and then looks whether the other has gone: both may be the last",
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
    sender_gone: AtomicBool,
    receiver_gone: AtomicBool,
    one_side_gone: AtomicBool,
    is_freed: AtomicBool,
}

impl Channel {
    fn free(&self) {
        assert!(!self.is_freed.swap(true, SeqCst), "the channel is freed twice");
    }
}

fn buggy() {
    fn leave(channel: &Channel, own: &AtomicBool, other: &AtomicBool) {
        own.store(true, SeqCst);
        if other.load(SeqCst) {
            channel.free();
        }
    }
    both_sides_leave(
        |channel| leave(channel, &channel.sender_gone, &channel.receiver_gone),
        |channel| leave(channel, &channel.receiver_gone, &channel.sender_gone),
    );
}

fn fixed() {
    fn leave(channel: &Channel) {
        if channel.one_side_gone.swap(true, SeqCst) {
            channel.free();
        }
    }
    both_sides_leave(leave, leave);
}

fn both_sides_leave(sender_leaves: fn(&Channel), receiver_leaves: fn(&Channel)) {
    let channel = Channel::default();
    thread::scope(|scope| {
        spawn(scope, "sender", || sender_leaves(&channel));
        spawn(scope, "receiver", || receiver_leaves(&channel));
    });
    assert!(channel.is_freed.load(SeqCst), "nobody freed the channel");
}
