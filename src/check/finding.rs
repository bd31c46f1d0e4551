//! A finding: a bug of the program under test, with everything that is needed to understand and to repeat it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::verdict::{EngineName, Explored};

/// The version of the JSON form of a finding. It grows when a field changes its meaning or goes away.
pub const FINDING_VERSION: u32 = 2;

/// What kind of bug it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// Threads that can never go on: a lock cycle, a lost wake-up, a message or permit that never comes.
    Deadlock,
    /// Two accesses to the same memory, at least one of them a write, that nothing orders.
    Race,
    /// A thread panicked and nobody took notice, or the main thread did.
    Panic,
    /// Threads run for ever without getting anywhere.
    Livelock,
    /// A thread was left behind, blocked for ever, when the program had ended.
    Leak,
    /// Concurrent operations had results that no sequential order explains.
    NotLinearizable,
    /// The program did different things under the same schedule.
    Nondeterminism,
}

/// What the message of a panic begins with that stands for [`FindingKind::NotLinearizable`].
pub(crate) const NOT_LINEARIZABLE: &str = "not linearizable: ";

impl FindingKind {
    /// The word for it in options, files and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FindingKind::Deadlock => "deadlock",
            FindingKind::Race => "race",
            FindingKind::Panic => "panic",
            FindingKind::Livelock => "livelock",
            FindingKind::Leak => "leak",
            FindingKind::NotLinearizable => "notlinearizable",
            FindingKind::Nondeterminism => "nondeterminism",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A synchronisation object as a report calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ObjectReport {
    /// Its name; else the variable or field that it is made for, where the source shows it; else its kind and place.
    pub label: String,
    /// `mutex`, `rwlock`, `condvar` …
    pub kind: String,
    /// Where it was made, as `file:line:column`.
    pub created: String,
    /// How it stands at the finding, where that is worth a word: `empty, 1 sender`, `no permit left`.
    pub state: Option<String>,
}

/// Something that a thread holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct HeldReport {
    /// The lock or semaphore.
    pub object: ObjectReport,
    /// How it was taken: `lock`, `read-lock`, `acquire` …
    pub operation: String,
    /// Where it was taken, as `file:line:column`.
    pub place: String,
}

/// What a thread waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct WaitReport {
    /// The object, or the thread that is joined.
    pub object: Option<ObjectReport>,
    /// The operation that cannot proceed.
    pub operation: String,
    /// Where, as `file:line:column`.
    pub place: String,
}

/// A thread at the moment of the finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct ThreadReport {
    /// Its name; `main` for the model's closure, `thread-1` … for threads without a name.
    pub name: String,
    /// What it holds, in the order in which it was taken.
    pub holds: Vec<HeldReport>,
    /// What it waits for, unless it could go on or has ended.
    pub waits: Option<WaitReport>,
    /// Whether it has ended.
    pub finished: bool,
    /// The panic that it ended with.
    pub panic: Option<String>,
}

/// How a thread stands between two steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct StandingReport {
    /// Which thread, as an index into [`Finding::threads`].
    pub thread: usize,
    /// The labels of what it holds, in the order in which it was taken.
    pub holds: Vec<String>,
    /// The operation that it is about to do; none before its first and after its last.
    pub next: Option<NextReport>,
    /// That operation cannot proceed.
    pub blocked: bool,
    /// It has ended.
    pub finished: bool,
}

/// An operation that a thread is about to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct NextReport {
    /// The operation.
    pub operation: String,
    /// The label of the object, if it has one.
    pub object: Option<String>,
    /// Where, as `file:line:column`.
    pub place: String,
}

/// A place in the source that the finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Mark {
    /// Where, as `file:line:column`.
    pub place: String,
    /// What happens there, as half a sentence.
    pub label: String,
    /// Whether the finding is there, or is only explained by it.
    pub primary: bool,
}

/// Lines of a source file that the finding names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct SourceReport {
    /// The file, as places have it.
    pub file: String,
    /// The lines, upwards; not all of the file.
    pub lines: Vec<LineReport>,
}

/// A line of source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct LineReport {
    /// Its number, from 1.
    pub number: usize,
    /// Its text.
    pub text: String,
}

/// A step of the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct StepReport {
    /// Which thread, as an index into [`Finding::threads`].
    pub thread: usize,
    /// The operation.
    pub operation: String,
    /// The object, if it has one.
    pub object: Option<String>,
    /// Where, as `file:line:column`.
    pub place: String,
    /// How it ended, where that is not plain success: `failed`, `timed out`, `closed`, `spurious`; of an atomic operation that
    /// does not see the newest value, what it saw instead. Steps are counted from 1.
    pub outcome: Option<String>,
    /// The ordering of an atomic operation, where that is weaker than sequentially consistent: `relaxed`, `acquire`, `release`,
    /// `acqrel`.
    #[serde(default)]
    pub ordering: Option<String>,
    /// The thread that ran before could have gone on.
    pub preempts: bool,
    /// The threads that stand otherwise after the step than before it.
    pub changes: Vec<StandingReport>,
}

impl StepReport {
    /// What is to be known of the step beside the operation, where there is something.
    pub(crate) fn remark(&self) -> Option<String> {
        match (&self.ordering, &self.outcome) {
            (Some(ordering), Some(outcome)) => Some(format!("{ordering}, {outcome}")),
            (ordering, outcome) => ordering.clone().or_else(|| outcome.clone()),
        }
    }
}

/// Something that is no step, and that the finding is about: a panic, or one of two accesses that race.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct MomentReport {
    /// Which thread, as an index into [`Finding::threads`].
    pub thread: usize,
    /// How many steps of all threads lay before it.
    pub steps_before: usize,
    /// `panic`, `read` or `write`.
    pub operation: String,
    /// The label of the memory that is accessed.
    pub object: Option<String>,
    /// Where, as `file:line:column`.
    pub place: String,
}

/// What shrinking saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Shrunk {
    /// How many steps the schedule had that was found.
    pub from_steps: usize,
    /// How many preemptions it had.
    pub from_preemptions: usize,
    /// How many executions it took to find this one.
    pub executions: u64,
}

/// A bug of the program under test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Finding {
    /// [`FINDING_VERSION`].
    pub version: u32,
    /// The name of the model.
    pub model: String,
    /// The engine that found it.
    pub engine: EngineName,
    /// What kind of bug it is.
    pub kind: FindingKind,
    /// The finding in one line.
    pub title: String,
    /// The finding in words, a paragraph each.
    pub explanation: Vec<String>,
    /// The threads that wait for each other in a circle, in order, as indices into `threads`; empty if there is none.
    pub cycle: Vec<usize>,
    /// The places to look at, in the order of the explanation.
    pub marks: Vec<Mark>,
    /// Every thread.
    pub threads: Vec<ThreadReport>,
    /// Every object that a step or a thread names, in the order of construction.
    pub objects: Vec<ObjectReport>,
    /// How the threads stand before the first step.
    pub start: Vec<StandingReport>,
    /// The steps up to the finding.
    pub steps: Vec<StepReport>,
    /// What happened between the steps that the finding is about, in order.
    #[serde(default)]
    pub moments: Vec<MomentReport>,
    /// How often the schedule takes the processor from a thread that could have gone on.
    pub preemptions: usize,
    /// What shrinking saved; none if the schedule is the one that was found.
    pub shrunk: Option<Shrunk>,
    /// The schedule as text, to be kept and replayed; empty for engines without one.
    pub schedule: String,
    /// The command that shows it again.
    pub replay: String,
    /// The source lines around all places, of files that were to be read.
    pub sources: Vec<SourceReport>,
    /// What had been explored when it was found.
    pub explored: Explored,
    /// What the reader should know beside that.
    pub notes: Vec<String>,
}

impl Finding {
    /// The place that stands for the finding where there is room for one only.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        let mark = self.marks.iter().find(|mark| mark.primary).or(self.marks.first())?;
        Some(&mark.place)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::report::terminal::finding(self, &crate::report::terminal::Style::plain()))
    }
}
