//! tokio: a oneshot receiver that closes and then looks races with the sender that takes its value back.
//!
//! # The symptom
//!
//! A receiver closes a oneshot channel and tries to receive one last time, while the sender sends. The value is moved out
//! twice.
//!
//! # The story
//!
//! The sender writes the value into the channel and then sets the bit "sent". If it finds the bit "closed" there, the
//! receiver has gone, and it takes the value back, to return it as an error.
//!
//! But the receiver had not gone: after closing it looked once more, saw "sent", and took the value, too. Both touch the
//! same memory, and nothing orders them.
//!
//! Who finds the channel closed must not say "sent". Then there is one of the two bits, and one owner of the value.
//!
//! # The bad interleaving
//!
//! ```text
//! sender                    receiver
//! write the value
//!                           closed = true
//! sent = true; closed? yes
//!                           sent? yes
//! take the value back       take the value: a data race
//! ```
//!
//! # The fix
//!
//! Set "sent" only if "closed" is not set, in one compare-exchange.
//!
//! # Reading
//!
//! - RUSTSEC-2021-0124; tokio, pull request 4226.
//! - The comments at `State::set_complete` in tokio.

use super::{Lesson, Plain, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("tokio_oneshot_both_take.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "tokio-oneshot-both-take",
    title: "tokio: both ends take the value",
    concept: "ownership",
    summary: "Sender and receiver both believe that the value in a closed channel is theirs",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Race, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const SENT: usize = 1;
const CLOSED: usize = 2;

struct Channel {
    state: AtomicUsize,
    value: Plain,
}

fn buggy() {
    send_and_close(|channel| channel.state.fetch_or(SENT, SeqCst) & CLOSED != 0);
}

fn fixed() {
    send_and_close(|channel| {
        let complete = |state: usize| if state & CLOSED == 0 { Some(state | SENT) } else { None };
        channel.state.fetch_update(SeqCst, SeqCst, complete).is_err()
    });
}

/// `complete` says that the value is there; true if the channel turns out to be closed.
fn send_and_close(complete: fn(&Channel) -> bool) {
    let channel = Channel { state: AtomicUsize::new(0), value: Plain::new(0) };
    thread::scope(|scope| {
        spawn(scope, "sender", || {
            channel.value.set(7);
            if complete(&channel) {
                // Takes the value back.
                channel.value.set(0);
            }
        });
        spawn(scope, "receiver", || {
            channel.state.fetch_or(CLOSED, SeqCst);
            if channel.state.load(SeqCst) & SENT != 0 {
                // Takes the value.
                channel.value.set(0);
            }
        });
    });
}
