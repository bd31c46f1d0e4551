//! Writes the table of `docs/models.md` anew from the records of three runs.
//!
//! Usage: `models-table DOCUMENT RECORDS...`, where the records are what `UNSNARL_EVENTS` made the tests write. The sentence
//! in the second column is kept; a model that is new gets an empty one, a model that is gone loses its line.

use std::{collections::BTreeMap, env, fmt::Write as _, fs, process::ExitCode, time::Duration};

use serde_json::Value;

const BEGIN: &str = "<!-- table: written by models-table -->";
const END: &str = "<!-- end of table -->";
const ENGINES: [&str; 3] = ["unsnarl", "loom", "shuttle"];

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
            // Not as a `Record`: a finding in it has a model and an engine, too, which serde takes for duplicates.
            let record: Value = serde_json::from_str(line).map_err(|error| format!("{file}: {error}"))?;
            let (model, engine) = (word(&record, "model"), word(&record, "engine"));
            let engine =
                ENGINES.iter().position(|name| *name == engine).ok_or(format!("{file}: {engine}?"))?;
            cells.entry(model.to_owned()).or_default()[engine].push(cell(&record));
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
fn cell(record: &Value) -> String {
    let wrong = if record["as_expected"] == true { "" } else { "**wrong:** " };
    let cell = match word(record, "verdict") {
        "pass" => {
            let missed = if record["expected"].is_null() { "pass" } else { "missed" };
            let is_complete = record["bounds"].as_array().is_none_or(Vec::is_empty);
            format!("{missed} {}{}", count(record), if is_complete { "" } else { ", bounded" })
        }
        "finding" => format!("{} {}", word(record, "kind"), count(record)),
        "inconclusive" => "not possible".to_owned(),
        other => other.to_owned(),
    };
    format!("{wrong}{cell}")
}

fn word<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or_default()
}

fn count(record: &Value) -> String {
    let explored = &record["explored"];
    let elapsed: Duration = serde_json::from_value(explored["elapsed"].clone()).unwrap_or_default();
    format!("{}, {:.2} s", explored["executions"], elapsed.as_secs_f64())
}
