//! What a lesson is.

use std::fmt;

use crate::{
    check::{Checker, FindingKind, Verdict},
    thread,
};

/// A bug to learn from: the story, the programs that have it, and the program that does not.
///
/// A lesson is one file, from which the parts of its text are taken; [`text`](super::text) has an example.
#[derive(Clone, Copy)]
pub struct Lesson {
    /// What it is called on the command line and in addresses: its file's name with `-` for `_`.
    pub name: &'static str,
    /// What it is called in a table of contents.
    pub title: &'static str,
    /// The one concept that it is about, as a noun phrase.
    pub concept: &'static str,
    /// The bug in one line.
    pub summary: &'static str,
    /// What happens and why: paragraphs of one line each with an empty line between.
    pub story: &'static str,
    /// What to ask oneself, with the answers.
    pub questions: &'static [Question],
    /// Where to read on, an entry each.
    pub reading: &'static [&'static str],
    /// The programs that are not right, in the order in which one would come to them; at least one.
    pub stages: &'static [Stage],
    /// The program without a bug.
    pub fixed: fn(),
    /// The name of the lesson's file, as places in reports have it: `file!()`.
    pub file: &'static str,
    /// The text of the lesson's file.
    pub source: &'static str,
    /// What even a complete pass of [`fixed`](Self::fixed) does not say, in a sentence; `None` if there is nothing beyond
    /// what [`check`](mod@crate::check#what-a-pass-does-not-prove) says.
    pub bound: Option<&'static str>,
}

/// A program that is not right.
#[derive(Clone, Copy)]
pub struct Stage {
    /// The name of its function.
    pub name: &'static str,
    /// What was tried, in a sentence; empty if the story says it.
    pub note: &'static str,
    /// What the check finds.
    pub expected: FindingKind,
    /// The program.
    pub body: fn(),
}

/// A question to the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub question: &'static str,
    /// Its answer.
    pub answer: &'static str,
}

impl Stage {
    /// The program `buggy`, of which the story tells.
    #[must_use]
    pub const fn buggy(expected: FindingKind, body: fn()) -> Stage {
        Stage { name: "buggy", note: "", expected, body }
    }

    /// Another attempt, the function of this name.
    #[must_use]
    pub const fn new(name: &'static str, note: &'static str, expected: FindingKind, body: fn()) -> Stage {
        Stage { name, note, expected, body }
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("name", &self.name)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Lesson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lesson")
            .field("name", &self.name)
            .field("stages", &self.stages)
            .finish_non_exhaustive()
    }
}

impl Lesson {
    /// The first program with a bug.
    #[must_use]
    pub fn buggy(&self) -> fn() {
        self.stages[0].body
    }

    /// What the check of the first program with a bug finds.
    #[must_use]
    pub fn expected(&self) -> FindingKind {
        self.stages[0].expected
    }

    /// The checker for the program of this name (that of a stage, or `fixed`), and the program; `None` if there is none. It
    /// keeps no files.
    ///
    /// Wake-ups for no reason are left out where a bug is announced: they would break some of these programs too, by a shorter
    /// way that tells less.
    #[must_use]
    pub fn checker(&self, program: &str) -> Option<(Checker, fn())> {
        let checker = Checker::new(format!("lab::{}::{program}", self.name.replace('-', "_")))
            .regressions(false)
            .source(self.file, self.source);
        if program == "fixed" {
            return Some((checker, self.fixed));
        }
        let stage = self.stages.iter().find(|stage| stage.name == program)?;
        Some((checker.expect(stage.expected).spurious_wakeups(0), stage.body))
    }
}

fn check(lesson: &Lesson, program: &str) -> Verdict {
    let (checker, body) = lesson.checker(program).expect("a program of the lesson");
    checker.run(body)
}

/// Checks the first program with the bug; the verdict should be a finding of the kind that the lesson announces.
#[must_use]
pub fn check_buggy(lesson: &Lesson) -> Verdict {
    check(lesson, lesson.stages[0].name)
}

/// Checks the program of a stage; the verdict should be a finding of the kind that the stage announces.
#[must_use]
pub fn check_stage(lesson: &Lesson, stage: &Stage) -> Verdict {
    check(lesson, stage.name)
}

/// Checks the repaired program; the verdict should be a complete pass.
#[must_use]
pub fn check_fixed(lesson: &Lesson) -> Verdict {
    check(lesson, "fixed")
}

/// Starts a thread under a name, since reports call it by that.
///
/// # Panics
///
/// If the thread cannot be started; in models it always can.
#[track_caller]
pub fn spawn<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    name: &str,
    body: impl FnOnce() + Send + 'scope,
) -> thread::Thread {
    let thread = thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, body);
    thread.expect("failed to spawn thread").thread().clone()
}
