//! What a check comes to.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::finding::{Finding, FindingKind};

/// Which engine ran a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum EngineName {
    /// Our own.
    Unsnarl,
    /// The loom crate.
    Loom,
    /// The shuttle crate.
    Shuttle,
}

impl EngineName {
    /// The engine that this build runs models with.
    #[must_use]
    pub const fn of_this_build() -> Self {
        if cfg!(backend = "loom") {
            EngineName::Loom
        } else if cfg!(backend = "shuttle") {
            EngineName::Shuttle
        } else {
            EngineName::Unsnarl
        }
    }

    /// The name in options and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EngineName::Unsnarl => "unsnarl",
            EngineName::Loom => "loom",
            EngineName::Shuttle => "shuttle",
        }
    }
}

impl fmt::Display for EngineName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What was explored, and how long it took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Explored {
    /// Complete executions: each of them another order of the operations that matter.
    pub executions: u64,
    /// Executions that were given up because what followed was explored elsewhere.
    pub redundant: u64,
    /// Executions that samplers chose beside an exhaustive search that takes long, or after one that has budgets. If the search
    /// came to its end, what the pass says is true without them.
    pub sampled: u64,
    /// Steps in all executions.
    pub steps: u64,
    /// Wall-clock time.
    pub elapsed: Duration,
}

impl Explored {
    /// How many schedules were run to their end, or to the finding: in order and sampled.
    #[must_use]
    pub fn schedules(&self) -> u64 {
        self.executions + self.sampled
    }

    /// Counts what a second exploration of the same model has seen.
    #[cfg_attr(not(backend = "instrumented"), allow(dead_code, reason = "the guests explore once"))]
    pub(super) fn add(&mut self, more: &Explored) {
        self.executions += more.executions;
        self.redundant += more.redundant;
        self.sampled += more.sampled;
        self.steps += more.steps;
        self.elapsed += more.elapsed;
    }
}

/// No finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Pass {
    /// How much was explored.
    pub explored: Explored,
    /// What was *not* explored, one sentence each. Empty exactly if the pass is complete: every interleaving within the
    /// memory model was covered.
    pub bounds: Vec<String>,
    /// What the reader should know beside that.
    pub notes: Vec<String>,
}

impl Pass {
    /// Whether nothing was left out. A pass that is not complete proves nothing beyond its bounds.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.bounds.is_empty()
    }
}

/// What a check comes to. A finding is the program's fault, the last two are not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing was found; see [`Pass::is_complete`] for what that means.
    Pass(Pass),
    /// The program has a bug.
    Finding(Box<Finding>),
    /// The model could not be checked here, for example because the engine lacks something that it needs.
    Inconclusive {
        /// Why, in a sentence.
        reason: String,
    },
    /// unsnarl itself failed.
    Fault {
        /// What happened.
        message: String,
    },
}

impl Verdict {
    /// The finding, if there is one.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        match self {
            Verdict::Finding(finding) => Some(finding),
            _ => None,
        }
    }

    /// The pass, if nothing was found.
    #[must_use]
    pub fn pass(&self) -> Option<&Pass> {
        match self {
            Verdict::Pass(pass) => Some(pass),
            _ => None,
        }
    }

    /// How much was explored, where that is known.
    #[must_use]
    pub fn explored(&self) -> Option<&Explored> {
        match self {
            Verdict::Pass(pass) => Some(&pass.explored),
            Verdict::Finding(finding) => Some(&finding.explored),
            _ => None,
        }
    }

    /// One word, or a few.
    #[must_use]
    pub fn summary(&self) -> String {
        match self {
            Verdict::Pass(pass) if pass.is_complete() => "pass, complete".to_owned(),
            Verdict::Pass(_) => "pass, bounded".to_owned(),
            Verdict::Finding(finding) => finding.kind.to_string(),
            Verdict::Inconclusive { .. } => "inconclusive".to_owned(),
            Verdict::Fault { .. } => "fault".to_owned(),
        }
    }

    /// Whether the verdict is what was announced: this kind of finding, or none.
    #[must_use]
    pub fn is_as_expected(&self, expected: Option<FindingKind>) -> bool {
        match self {
            Verdict::Pass(_) => expected.is_none(),
            Verdict::Finding(finding) => expected == Some(finding.kind),
            Verdict::Inconclusive { .. } => true,
            Verdict::Fault { .. } => false,
        }
    }
}

/// The verdict as a person wants to read it: what was explored and what was not, or the whole report of the finding, in plain
/// text. `report::terminal` has colours.
///
/// ```
/// use unsnarl::{Checker, sync::Mutex, thread};
///
/// let verdict = Checker::new("two in turn").run(|| {
///     let total = Mutex::new(0);
///     thread::scope(|scope| {
///         scope.spawn(|| *total.lock().unwrap() += 1);
///         scope.spawn(|| *total.lock().unwrap() += 1);
///     });
/// });
/// assert!(verdict.to_string().starts_with("pass, complete: 2 executions in "));
/// ```
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Pass(Pass { explored, bounds, notes }) => {
                let plural = if explored.executions == 1 { "" } else { "s" };
                write!(f, "{}: {} execution{plural}", self.summary(), explored.executions)?;
                if explored.sampled > 0 {
                    write!(f, " in order, {} sampled", explored.sampled)?;
                }
                write!(f, " in {:.1?}", explored.elapsed)?;
                bounds.iter().try_for_each(|bound| write!(f, "\n  bounded: {bound}"))?;
                notes.iter().try_for_each(|note| write!(f, "\n  note: {note}"))
            }
            Verdict::Finding(finding) => finding.fmt(f),
            Verdict::Inconclusive { reason } => write!(f, "inconclusive: {reason}"),
            Verdict::Fault { message } => write!(f, "fault of the checker: {message}"),
        }
    }
}
