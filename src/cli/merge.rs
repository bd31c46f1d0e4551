//! `cargo unsnarl merge`: one report of the results of several shards.

use std::{fs, path::PathBuf};

use super::{
    Result,
    outputs::Outputs,
    stop::{self, Findings, Stop},
};
use crate::report::results::{RESULTS_VERSION, Results};

/// What to bring together.
#[derive(Debug, clap::Args)]
pub(super) struct MergeArgs {
    /// The files that `cargo unsnarl check --save FILE` wrote; one will do, to have it in another form.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Go on although a shard is missing; the result says that it is partial.
    #[arg(long)]
    partial: bool,
    #[command(flatten)]
    outputs: Outputs,
}

/// Runs the command. Its exit code is that of a check which did all at once.
pub(super) fn run(arguments: &MergeArgs) -> Result {
    let parts = arguments.files.iter().map(read).collect::<Result<Vec<_>>>()?;
    let results = Results::merge(parts, arguments.partial).map_err(stop::usage)?;
    if results.summary.runs == 0 {
        return Err(stop::usage("these files have no runs: see what the checks printed"));
    }
    arguments.outputs.write(&results)?;
    let summary = &results.summary;
    if summary.findings + summary.missing + summary.failed > 0 {
        return Err(Stop::Findings(Findings));
    }
    if summary.faults > 0 {
        return Err(stop::fault("some tests gave no verdict, see above"));
    }
    Ok(())
}

fn read(file: &PathBuf) -> Result<Results> {
    let shown = file.display();
    let text =
        fs::read_to_string(file).map_err(|error| stop::usage(format!("cannot read {shown}: {error}")))?;
    let version = serde_json::from_str::<serde_json::Value>(&text)
        .map_err(|error| stop::usage(format!("{shown} is no JSON: {error}")))?
        .get("version")
        .and_then(serde_json::Value::as_u64);
    if version != Some(u64::from(RESULTS_VERSION)) {
        let found = version.map_or("no version".to_owned(), |version| format!("version {version}"));
        return Err(stop::usage(format!(
            "{shown} has {found}, but this build reads version {RESULTS_VERSION}: run the check again with the same build"
        )));
    }
    serde_json::from_str(&text)
        .map_err(|error| stop::usage(format!("{shown} is not what `check --save` writes: {error}")))
}
