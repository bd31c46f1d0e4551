//! Writes the table of `docs/models.md` anew from the records of three runs.
//!
//! Usage: `models-table DOCUMENT RECORDS...`, where the records are what `UNSNARL_EVENTS` made the tests write. The sentence
//! in the second column is kept; a model that is new gets an empty one, a model that is gone loses its line.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, process::ExitCode};

use unsnarl::check::{EngineName, Explored, Record, Verdict};

const BEGIN: &str = "<!-- table: written by models-table -->";
const END: &str = "<!-- end of table -->";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let Some(document) = arguments.next() else {
        eprintln!("usage: models-table DOCUMENT RECORDS...");
        return ExitCode::from(2);
    };
    match rewrite(&document, &arguments.collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("models-table: {error}");
            ExitCode::FAILURE
        }
    }
}

fn rewrite(document: &str, files: &[String]) -> Result<(), String> {
    let text = fs::read_to_string(document).map_err(|error| format!("{document}: {error}"))?;
    let (before, rest) = text.split_once(BEGIN).ok_or(format!("{document}: no line `{BEGIN}`"))?;
    let (old, after) = rest.split_once(END).ok_or(format!("{document}: no line `{END}`"))?;
    let sentences = sentences(old);

    // Names may be used by several checks of one test; their cells are joined.
    let mut cells: BTreeMap<String, [Vec<String>; 3]> = BTreeMap::new();
    for file in files {
        let lines = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        for line in lines.lines() {
            let record: Record = serde_json::from_str(line).map_err(|error| format!("{file}: {error}"))?;
            let engine = match record.engine {
                EngineName::Unsnarl => 0,
                EngineName::Loom => 1,
                EngineName::Shuttle => 2,
            };
            cells.entry(record.model.clone()).or_default()[engine].push(cell(&record));
        }
    }
    let mut table =
        String::from("\n| model | what it shows | ours | loom | shuttle |\n|---|---|---|---|---|\n");
    for (model, engines) in &cells {
        let sentence = sentences.get(model.as_str()).copied().unwrap_or_default();
        let engines = engines.each_ref().map(|cells| cells.join("; "));
        writeln!(table, "| `{model}` | {sentence} | {} |", engines.join(" | ")).expect("a string takes all");
    }
    let text = format!("{before}{BEGIN}{table}{END}{after}");
    fs::write(document, text).map_err(|error| format!("{document}: {error}"))
}

/// The second column by the first.
fn sentences(table: &str) -> BTreeMap<&str, &str> {
    let lines = table.lines().filter_map(|line| {
        let mut columns = line.split('|').map(str::trim).skip(1);
        Some((columns.next()?.trim_matches('`'), columns.next()?))
    });
    lines.collect()
}

/// What an engine made of a model.
fn cell(record: &Record) -> String {
    let wrong = if record.as_expected { "" } else { "**wrong:** " };
    let cell = match &record.verdict {
        Verdict::Pass(pass) => {
            let missed = if record.expected.is_none() { "pass" } else { "missed" };
            let bounded = if pass.is_complete() { "" } else { ", bounded" };
            format!("{missed} {}{bounded}", count(&pass.explored))
        }
        Verdict::Finding(finding) => format!("{} {}", finding.kind, count(&finding.explored)),
        Verdict::Inconclusive { .. } => "not possible".to_owned(),
        Verdict::Fault { .. } => "fault".to_owned(),
    };
    format!("{wrong}{cell}")
}

fn count(explored: &Explored) -> String {
    format!("{}, {:.2} s", explored.schedules(), explored.elapsed.as_secs_f64())
}
