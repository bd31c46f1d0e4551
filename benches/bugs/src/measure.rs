//! Trials of one strategy on one program.

use std::time::Duration;

use serde::Serialize;
use unsnarl::check::{Checker, Pass, Verdict};

use crate::{oracle::Oracle, programs::Program, strategies::Contender};

/// What the trials of a strategy on a program came to: one line of JSON.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Measured {
    /// For each trial how many schedules were run, the last of them with the bug if it was found.
    pub schedules: Vec<u64>,
    /// How many trials found the bug.
    pub found: u32,
    /// Time of these trials together.
    pub seconds: f64,
    /// The program has no further schedules: a search ended without a finding.
    pub is_complete: bool,
    /// What went wrong, if something did: a finding of another kind, a check that could not be carried out.
    pub fault: Option<String>,
}

/// Limits of the trials of one strategy on one program.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many trials, with the seeds from 1 on.
    pub trials: u32,
    /// How many schedules a trial may take.
    pub schedules: u64,
    /// How long the trials may take together. What the time cuts off is no trial.
    pub time: Duration,
}

/// Runs the trials.
#[must_use]
pub fn measure(program: &Program, strategy: &Contender, limits: Limits) -> Measured {
    let mut measured = Measured::default();
    let mut left = limits.time;
    for seed in 1..=u64::from(limits.trials) {
        // On one core a seed decides everything.
        let checker = Checker::new(program.name).cores(1).regressions(false).shrink(false);
        let mut checker = (strategy.follow)(checker, seed);
        if !strategy.is_default {
            // The strategy is measured, and not what its schedules tell of others.
            checker = checker.max_executions(limits.schedules).max_time(left).predict(false);
        }
        let body = program.buggy;
        let verdict = checker.run(move || body(Oracle::Panic));
        let Some(explored) = verdict.explored() else {
            measured.fault = Some(reason(verdict));
            break;
        };
        left = left.saturating_sub(explored.elapsed);
        let schedules = explored.schedules() + explored.redundant;
        let finding = verdict.finding();
        let is_complete = verdict.pass().is_some_and(Pass::is_complete);
        let is_trial =
            finding.is_some() || is_complete || strategy.is_default || schedules >= limits.schedules;
        if is_trial {
            measured.schedules.push(schedules);
            measured.seconds += explored.elapsed.as_secs_f64();
            measured.found += u32::from(finding.is_some());
            measured.is_complete |= is_complete;
        }
        if let Some(finding) = finding.filter(|finding| program.expected != Some(finding.kind)) {
            measured.fault = Some(format!("{}: {}", finding.kind, finding.title));
            break;
        }
        if left.is_zero() {
            break;
        }
    }
    measured
}

/// Why there was no verdict.
fn reason(verdict: Verdict) -> String {
    match verdict {
        Verdict::Inconclusive { reason } => reason,
        Verdict::Fault { message } => message,
        verdict => verdict.summary(),
    }
}
