//! Lessons: classic concurrency bugs, one concept a file, each as a program with the bug and one without.
//!
//! A lesson's file is read from top to bottom: the symptom, the story, the bad interleaving as columns (time runs
//! downwards), the fix, the reading, and then the two programs. [`check_buggy`] finds the bug, [`check_fixed`] goes through
//! all interleavings of the repaired program.
//!
//! ```
//! use unsnarl::lab;
//!
//! let lesson = lab::find("transfer").expect("a lesson about two locks");
//! let verdict = lab::check_buggy(lesson);
//! assert_eq!(verdict.finding().map(|finding| finding.kind), Some(lesson.expected));
//! assert!(lab::check_fixed(lesson).pass().is_some_and(|pass| pass.is_complete()));
//! ```

mod barrier;
mod bounded_buffer;
mod check_then_act;
mod dining_philosophers;
mod lost_wakeup;
mod plain;
mod pool_shutdown;
mod publication;
mod readers_writers;
mod real;
mod rendezvous;
mod semaphore_as_counter;
mod semaphore_as_lock;
mod stranded_connection;
mod transfer;
mod wrong_waiter;

mod text;

use std::fmt;

use crate::{
    check::{Checker, FindingKind, Verdict},
    thread,
};

/// A bug to learn from: the story, the program that has it, and the program that does not.
#[derive(Clone, Copy)]
pub struct Lesson {
    /// What it is called on the command line: its file's name with `-` for `_`.
    pub name: &'static str,
    /// What it is called in a table of contents.
    pub title: &'static str,
    /// The one concept that it is about, as a noun phrase.
    pub concept: &'static str,
    /// The bug in one line.
    pub summary: &'static str,
    /// What happens and why: paragraphs of one line each with an empty line between.
    pub story: &'static str,
    /// Where to read on, an entry each.
    pub reading: &'static [&'static str],
    /// What the check of [`buggy`](Self::buggy) finds.
    pub expected: FindingKind,
    /// The program with the bug.
    pub buggy: fn(),
    /// The program without it.
    pub fixed: fn(),
    /// The name of the lesson's file, as places in reports have it.
    pub file: &'static str,
    /// The text of the lesson's file.
    pub source: &'static str,
    /// What even a complete pass of [`fixed`](Self::fixed) does not say, in a sentence; `None` if there is nothing beyond
    /// what [`check`](mod@crate::check#what-a-pass-does-not-prove) says.
    pub bound: Option<&'static str>,
}

impl fmt::Debug for Lesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lesson")
            .field("name", &self.name)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

/// In teaching order: from one lock to two, to waiting, to semaphores, to what a server is made of.
static LESSONS: &[Lesson] = &[
    check_then_act::LESSON,
    transfer::LESSON,
    dining_philosophers::LESSON,
    readers_writers::LESSON,
    lost_wakeup::LESSON,
    bounded_buffer::LESSON,
    wrong_waiter::LESSON,
    barrier::LESSON,
    rendezvous::LESSON,
    semaphore_as_lock::LESSON,
    semaphore_as_counter::LESSON,
    publication::LESSON,
    pool_shutdown::LESSON,
    stranded_connection::LESSON,
];

/// The course: classic bugs, in teaching order. [`real_bugs`] come after it.
#[must_use]
pub fn lessons() -> &'static [Lesson] {
    LESSONS
}

/// Bugs of published crates, rebuilt small, by crate; their reading begins with where the repair is to be seen.
#[must_use]
pub fn real_bugs() -> &'static [Lesson] {
    real::REAL_BUGS
}

/// The lesson or the real bug of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Lesson> {
    lessons().iter().chain(real_bugs()).find(|lesson| lesson.name == name)
}

/// Checks the program with the bug; the verdict should be a finding of the kind that the lesson announces.
///
/// Wake-ups for no reason are left out: they would break some of these programs too, by a shorter way that tells less.
#[must_use]
pub fn check_buggy(lesson: &Lesson) -> Verdict {
    checker(lesson, "buggy").expect(lesson.expected).spurious_wakeups(0).run(lesson.buggy)
}

/// Checks the repaired program; the verdict should be a complete pass.
#[must_use]
pub fn check_fixed(lesson: &Lesson) -> Verdict {
    checker(lesson, "fixed").run(lesson.fixed)
}

/// A checker that keeps no files.
fn checker(lesson: &Lesson, which: &str) -> Checker {
    Checker::new(format!("lab::{}::{which}", lesson.name.replace('-', "_")))
        .regressions(false)
        .source(lesson.file, lesson.source)
}

/// Starts a thread under a name, since reports call it by that.
#[track_caller]
fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    name: &str,
    body: impl FnOnce() + Send + 'scope,
) -> thread::Thread {
    let thread = thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, body);
    thread.expect("failed to spawn thread").thread().clone()
}
