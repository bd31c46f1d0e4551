//! Results of many checks: the document that `cargo unsnarl check --json` prints, and that every other form is made of.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use crate::check::{EngineName, Finding, Record, Verdict};

/// The version of the JSON document. It grows when a field changes its meaning or goes away.
pub const RESULTS_VERSION: u32 = 2;

/// Something that kept a test from giving a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The engine is not compiled into the package's tests.
    NotBuilt,
    /// The process died.
    Aborted,
    /// The process took too long.
    TimedOut,
    /// The test failed, but not by a check's verdict.
    Failed,
    /// Ctrl-C or `--fail-fast` ended it while it ran.
    Stopped,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Outcome {
    /// A verdict.
    Checked(Box<Record>),
    /// None.
    Problem {
        /// The engine that was to give it.
        engine: EngineName,
        /// Why it did not.
        problem: ProblemKind,
        /// What there is to say about it.
        message: String,
    },
}

/// A run of a model under an engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Run {
    /// The package whose test it is.
    pub package: String,
    /// The test.
    pub test: String,
    /// What it came to.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Run {
    /// The engine that ran it.
    #[must_use]
    pub fn engine(&self) -> EngineName {
        match &self.outcome {
            Outcome::Checked(record) => record.engine,
            Outcome::Problem { engine, .. } => *engine,
        }
    }

    /// The model, or the test that stands for it.
    #[must_use]
    pub fn model(&self) -> &str {
        match &self.outcome {
            Outcome::Checked(record) => &record.model,
            Outcome::Problem { .. } => &self.test,
        }
    }

    /// Whether the verdict is what was announced.
    #[must_use]
    pub fn is_as_expected(&self) -> bool {
        matches!(&self.outcome, Outcome::Checked(record) if record.as_expected)
    }

    /// Whether the engine looked at any execution.
    #[must_use]
    pub fn explored(&self) -> bool {
        matches!(&self.outcome, Outcome::Checked(record) if record.verdict.explored().is_some())
    }

    /// The finding, announced or not.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        match &self.outcome {
            Outcome::Checked(record) => record.verdict.finding(),
            Outcome::Problem { .. } => None,
        }
    }

    /// The finding, unless it was announced.
    #[must_use]
    pub fn unexpected_finding(&self) -> Option<&Finding> {
        self.finding().filter(|_| !self.is_as_expected())
    }

    /// What tells it from other runs.
    fn key(&self) -> (&str, &str, &str, EngineName) {
        (&self.package, &self.test, self.model(), self.engine())
    }
}

/// How many of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Summary {
    /// Models with a verdict of at least one engine.
    pub models: usize,
    /// Models times engines, and what stands for them.
    pub runs: usize,
    /// Runs as announced.
    pub as_expected: usize,
    /// Bugs that were not announced.
    pub findings: usize,
    /// Announced bugs that did not show.
    pub missing: usize,
    /// Of those as expected: the engine cannot hold the model.
    pub inconclusive: usize,
    /// Tests that failed for another reason than a verdict.
    pub failed: usize,
    /// Faults of an engine, aborts, time-outs, engines that were not built.
    pub faults: usize,
    /// Runs that Ctrl-C or `--fail-fast` ended before they had a verdict.
    #[serde(default)]
    pub stopped: usize,
    /// Ctrl-C or `--fail-fast` ended it early.
    pub partial: bool,
}

impl Summary {
    /// Counts the runs.
    #[must_use]
    pub fn of(runs: &[Run], partial: bool) -> Self {
        let models: HashSet<(&str, &str)> = runs
            .iter()
            .filter(|run| matches!(run.outcome, Outcome::Checked(_)))
            .map(|run| (run.package.as_str(), run.model()))
            .collect();
        let mut summary = Summary { models: models.len(), runs: runs.len(), partial, ..Summary::default() };
        for run in runs {
            match &run.outcome {
                Outcome::Checked(record) => match &record.verdict {
                    Verdict::Inconclusive { .. } => {
                        summary.inconclusive += 1;
                        summary.as_expected += 1;
                    }
                    _ if record.as_expected => summary.as_expected += 1,
                    Verdict::Finding(_) => summary.findings += 1,
                    Verdict::Pass(_) => summary.missing += 1,
                    Verdict::Fault { .. } => summary.faults += 1,
                },
                Outcome::Problem { problem: ProblemKind::Failed, .. } => summary.failed += 1,
                Outcome::Problem { problem: ProblemKind::Stopped, .. } => summary.stopped += 1,
                Outcome::Problem { .. } => summary.faults += 1,
            }
        }
        summary.partial |= summary.stopped > 0;
        summary
    }
}

/// A part of the tests: the `index`th of `count` parts, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Shard {
    /// Which part, from 1.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

/// The document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(schemars::JsonSchema))]
pub struct Results {
    /// [`RESULTS_VERSION`].
    pub version: u32,
    /// Which part of the tests was run; all of them if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Runs with a verdict, by package, test and engine.
    pub runs: Vec<Run>,
    /// Runs without.
    pub problems: Vec<Run>,
    /// How many of each.
    pub summary: Summary,
}

/// Why results cannot be brought together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeError {
    /// The same run is in two of them.
    Twice {
        /// The test.
        test: String,
        /// Under which engine.
        engine: EngineName,
    },
    /// Parts of different numbers of parts.
    OtherCount(Shard, Shard),
    /// The same part twice.
    SameShard(Shard),
    /// A part is not there.
    Missing(Shard),
}

impl std::fmt::Display for MergeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            MergeError::Twice { test, engine } => {
                write!(f, "test `{test}` under {engine} is in two of the files: give each shard once")
            }
            MergeError::OtherCount(a, b) => write!(
                f,
                "shard {}/{} and shard {}/{} are of different runs: all must have the same number of shards",
                a.index, a.count, b.index, b.count
            ),
            MergeError::SameShard(shard) => {
                write!(f, "shard {}/{} is given twice", shard.index, shard.count)
            }
            MergeError::Missing(shard) => write!(
                f,
                "shard {}/{} is missing: give the files of all shards, or `--partial` to go on without",
                shard.index, shard.count
            ),
        }
    }
}

impl std::error::Error for MergeError {}

impl Results {
    /// The document of these runs.
    #[must_use]
    pub fn new(runs: Vec<Run>, shard: Option<Shard>, partial: bool) -> Self {
        let summary = Summary::of(&runs, partial);
        let (runs, problems) = runs.into_iter().partition(|run| matches!(run.outcome, Outcome::Checked(_)));
        Results { version: RESULTS_VERSION, shard, runs, problems, summary }
    }

    /// All runs, with and without a verdict, by package, test and engine.
    #[must_use]
    pub fn all(&self) -> Vec<&Run> {
        let mut all: Vec<&Run> = self.runs.iter().chain(&self.problems).collect();
        // Stable: the runs of one test stay in their order.
        all.sort_by(|a, b| (&a.package, &a.test).cmp(&(&b.package, &b.test)));
        all
    }

    /// One document of several. A missing shard is an error unless `partial` says that it is known.
    ///
    /// # Errors
    ///
    /// If the documents do not belong together, or a part is missing.
    pub fn merge(parts: Vec<Results>, partial: bool) -> Result<Results, MergeError> {
        let shards: Vec<Shard> = parts.iter().filter_map(|part| part.shard).collect();
        let mut is_early = parts.iter().any(|part| part.summary.partial);
        if let Some(first) = shards.first() {
            if let Some(other) = shards.iter().find(|shard| shard.count != first.count) {
                return Err(MergeError::OtherCount(*first, *other));
            }
            let mut seen = BTreeSet::new();
            if let Some(twice) = shards.iter().find(|shard| !seen.insert(**shard)) {
                return Err(MergeError::SameShard(*twice));
            }
            let wanted = (1..=first.count).map(|index| Shard { index, count: first.count });
            if let Some(missing) = wanted.into_iter().find(|shard| !seen.contains(shard)) {
                if !partial {
                    return Err(MergeError::Missing(missing));
                }
                is_early = true;
            }
        }
        let mut known = HashSet::new();
        for (part, results) in parts.iter().enumerate() {
            // One test may check a model more than once; two files have no test in common.
            let keys: HashSet<_> = results
                .all()
                .iter()
                .map(|run| (run.package.clone(), run.test.clone(), run.engine()))
                .collect();
            for (package, test, engine) in keys {
                if !known.insert((package, test.clone(), engine)) && part > 0 {
                    return Err(MergeError::Twice { test, engine });
                }
            }
        }
        let mut runs: Vec<Run> =
            parts.into_iter().flat_map(|part| part.runs.into_iter().chain(part.problems)).collect();
        runs.sort_by(|a, b| a.key().cmp(&b.key()));
        Ok(Results::new(runs, None, is_early))
    }
}
