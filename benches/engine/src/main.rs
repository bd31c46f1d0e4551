//! Runs a program of the comparison under the engine of this build and prints the result as one line of JSON.
//!
//! `cargo unsnarl bench engine` builds this once for each engine and puts the results side by side. What is compared: the
//! default search of a check without preemption bound, until everything has been looked at or until the first finding.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a bench measures real time")]

mod programs;

use std::{
    io::Write,
    time::{Duration, Instant},
};

use serde::Serialize;
use unsnarl::check::{Checker, EngineName, FindingKind, Verdict};

/// A program is not run again, for the least time, when this much time has gone into it.
const REPETITIONS_TIME: Duration = Duration::from_millis(200);

/// What one program came to.
#[derive(Serialize)]
struct Line {
    program: &'static str,
    engine: EngineName,
    /// What it should end with; nothing if the program is correct.
    expected: Option<FindingKind>,
    finding: Option<FindingKind>,
    /// Whether the search came to its end: to the finding, or to the end of the executions.
    finished: bool,
    executions: u64,
    seconds: f64,
    /// What was found, why there is no verdict, or what bounded the search.
    note: Option<String>,
}

const USAGE: &str = "usage: unsnarl-bench-engine --list | PROGRAM CAP_SECONDS REPETITIONS";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let programs = programs::all();
    let text = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => programs.iter().map(|program| program.name).collect::<Vec<_>>().join("\n"),
        [name, cap, repetitions] => {
            let program = programs.iter().find(|program| program.name == name).expect(USAGE);
            let cap = Duration::from_secs_f64(cap.parse().expect(USAGE));
            serde_json::to_string(&measure(program, cap, repetitions.parse().expect(USAGE)))
                .expect("plain data")
        }
        _ => panic!("{USAGE}"),
    };
    writeln!(std::io::stdout(), "{text}").expect("somebody reads it");
}

fn measure(program: &programs::Program, cap: Duration, repetitions: u32) -> Line {
    let started = Instant::now();
    let mut best: Option<Line> = None;
    for _ in 0..repetitions {
        let line = once(program, cap);
        if best.as_ref().is_none_or(|best| line.seconds < best.seconds) {
            best = Some(line);
        }
        if started.elapsed() > REPETITIONS_TIME {
            break;
        }
    }
    best.expect("at least one repetition")
}

fn once(program: &programs::Program, cap: Duration) -> Line {
    let verdict = Checker::new(program.name)
        .max_time(cap)
        .loom_preemptions(None)
        .regressions(false)
        .shrink(false)
        .run(program.body);
    let explored = verdict.explored().cloned().unwrap_or_default();
    let line = Line {
        program: program.name,
        engine: EngineName::of_this_build(),
        expected: program.expected,
        finding: None,
        finished: false,
        executions: explored.schedules() + explored.redundant,
        seconds: explored.elapsed.as_secs_f64(),
        note: None,
    };
    match verdict {
        Verdict::Pass(pass) => {
            let (cut, other): (Vec<String>, Vec<String>) =
                pass.bounds.into_iter().partition(|bound| is_budget(bound));
            Line { finished: cut.is_empty(), note: cut.into_iter().chain(other).next(), ..line }
        }
        Verdict::Finding(finding) => {
            Line { finished: true, finding: Some(finding.kind), note: Some(finding.title.clone()), ..line }
        }
        Verdict::Inconclusive { reason } => Line { note: Some(reason), ..line },
        Verdict::Fault { message } => Line { note: Some(message), ..line },
    }
}

/// Whether a bound says that the search did not end, and not that some behaviour was left out from the start.
fn is_budget(bound: &str) -> bool {
    ["budget", "limit", "random schedules"].iter().any(|word| bound.contains(word))
}
