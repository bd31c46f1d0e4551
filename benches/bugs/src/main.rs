//! Says which programs and strategies there are, or runs trials of a strategy on a program; prints one line of JSON.
//!
//! `cargo unsnarl bench bugs` builds this, runs every strategy on every program, and makes the table.

use std::{io::Write, time::Duration};

use bugs::{Limits, Published, find, measure, programs, published, strategies};
use serde::Serialize;

/// What there is.
#[derive(Serialize)]
struct Listed {
    programs: Vec<ListedProgram>,
    strategies: Vec<&'static str>,
}

#[derive(Serialize)]
struct ListedProgram {
    name: &'static str,
    has_bug: bool,
    schedules_max: u64,
    published: &'static Published,
}

const USAGE: &str = "usage: unsnarl-bench-bugs --list | PROGRAM STRATEGY TRIALS SCHEDULES_MAX SECONDS_MAX";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => serde_json::to_string(&listed()),
        [program, strategy, trials, schedules, seconds] => {
            let program = find(program).expect(USAGE);
            let strategy = strategies().iter().find(|known| known.name == strategy).expect(USAGE);
            let limits = Limits {
                trials: trials.parse().expect(USAGE),
                schedules: schedules.parse().expect(USAGE),
                time: Duration::from_secs_f64(seconds.parse().expect(USAGE)),
            };
            serde_json::to_string(&measure(program, strategy, limits))
        }
        _ => panic!("{USAGE}"),
    };
    writeln!(std::io::stdout(), "{}", text.expect("plain data")).expect("somebody reads it");
}

fn listed() -> Listed {
    let programs = programs().iter().map(|program| ListedProgram {
        name: program.name,
        has_bug: program.expected.is_some(),
        schedules_max: program.schedules_max,
        published: published(program.name).expect("each program has a row of published figures"),
    });
    Listed {
        programs: programs.collect(),
        strategies: strategies().iter().map(|strategy| strategy.name).collect(),
    }
}
