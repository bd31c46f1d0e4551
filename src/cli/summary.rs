//! Results of many checks for people, and what a test's process came to.

use std::collections::HashSet;

use super::{
    console,
    execute::{self, End, Job, TestRun},
    table::{self, Cell, Paint},
};
use crate::{
    check::{EngineName, Pass, Record, Verdict},
    report::results::{Outcome, ProblemKind, Results, Run, Summary},
};

/// How `check::checker` begins the note on a pass where a finding was expected that the engine is known to miss.
const KNOWN_MISS: &str = "known miss: ";

/// What a test came to: nothing if it is not a model.
pub(super) fn runs_of(job: &Job<'_>, run: TestRun) -> Vec<Run> {
    let TestRun { records, end, so_far, tail } = run;
    let make = |outcome| Run { package: job.package.name.clone(), test: job.test.to_owned(), outcome };
    let problem = |problem, message: String| make(Outcome::Problem { engine: job.engine, problem, message });
    let explained = records.iter().any(|record| !record.as_expected);
    // A check in a package whose tests were built without the engine runs under another one.
    if let Some(other) = records.iter().find(|record| record.engine != job.engine) {
        let message =
            format!("enable the feature \"{}\" of unsnarl: the model ran under {}", job.engine, other.engine);
        return vec![problem(ProblemKind::NotBuilt, message)];
    }
    let mut runs: Vec<Run> =
        records.into_iter().map(|record| make(Outcome::Checked(Box::new(record)))).collect();
    match end {
        End::Passed => {}
        // Without progress nobody knows whether it is a model.
        End::Stopped => runs.extend(so_far.map(|so_far| {
            let model = if so_far.model == job.test { String::new() } else { format!("{}: ", so_far.model) };
            let message = format!("{model}ended after {}", execute::how_far(&so_far));
            problem(ProblemKind::Stopped, message)
        })),
        End::Failed if explained => {}
        End::Failed => runs.push(problem(ProblemKind::Failed, tail)),
        End::Killed(how) => {
            runs.push(problem(ProblemKind::Aborted, format!("the test process {how}\n{tail}")))
        }
        End::TimedOut(limit) => {
            let message = format!("the test process was ended after {} s\n{tail}", limit.as_secs());
            runs.push(problem(ProblemKind::TimedOut, message));
        }
    }
    runs
}

/// Takes out the failures of ordinary tests under the guest engines: outside of a model their objects do not work, and under
/// our own engine these tests have run, too.
pub(super) fn drop_failures_of_ordinary_tests(runs: &mut Vec<Run>) {
    let checked: HashSet<(String, String)> = runs
        .iter()
        .filter(|run| matches!(run.outcome, Outcome::Checked(_)))
        .map(|run| (run.package.clone(), run.test.clone()))
        .collect();
    runs.retain(|run| {
        let is_failure = matches!(run.outcome, Outcome::Problem { problem: ProblemKind::Failed, .. });
        let is_ordinary = !checked.contains(&(run.package.clone(), run.test.clone()));
        !(is_failure && is_ordinary && run.engine() != EngineName::Unsnarl)
    });
}

/// The line of the table.
fn cells(run: &Run, first_of_model: bool, with_package: bool) -> Vec<Cell> {
    let model = match (first_of_model, with_package) {
        (true, true) => format!("{} {}", run.package, run.model()),
        (true, false) => run.model().to_owned(),
        (false, _) => String::new(),
    };
    let model = Cell::new(model);
    let engine = Cell::new(run.engine().as_str());
    let record = match &run.outcome {
        Outcome::Checked(record) => record,
        Outcome::Problem { problem, message, .. } => {
            let (word, reason) = match problem {
                ProblemKind::NotBuilt => ("not built", message.as_str()),
                ProblemKind::Aborted => ("aborted", message.lines().next().unwrap_or_default()),
                ProblemKind::TimedOut => ("timed out", message.lines().next().unwrap_or_default()),
                ProblemKind::Stopped => ("stopped", message.as_str()),
                ProblemKind::Failed => ("test failed", "outside of a check, see below"),
            };
            let empty = || Cell::new("");
            return vec![
                model,
                engine,
                Cell::new(word).paint(Paint::Bad),
                empty(),
                empty(),
                empty(),
                Cell::new(reason),
            ];
        }
    };
    let (word, paint) = verdict_words(record);
    let explored = record.verdict.explored();
    let search = match &record.verdict {
        Verdict::Pass(pass) if pass.is_complete() => Cell::new("complete"),
        Verdict::Pass(_) => Cell::new("bounded").paint(Paint::Dim),
        Verdict::Finding(_) => Cell::new("to the finding").paint(Paint::Dim),
        _ => Cell::new(""),
    };
    let note = match &record.verdict {
        Verdict::Pass(pass) => {
            pass.notes.iter().find_map(|note| note.strip_prefix(KNOWN_MISS)).unwrap_or_default().to_owned()
        }
        Verdict::Finding(_) => String::new(),
        Verdict::Inconclusive { reason } => reason.strip_prefix("the model ").unwrap_or(reason).to_owned(),
        Verdict::Fault { message } => message.lines().next().unwrap_or_default().to_owned(),
    };
    vec![
        model,
        engine,
        Cell::new(word).paint(paint),
        Cell::number(explored.map_or(String::new(), |explored| table::count(explored.schedules()))),
        search,
        Cell::number(explored.map_or(String::new(), |explored| table::time(explored.elapsed))),
        Cell::new(note).paint(Paint::Dim),
    ]
}

/// The verdict, and whether it is what was announced.
fn verdict_words(record: &Record) -> (String, Paint) {
    let paint = if record.as_expected { Paint::Good } else { Paint::Bad };
    let words = match (&record.verdict, record.expected) {
        (Verdict::Pass(_), None) => "pass".to_owned(),
        (Verdict::Pass(_), Some(_)) if record.as_expected => "pass (known miss)".to_owned(),
        (Verdict::Pass(_), Some(expected)) => format!("pass ({expected} expected)"),
        (Verdict::Finding(finding), _) if record.as_expected => format!("{} (expected)", finding.kind),
        (Verdict::Finding(finding), Some(expected)) => format!("{} ({expected} expected)", finding.kind),
        (Verdict::Finding(finding), None) => finding.kind.to_string(),
        (Verdict::Inconclusive { .. }, _) => return ("inconclusive".to_owned(), Paint::Dim),
        (Verdict::Fault { .. }, _) => "fault".to_owned(),
    };
    (words, paint)
}

/// All in a line.
fn line(summary: &Summary) -> String {
    let mut parts = vec![
        format!("{} as expected", table::count(summary.as_expected as u64)),
        table::of(summary.findings, "finding"),
    ];
    let mut add = |number: usize, words: &str| {
        if number > 0 {
            parts.push(format!("{} {words}", table::count(number as u64)));
        }
    };
    add(summary.missing, "expected but not found");
    add(summary.failed, "failed outside of a check");
    add(summary.faults, "aborted or not run");
    add(summary.stopped, "stopped");
    if summary.inconclusive > 0 {
        parts[0].push_str(&format!(" ({} of them inconclusive)", table::count(summary.inconclusive as u64)));
    }
    let partial = if summary.partial { " (not all were run)" } else { "" };
    format!(
        "{}, {}: {}{partial}\n",
        table::of(summary.models, "model"),
        table::of(summary.runs, "run"),
        parts.join(", ")
    )
}

/// Table, findings in full, and the summary, for people. `quiet` leaves out what is as expected.
pub(super) fn print(results: &Results, quiet: bool) {
    let shown: Vec<&Run> = results.all().into_iter().filter(|run| !quiet || !run.is_as_expected()).collect();
    let mut out = String::new();
    if !shown.is_empty() {
        let mut before = None;
        // Models of two packages may have one name.
        let of_several = results.all().iter().any(|run| run.package != shown[0].package);
        let rows: Vec<Vec<Cell>> = shown
            .iter()
            .map(|run| {
                let here = Some((&run.package, run.model()));
                let is_first = before != here;
                before = here;
                cells(run, is_first, of_several)
            })
            .collect();
        out.push_str(&table::render(
            &["model", "engine", "verdict", "executions", "search", "time", ""],
            &rows,
        ));
        out.push_str(&footnotes(&shown, "bounded:", |pass| &pass.bounds));
        out.push_str(&footnotes(&shown, "note:", |pass| &pass.notes));
    }
    for run in &shown {
        if let Some(finding) = run.unexpected_finding() {
            out.push('\n');
            out.push_str(&crate::report::terminal::finding(finding, &console::style()));
        }
        let (kind, message) = match &run.outcome {
            Outcome::Problem { problem: ProblemKind::NotBuilt | ProblemKind::Stopped, .. } => continue,
            Outcome::Problem { problem: ProblemKind::Failed, message, .. } => {
                ("failed outside of a check", message)
            }
            Outcome::Problem { message, .. } => ("gave no verdict", message),
            Outcome::Checked(record) => match &record.verdict {
                Verdict::Fault { message } => ("gave no verdict", message),
                _ => continue,
            },
        };
        let head = console::style().error(format!("test `{}` under {} {kind}:", run.test, run.engine()));
        out.push_str(&format!("\n{head}\n"));
        for line in message.lines() {
            out.push_str(&format!("  {line}\n"));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    out.push_str(&line(&results.summary));
    console::print(out);
}

/// What `bounded` meant, and what passes say beside that: each text once for each engine, however its numbers differ.
fn footnotes(runs: &[&Run], head: &str, of: fn(&Pass) -> &[String]) -> String {
    let mut texts: Vec<(EngineName, String, &str, usize)> = Vec::new();
    for run in runs {
        let Outcome::Checked(record) = &run.outcome else { continue };
        let Some(pass) = record.verdict.pass() else { continue };
        // A known miss stands in the table.
        for text in of(pass).iter().filter(|text| !text.starts_with(KNOWN_MISS)) {
            let key: String =
                text.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
            match texts.iter_mut().find(|(engine, known, ..)| *engine == record.engine && *known == key) {
                Some((.., times)) => *times += 1,
                None => texts.push((record.engine, key, text, 1)),
            }
        }
    }
    texts.sort_by_key(|(engine, ..)| *engine);
    let mut out = String::new();
    for (nth, (engine, _, text, times)) in texts.iter().enumerate() {
        let head = if nth == 0 { head } else { "" };
        if nth == 0 {
            out.push('\n');
        }
        let times = if *times == 1 { String::new() } else { format!(" ({times} runs)") };
        let text = format!("{engine}: {text}{times}");
        for (nth, line) in console::wrapped(&text, "          ").lines().enumerate() {
            let head = if nth == 0 { head } else { "" };
            out.push_str(&format!("{}\n", console::style().dim(format!("{head:<10}{}", line.trim_start()))));
        }
    }
    out
}
