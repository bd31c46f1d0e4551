//! futures: a message arrives in a channel that its receiver has just emptied and left.
//!
//! # The symptom
//!
//! A request is sent to a service that is about to end. The send succeeds, and then the answer is awaited for ever.
//!
//! # The story
//!
//! A send has two steps: it counts the message in a word that also says whether the channel is open, and then puts it into
//! the queue. Who drops the receiver closes the channel, and takes messages out until the queue is empty.
//!
//! A send that has counted its message before the channel was closed puts it into the queue afterwards. If the queue was
//! emptied in between, the message stays there. It holds the sender of the answer; as long as it is not dropped, the one who
//! waits for the answer is not told that there will be none.
//!
//! An empty queue does not mean that nothing is under way. The count does.
//!
//! # The bad interleaving
//!
//! ```text
//! client                    service
//! open: count = 1
//!                           close
//!                           the queue is empty: done
//! put the request there     (has ended)
//! wait for the answer
//!   for ever
//! ```
//!
//! # The fix
//!
//! Go on until the queue is empty and the count is zero.
//!
//! # Reading
//!
//! - futures, issue 909, pull request 1241; ported to version 0.3 by pull request 2304.
//! - The lesson `pool-shutdown`: another end that comes in between.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    hint,
    parking_lot::Mutex,
    sync::{
        Semaphore,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("futures_message_behind.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "futures-message-behind",
    title: "futures: the message that is left behind",
    concept: "messages under way",
    summary: "A receiver takes an empty queue for the end while a message is under way",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// The channel is open.
const OPEN: usize = 1;
/// What a message adds to the state.
const MESSAGE: usize = 2;

struct Channel {
    state: AtomicUsize,
    /// How many messages are in the queue.
    queue: Mutex<usize>,
    /// The client learns that its request was answered or dropped.
    answer: Semaphore,
}

impl Channel {
    fn send(&self) -> bool {
        let count = |state: usize| if state & OPEN == 0 { None } else { Some(state + MESSAGE) };
        if self.state.fetch_update(SeqCst, SeqCst, count).is_err() {
            return false;
        }
        *self.queue.lock() += 1;
        true
    }

    fn drop_receiver(&self, is_done: fn(&Self) -> bool) {
        self.state.fetch_and(!OPEN, SeqCst);
        loop {
            let mut queue = self.queue.lock();
            let is_empty = *queue == 0;
            if !is_empty {
                *queue -= 1;
            }
            drop(queue);
            if !is_empty {
                self.state.fetch_sub(MESSAGE, SeqCst);
                self.answer.add_permits(1);
            } else if is_done(self) {
                return;
            } else {
                hint::spin_loop();
            }
        }
    }
}

fn buggy() {
    send_to_a_service_that_ends(|_| true);
}

fn fixed() {
    send_to_a_service_that_ends(|channel| channel.state.load(SeqCst) == 0);
}

fn send_to_a_service_that_ends(is_done: fn(&Channel) -> bool) {
    let channel = Channel {
        state: AtomicUsize::new(OPEN),
        queue: Mutex::new(0).named("queue"),
        answer: Semaphore::new(0).named("answer"),
    };
    thread::scope(|scope| {
        spawn(scope, "client", || {
            if channel.send() {
                channel.answer.acquire().expect("the semaphore is never closed").forget();
            }
        });
        spawn(scope, "service", || channel.drop_receiver(is_done));
    });
}
