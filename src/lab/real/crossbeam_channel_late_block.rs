//! crossbeam-channel: the first block is installed after the receiver has discarded everything.
//!
//! # The symptom
//!
//! A program that closes channels while others begin to send loses a little memory each time.
//!
//! # The story
//!
//! An unbounded channel has no memory for messages before the first one is sent. The first sender makes a block and
//! installs it. The last receiver, when it goes, marks the channel as closed and frees what is installed.
//!
//! If the sender looks at the mark before it is set, and installs its block after the receiver has looked for one, the
//! block is there and nobody will look again.
//!
//! Two sides that each do something and then look at what the other did cannot miss each other. It has to be in this
//! order on both sides.
//!
//! # The bad interleaving
//!
//! ```text
//! sender                    receiver
//! closed? no
//!                           closed = true
//!                           installed? no: done
//! install the block
//!                           nobody frees it
//! ```
//!
//! # The fix
//!
//! After installing, look again whether the channel was closed, and take the block back.
//!
//! # Reading
//!
//! - crossbeam, pull request 1084; the same in the standard library: rust-lang/rust 121582.
//! - Dijkstra, "Cooperating sequential processes", 1965, on Dekker's algorithm, which rests on the same order.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("crossbeam_channel_late_block.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "crossbeam-channel-late-block",
    title: "crossbeam-channel: a block that nobody frees",
    concept: "do, then look",
    summary: "A sender looks and then installs, while the receiver closes and then looks",
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
    is_closed: AtomicBool,
    has_block: AtomicBool,
}

fn buggy() {
    send_and_close(|channel| {
        if !channel.is_closed.load(SeqCst) {
            channel.has_block.store(true, SeqCst);
        }
    });
}

fn fixed() {
    send_and_close(|channel| {
        if !channel.is_closed.load(SeqCst) {
            channel.has_block.store(true, SeqCst);
            if channel.is_closed.load(SeqCst) {
                channel.has_block.swap(false, SeqCst);
            }
        }
    });
}

fn send_and_close(install: fn(&Channel)) {
    let channel = Channel::default();
    thread::scope(|scope| {
        spawn(scope, "sender", || install(&channel));
        spawn(scope, "receiver", || {
            channel.is_closed.store(true, SeqCst);
            channel.has_block.swap(false, SeqCst);
        });
    });
    assert!(!channel.has_block.load(SeqCst), "nobody frees the block");
}
