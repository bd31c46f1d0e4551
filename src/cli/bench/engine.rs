//! `cargo unsnarl bench engine`: how long our engine, loom and shuttle search the same programs.
//!
//! The programs are a package of the repository, `benches/engine`, which is built once for each engine. Each program runs in
//! a process of its own, engine after engine, so that all three meet the same machine.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    super::{
        Result,
        cargo::Project,
        console,
        interrupt::Interrupt,
        progress::Progress,
        stop::{Interrupted, Stop},
        table::{self, Cell, Paint},
    },
    programs,
};
use crate::check::{EngineName, FindingKind};

/// The version of the JSON document. It grows when a field changes its meaning or goes away.
const DOCUMENT_VERSION: u32 = 1;
/// Where the programs are, in the repository.
const PROGRAMS_FOLDER: &str = "benches/engine";
/// How often a short program is run, for the least time.
const REPETITIONS_MAX: u32 = 20;
/// What an engine may take beyond the cap to notice that it has ended.
const GRACE: Duration = Duration::from_secs(20);

const ENGINES: [EngineName; 3] = [EngineName::Unsnarl, EngineName::Loom, EngineName::Shuttle];

/// What is compared, in words.
const COMPARED: &str = "Executions and least time of the default search of a check, without preemption bound: until every \
    order has been looked at, or, in programs with a bug, until the first finding. Executions that an engine began and gave \
    up as redundant count. All three search depth first; where that takes long, samplers take turns with it in unsnarl, and \
    shuttle goes on at random after 100,000 executions or half of the time: what is found so counts as found.";

/// How to compare.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct EngineArgs {
    /// Seconds that an engine may spend on a program.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    cap: f64,
    /// One repetition each and, unless a cap is given, at most one second.
    #[arg(long)]
    quick: bool,
    /// Only programs whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.01..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err("not a number of seconds between 0.01 and 86400".to_owned()),
    }
}

/// What an engine made of a program, as the program prints it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Measured {
    expected: Option<FindingKind>,
    finding: Option<FindingKind>,
    finished: bool,
    executions: u64,
    seconds: f64,
    note: Option<String>,
}

/// A row: the engines in the order of `ENGINES`.
#[derive(Debug, Serialize)]
struct Row {
    program: String,
    unsnarl: Measured,
    loom: Measured,
    shuttle: Measured,
}

/// What another engine took, as a multiple of what ours took.
#[derive(Clone, Copy, Debug, Serialize)]
struct Ratio {
    bound: Bound,
    executions: f64,
    seconds: f64,
}

/// Whether the ratio is one of two searches that ended, or the unfinished one's figures only bound it.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Bound {
    Exact,
    AtLeast,
    AtMost,
}

/// A row of the JSON document.
#[derive(Serialize)]
struct Compared<'a> {
    #[serde(flatten)]
    row: &'a Row,
    loom_ratio: Option<Ratio>,
    shuttle_ratio: Option<Ratio>,
}

impl<'a> Compared<'a> {
    fn new(row: &'a Row) -> Self {
        Compared {
            row,
            loom_ratio: row.loom.ratio(&row.unsnarl),
            shuttle_ratio: row.shuttle.ratio(&row.unsnarl),
        }
    }
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    compared: &'static str,
    cap_seconds: f64,
    programs: Vec<Compared<'a>>,
}

/// Runs the command.
pub(super) fn run(arguments: &EngineArgs) -> Result {
    let cap = if arguments.quick && arguments.cap > 1.0 { 1.0 } else { arguments.cap };
    let project = programs::project(PROGRAMS_FOLDER)?;
    let interrupt = Interrupt::listen()?;
    let programs = build_all(&project, &interrupt)?;
    let names = names(&programs[0], arguments.only.as_deref())?;
    let progress = Progress::bar(false, names.len() * ENGINES.len());
    let mut rows = Vec::new();
    for name in names {
        let measure = |engine: usize| {
            progress.doing(format!("{} with {}", name, ENGINES[engine]));
            let repetitions = if arguments.quick { 1 } else { REPETITIONS_MAX };
            let measured = measure(&programs[engine], &name, cap, repetitions, &interrupt);
            progress.advance();
            measured
        };
        match (measure(0), measure(1), measure(2)) {
            (Ok(unsnarl), Ok(loom), Ok(shuttle)) => {
                rows.push(Row { program: name.clone(), unsnarl, loom, shuttle })
            }
            (Err(Stop::Interrupted(_)), ..)
            | (_, Err(Stop::Interrupted(_)), _)
            | (.., Err(Stop::Interrupted(_))) => break,
            (Err(stop), ..) | (_, Err(stop), _) | (.., Err(stop)) => return Err(stop),
        }
    }
    drop(progress);
    if arguments.json {
        let programs = rows.iter().map(Compared::new).collect();
        let document = Document { version: DOCUMENT_VERSION, compared: COMPARED, cap_seconds: cap, programs };
        console::print_json(&document)?;
    } else {
        print(&rows, cap);
    }
    if interrupt.happened() { Err(Stop::Interrupted(Interrupted)) } else { Ok(()) }
}

/// The executable for each engine.
fn build_all(project: &Project, interrupt: &Interrupt) -> Result<Vec<PathBuf>> {
    let progress = Progress::spinner(false);
    ENGINES.iter().map(|engine| programs::build(project, *engine, &progress, interrupt)).collect()
}

/// The names of the programs whose name contains the text.
fn names(executable: &Path, only: Option<&str>) -> Result<Vec<String>> {
    let listed = programs::answer(executable, "--list")?;
    let names = String::from_utf8_lossy(&listed).lines().map(ToOwned::to_owned).collect();
    programs::only(names, String::as_str, only)
}

/// Runs one program with one engine.
fn measure(
    executable: &Path,
    program: &str,
    cap: f64,
    repetitions: u32,
    interrupt: &Interrupt,
) -> Result<Measured> {
    let mut command = Command::new(executable);
    command.args([program, &cap.to_string(), &repetitions.to_string()]);
    let time_max = Duration::from_secs_f64(cap) + GRACE;
    let ended = programs::ended(command, program, time_max, interrupt)?;
    let note = if ended.was_late { "it did not stop at its time limit" } else { "the process died" };
    Ok(serde_json::from_slice(&ended.output).unwrap_or(Measured {
        expected: None,
        finding: None,
        finished: false,
        executions: 0,
        seconds: cap,
        note: Some(note.to_owned()),
    }))
}

impl Measured {
    /// Whether the search came to its end with the wrong result.
    fn is_wrong(&self) -> bool {
        self.finished && self.finding != self.expected
    }

    fn cells(&self, cap: f64) -> [Cell; 2] {
        let executions = table::count(self.executions);
        match self.finished {
            true => {
                [Cell::number(executions), Cell::number(table::time(Duration::from_secs_f64(self.seconds)))]
            }
            false => [
                Cell::number(format!("> {executions}")).paint(Paint::Dim),
                Cell::number(format!("> {cap} s")).paint(Paint::Dim),
            ],
        }
    }

    /// Executions and time as multiples of ours.
    fn ratios(&self, ours: &Measured) -> [Cell; 2] {
        if self.is_wrong() {
            let word = if self.expected.is_some() { "missed" } else { "false alarm" };
            return [Cell::number(word).paint(Paint::Bad), Cell::number(word).paint(Paint::Bad)];
        }
        let Some(ratio) = self.ratio(ours) else { return [Cell::number("–"), Cell::number("–")] };
        let bound = match ratio.bound {
            Bound::Exact => "",
            Bound::AtLeast => "> ",
            Bound::AtMost => "< ",
        };
        [
            Cell::number(format!("{bound}{}", times(ratio.executions))),
            Cell::number(format!("{bound}{}", times(ratio.seconds))),
        ]
    }

    /// How many times ours; `None` where neither search ended, or this one ended wrongly.
    fn ratio(&self, ours: &Measured) -> Option<Ratio> {
        let bound = match (ours.finished, self.finished) {
            _ if self.is_wrong() => return None,
            (true, true) => Bound::Exact,
            (true, false) => Bound::AtLeast,
            (false, true) => Bound::AtMost,
            (false, false) => return None,
        };
        #[expect(clippy::cast_precision_loss, reason = "a ratio of two digits")]
        let executions = self.executions as f64 / (ours.executions.max(1)) as f64;
        Some(Ratio { bound, executions, seconds: self.seconds / ours.seconds })
    }
}

/// A ratio in about two digits.
fn times(ratio: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive ratio, for people"
    )]
    let whole = ratio.round() as u64;
    if ratio < 0.1 {
        format!("{ratio:.3}")
    } else if ratio < 10.0 {
        format!("{ratio:.1}")
    } else {
        table::count(whole)
    }
}

fn print(rows: &[Row], cap: f64) {
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let mut cells = vec![Cell::new(&row.program)];
            cells.extend(row.unsnarl.cells(cap));
            for other in [&row.loom, &row.shuttle] {
                cells.extend(other.cells(cap));
                cells.extend(other.ratios(&row.unsnarl));
            }
            cells
        })
        .collect();
    let heads =
        ["program", "unsnarl", "time", "loom", "time", "×exec", "×time", "shuttle", "time", "×exec", "×time"];
    let mut out = table::render(&heads, &cells);
    out.push('\n');
    for (name, of) in [("loom", (|row| &row.loom) as fn(&Row) -> &Measured), ("shuttle", |row| &row.shuttle)]
    {
        let pairs: Vec<(&Measured, &Measured)> = rows
            .iter()
            .map(|row| (&row.unsnarl, of(row)))
            .filter(|(ours, theirs)| {
                ours.finished && theirs.finished && !theirs.is_wrong() && !ours.is_wrong()
            })
            .collect();
        if pairs.is_empty() {
            continue;
        }
        let logarithms: f64 = pairs.iter().map(|(ours, theirs)| (theirs.seconds / ours.seconds).ln()).sum();
        #[expect(clippy::cast_precision_loss, reason = "a few programs")]
        let mean = (logarithms / pairs.len() as f64).exp();
        out.push_str(&format!(
            "{name}: {} times unsnarl's time, the geometric mean of the {} where both came to the right end.\n",
            times(mean),
            table::of(pairs.len(), "program"),
        ));
    }
    out.push_str(&format!("\n{}\n", console::wrapped(COMPARED, "")));
    for row in rows {
        for (engine, measured) in [("unsnarl", &row.unsnarl), ("loom", &row.loom), ("shuttle", &row.shuttle)]
        {
            let is_odd = measured.is_wrong() || !measured.finished && measured.executions == 0;
            if let (true, Some(note)) = (is_odd, &measured.note) {
                out.push_str(&format!("{}, {engine}: {note}\n", row.program));
            }
        }
    }
    console::print(out);
}
