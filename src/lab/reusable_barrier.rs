//! A turnstile that lets the same thread through twice.
//!
//! # The symptom
//!
//! A simulation in steps gives other results on another machine. Some thread was a step ahead of the rest.
//!
//! # The story
//!
//! Threads meet at a barrier at the end of each round. It is made of a counter and a turnstile: a semaphore through which
//! each thread goes by taking a permit and giving it back, so that one permit lets everybody pass, one after the other. Who
//! comes last puts the first permit there.
//!
//! In the first attempt that permit stays. The turnstile is open from then on, and who comes first in the second round
//! walks through.
//!
//! So somebody must close it, and each way has a hole. If threads look at the counter after they have given its lock
//! back, two of them may both think that they are the last. If the last one out closes the turnstile, a fast thread is
//! through it, around the loop and through it again before that: it comes in with the count that it has not left yet.
//!
//! The counter says how many are at the barrier, and not in which round they are. A thread that laps the others looks like
//! one of them.
//!
//! # The bad interleaving
//!
//! ```text
//! left                      right
//! round 1: count = 1
//!                           round 1: count = 2
//!                             open the turnstile
//!                           through
//!                           round 2: through
//!                             panic: left has not begun round 2
//! ```
//!
//! # The fix
//!
//! Two turnstiles, of which at most one is open. The first one opens when all have come, the second one when all have gone
//! through the first; nobody is at the first one again before that. Who opens a turnstile puts as many permits there as
//! there are threads, so that nobody has to give one back: a preloaded turnstile.
//!
//! # Questions
//!
//! - Can a fast thread take two permits of the first turnstile? To come to it again it must pass the second one, which
//!   opens when all have passed the first. By then all permits of the first one are used up.
//! - Why may the permits be given while the counter's lock is held? Giving never waits. Taking may, and must come after the
//!   lock was given back.
//! - What is the counter during the second half of a round? It counts back: how many are still between the turnstiles.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 3.7: the reusable barrier, two solutions that are none, and the
//!   preloaded turnstile.
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 3: barriers with flags and counters.
//! - John Mellor-Crummey and Michael Scott, "Algorithms for scalable synchronization on shared-memory multiprocessors", ACM
//!   Transactions on Computer Systems 9(1), 1991: barriers for many processors.

use super::{Lesson, Stage, signals, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    sync::{
        Semaphore,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("reusable_barrier.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "reusable-barrier",
    title: "The barrier in two phases",
    concept: "a turnstile is opened and closed",
    summary: "A turnstile that stays open lets a fast thread into the next round",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "count_read_outside",
            "The last one out closes the turnstile. The count is looked at after its lock was given back; one round is enough.",
            FindingKind::Deadlock,
            count_read_outside,
        ),
        Stage::new(
            "one_turnstile",
            "The count is looked at under its lock. A fast thread comes around before the turnstile is closed.",
            FindingKind::Panic,
            one_turnstile,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two threads and two rounds were checked; more of either need a check of their own."),
};

const THREADS: usize = 2;

struct Barrier {
    count: Mutex<usize>,
    turnstile: Semaphore,
    second: Semaphore,
}

impl Barrier {
    /// Changes the count, and tells the new one.
    #[track_caller]
    fn count(&self, change: isize) -> usize {
        let mut count = self.count.lock();
        *count = count.strict_add_signed(change);
        show("count", *count);
        *count
    }

    #[track_caller]
    fn pass_turnstile(&self) {
        signals::wait(&self.turnstile);
        signals::signal(&self.turnstile);
    }
}

fn buggy() {
    rounds(2, |barrier| {
        {
            let mut count = barrier.count.lock();
            *count += 1;
            if *count == THREADS {
                *count = 0;
                signals::signal(&barrier.turnstile);
            }
        }
        barrier.pass_turnstile();
    });
}

fn count_read_outside() {
    rounds(1, |barrier| {
        barrier.count(1);
        if *barrier.count.lock() == THREADS {
            signals::signal(&barrier.turnstile);
        }
        barrier.pass_turnstile();
        barrier.count(-1);
        if *barrier.count.lock() == 0 {
            signals::wait(&barrier.turnstile);
        }
    });
}

fn one_turnstile() {
    rounds(2, |barrier| {
        if barrier.count(1) == THREADS {
            signals::signal(&barrier.turnstile);
        }
        barrier.pass_turnstile();
        if barrier.count(-1) == 0 {
            signals::wait(&barrier.turnstile);
        }
    });
}

fn fixed() {
    rounds(2, |barrier| {
        if barrier.count(1) == THREADS {
            barrier.turnstile.add_permits(THREADS);
        }
        signals::wait(&barrier.turnstile);
        if barrier.count(-1) == 0 {
            barrier.second.add_permits(THREADS);
        }
        signals::wait(&barrier.second);
    });
}

fn rounds(count: usize, meet: fn(&Barrier)) {
    let barrier = Barrier {
        count: Mutex::new(0).named("count"),
        turnstile: Semaphore::new(0).named("turnstile"),
        second: Semaphore::new(0).named("second turnstile"),
    };
    let begun = AtomicUsize::new(0).named("begun");
    thread::scope(|scope| {
        for name in ["left", "right"] {
            let (barrier, begun) = (&barrier, &begun);
            spawn(scope, name, move || {
                for round in 1..=count {
                    begun.fetch_add(1, SeqCst);
                    meet(barrier);
                    let begun = begun.load(SeqCst);
                    assert!(begun >= THREADS * round, "round {round} is over for one of {THREADS}");
                }
            });
        }
    });
}
