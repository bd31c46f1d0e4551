//! Says which programs there are, or runs one of them under the engine of this build; prints one line of JSON.
//!
//! `cargo unsnarl bench engine` builds this once for each engine and puts the results side by side.

use std::{io::Write, time::Duration};

use programs::{Program, find, measure, measure_random, programs};
use serde::Serialize;
use unsnarl::check::{EngineName, FindingKind};

/// A program, as the list says it.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    expected: Option<u64>,
    expected_finding: Option<FindingKind>,
    hopeless: &'static [EngineName],
}

const USAGE: &str =
    "usage: unsnarl-bench-engine --list | search PROGRAM CAP_SECONDS REPETITIONS | random PROGRAM SECONDS";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => serde_json::to_string(&programs().map(listed).collect::<Vec<_>>()),
        ["search", name, cap, repetitions] => {
            let repetitions = repetitions.parse().expect(USAGE);
            serde_json::to_string(&measure(find(name).expect(USAGE), seconds(cap), repetitions))
        }
        ["random", name, time] => {
            serde_json::to_string(&measure_random(find(name).expect(USAGE), seconds(time)))
        }
        _ => panic!("{USAGE}"),
    };
    writeln!(std::io::stdout(), "{}", text.expect("plain data")).expect("somebody reads it");
}

fn listed(program: &Program) -> Listed {
    let Program { name, expected, expected_finding, hopeless, .. } = *program;
    Listed { name, expected, expected_finding, hopeless }
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse().expect(USAGE))
}
