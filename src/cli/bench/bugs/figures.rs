//! Figures: ours out of trials, and those that others published.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Compared, Measured, Row};

/// The two-sided 95 % point of the normal distribution.
const Z_95: f64 = 1.959_964;

/// What the trials of a strategy on a program came to.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) found: u32,
    pub(super) trials: u32,
    /// Over all trials; one that did not find the bug counts with the schedules that it had. Nothing without a trial.
    pub(super) mean_schedules: Option<f64>,
    /// The interval around the mean that covers the true one with 95 %, by Student's distribution; nothing for one trial.
    pub(super) ci95: Option<(f64, f64)>,
    /// Of all trials together.
    pub(super) seconds: f64,
    /// Of each trial.
    pub(super) schedules: Vec<u64>,
    /// The program has no further schedules.
    pub(super) is_complete: bool,
    /// What should not have been: a finding of another kind, a false alarm, a check that failed.
    pub(super) fault: Option<String>,
}

impl Summary {
    pub(super) fn of(measured: Measured) -> Self {
        let Measured { schedules, found, seconds, is_complete, fault } = measured;
        let mean_schedules = mean(&schedules);
        let ci95 = mean_schedules.zip(half_width(&schedules)).map(|(mean, half)| (mean - half, mean + half));
        let trials = u32::try_from(schedules.len()).expect("the trials were counted in 32 bits");
        Summary { found, trials, mean_schedules, ci95, seconds, schedules, is_complete, fault }
    }
}

#[expect(clippy::cast_precision_loss, reason = "schedules are far fewer than 2^52")]
fn mean(schedules: &[u64]) -> Option<f64> {
    (!schedules.is_empty()).then(|| schedules.iter().sum::<u64>() as f64 / schedules.len() as f64)
}

/// Half of the 95 % interval of the mean; nothing for less than two trials.
#[expect(clippy::cast_precision_loss, reason = "schedules are far fewer than 2^52")]
fn half_width(schedules: &[u64]) -> Option<f64> {
    let mean = mean(schedules)?;
    let free = schedules.len().checked_sub(1).filter(|free| *free > 0)? as f64;
    let variance = schedules.iter().map(|n| (*n as f64 - mean).powi(2)).sum::<f64>() / free;
    Some(student_95(free) * (variance / (free + 1.0)).sqrt())
}

/// The two-sided 95 % point of Student's distribution, by the first terms of its expansion around the normal one
/// (Abramowitz and Stegun, 26.7.5): off by less than 1 % from four degrees of freedom on, too small below.
fn student_95(free: f64) -> f64 {
    let z = Z_95;
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / free + second / free.powi(2) + third / free.powi(3)
}

/// A published figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Figure {
    Unknown,
    Never,
    Mean { schedules: f64, found: u32, trials: u32 },
}

/// The published figures of one program: by source, the strategies.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Published {
    facade: BTreeMap<String, Figure>,
    surw: BTreeMap<String, Figure>,
    rff: BTreeMap<String, Figure>,
}

impl Published {
    fn sources(&self) -> [&BTreeMap<String, Figure>; 3] {
        [&self.facade, &self.surw, &self.rff]
    }

    /// What the facade's sampler, SURW's and RFF's artifact say about the strategy; about one that none of them has, what
    /// they say about their best.
    pub(super) fn of(&self, strategy: &str) -> [Figure; 3] {
        match self.sources().iter().any(|source| source.contains_key(strategy)) {
            true => self.sources().map(|source| source.get(strategy).copied().unwrap_or(Figure::Unknown)),
            false => self.best(),
        }
    }

    /// The least mean that anybody published of SURW.
    fn least_of_surw(&self) -> Option<f64> {
        let means = self.sources().into_iter().filter_map(|source| match source.get("surw")? {
            Figure::Mean { schedules, .. } => Some(*schedules),
            Figure::Unknown | Figure::Never => None,
        });
        means.min_by(f64::total_cmp)
    }

    /// What each of the three says about its best strategy.
    pub(super) fn best(&self) -> [Figure; 3] {
        self.sources().map(best)
    }
}

/// On how many programs a strategy needs no more schedules than the best that was published of SURW, the best published sampler.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct WithinSurw {
    pub(super) strategy: String,
    pub(super) programs: usize,
    /// Of so many, for which there is a figure.
    pub(super) of: usize,
}

impl WithinSurw {
    /// Of each strategy, in the order of the rows.
    pub(super) fn of(compared: &[Compared]) -> Vec<WithinSurw> {
        let mut all: Vec<WithinSurw> = Vec::new();
        for program in compared.iter().filter(|program| program.has_bug) {
            let Some(least) = program.published.least_of_surw() else { continue };
            for (at, Row { strategy, summary }) in program.strategies.iter().enumerate() {
                if all.len() == at {
                    all.push(WithinSurw { strategy: strategy.clone(), programs: 0, of: 0 });
                }
                let is_within = summary.found == summary.trials
                    && summary.mean_schedules.is_some_and(|mean| mean <= least);
                all[at].programs += usize::from(is_within);
                all[at].of += 1;
            }
        }
        all
    }
}

/// The least mean of a strategy that always found the bug, else of one that sometimes did.
fn best(source: &BTreeMap<String, Figure>) -> Figure {
    let order = |figure: &Figure| match figure {
        Figure::Mean { schedules, found, trials } if found == trials => (0, *schedules),
        Figure::Mean { schedules, .. } => (1, *schedules),
        Figure::Never => (2, 0.0),
        Figure::Unknown => (3, 0.0),
    };
    let least = |a: &&Figure, b: &&Figure| {
        let ((a_rank, a), (b_rank, b)) = (order(a), order(b));
        a_rank.cmp(&b_rank).then(a.total_cmp(&b))
    };
    source.values().min_by(least).copied().unwrap_or(Figure::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(schedules: &[u64]) -> Measured {
        Measured { schedules: schedules.to_vec(), ..Measured::default() }
    }

    #[test]
    fn interval_is_students() {
        // Twenty trials: the point is 2.093. Deviation of 1, 3, 1, 3 …: the square root of 20/19.
        let schedules = [1, 3].repeat(10);
        let summary = Summary::of(measured(&schedules));
        let half = 2.093 * (20.0_f64 / 19.0 / 20.0).sqrt();
        let (low, high) = summary.ci95.expect("there are two trials");
        assert_eq!((summary.trials, summary.mean_schedules), (20, Some(2.0)));
        assert!((low - (2.0 - half)).abs() < 1e-3 && (high - (2.0 + half)).abs() < 1e-3, "{low} {high}");
        assert!((student_95(4.0) - 2.776).abs() < 0.03);
    }

    #[test]
    fn few_trials_have_no_interval() {
        assert_eq!(Summary::of(measured(&[])).mean_schedules, None);
        let one = Summary::of(measured(&[7]));
        assert_eq!((one.mean_schedules, one.ci95), (Some(7.0), None));
    }

    #[test]
    fn programs_are_within_surw_by_their_mean() {
        let compared = |schedules: &[u64], found, surw: &[Figure]| {
            let mut sources = surw.iter().map(|figure| BTreeMap::from([("surw".to_owned(), *figure)]));
            let mut source = || sources.next().unwrap_or_default();
            let published = Published { facade: source(), surw: source(), rff: source() };
            let summary = Summary::of(Measured { found, ..measured(schedules) });
            let strategies = vec![Row { strategy: "urw".to_owned(), summary }];
            let program = String::new();
            Compared { program, has_bug: true, schedules_max: 10, published, strategies }
        };
        let mean = |schedules| Figure::Mean { schedules, found: 19, trials: 20 };
        let all = [
            // As good as the better of the two, and a little worse.
            compared(&[2, 4], 2, &[mean(4.0), mean(3.0)]),
            compared(&[3, 4], 2, &[mean(4.0), mean(3.0)]),
            // Not always found.
            compared(&[2, 10], 1, &[mean(9.0), Figure::Never]),
            // Nothing to compare with.
            compared(&[1, 1], 2, &[Figure::Unknown]),
            Compared { has_bug: false, ..compared(&[1, 1], 0, &[mean(3.0)]) },
        ];
        let within = WithinSurw::of(&all);
        assert_eq!(within, [WithinSurw { strategy: "urw".to_owned(), programs: 1, of: 3 }]);
    }

    #[test]
    fn the_best_is_one_that_always_finds() {
        let mean = |schedules, found| Figure::Mean { schedules, found, trials: 20 };
        let of = |figures: &[Figure]| {
            best(&figures.iter().enumerate().map(|(at, figure)| (at.to_string(), *figure)).collect())
        };
        assert_eq!(of(&[mean(3.0, 4), Figure::Never, mean(9.0, 20), mean(8.0, 20)]), mean(8.0, 20));
        assert_eq!(of(&[Figure::Unknown, Figure::Never]), Figure::Never);
    }
}
