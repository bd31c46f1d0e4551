//! `cargo unsnarl serve`: stands for the command until the server's own file takes its place.

use std::path::PathBuf;

/// What to serve.
#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// The folder.
    folder: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: ServeArgs) -> Result<(), String> {
    Err(format!("cannot serve {}: this build has no server", arguments.folder.display()))
}
