//! A program under the engine of this build: searched to the end, and in random schedules.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a bench measures real time")]

use std::{
    fs,
    time::{Duration, Instant},
};

use serde::Serialize;
use unsnarl::check::{Checker, EngineName, Finding, FindingKind, Strategy, Verdict};

use crate::programs::Program;

/// A program is not run again, for the least time, when this much time has gone into it.
const REPETITIONS_TIME: Duration = Duration::from_millis(200);
/// The seed of the random schedules.
const SEED: u64 = 1;

/// What a program came to under the engine of this build.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// What was found.
    pub finding: Option<FindingKind>,
    /// Whether the search came to its end: to the finding, or to the end of the executions.
    pub finished: bool,
    /// Executions that were run to their end, or to the finding.
    pub executions: u64,
    /// Executions that were begun and given up, since what followed was executed before.
    pub redundant: u64,
    /// Steps in all executions; nothing where the engine does not count them.
    pub steps: Option<u64>,
    /// Time of all executions together.
    pub seconds: f64,
    /// The most memory that this process had so far; nothing where the system does not say.
    pub peak_memory_bytes: Option<u64>,
    /// What was found, why there is no verdict, or what bounded the search.
    pub note: Option<String>,
}

/// Searches a program until its end, its first finding or the end of the time: in order if it is correct, else by the default
/// of a check. The best of some repetitions; a program that takes long is not repeated.
///
/// # Panics
///
/// If there are to be no repetitions.
#[must_use]
pub fn measure(program: &Program, cap: Duration, repetitions: u32) -> Measured {
    let strategy = if program.expected_finding.is_none() { Strategy::Exhaustive } else { Strategy::Auto };
    let started = Instant::now();
    let mut best: Option<Measured> = None;
    for _ in 0..repetitions {
        let measured = run(program, strategy.clone(), cap);
        if best.as_ref().is_none_or(|best| measured.seconds < best.seconds) {
            best = Some(measured);
        }
        if started.elapsed() > REPETITIONS_TIME {
            break;
        }
    }
    best.expect("at least one repetition")
}

/// Runs a program in random schedules until a finding or the end of the time.
#[must_use]
pub fn measure_random(program: &Program, time: Duration) -> Measured {
    run(program, Strategy::Random(SEED), time)
}

fn run(program: &Program, strategy: Strategy, time: Duration) -> Measured {
    let verdict = Checker::new(program.name)
        .strategy(strategy)
        .max_time(time)
        .loom_preemptions(None)
        .regressions(false)
        .shrink(false)
        .predict(false)
        .run(program.body);
    let explored = verdict.explored().cloned().unwrap_or_default();
    let counts_steps = EngineName::of_this_build() == EngineName::Unsnarl;
    let measured = Measured {
        finding: None,
        finished: false,
        executions: explored.schedules(),
        redundant: explored.redundant,
        steps: counts_steps.then_some(explored.steps),
        seconds: explored.elapsed.as_secs_f64(),
        peak_memory_bytes: peak_memory_bytes(),
        note: None,
    };
    match verdict {
        Verdict::Pass(pass) => {
            let (cut, other): (Vec<String>, Vec<String>) =
                pass.bounds.into_iter().partition(|bound| is_budget(bound));
            Measured { finished: cut.is_empty(), note: cut.into_iter().chain(other).next(), ..measured }
        }
        Verdict::Finding(finding) => {
            let Finding { kind, title, .. } = *finding;
            Measured { finished: true, finding: Some(kind), note: Some(title), ..measured }
        }
        Verdict::Inconclusive { reason } => Measured { note: Some(reason), ..measured },
        Verdict::Fault { message } => Measured { note: Some(message), ..measured },
    }
}

/// Whether a bound says that the search did not end, and not that some behaviour was left out from the start.
fn is_budget(bound: &str) -> bool {
    ["budget", "limit", "random schedules"].iter().any(|word| bound.contains(word))
}

/// Linux calls it the high-water mark of the resident set, and gives it in KiB.
fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1_024)
}
