//! A flag that saves wake-ups, and is taken down too late.
//!
//! # The symptom
//!
//! A message lies in the queue of a loop that sleeps. The next message wakes the loop, and both are handled; if there is
//! no next one, the first stays.
//!
//! # The story
//!
//! Waking the loop costs a system call. Who puts a message into the queue does it only if nobody has done so since the
//! loop last woke: a flag says that a wake-up is on its way.
//!
//! The loop wakes, takes all messages, takes the flag down, and sleeps.
//!
//! A message comes after the queue was emptied and before the flag is down. Its sender sees the flag up, and saves the
//! wake-up: somebody has sent one already. That one is used up.
//!
//! The flag says: "the loop will look at the queue after this". It must be taken down before the loop looks, since from
//! then on that is no longer promised.
//!
//! # The bad interleaving
//!
//! ```text
//! loop                          sender
//! empty the queue
//!                               put message
//!                               flag is up: no wake-up
//! take flag down
//! sleep
//!   waits for ever
//!
//! ```
//!
//! # The fix
//!
//! Take the flag down first, then empty the queue. A message that comes between is taken, and its wake-up makes the loop
//! look once too often: that costs a turn and no message.
//!
//! # Questions
//!
//! - What is the worst that the fixed order can do? Wake the loop for an empty queue.
//! - Where is the same flag in an operating system? In interrupts that are masked while their handler polls, and in every
//!   `eventfd` that stands for a queue.
//!
//! # Reading
//!
//! - Jens Axboe, "Efficient IO with io_uring", 2019: the flag `IORING_SQ_NEED_WAKEUP`, and the fence that it needs.
//! - Jeffrey Mogul and K. K. Ramakrishnan, "Eliminating receive livelock in an interrupt-driven kernel", ACM TOCS 15(3),
//!   1997.
//! - Tokio and mio, whose wakers collapse several wake-ups into one.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::{
        Semaphore,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("missed_event.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "missed-event",
    title: "The missed event",
    concept: "look after you promise to",
    summary: "A message comes after the queue was emptied and before the flag is down",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const MESSAGES: usize = 2;

struct Events {
    queue: Mutex<Vec<usize>>,
    wake_up_is_sent: AtomicBool,
    wake_up: Semaphore,
}

impl Events {
    fn send(&self, message: usize) {
        {
            let mut queue = self.queue.lock();
            queue.push(message);
            show("messages in the queue", queue.len());
        }
        if !self.wake_up_is_sent.swap(true, SeqCst) {
            signals::signal(&self.wake_up);
        }
    }

    fn empty(&self) -> usize {
        let count = std::mem::take(&mut *self.queue.lock()).len();
        show("messages in the queue", 0);
        count
    }
}

fn buggy() {
    two_messages(|events| {
        let count = events.empty();
        events.wake_up_is_sent.store(false, SeqCst);
        count
    });
}

fn fixed() {
    two_messages(|events| {
        events.wake_up_is_sent.store(false, SeqCst);
        events.empty()
    });
}

/// `take` is what the loop does when it has woken; it says how many messages there were.
fn two_messages(take: fn(&Events) -> usize) {
    let events = Events {
        queue: Mutex::new(Vec::new()).named("queue"),
        wake_up_is_sent: AtomicBool::new(false).named("wake-up is sent"),
        wake_up: Semaphore::new(0).named("wake-up"),
    };
    thread::scope(|scope| {
        spawn(scope, "loop", || {
            let mut handled = 0;
            while handled < MESSAGES {
                signals::wait(&events.wake_up);
                handled += take(&events);
            }
        });
        spawn(scope, "sender", || (0..MESSAGES).for_each(|message| events.send(message)));
    });
}
