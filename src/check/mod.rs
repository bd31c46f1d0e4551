//! The checker: runs a program through its interleavings and explains what it finds.
//!
//! [`check`] is for tests: it panics with the full report. [`Checker`] has the settings and returns a [`Verdict`].
//!
//! ```
//! use unsnarl::{Named, check::{Checker, FindingKind}, parking_lot::Mutex, sync::Arc, thread};
//!
//! let verdict = Checker::new("transfer").regressions(false).run(|| {
//!     let from = Arc::new(Mutex::new(10).named("from"));
//!     let to = Arc::new(Mutex::new(0).named("to"));
//!     let (from2, to2) = (Arc::clone(&from), Arc::clone(&to));
//!     let other = thread::spawn(move || {
//!         let mut to = to2.lock();
//!         let mut from = from2.lock();
//!         *from += 1;
//!         *to -= 1;
//!     });
//!     let mut from = from.lock();
//!     let mut to = to.lock();
//!     *from -= 1;
//!     *to += 1;
//!     drop((from, to));
//!     other.join().unwrap();
//! });
//! let finding = verdict.finding().expect("the locks are taken in both orders");
//! assert_eq!(finding.kind, FindingKind::Deadlock);
//! assert_eq!(finding.cycle.len(), 2);
//! ```
//!
//! # What a pass does not prove
//!
//! A [`Pass`] is complete only if [`Pass::is_complete`] says so; else its bounds say what was left out. Complete means:
//! every order of the operations on facade objects, and every value that an atomic load may read by the rules of C++20, but
//! for values of stores that are executed later (load buffering). A loop that reads the same overwritten value again and
//! again does so at most [`Checker::stale_reads`] times, and a wait runs out of time, while others could still run, at most
//! [`Checker::early_timeouts`] times; executions beyond these budgets are only sampled. A missing release or acquire is also a
//! race on the [`cell::UnsafeCell`](crate::cell::UnsafeCell) that it should publish.
//! A thread that yields twice at one place, as a spin loop does, goes on only once another thread has changed something of
//! what it looked at, or nobody else can run: a loop that gives up after a number of turns is seen giving up early only by the
//! samples that are drawn after the search.
//! Each thread wakes spuriously from condition variables at most [`Checker::spurious_wakeups`] times. A reader-writer lock
//! lets readers in while a writer waits; where it can matter (a thread waits while it reads, and another one writes) all is
//! explored a second time with locks in which new readers wait behind a waiting writer.
//! Where the budget ends first, or schedules are drawn at random, the order in which the executions took their locks still
//! tells of deadlocks that none of them ran into; see [`Checker::predict`].
//! What a program does behind the facade's back (its own `std::sync`, time, randomness) is not seen.

#[cfg(backend = "instrumented")]
mod beyond;
mod checker;
mod choose;
mod control;
#[cfg(backend = "instrumented")]
mod cores;
mod events;
#[cfg(backend = "instrumented")]
mod explore;
mod finding;
#[cfg(any(backend = "loom", backend = "shuttle"))]
mod guest;
#[cfg_attr(
    not(backend = "instrumented"),
    allow(dead_code, reason = "only our own engine says how far it is")
)]
mod live;
#[cfg(backend = "instrumented")]
mod names;
#[cfg(backend = "instrumented")]
mod observe;
#[cfg(backend = "instrumented")]
mod pace;
#[cfg(backend = "instrumented")]
mod plan;
#[cfg(backend = "instrumented")]
mod predict;
#[cfg_attr(
    not(backend = "instrumented"),
    allow(dead_code, reason = "only our own engine has schedules to keep")
)]
mod regressions;
#[cfg(backend = "instrumented")]
mod rerun;
mod schedule;
#[cfg(backend = "instrumented")]
mod session;
#[cfg(backend = "instrumented")]
mod shrink;
mod strategy;
#[cfg(backend = "instrumented")]
mod turns;
mod verdict;
#[cfg(backend = "instrumented")]
mod watch;

pub use checker::{Capability, Checker, check};
pub use choose::{CHOICES_MAX, choose, show};
pub use control::Control;
pub use events::{EVENTS_VARIABLE, Record};
pub(crate) use finding::NOT_LINEARIZABLE;
pub use finding::{
    FINDING_VERSION, Finding, FindingKind, HeldReport, LineReport, Mark, MomentReport, NextReport,
    ObjectReport, Shrunk, SourceReport, StandingReport, StepReport, ThreadReport, WaitReport,
};
pub use live::{PROGRESS_VARIABLE, Progress};
pub use regressions::REGRESSIONS_FOLDER;
pub use schedule::{Line, SCHEDULE_BYTES_MAX, SCHEDULE_VERSION, Schedule, ScheduleError};
#[cfg(backend = "instrumented")]
pub use session::{
    Move, MoveError, ObjectPosition, Outlook, Position, Question, Session, ThreadPosition, Turn, ValueReport,
};
pub use strategy::Strategy;
pub use verdict::{EngineName, Explored, Pass, Verdict};

/// Whether the calling code is part of a program that is being checked, by whichever engine.
///
/// ```
/// use unsnarl::check::{Checker, is_in_model};
///
/// assert!(!is_in_model());
/// Checker::new("inside").regressions(false).check(|| assert!(is_in_model()));
/// ```
#[must_use]
pub fn is_in_model() -> bool {
    crate::backend::in_model()
}

/// Whether the word names an operation.
fn is_operation(word: &str) -> bool {
    crate::engine::op::OpKind::from_word(word).is_some()
}
