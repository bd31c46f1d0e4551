//! `cargo unsnarl bench engine`: how our engine, loom and shuttle search the same programs, and how many random schedules ours
//! and shuttle run in the same time.
//!
//! The programs are a package of the repository, `benches/engine`, which is built once for each engine. Each program runs in
//! a process of its own, engine after engine, so that all three meet the same machine and none the memory of another.

mod document;
mod measured;
mod tables;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use self::{
    document::{Compared, DOCUMENT_VERSION, Document, Summary},
    measured::{Measured, PerEngine, Program, Row},
};
use super::{
    super::{
        Result, build, console,
        engines::{self, EngineChoice},
        interrupt::Interrupt,
        progress::Progress,
        stop::{self, Interrupted, Stop},
    },
    programs,
};
use crate::check::EngineName;

/// Where the programs are, in the repository.
const PROGRAMS_FOLDER: &str = "benches/engine";
/// How often a short program is run, for the least time.
const REPETITIONS_MAX: u32 = 20;
/// What an engine may take beyond the cap to notice that it has ended.
const GRACE: Duration = Duration::from_secs(20);

/// What is compared, in words.
const COMPARED: &str = "Executions, least time and peak memory until every order has been looked at, without preemption bound; \
    in programs with a bug until the first finding of the default check. `a + b`: b executions were begun and given up as \
    redundant. loom, shuttle: their executions, and their time as a multiple of ours; `>` where the time limit came first. All \
    three search depth first; shuttle goes on at random after 100,000 executions or half of the time, and what is found so \
    counts as found. Random schedules: the walk in which every thread that can go on is equally likely; loom has none.";

/// How long what may take.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Seconds that an engine may spend on a program.
    cap: f64,
    /// The same where it is known that it will not come to the end.
    hopeless_cap: f64,
    /// Seconds of random schedules.
    random: f64,
    repetitions: u32,
}

/// How to compare.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct EngineArgs {
    /// Seconds that an engine may spend on a program; 2 at most where it is known not to come to the end.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    cap: f64,
    /// One repetition each, short random runs and, unless a cap is given, at most one second.
    #[arg(long)]
    quick: bool,
    /// Only programs whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// The engine to run the programs with; may be given several times.
    #[arg(short, long = "engine", value_enum, value_name = "ENGINE", default_values_t = [EngineChoice::All])]
    engines: Vec<EngineChoice>,
    /// Print one JSON document and nothing else; its fields are described in docs/engines.md.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown tables and nothing else.
    #[arg(long)]
    markdown: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("not a number of seconds between 0.01 and 86400".to_owned()),
    }
}

impl EngineArgs {
    fn limits(&self) -> Limits {
        match self.quick {
            true => {
                let cap = self.cap.min(1.0);
                Limits { cap, hopeless_cap: cap.min(0.2), random: cap.min(0.1), repetitions: 1 }
            }
            false => Limits {
                cap: self.cap,
                hopeless_cap: self.cap.min(2.0),
                random: self.cap.min(0.5),
                repetitions: REPETITIONS_MAX,
            },
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: &EngineArgs) -> Result {
    let limits = arguments.limits();
    let project = programs::project(PROGRAMS_FOLDER)?;
    let interrupt = Interrupt::listen()?;
    let progress = Progress::spinner(false);
    let build = |engine| {
        let choose = |command: &mut Command| build::choose(command, engine, &project.target);
        Ok((engine, programs::build(&project, engine, choose, &progress, &interrupt)?))
    };
    let executables =
        engines::chosen(&arguments.engines).into_iter().map(build).collect::<Result<Vec<_>>>()?;
    drop(progress);
    let programs = listed(&executables[0].1, arguments.only.as_deref())?;
    let progress = Progress::bar(false, programs.len() * executables.len());
    let mut rows = Vec::new();
    for program in programs {
        match row(program, &executables, limits, &progress, &interrupt) {
            Ok(row) => rows.push(row),
            // What is there is printed.
            Err(Stop::Interrupted(_)) => break,
            Err(stop) => return Err(stop),
        }
    }
    drop(progress);
    if arguments.json {
        console::print_json(&Document {
            version: DOCUMENT_VERSION,
            compared: COMPARED,
            cap_seconds: limits.cap,
            hopeless_cap_seconds: limits.hopeless_cap,
            random_seconds: limits.random,
            summary: Summary::of(&rows),
            programs: rows.iter().map(Compared::new).collect(),
        })?;
    } else if arguments.markdown {
        console::print(tables::markdown(&rows));
    } else {
        console::print(format!("{}\n{}\n", tables::terminal(&rows), console::wrapped(COMPARED, "")));
    }
    if interrupt.happened() { Err(Stop::Interrupted(Interrupted)) } else { Ok(()) }
}

/// The programs that were asked for.
fn listed(executable: &Path, only: Option<&str>) -> Result<Vec<Program>> {
    let answer = programs::answer(executable, "--list")?;
    let listed: Vec<Program> = serde_json::from_slice(&answer)
        .map_err(|error| stop::fault(format!("the programs' list cannot be read: {error}")))?;
    programs::only(listed, |program| &program.name, only)
}

/// Runs one program with every engine.
fn row(
    program: Program,
    executables: &[(EngineName, PathBuf)],
    limits: Limits,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Row> {
    let (mut searched, mut random) = (PerEngine::default(), PerEngine::default());
    for (engine, executable) in executables {
        progress.doing(format!("{} with {engine}", program.name));
        let cap = if program.hopeless.contains(engine) { limits.hopeless_cap } else { limits.cap };
        let (time, repetitions) = (cap.to_string(), limits.repetitions.to_string());
        let arguments = ["search", &program.name, &time, &repetitions];
        *searched.of(*engine) = Some(measure(executable, &arguments, cap, interrupt)?);
        // A finding would end the schedules; and loom has none at random.
        if program.expected_finding.is_none() && *engine != EngineName::Loom {
            let arguments = ["random", &program.name, &limits.random.to_string()];
            *random.of(*engine) = Some(measure(executable, &arguments, limits.random, interrupt)?);
        }
        progress.advance();
    }
    Ok(Row { program, searched, random })
}

/// Runs one program with one engine.
fn measure(executable: &Path, arguments: &[&str], cap: f64, interrupt: &Interrupt) -> Result<Measured> {
    let mut command = Command::new(executable);
    command.args(arguments);
    let ended = programs::ended(command, arguments[1], Duration::from_secs_f64(cap) + GRACE, interrupt)?;
    let note = if ended.was_late { "it did not stop at its time limit" } else { "the process died" };
    let died = Measured { seconds: cap, note: Some(note.to_owned()), ..Measured::default() };
    Ok(serde_json::from_slice(&ended.output).unwrap_or(died))
}
