//! A queue that is never closed, since its owner has a sender as well.
//!
//! # The symptom
//!
//! Shutting down hangs in `join`. The workers wait for jobs, and nobody is there who could submit one. It seems.
//!
//! # The story
//!
//! Workers take jobs out of a channel, in a loop that ends when the channel is closed. A channel is closed when its last
//! sender is dropped: no flag, no message, the types see to it.
//!
//! The pool keeps a sender, to give copies of it to those who submit jobs. At the end it joins the workers.
//!
//! The workers wait for the last sender to go. The last sender is in the pool, and the pool waits for the workers. It
//! would drop its fields afterwards.
//!
//! Ownership closes the channel, and so the order in which things are dropped is part of the protocol.
//!
//! # The bad interleaving
//!
//! ```text
//! owner                     worker
//! submit job
//!                           receive job
//!                           receive
//! join worker                 waits: a job, or the last sender to go
//!   waits: worker
//! (would drop the sender)
//!
//! ```
//!
//! # The fix
//!
//! Drop the sender before joining. In a struct: `Option<Sender>`, taken in `drop` before the threads are joined; or fields
//! in the order in which they must go.
//!
//! # Questions
//!
//! - In which order are the fields of a struct dropped? In the order in which they are declared, after the struct's own
//!   `drop`.
//! - Who else may hold a sender? A job that captured one, in the queue itself: then the queue keeps itself open.
//!
//! # Reading
//!
//! - Steve Klabnik and Carol Nichols, "The Rust Programming Language", chapter 21: graceful shutdown of a thread pool.
//! - The documentation of `crossbeam_channel`, "Disconnection".
//! - The Rust Reference, "Destructors": drop scopes and order.

use super::{Lesson, Stage, text};
use crate::{
    channel::{self, Receiver, Sender},
    check::FindingKind,
    thread,
};

const SOURCE: &str = include_str!("last_sender.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "last-sender",
    title: "The last sender",
    concept: "closing a queue by ownership",
    summary: "The owner joins a worker who waits for the owner's sender to go",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

type Job = u32;

fn buggy() {
    run_pool(|sender, join| {
        join();
        drop(sender);
    });
}

fn fixed() {
    run_pool(|sender, join| {
        drop(sender);
        join();
    });
}

fn run_pool(shut_down: fn(Sender<Job>, &mut dyn FnMut())) {
    let (sender, jobs): (Sender<Job>, Receiver<Job>) = channel::bounded(2);
    let mut worker = thread::Builder::new()
        .name("worker".to_owned())
        .spawn(move || {
            let mut done = 0;
            for job in &jobs {
                done += job;
            }
            assert_eq!(done, 3, "every job is done");
        })
        .ok();
    sender.send(1).expect("the worker is there");
    sender.send(2).expect("the worker is there");
    shut_down(sender, &mut || {
        worker.take().expect("joined once").join().expect("the worker does not panic");
    });
}
