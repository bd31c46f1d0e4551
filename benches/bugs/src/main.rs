//! Runs trials of a strategy on a program and prints what they came to as one line of JSON.
//!
//! `cargo unsnarl bench bugs` builds this, runs every strategy on every program, and makes the table.

use std::{io::Write, time::Duration};

use bugs::{find, measure, programs, strategies};

const USAGE: &str = "usage: unsnarl-bench-bugs --list | PROGRAM STRATEGY TRIALS SCHEDULES_MAX SECONDS_MAX";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => programs().iter().map(|program| program.name).collect::<Vec<_>>().join("\n"),
        [program, strategy, trials, schedules_max, seconds_max] => {
            let program = find(program).expect(USAGE);
            let strategy = strategies().iter().find(|known| known.name == strategy).expect(USAGE);
            let time_max = Duration::from_secs_f64(seconds_max.parse().expect(USAGE));
            let measured = measure(
                program,
                strategy,
                trials.parse().expect(USAGE),
                schedules_max.parse().expect(USAGE),
                time_max,
            );
            serde_json::to_string(&measured).expect("plain data")
        }
        _ => panic!("{USAGE}"),
    };
    writeln!(std::io::stdout(), "{text}").expect("somebody reads it");
}
