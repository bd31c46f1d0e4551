//! A finding: a bug of the program under test, with everything that is needed to understand and to repeat it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::verdict::{EngineName, Explored};

/// The version of the JSON form of a finding. It grows when a field changes its meaning or goes away.
pub const FINDING_VERSION: u32 = 1;

/// What kind of bug it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
pub struct ObjectReport {
    /// Its name, or its kind and place of construction.
    pub label: String,
    /// `mutex`, `rwlock`, `condvar` …
    pub kind: String,
    /// Where it was made, as `file:line:column`.
    pub created: String,
}

/// Something that a thread holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// A step of the schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The thread that ran before could have gone on.
    pub preempts: bool,
}

/// A bug of the program under test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Every thread.
    pub threads: Vec<ThreadReport>,
    /// The steps up to the finding.
    pub steps: Vec<StepReport>,
    /// How often the schedule takes the processor from a thread that could have gone on.
    pub preemptions: usize,
    /// The schedule as text, to be kept and replayed; empty for engines without one.
    pub schedule: String,
    /// The command that shows it again.
    pub replay: String,
    /// What had been explored when it was found.
    pub explored: Explored,
    /// What the reader should know beside that.
    pub notes: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::report::terminal::finding(self, &crate::report::terminal::Style::plain()))
    }
}
