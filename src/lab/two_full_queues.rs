//! Two stages that send to each other, each through a bounded queue.
//!
//! # The symptom
//!
//! A pipeline stops under load. Both queues are full, both stages are in `send`, and each of them is about to receive.
//!
//! # The story
//!
//! A parser sends requests to a worker. The worker sends back what could not be parsed, so that the parser looks at it
//! again. Both queues are bounded, as queues should be.
//!
//! With little load there is always room. With more, the queue to the worker fills, and the parser waits in `send`. That
//! is what a bound is for: who is too fast is slowed down.
//!
//! The worker sends back, and that queue is full, too: the parser, who would empty it, is in `send`. Back pressure runs in
//! a circle.
//!
//! A queue with a bound is a lock with more than one place. Two of them in a circle need an order like locks.
//!
//! # The bad interleaving
//!
//! ```text
//! parser                     worker
//! send 1 -> queue (full)
//!                            receive 1
//! send 2 -> queue (full)
//!                            send back 1 -> back (full)
//!                            receive 2
//! send 3 -> queue (full)
//!                            send back 2
//! send 4                       waits: parser
//!   waits: worker
//!
//! ```
//!
//! # The fix
//!
//! Break the circle: one of the two directions must never wait. Here the parser empties what came back while it waits to
//! send, with a `Select`; or the worker keeps what does not fit; or that direction is unbounded and limited by what is in
//! flight.
//!
//! # Questions
//!
//! - Are larger queues a repair? They move the load at which it happens, as larger buffers do in the lesson
//!   `both-write-first`.
//! - How do you see the circle in a design? Draw an arrow for each queue. A circle of bounded arrows is one too many.
//!
//! # Reading
//!
//! - Edward Lee and Thomas Parks, "Dataflow process networks", Proceedings of the IEEE 83(5), 1995: artificial deadlock by
//!   bounded buffers.
//! - Thomas Parks, "Bounded scheduling of process networks", 1995: how large queues must be.
//! - Tony Hoare, "Communicating Sequential Processes", 1985, chapter 2: deadlock of processes in a ring.

use super::{Lesson, Stage, spawn, text};
use crate::{
    channel::{self, Receiver, Select, Sender},
    check::FindingKind,
    thread,
};

const SOURCE: &str = include_str!("two_full_queues.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "two-full-queues",
    title: "Two full queues",
    concept: "back pressure in a circle",
    summary: "Two stages wait for room in each other's queue",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const REQUESTS: u32 = 4;

fn buggy() {
    pipeline(|request, queue, _| queue.send(request).expect("the worker is there"));
}

fn fixed() {
    pipeline(|request, queue, back| {
        loop {
            let mut select = Select::new();
            let room = select.send(queue);
            select.recv(back);
            let ready = select.select();
            if ready.index() == room {
                return ready.send(queue, request).expect("the worker is there");
            }
            ready.recv(back).expect("the worker is there");
        }
    });
}

fn pipeline(send: fn(u32, &Sender<u32>, &Receiver<u32>)) {
    let (queue, requests) = channel::bounded(1);
    let (give_back, back) = channel::bounded(1);
    thread::scope(|scope| {
        spawn(scope, "worker", move || {
            for request in requests {
                give_back.send(request).expect("the parser is there");
            }
        });
        spawn(scope, "parser", move || {
            for request in 1..=REQUESTS {
                send(request, &queue, &back);
            }
            drop(queue);
            // What is left comes back until the worker has gone.
            back.iter().for_each(drop);
        });
    });
}
