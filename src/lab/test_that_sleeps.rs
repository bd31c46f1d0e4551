//! A test that waits long enough.
//!
//! # The symptom
//!
//! The test passes a thousand times on the author's machine. On the build server it fails on Friday afternoons.
//!
//! # The story
//!
//! A worker counts what it does. The test gives it something to do, sleeps until it must be done, and looks at the count.
//!
//! Nothing makes the worker be done by then. On a machine with a free core it takes microseconds; on one that does
//! something else it takes as long as it takes. The test asks about the scheduler, not about the program.
//!
//! Sleeping longer makes the failure rarer and the test slower. It never makes the test right, since no number is long
//! enough.
//!
//! A checker has no time: a sleep that ends before another thread has begun is one more order to look at, and it is the
//! first one that comes to its mind.
//!
//! # The bad interleaving
//!
//! ```text
//! test                      worker
//! give job
//! sleep 1 s
//!                           (has not run yet)
//! look: 0 jobs done
//!   panic
//!
//! ```
//!
//! # The fix
//!
//! Wait for what you want to know: join the worker, or let it say that it is done. Then the order is part of the program,
//! and the test needs no clock.
//!
//! # Questions
//!
//! - The test waited a second, and the worker needs a microsecond. Why may it fail? Because nothing relates the two. A
//!   process can be stopped for a second at any point.
//! - Is a time limit in a test always wrong? As a limit after which a hang is reported it is fine. Then it decides how
//!   soon you learn of a failure, and not whether there is one.
//! - What does a complete pass of the checker say about the fixed test? That in every order of the operations it passes.
//!   That is more than a thousand runs say, which mostly repeat the same few orders.
//!
//! # Reading
//!
//! - Qingzhou Luo et al., "An empirical analysis of flaky tests", FSE 2014: nearly half of the fixed flaky tests waited
//!   for something asynchronous.
//! - Madanlal Musuvathi et al., "Finding and reproducing Heisenbugs in concurrent programs", OSDI 2008: testing by
//!   choosing the schedule.
//! - Leslie Lamport, "Time, clocks, and the ordering of events in a distributed system", Communications of the ACM 21(7),
//!   1978: what "before" means.

use super::{Lesson, Stage, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::Mutex,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

const SOURCE: &str = include_str!("test_that_sleeps.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "test-that-sleeps",
    title: "The test that sleeps",
    concept: "testing without a clock",
    summary: "A test looks after a second, and the worker has not run yet",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    test_workers(|workers| {
        thread::sleep(Duration::from_secs(1));
        drop(workers);
    });
}

fn fixed() {
    test_workers(|workers| {
        workers.into_iter().for_each(|worker| worker.join().expect("the worker does not panic"));
    });
}

fn test_workers(wait: fn(Vec<JoinHandle<()>>)) {
    let done = Arc::new(Mutex::new(0).named("jobs done"));
    let work = |name: &str| {
        let done = Arc::clone(&done);
        let worker = thread::Builder::new().name(name.to_owned());
        worker.spawn(move || *done.lock() += 1).expect("a thread")
    };
    wait(["worker 1", "worker 2"].map(work).into());
    assert_eq!(*done.lock(), 2, "both jobs are done");
}
