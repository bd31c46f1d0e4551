//! A job that waits for another job of the same pool.
//!
//! # The symptom
//!
//! The service hangs under load and works otherwise. Each thread of the pool waits for a result. The queue is full of the
//! jobs that would give it.
//!
//! # The story
//!
//! A pool of a fixed number of workers has a bound on everything: threads, memory, switches. Jobs that find no free worker
//! wait in the queue.
//!
//! A page is put together of parts. The job for the page submits a job for its part to the same pool, and waits for the
//! result. With a free worker this is quick.
//!
//! With as many pages at a time as there are workers, all workers wait for parts, and the parts wait in the queue for a
//! worker. One worker and one page are enough to see it.
//!
//! What is used up are the workers. A job holds one while it waits for another: hold and wait, as with locks.
//!
//! # The bad interleaving
//!
//! ```text
//! worker                        queue
//! take page                     (empty)
//! submit part                   part
//! wait for part's result
//!   waits for: a worker         part waits for: a worker
//!
//! ```
//!
//! # The fix
//!
//! A job must not wait for a job behind it in the same queue. It can do the part itself, as here; or leave a continuation
//! that is queued when the part is done; or parts go to a pool of their own. Pools that steal work let the waiting worker
//! do the queued job meanwhile.
//!
//! # Questions
//!
//! - Would two workers help? With one page at a time. With two pages at a time it is the same again.
//! - Would an unbounded pool help? It would start a thread for each part: then memory is the bound.
//! - Where does the same happen with a database? A request that holds one connection of a bounded pool and asks for a
//!   second one.
//!
//! # Reading
//!
//! - Brian Goetz et al., "Java Concurrency in Practice", section 8.1.1: thread starvation deadlock.
//! - Matt Welsh, David Culler and Eric Brewer, "SEDA: an architecture for well-conditioned, scalable internet services",
//!   SOSP 2001: stages with pools of their own.
//! - Robert Blumofe and Charles Leiserson, "Scheduling multithreaded computations by work stealing", Journal of the ACM
//!   46(5), 1999: who waits helps.

use super::{Lesson, Stage, spawn, text};
use crate::{
    channel::{self, Receiver, Sender},
    check::FindingKind,
    thread,
};

const SOURCE: &str = include_str!("pool_waits_for_itself.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "pool-waits-for-itself",
    title: "The pool that waits for itself",
    concept: "a worker is a resource",
    summary: "A job holds the only worker and waits for a job that needs one",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("One worker, one page, and one other client were checked."),
};

enum Job {
    /// Needs a part, for which it can submit a job.
    Page(Sender<Job>),
    Part(Sender<u32>),
}

fn buggy() {
    one_page(|pool| {
        let (result, part) = channel::bounded(1);
        pool.send(Job::Part(result)).expect("the pool is open");
        drop(pool);
        part.recv().expect("a result")
    });
}

fn fixed() {
    one_page(|_| make_part());
}

fn make_part() -> u32 {
    7
}

fn one_page(get_part: fn(Sender<Job>) -> u32) {
    let (sender, jobs): (Sender<Job>, Receiver<Job>) = channel::unbounded();
    thread::scope(|scope| {
        spawn(scope, "worker", || {
            for job in jobs {
                match job {
                    Job::Page(pool) => assert_eq!(get_part(pool), 7),
                    // Nobody may wait for it any more.
                    Job::Part(result) => drop(result.send(make_part())),
                }
            }
        });
        let of_another = sender.clone();
        spawn(scope, "another client", move || {
            let (result, part) = channel::bounded(1);
            of_another.send(Job::Part(result)).expect("the pool is open");
            // It does not wait for its part.
            drop(part);
        });
        sender.send(Job::Page(sender.clone())).expect("the pool is open");
        drop(sender);
    });
}
