//! The comparison as one JSON document.

use serde::Serialize;

use super::measured::{Bound, Measured, PerEngine, Ratio, Row};
use crate::check::{EngineName, FindingKind};

/// The version of the JSON document. It grows when a field changes its meaning or goes away.
///
/// 2: `expected` is a number of executions, and what a check finds is `expected_finding`; both stand with the program and no
/// longer with each engine. `executions` are without those in vain, which are `redundant`.
pub(super) const DOCUMENT_VERSION: u32 = 2;

/// The JSON document; its fields are described in `docs/engines.md`.
#[derive(Debug, Serialize)]
pub(super) struct Document<'a> {
    pub(super) version: u32,
    pub(super) compared: &'static str,
    pub(super) cap_seconds: f64,
    pub(super) hopeless_cap_seconds: f64,
    pub(super) random_seconds: f64,
    #[serde(flatten)]
    pub(super) summary: Summary<'a>,
    pub(super) programs: Vec<Compared<'a>>,
}

/// All programs in a few figures.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    /// Loom's time as a multiple of ours: the geometric mean over `programs_vs_loom` programs where both came to the right end.
    pub(super) geomean_speedup_vs_loom: Option<f64>,
    pub(super) programs_vs_loom: usize,
    /// Shuttle's time, likewise.
    pub(super) geomean_speedup_vs_shuttle: Option<f64>,
    pub(super) programs_vs_shuttle: usize,
    /// Our random schedules per second as a multiple of shuttle's: the geometric mean over `programs_rate_vs_shuttle`.
    pub(super) geomean_rate_vs_shuttle: Option<f64>,
    pub(super) programs_rate_vs_shuttle: usize,
    /// How many programs took us as many executions as an optimal search takes.
    pub(super) counts_as_expected: usize,
    /// The programs that took us more or fewer.
    pub(super) counts_not_as_expected: Vec<&'a str>,
    /// The programs in which some of our executions were in vain.
    pub(super) with_redundant: Vec<&'a str>,
}

impl<'a> Summary<'a> {
    pub(super) fn of(rows: &'a [Row]) -> Self {
        let speedups = |guest| {
            let exact = |ratio: &Ratio| ratio.bound == Bound::Exact;
            rows.iter().filter_map(move |row| row.ratio(guest).filter(exact)).map(|ratio| ratio.seconds)
        };
        let names = |is_it: fn(&Row) -> bool| {
            rows.iter().filter(|row| is_it(row)).map(|row| row.program.name.as_str()).collect::<Vec<_>>()
        };
        let rates = || rows.iter().filter_map(Row::rate_vs_shuttle);
        Summary {
            geomean_speedup_vs_loom: geometric_mean(speedups(EngineName::Loom)),
            programs_vs_loom: speedups(EngineName::Loom).count(),
            geomean_speedup_vs_shuttle: geometric_mean(speedups(EngineName::Shuttle)),
            programs_vs_shuttle: speedups(EngineName::Shuttle).count(),
            geomean_rate_vs_shuttle: geometric_mean(rates()),
            programs_rate_vs_shuttle: rates().count(),
            counts_as_expected: names(|row| row.is_count_as_expected() == Some(true)).len(),
            counts_not_as_expected: names(|row| row.is_count_as_expected() == Some(false)),
            with_redundant: names(|row| row.searched.unsnarl.as_ref().is_some_and(|ours| ours.redundant > 0)),
        }
    }
}

fn geometric_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let logarithms: Vec<f64> = values.map(f64::ln).collect();
    #[expect(clippy::cast_precision_loss, reason = "a few programs")]
    let mean = logarithms.iter().sum::<f64>() / logarithms.len() as f64;
    (!logarithms.is_empty()).then(|| mean.exp())
}

/// A program: what ours made of it stands beside the name, and once more among the engines.
#[derive(Debug, Serialize)]
pub(super) struct Compared<'a> {
    program: &'a str,
    expected: Option<u64>,
    expected_finding: Option<FindingKind>,
    finished: Option<bool>,
    executions: Option<u64>,
    redundant: Option<u64>,
    seconds: Option<f64>,
    executions_per_second: Option<f64>,
    steps_per_second: Option<f64>,
    peak_memory_bytes: Option<u64>,
    #[serde(flatten)]
    engines: Engines<'a>,
    loom_ratio: Option<Ratio>,
    shuttle_ratio: Option<Ratio>,
    random: Random<'a>,
}

impl<'a> Compared<'a> {
    pub(super) fn new(row: &'a Row) -> Self {
        let ours = row.searched.unsnarl.as_ref();
        Compared {
            program: &row.program.name,
            expected: row.program.expected,
            expected_finding: row.program.expected_finding,
            finished: ours.map(|ours| ours.finished),
            executions: ours.map(|ours| ours.executions),
            redundant: ours.map(|ours| ours.redundant),
            seconds: ours.map(|ours| ours.seconds),
            executions_per_second: ours.and_then(Measured::executions_per_second),
            steps_per_second: ours.and_then(Measured::steps_per_second),
            peak_memory_bytes: ours.and_then(|ours| ours.peak_memory_bytes),
            engines: Engines::of(&row.searched),
            loom_ratio: row.ratio(EngineName::Loom),
            shuttle_ratio: row.ratio(EngineName::Shuttle),
            random: Random { engines: Engines::of(&row.random), rate_vs_shuttle: row.rate_vs_shuttle() },
        }
    }
}

/// Random schedules.
#[derive(Debug, Serialize)]
struct Random<'a> {
    #[serde(flatten)]
    engines: Engines<'a>,
    rate_vs_shuttle: Option<f64>,
}

/// Each engine that was asked for.
#[derive(Debug, Serialize)]
struct Engines<'a> {
    unsnarl: Option<Engine<'a>>,
    loom: Option<Engine<'a>>,
    shuttle: Option<Engine<'a>>,
}

impl<'a> Engines<'a> {
    fn of(measured: &'a PerEngine) -> Self {
        Engines {
            unsnarl: measured.unsnarl.as_ref().map(Engine::of),
            loom: measured.loom.as_ref().map(Engine::of),
            shuttle: measured.shuttle.as_ref().map(Engine::of),
        }
    }
}

#[derive(Debug, Serialize)]
struct Engine<'a> {
    #[serde(flatten)]
    measured: &'a Measured,
    executions_per_second: Option<f64>,
    steps_per_second: Option<f64>,
}

impl<'a> Engine<'a> {
    fn of(measured: &'a Measured) -> Self {
        Engine {
            measured,
            executions_per_second: measured.executions_per_second(),
            steps_per_second: measured.steps_per_second(),
        }
    }
}
