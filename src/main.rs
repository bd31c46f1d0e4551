//! A stand-in for the command, until the other commands are there: parses `serve` and runs it.

#[path = "cli/serve.rs"]
mod serve;

use clap::Parser;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: serve::ServeArgs,
}

fn main() -> std::process::ExitCode {
    let words = std::env::args().enumerate();
    let args = words.filter(|(at, word)| *at == 0 || *at > 2 || (word != "unsnarl" && word != "serve"));
    match serve::run(Command::parse_from(args.map(|(_, word)| word)).serve) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::from(2)
        }
    }
}
