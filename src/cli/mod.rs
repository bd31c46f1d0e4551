//! The `cargo unsnarl` command: one file per subcommand, and beside them what several of them need.
//!
//! Edges: the command knows the library, never the other way round. What goes to standard output is the result; progress,
//! complaints and cargo's own messages go to standard error.

mod bench;
mod build;
mod cargo;
mod check;
mod console;
mod engines;
mod execute;
mod interrupt;
mod lesson;
mod progress;
mod replay;
mod serve;
mod stop;
mod summary;
mod table;
mod variables;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use console::Colour;
use stop::Stop;

/// Checks every interleaving of programs that are written on unsnarl's facade, and explains what it finds.
#[derive(Debug, Parser)]
#[command(name = "cargo-unsnarl", bin_name = "cargo unsnarl", version, max_term_width = 100)]
#[command(
    after_help = "Exit status: 0 all as expected, 1 a finding, 2 an error in the use, 3 a fault of unsnarl, 130 interrupted."
)]
struct Cli {
    /// Whether the output has colours; `NO_COLOR` and `CLICOLOR_FORCE` are heard too.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the models of a package under unsnarl's engine, loom and shuttle.
    Check(check::CheckArgs),
    /// Runs a model once more along a recorded schedule and shows what happens.
    Replay(replay::ReplayArgs),
    /// Shows a classic concurrency bug, the interleaving that breaks it, and the fix.
    Lesson(lesson::LessonArgs),
    /// Serves a folder over HTTP with the checked server.
    Serve(serve::ServeArgs),
    /// Compares unsnarl with others, side by side in one run.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    // Cargo runs `cargo-unsnarl unsnarl …`; by hand one leaves the word out.
    if arguments.get(1).is_some_and(|first| first == "unsnarl") {
        arguments.remove(1);
    }
    let parsed =
        Cli::command().try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    cli.color.apply();
    let result = match cli.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Lesson(arguments) => lesson::run(&arguments),
        Command::Serve(arguments) => serve::run(arguments).map_err(stop::usage),
        Command::Bench(command) => bench::run(&command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            stop.print();
            stop.exit_code()
        }
    }
}

/// What a command comes to.
type Result<T = (), E = Stop> = std::result::Result<T, E>;
