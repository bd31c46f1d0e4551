//! `cargo unsnarl bench bugs`: how many schedules each strategy needs to find known bugs, beside what others published.
//!
//! The programs are a package of the repository, `benches/bugs`. Each strategy meets each program in a process of its own.

mod figures;
mod tables;

use std::{path::Path, process::Command, time::Duration};

use serde::{Deserialize, Serialize};

use self::figures::{Published, Summary, WithinSurw};
use super::{
    super::{
        Result, console,
        interrupt::Interrupt,
        progress::Progress,
        stop::{self, Findings, Interrupted, Stop},
    },
    programs,
};
use crate::check::EngineName;

/// The version of the JSON document. It grows when a field changes its meaning or goes away.
const DOCUMENT_VERSION: u32 = 1;
/// Where the programs are, in the repository.
const PROGRAMS_FOLDER: &str = "benches/bugs";
/// What the trials of a program may take beyond their time: the last check of an execution that is under way.
const GRACE: Duration = Duration::from_secs(30);

/// What is compared, in words.
const COMPARED: &str = "Mean number of schedules until the first bug, over trials with the seeds from 1 on. A trial that \
    did not find the bug counts with the schedules that it had (k/n: found in k of n trials); one that the time limit cut \
    off does not count. `auto` is the check that asks for nothing: its limit is its own, ten seconds. Published figures are \
    means over the trials that found the bug, and of programs whose steps are others: `facade` those of an independent \
    sampler whose steps are nearest to ours, `SURW` and `RFF` those of the artifacts of these papers (ASPLOS 2025 and 2024), \
    where each access to shared memory of a C program is a step. For `state-coverage`, `portfolio` and `auto` the best strategy \
    of each source stands there.";

/// How to compare.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BugsArgs {
    /// How many trials, each with another seed.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    trials: u32,
    /// How many schedules a trial may take: 10,000 unless given, and 1,000,000 for `SafeStack`.
    #[arg(long, value_name = "SCHEDULES", value_parser = clap::value_parser!(u64).range(1..))]
    cap: Option<u64>,
    /// Seconds that the trials of one strategy on one program may take together.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: u32,
    /// Only programs whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Only this strategy.
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
    /// Print one JSON document and nothing else.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print one Markdown table and nothing else: a line a program, a column a strategy.
    #[arg(long)]
    markdown: bool,
}

/// What there is to compare, as the package says it.
#[derive(Debug, Deserialize)]
struct Listed {
    programs: Vec<Program>,
    strategies: Vec<String>,
}

/// A program of the comparison.
#[derive(Debug, Deserialize)]
struct Program {
    name: String,
    /// Whether there is a bug to find; a finding in a control is a false alarm.
    has_bug: bool,
    schedules_max: u64,
    published: Published,
}

/// What the trials of a strategy on a program came to, as the package says it.
#[derive(Debug, Default, Deserialize)]
struct Measured {
    schedules: Vec<u64>,
    found: u32,
    seconds: f64,
    is_complete: bool,
    fault: Option<String>,
}

/// A strategy on a program.
#[derive(Debug, Serialize)]
struct Row {
    strategy: String,
    #[serde(flatten)]
    summary: Summary,
}

/// A program with all strategies.
#[derive(Debug, Serialize)]
struct Compared {
    program: String,
    has_bug: bool,
    schedules_max: u64,
    published: Published,
    strategies: Vec<Row>,
}

/// The JSON document: per program what others published and, per strategy, `found` of `trials` trials, `mean_schedules`
/// with its 95 % interval `ci95`, `seconds` of all trials, the single `schedules`, and `fault`: what should not have been.
#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    compared: &'static str,
    trials: u32,
    within_surw: Vec<WithinSurw>,
    programs: &'a [Compared],
}

/// Runs the command.
pub(super) fn run(arguments: &BugsArgs) -> Result {
    let project = programs::project(PROGRAMS_FOLDER)?;
    let interrupt = Interrupt::listen()?;
    let progress = Progress::spinner(false);
    let executable = programs::build(&project, EngineName::Unsnarl, |_| (), &progress, &interrupt)?;
    drop(progress);
    let Listed { programs, strategies } = listed(&executable, arguments)?;
    let progress = Progress::bar(false, programs.len() * strategies.len());
    let mut compared = Vec::new();
    for program in programs {
        let measure = |strategy: &String| {
            progress.doing(format!("{} with {strategy}", program.name));
            let measured = measure(&executable, &program, strategy, arguments, &interrupt)?;
            progress.advance();
            Ok(Row { strategy: strategy.clone(), summary: Summary::of(measured) })
        };
        match strategies.iter().map(measure).collect::<Result<Vec<Row>>>() {
            Ok(strategies) => {
                let Program { name, has_bug, schedules_max, published } = program;
                let schedules_max = arguments.cap.unwrap_or(schedules_max);
                compared.push(Compared { program: name, has_bug, schedules_max, published, strategies });
            }
            // What is there is printed.
            Err(Stop::Interrupted(_)) => break,
            Err(stop) => return Err(stop),
        }
    }
    drop(progress);
    if arguments.json {
        let document = Document {
            version: DOCUMENT_VERSION,
            compared: COMPARED,
            trials: arguments.trials,
            within_surw: WithinSurw::of(&compared),
            programs: &compared,
        };
        console::print_json(&document)?;
    } else if arguments.markdown {
        console::print(tables::markdown(&compared, arguments.trials));
    } else {
        console::print(format!("{}\n", tables::terminal(&compared)));
        console::print(format!("{}\n", tables::within_surw(&compared)));
        console::print(format!("{}\n", console::wrapped(COMPARED, "")));
        console::print(tables::faults(&compared));
    }
    let is_faulty = |row: &Row| row.summary.fault.is_some();
    match interrupt.happened() {
        true => Err(Stop::Interrupted(Interrupted)),
        false if compared.iter().flat_map(|compared| &compared.strategies).any(is_faulty) => {
            Err(Stop::Findings(Findings))
        }
        false => Ok(()),
    }
}

/// The programs and strategies that were asked for.
fn listed(executable: &Path, arguments: &BugsArgs) -> Result<Listed> {
    let answer = programs::answer(executable, "--list")?;
    let Listed { programs, mut strategies } = serde_json::from_slice(&answer)
        .map_err(|error| stop::fault(format!("the programs' list cannot be read: {error}")))?;
    let programs = programs::only(programs, |program| &program.name, arguments.only.as_deref())?;
    if let Some(only) = &arguments.strategy {
        if !strategies.contains(only) {
            let known = strategies.join(", ");
            return Err(stop::usage(format!("--strategy: `{only}` is not one of {known}")));
        }
        strategies.retain(|strategy| strategy == only);
    }
    Ok(Listed { programs, strategies })
}

/// Runs the trials of one strategy on one program.
fn measure(
    executable: &Path,
    program: &Program,
    strategy: &str,
    arguments: &BugsArgs,
    interrupt: &Interrupt,
) -> Result<Measured> {
    let cap = arguments.cap.unwrap_or(program.schedules_max);
    let mut command = Command::new(executable);
    command.args([&program.name, strategy]);
    command.args([u64::from(arguments.trials), cap, u64::from(arguments.seconds)].map(|n| n.to_string()));
    let time_max = Duration::from_secs(u64::from(arguments.seconds)) + GRACE;
    let ended = programs::ended(command, &program.name, time_max, interrupt)?;
    let fault = if ended.was_late { "it did not stop at its time limit" } else { "the process died" };
    let died = Measured { fault: Some(fault.to_owned()), ..Measured::default() };
    Ok(serde_json::from_slice(&ended.output).unwrap_or(died))
}
