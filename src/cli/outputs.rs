//! Where results go beside the terminal: files in the forms that other tools read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{Result, console, stop, summary};
use crate::{
    check::Finding,
    report::{
        dot, github, html, junit, mermaid, perfetto,
        results::Results,
        sarif,
        terminal::{self, Style},
    },
};

/// The forms that were asked for.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Results")]
pub(super) struct Outputs {
    /// Print one JSON document and nothing else.
    #[arg(long)]
    pub(super) json: bool,
    /// Show no progress, and only what is not as expected.
    #[arg(short, long)]
    pub(super) quiet: bool,
    /// Also print the workflow commands by which GitHub shows findings beside the source.
    #[arg(long)]
    github: bool,
    /// Write the JSON document to this file, for `cargo unsnarl merge`.
    #[arg(long, value_name = "FILE")]
    pub(super) save: Option<PathBuf>,
    /// Write JUnit XML to this file.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Write SARIF 2.1.0 to this file.
    #[arg(long, value_name = "FILE")]
    pub(super) sarif: Option<PathBuf>,
    /// Write one HTML page to this file, with every finding to be gone through step by step.
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Write each finding into this folder: text, JSON, HTML, a Perfetto trace, diagrams for Mermaid and Graphviz.
    #[arg(long, value_name = "DIR")]
    pub(super) findings: Option<PathBuf>,
}

impl Outputs {
    /// Writes the files, and prints. The files come first: a reader of the terminal who goes away loses none.
    pub(super) fn write(&self, results: &Results) -> Result {
        let fault = |what: &str, error: String| stop::fault(format!("cannot write {what}: {error}"));
        if let Some(file) = &self.save {
            let mut text = serde_json::to_string_pretty(results).map_err(stop::fault)?;
            text.push('\n');
            save(file, text.as_bytes())?;
        }
        if let Some(file) = &self.junit {
            let text = junit::document(results).map_err(|error| fault("JUnit XML", error))?;
            save(file, text.as_bytes())?;
        }
        if let Some(file) = &self.sarif {
            let text = sarif::document(results).map_err(|error| fault("SARIF", error.to_string()))?;
            save(file, text.as_bytes())?;
        }
        if let Some(file) = &self.html {
            let text = html::page(results).map_err(|error| fault("HTML", error.to_string()))?;
            save(file, text.as_bytes())?;
        }
        if let Some(folder) = &self.findings {
            for run in results.all() {
                if let Some(finding) = run.finding() {
                    save_finding(folder, finding)?;
                }
            }
        }
        if self.json {
            console::print_json(results)?;
        } else {
            summary::print(results, self.quiet);
        }
        if self.github && !self.json {
            console::print(github::annotations(results));
        }
        Ok(())
    }
}

/// All forms of one finding, by the names of the model and of the engine.
fn save_finding(folder: &Path, finding: &Finding) -> Result {
    let name: String = finding
        .model
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect();
    let file = |ending: &str| folder.join(format!("{name}.{}.{ending}", finding.engine));
    let json = serde_json::to_string_pretty(finding).map_err(stop::fault)?;
    save(&file("json"), json.as_bytes())?;
    save(&file("txt"), terminal::finding(finding, &Style::plain()).as_bytes())?;
    save(&file("html"), html::finding(finding).map_err(stop::fault)?.as_bytes())?;
    save(&file("dot"), dot::finding(finding).as_bytes())?;
    let diagrams = format!(
        "# {}\n\n```mermaid\n{}```\n\n```mermaid\n{}```\n",
        finding.title,
        mermaid::graph(finding),
        mermaid::sequence(finding)
    );
    save(&file("md"), diagrams.as_bytes())?;
    save(&file("pftrace"), &perfetto::trace(finding))
}

/// Writes a file; the folder is made where it is not there.
fn save(file: &Path, bytes: &[u8]) -> Result {
    let make = || {
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        fs::write(file, bytes)
    };
    make().map_err(|error| stop::usage(format!("cannot write {}: {error}", file.display())))
}
