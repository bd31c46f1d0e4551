//! The command described for other programs: shell completions, a manual page, and the schemas of its JSON.

use clap::{CommandFactory, ValueEnum};

use super::{Cli, Result, console, stop};
use crate::{check::Finding, report::results::Results};

/// Completions for which shell.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// The schema of which document.
#[derive(Debug, clap::Args)]
pub(super) struct SchemaArgs {
    /// The document.
    #[arg(value_enum, default_value_t = Document::Results)]
    document: Document,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Document {
    /// What `check --json` prints and `check --save` writes.
    Results,
    /// One finding, as `check --findings` writes it.
    Finding,
}

/// Prints a script that completes `cargo-unsnarl` on the command line.
pub(super) fn completions(arguments: &CompletionsArgs) -> Result {
    let mut out = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "cargo-unsnarl", &mut out);
    console::print(String::from_utf8_lossy(&out));
    Ok(())
}

/// Prints the manual page.
pub(super) fn man() -> Result {
    let mut out = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut out).map_err(stop::fault)?;
    console::print(String::from_utf8_lossy(&out));
    Ok(())
}

/// Prints a JSON schema.
pub(super) fn schema(arguments: &SchemaArgs) -> Result {
    console::print_json(&match arguments.document {
        Document::Results => schemars::schema_for!(Results),
        Document::Finding => schemars::schema_for!(Finding),
    })
}
