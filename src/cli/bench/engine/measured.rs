//! What an engine made of a program, and how that compares with what ours made of it.

use serde::{Deserialize, Serialize};

use crate::check::{EngineName, FindingKind};

/// A program of the comparison, as the package says it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Program {
    pub(super) name: String,
    /// How many executions an optimal search takes, if somebody counted.
    pub(super) expected: Option<u64>,
    /// What a check finds; nothing if the program is correct.
    pub(super) expected_finding: Option<FindingKind>,
    /// The engines whose search does not come to its end, or not within minutes.
    pub(super) hopeless: Vec<EngineName>,
}

/// What an engine made of a program, as the program prints it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) finding: Option<FindingKind>,
    /// Whether the search came to its end: to a finding, or to the end of the executions.
    pub(super) finished: bool,
    pub(super) executions: u64,
    /// Executions that were begun and given up, since what followed was executed before.
    pub(super) redundant: u64,
    /// Steps in all executions; nothing where the engine does not count them.
    pub(super) steps: Option<u64>,
    pub(super) seconds: f64,
    /// The most memory that the process had.
    pub(super) peak_memory_bytes: Option<u64>,
    /// What was found, why there is no verdict, or what bounded the search.
    pub(super) note: Option<String>,
}

impl Measured {
    /// Whether the search came to its end with the wrong result.
    pub(super) fn is_wrong(&self, program: &Program) -> bool {
        self.finished && self.finding != program.expected_finding
    }

    /// Whether the engine cannot run the program.
    pub(super) fn is_refused(&self) -> bool {
        !self.finished && self.executions == 0
    }

    /// Executions, those in vain among them, per second.
    pub(super) fn executions_per_second(&self) -> Option<f64> {
        self.per_second(self.executions + self.redundant)
    }

    pub(super) fn steps_per_second(&self) -> Option<f64> {
        self.per_second(self.steps?)
    }

    #[expect(clippy::cast_precision_loss, reason = "a rate of a few digits")]
    fn per_second(&self, count: u64) -> Option<f64> {
        (count > 0 && self.seconds > 0.0).then(|| count as f64 / self.seconds)
    }

    /// How many times ours; nothing where neither search ended, or one of them ended wrongly.
    pub(super) fn ratio(&self, ours: &Measured, program: &Program) -> Option<Ratio> {
        let bound = match (ours.finished, self.finished) {
            _ if self.is_wrong(program) || ours.is_wrong(program) || self.is_refused() => return None,
            (true, true) => Bound::Exact,
            (true, false) => Bound::AtLeast,
            (false, true) => Bound::AtMost,
            (false, false) => return None,
        };
        let begun = |measured: &Measured| measured.executions + measured.redundant;
        #[expect(clippy::cast_precision_loss, reason = "a ratio of two digits")]
        let executions = begun(self) as f64 / begun(ours).max(1) as f64;
        Some(Ratio { bound, executions, seconds: self.seconds / ours.seconds })
    }
}

/// What another engine took, as a multiple of what ours took.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Ratio {
    pub(super) bound: Bound,
    pub(super) executions: f64,
    pub(super) seconds: f64,
}

/// Whether the ratio is one of two searches that ended, or the unfinished one's figures only bound it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Bound {
    Exact,
    AtLeast,
    AtMost,
}

/// Something for each engine that was asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct PerEngine {
    pub(super) unsnarl: Option<Measured>,
    pub(super) loom: Option<Measured>,
    pub(super) shuttle: Option<Measured>,
}

impl PerEngine {
    pub(super) fn of(&mut self, engine: EngineName) -> &mut Option<Measured> {
        match engine {
            EngineName::Unsnarl => &mut self.unsnarl,
            EngineName::Loom => &mut self.loom,
            EngineName::Shuttle => &mut self.shuttle,
        }
    }

    /// The engines with what they made of it, ours first.
    pub(super) fn all(&self) -> impl Iterator<Item = (EngineName, &Measured)> {
        let all = [
            (EngineName::Unsnarl, &self.unsnarl),
            (EngineName::Loom, &self.loom),
            (EngineName::Shuttle, &self.shuttle),
        ];
        all.into_iter().filter_map(|(engine, measured)| Some((engine, measured.as_ref()?)))
    }
}

/// A program under all engines.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) program: Program,
    /// Searched to the end, or to the finding.
    pub(super) searched: PerEngine,
    /// In random schedules.
    pub(super) random: PerEngine,
}

impl Row {
    /// What loom or shuttle took to the end, as a multiple of what ours took.
    pub(super) fn ratio(&self, guest: EngineName) -> Option<Ratio> {
        let theirs = match guest {
            EngineName::Unsnarl => return None,
            EngineName::Loom => self.searched.loom.as_ref()?,
            EngineName::Shuttle => self.searched.shuttle.as_ref()?,
        };
        theirs.ratio(self.searched.unsnarl.as_ref()?, &self.program)
    }

    /// How many random schedules we run while shuttle runs one.
    pub(super) fn rate_vs_shuttle(&self) -> Option<f64> {
        let rate = |measured: &Option<Measured>| {
            let measured = measured.as_ref().filter(|measured| measured.finding.is_none())?;
            measured.executions_per_second()
        };
        Some(rate(&self.random.unsnarl)? / rate(&self.random.shuttle)?)
    }

    /// Whether our search executed what an optimal one executes; nothing if that is not known, or the search did not end.
    pub(super) fn is_count_as_expected(&self) -> Option<bool> {
        let ours = self.searched.unsnarl.as_ref().filter(|ours| ours.finished)?;
        Some(ours.executions == self.program.expected?)
    }
}
