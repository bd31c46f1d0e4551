//! Trials of one strategy on one program.

use std::time::Duration;

use serde::Serialize;
use unsnarl::check::{Checker, Verdict};

use crate::{oracle::Oracle, programs::Program, strategies::Contender};

/// What the trials of a strategy on a program came to: one line of JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The program.
    pub program: &'static str,
    /// The strategy.
    pub strategy: &'static str,
    /// Whether there is a bug to find.
    pub has_bug: bool,
    /// For each trial how many schedules were run, the last of them with the bug if it was found.
    pub schedules: Vec<u64>,
    /// For each trial whether the bug was found.
    pub found: Vec<bool>,
    /// Whether a search ended without the bug because nothing was left to search.
    pub exhausted: bool,
    /// Time of all trials together.
    pub seconds: f64,
    /// What went wrong, if something did: a finding of another kind, a check that could not be carried out.
    pub fault: Option<String>,
}

/// Runs the trials, with the seeds from 1 on, as many as there is time for; at least one.
#[must_use]
pub fn measure(
    program: &Program,
    strategy: &Contender,
    trials: u32,
    schedules_max: u64,
    time_max: Duration,
) -> Measured {
    let mut measured = Measured {
        program: program.name,
        strategy: strategy.name,
        has_bug: program.expected.is_some(),
        schedules: Vec::new(),
        found: Vec::new(),
        exhausted: false,
        seconds: 0.0,
        fault: None,
    };
    let trials = if strategy.is_seeded { trials } else { 1 };
    let mut left = time_max;
    for seed in 1..=u64::from(trials) {
        let mut checker =
            Checker::new(program.name).strategy((strategy.of_seed)(seed)).regressions(false).shrink(false);
        if strategy.is_seeded {
            checker = checker.max_executions(schedules_max).max_time(left);
        }
        let body = program.buggy;
        let verdict = checker.run(move || body(Oracle::Panic));
        let Some(explored) = verdict.explored() else {
            measured.fault = Some(match verdict {
                Verdict::Inconclusive { reason } => reason,
                Verdict::Fault { message } => message,
                other => other.summary(),
            });
            return measured;
        };
        measured.schedules.push(explored.schedules() + explored.redundant);
        measured.seconds += explored.elapsed.as_secs_f64();
        left = left.saturating_sub(explored.elapsed);
        measured.exhausted |= verdict.pass().is_some_and(unsnarl::check::Pass::is_complete);
        measured.found.push(verdict.finding().is_some());
        if let Some(finding) = verdict.finding().filter(|finding| program.expected != Some(finding.kind)) {
            measured.fault = Some(format!("{}: {}", finding.kind, finding.title));
            return measured;
        }
        if left.is_zero() {
            break;
        }
    }
    measured
}
