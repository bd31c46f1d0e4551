//! The `cargo unsnarl` command: one file per subcommand, and beside them what several of them need.
//!
//! Edges: the command knows the library, never the other way round. What goes to standard output is the result; progress,
//! complaints and cargo's own messages go to standard error.

mod bench;
mod build;
mod cargo;
mod check;
mod config;
mod console;
mod describe;
mod engines;
mod execute;
mod interrupt;
#[cfg(lab_web)]
mod lab;
mod lesson;
mod merge;
mod outputs;
mod progress;
mod replay;
mod serve;
mod signals;
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
    Check(Box<check::CheckArgs>),
    /// Runs a model once more along a recorded schedule and shows what happens.
    Replay(replay::ReplayArgs),
    /// Shows a classic concurrency bug, the interleaving that breaks it, and the fix.
    Lesson(lesson::LessonArgs),
    /// Opens the lab: the lessons as pages on which the checker runs, and on which one is the scheduler oneself.
    #[cfg(lab_web)]
    Lab(lab::LabArgs),
    /// Brings the results of several shards together, or turns results into another form.
    Merge(merge::MergeArgs),
    /// Serves a folder over HTTP with the checked server.
    Serve(serve::ServeArgs),
    /// Compares unsnarl with others, side by side in one run.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// Prints a script that completes this command in a shell.
    Completions(describe::CompletionsArgs),
    /// Prints the manual page.
    Man,
    /// Prints the JSON schema of what `check` writes.
    Schema(describe::SchemaArgs),
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
        Command::Check(arguments) => check::run(*arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Lesson(arguments) => lesson::run(&arguments),
        #[cfg(lab_web)]
        Command::Lab(arguments) => lab::run(arguments),
        Command::Serve(arguments) => serve::run(arguments),
        Command::Bench(command) => bench::run(&command),
        Command::Merge(arguments) => merge::run(&arguments),
        Command::Completions(arguments) => describe::completions(&arguments),
        Command::Man => describe::man(),
        Command::Schema(arguments) => describe::schema(&arguments),
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

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use clap::{CommandFactory, error::ErrorKind};

    use super::Cli;

    /// The commands of a text, as words: what follows `cargo unsnarl` up to the end of the code.
    fn commands(text: &str) -> Vec<Vec<String>> {
        let mut commands = Vec::new();
        for line in text.lines() {
            for (at, found) in line.match_indices("cargo unsnarl ") {
                let rest = &line[at + found.len()..];
                // A span ends with a backtick; a line of a block before what explains it.
                let rest = rest.split(['`', '#']).next().unwrap_or_default();
                let rest = rest.split("   ").next().unwrap_or_default();
                let rest =
                    rest.replace("${{ matrix.shard }}", "1").replace("$CI_NODE_INDEX/$CI_NODE_TOTAL", "1/3");
                let rest = rest.replace("SHELL", "bash");
                // What stands in quotes is one word.
                let words = rest.split('"').enumerate().flat_map(|(at, part)| match at % 2 {
                    0 => part.split_whitespace().map(str::to_owned).collect(),
                    _ => vec![part.to_owned()],
                });
                commands.push(words.collect());
            }
        }
        commands
    }

    #[test]
    fn the_documents_name_only_what_there_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let docs = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
        let files = docs.chain([root.join("README.md"), root.join("CONTRIBUTING.md")]);
        let mut seen = 0;
        for file in files.filter(|file| file.extension().is_some_and(|extension| extension == "md")) {
            for command in commands(&fs::read_to_string(&file).unwrap()) {
                seen += 1;
                let words = ["cargo-unsnarl".to_owned()].into_iter().chain(command.clone());
                let Err(error) = Cli::command().try_get_matches_from(words) else { continue };
                // Prose names a command without what it needs.
                let is_short = matches!(
                    error.kind(),
                    ErrorKind::MissingRequiredArgument
                        | ErrorKind::MissingSubcommand
                        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                );
                assert!(is_short, "{}: `cargo unsnarl {}`: {error}", file.display(), command.join(" "));
            }
        }
        assert!(seen > 20, "{seen} commands were found");
    }
}
