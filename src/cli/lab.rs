//! `cargo unsnarl lab`: the lessons as pages, with the checker behind them.

use std::{path::PathBuf, process};

use super::{Result, console, signals::Signals, stop, table};
use crate::{
    lab::web::{self, Lab, LabError, RunLimits},
    thread,
    time::Duration,
};

/// Where the lab is, and who may visit it.
#[derive(Debug, clap::Args)]
pub(super) struct LabArgs {
    /// Where to listen; port 0 takes any free port.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8090")]
    addr: String,
    /// Let other machines in: whoever can connect can make this one run the lessons.
    #[arg(long)]
    allow_remote: bool,
    /// A name by which browsers may call the lab, beside `localhost` and addresses; may be given several times.
    #[arg(long, value_name = "HOST")]
    name: Vec<String>,
    /// Checks and steps that run at the same time; more visitors are asked to wait.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=256))]
    runs: u32,
    /// Seconds that each check may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3600))]
    budget: u32,
    /// Write the course into this folder as pages that need no server, and end.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["addr", "allow_remote", "name", "runs", "budget"])]
    export: Option<PathBuf>,
    /// With `--export`: only this lesson.
    #[arg(long, value_name = "LESSON", requires = "export")]
    lesson: Option<String>,
}

/// Serves until Ctrl-C, or exports.
pub(super) fn run(arguments: LabArgs) -> Result {
    if let Some(folder) = &arguments.export {
        return export(folder, arguments.lesson.as_deref());
    }
    let limits = RunLimits {
        runs_max: arguments.runs as usize,
        budget: Duration::from_secs(arguments.budget.into()),
        ..RunLimits::default()
    };
    let lab = Lab::new().addr(arguments.addr).allow_remote(arguments.allow_remote).limits(limits);
    let lab = arguments.name.into_iter().fold(lab, Lab::name).build().map_err(|error| match error {
        LabError::NotLoopback { .. } => {
            stop::usage(format!("{error}; say `--allow-remote` if that is wanted"))
        }
        LabError::Server(error) => stop::usage(error),
    })?;
    let handle = lab.handle();
    let signals = Signals::listen().and_then(|mut signals| {
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if signals.next().is_some() {
                handle.shutdown();
            }
            if signals.next().is_some() {
                process::exit(stop::INTERRUPTED.into());
            }
        })
    });
    console::print(format!("the lab is open at {}\n", lab.url()));
    if arguments.allow_remote {
        eprintln!("other machines may connect and make this one run the lessons");
    }
    if signals.is_err() {
        eprintln!("cannot listen for Ctrl-C: it will stop the lab at once");
    }
    // Nobody waits for connections that visitors left open.
    lab.run().map(drop).map_err(stop::usage)
}

fn export(folder: &std::path::Path, only: Option<&str>) -> Result {
    if let Some(name) = only
        && crate::lab::find(name).is_none()
    {
        return Err(stop::usage(format!(
            "there is no lesson `{name}`: see the names with `cargo unsnarl lesson`"
        )));
    }
    let tell = |lesson: &crate::lab::Lesson| eprintln!("checking {}", lesson.name);
    let count = web::export(&Lab::new(), folder, only, tell).map_err(stop::usage)?;
    console::print(format!("{} in {}\n", table::of(count, "lesson"), folder.display()));
    Ok(())
}
