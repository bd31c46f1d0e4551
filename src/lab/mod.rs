//! Lessons: a stand-in until the real registry takes this file's place.

use crate::{
    Named,
    check::{Checker, FindingKind, Verdict},
    parking_lot::Mutex,
    sync::Arc,
    thread,
};

/// A classic problem with a buggy and a fixed body.
#[derive(Debug)]
pub struct Lesson {
    /// The name on the command line.
    pub name: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What it is about, in a word or two.
    pub concept: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The text.
    pub story: &'static str,
    /// What to read.
    pub reading: &'static [&'static str],
    /// What the buggy body shows.
    pub expected: FindingKind,
    /// The body with the bug.
    pub buggy: fn(),
    /// The body without.
    pub fixed: fn(),
    /// The source of both.
    pub source: &'static str,
    /// What bounds the check of the fixed body, if anything does.
    pub bound: Option<&'static str>,
}

static LESSONS: [Lesson; 1] = [Lesson {
    name: "lock-order",
    title: "Two locks in two orders",
    concept: "deadlock",
    summary: "Two threads take the same two locks in opposite orders.",
    story: "Each thread has one lock and waits for the other.",
    reading: &["E. G. Coffman, M. J. Elphick, A. Shoshani: System Deadlocks. Computing Surveys 3 (1971)."],
    expected: FindingKind::Deadlock,
    buggy: || two_locks(true),
    fixed: || two_locks(false),
    source: include_str!("mod.rs"),
    bound: None,
}];

fn two_locks(crosswise: bool) {
    let a = Arc::new(Mutex::new(()).named("a"));
    let b = Arc::new(Mutex::new(()).named("b"));
    let (first, second) =
        if crosswise { (Arc::clone(&b), Arc::clone(&a)) } else { (Arc::clone(&a), Arc::clone(&b)) };
    let other = thread::spawn(move || {
        let _first = first.lock();
        let _second = second.lock();
    });
    {
        let _a = a.lock();
        let _b = b.lock();
    }
    other.join().unwrap();
}

/// All lessons.
pub fn lessons() -> &'static [Lesson] {
    &LESSONS
}

/// The lesson of this name.
pub fn find(name: &str) -> Option<&'static Lesson> {
    LESSONS.iter().find(|lesson| lesson.name == name)
}

/// Checks the buggy body.
pub fn check_buggy(lesson: &Lesson) -> Verdict {
    Checker::new(lesson.name).regressions(false).run(lesson.buggy)
}

/// Checks the fixed body.
pub fn check_fixed(lesson: &Lesson) -> Verdict {
    Checker::new(lesson.name).regressions(false).run(lesson.fixed)
}
