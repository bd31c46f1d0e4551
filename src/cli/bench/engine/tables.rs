//! The comparison as text: for the terminal, and as Markdown.

use std::time::Duration;

use super::{
    super::super::{
        console,
        table::{self, Cell, Paint},
    },
    document::Summary,
    measured::{Bound, Measured, Row},
};
use crate::check::EngineName;

const SEARCH_HEADS: [&str; 9] =
    ["program", "executions", "time", "steps/s", "memory", "loom", "×time", "shuttle", "×time"];
const RANDOM_HEADS: [&str; 5] = ["random schedules", "unsnarl/s", "steps/s", "shuttle/s", "×"];

/// How many programs of one reason are named.
const NAMED_PROGRAMS_MAX: usize = 3;

/// Both tables, and what there is to say about them.
pub(super) fn terminal(rows: &[Row]) -> String {
    let mut text = table::render(&SEARCH_HEADS, &rows.iter().map(searched).collect::<Vec<_>>());
    let random = random_lines(rows);
    if !random.is_empty() {
        text.push_str(&format!("\n{}", table::render(&RANDOM_HEADS, &random)));
    }
    format!("{text}\n{}{}", summary(&Summary::of(rows)), notes(rows))
}

/// The same for a document.
pub(super) fn markdown(rows: &[Row]) -> String {
    let search = table::markdown(&SEARCH_HEADS, &rows.iter().map(searched).collect::<Vec<_>>());
    let random = table::markdown(&RANDOM_HEADS, &random_lines(rows));
    format!("{search}\n{random}\n{}", summary(&Summary::of(rows)))
}

fn searched(row: &Row) -> Vec<Cell> {
    let mut cells = vec![Cell::new(&row.program.name)];
    match &row.searched.unsnarl {
        Some(ours) => cells.extend(ours_in(ours, row)),
        None => cells.extend([(); 4].map(|()| none())),
    }
    for guest in [EngineName::Loom, EngineName::Shuttle] {
        let theirs = row.searched.all().find(|(engine, _)| *engine == guest);
        cells.extend(theirs.map_or_else(|| [none(), none()], |(_, theirs)| guest_in(theirs, row, guest)));
    }
    cells
}

fn none() -> Cell {
    Cell::number("–").paint(Paint::Dim)
}

fn ours_in(ours: &Measured, row: &Row) -> [Cell; 4] {
    let mut executions = table::count(ours.executions);
    if ours.redundant > 0 {
        executions.push_str(&format!(" + {}", table::count(ours.redundant)));
    }
    let mut paint = Paint::Plain;
    if row.is_count_as_expected() == Some(false) || ours.is_wrong(&row.program) {
        let expected = row.program.expected.map(|expected| format!(" ≠ {}", table::count(expected)));
        executions.push_str(&expected.unwrap_or_default());
        paint = Paint::Bad;
    }
    let time = table::time(Duration::from_secs_f64(ours.seconds));
    let per_second = ours.steps_per_second().map_or_else(String::new, short);
    let memory = ours.peak_memory_bytes.map_or_else(String::new, |bytes| format!("{}B", short_count(bytes)));
    [
        Cell::number(unless_finished(ours, executions)).paint(paint),
        Cell::number(unless_finished(ours, time)),
        Cell::number(per_second),
        Cell::number(memory),
    ]
}

fn guest_in(theirs: &Measured, row: &Row, guest: EngineName) -> [Cell; 2] {
    if theirs.is_refused() {
        return [none(), none()];
    }
    let executions = unless_finished(theirs, short_count(theirs.executions));
    let paint = if theirs.finished { Paint::Plain } else { Paint::Dim };
    let ratio = if theirs.is_wrong(&row.program) {
        Cell::number(if row.program.expected_finding.is_some() { "missed" } else { "wrong" })
            .paint(Paint::Bad)
    } else {
        row.ratio(guest).map_or_else(none, |ratio| {
            let bound = match ratio.bound {
                Bound::Exact => "",
                Bound::AtLeast => "> ",
                Bound::AtMost => "< ",
            };
            Cell::number(format!("{bound}{}", times(ratio.seconds)))
        })
    };
    [Cell::number(executions).paint(paint), ratio]
}

fn unless_finished(measured: &Measured, text: String) -> String {
    if measured.finished { text } else { format!("> {text}") }
}

/// The programs of which random schedules were run.
fn random_lines(rows: &[Row]) -> Vec<Vec<Cell>> {
    let rate = |measured: &Option<Measured>| {
        let rate = measured.as_ref().and_then(Measured::executions_per_second);
        rate.map_or_else(none, |rate| Cell::number(short(rate)))
    };
    let were_run = rows.iter().filter(|row| row.random.all().next().is_some());
    let line = |row: &Row| {
        let steps = row.random.unsnarl.as_ref().and_then(Measured::steps_per_second);
        vec![
            Cell::new(&row.program.name),
            rate(&row.random.unsnarl),
            steps.map_or_else(none, |steps| Cell::number(short(steps))),
            rate(&row.random.shuttle),
            row.rate_vs_shuttle().map_or_else(none, |ratio| Cell::number(times(ratio))),
        ]
    };
    were_run.map(line).collect()
}

/// The means, a line each.
fn summary(summary: &Summary) -> String {
    let mut text = String::new();
    for (guest, mean, programs) in [
        ("loom", summary.geomean_speedup_vs_loom, summary.programs_vs_loom),
        ("shuttle", summary.geomean_speedup_vs_shuttle, summary.programs_vs_shuttle),
    ] {
        let Some(mean) = mean else { continue };
        text.push_str(&format!(
            "{guest} takes {} times unsnarl's time: the geometric mean of the {} where both came to the right end.\n",
            times(mean),
            table::of(programs, "program"),
        ));
    }
    if let Some(mean) = summary.geomean_rate_vs_shuttle {
        text.push_str(&format!(
            "unsnarl runs {} times shuttle's random schedules per second: the geometric mean of {}.\n",
            times(mean),
            table::of(summary.programs_rate_vs_shuttle, "program"),
        ));
    }
    let counted = summary.counts_as_expected + summary.counts_not_as_expected.len();
    if counted > 0 {
        text.push_str(&format!(
            "{} of {} whose number of traces is known took exactly so many executions.\n",
            summary.counts_as_expected,
            table::of(counted, "program"),
        ));
    }
    if !summary.with_redundant.is_empty() {
        text.push_str(&format!(
            "In {} some executions were begun in vain.\n",
            table::of(summary.with_redundant.len(), "program")
        ));
    }
    text
}

/// Who cannot run or judge what, and why, once for each reason.
fn notes(rows: &[Row]) -> String {
    let mut reasons: Vec<(EngineName, &str, Vec<&str>)> = Vec::new();
    for row in rows {
        for (engine, measured) in row.searched.all().chain(row.random.all()) {
            let is_odd = measured.is_wrong(&row.program) || measured.is_refused();
            let (true, Some(note)) = (is_odd, &measured.note) else { continue };
            let known = reasons.iter_mut().find(|(of, reason, _)| *of == engine && reason == note);
            match known {
                Some((_, _, programs)) => programs.push(&row.program.name),
                None => reasons.push((engine, note, vec![&row.program.name])),
            }
        }
    }
    let text = |(engine, reason, programs): &(EngineName, &str, Vec<&str>)| {
        let named = programs.iter().take(NAMED_PROGRAMS_MAX).copied().collect::<Vec<_>>().join(", ");
        let more = match programs.len().saturating_sub(NAMED_PROGRAMS_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{}\n", console::wrapped(&format!("{engine}, {named}{more}: {reason}"), ""))
    };
    reasons.iter().map(text).collect()
}

/// A ratio in about two digits.
fn times(ratio: f64) -> String {
    if ratio < 0.1 { format!("{ratio:.3}") } else { short(ratio) }
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn short_count(number: u64) -> String {
    if number < 1_000 { number.to_string() } else { short(number as f64) }
}

/// A big number in two or three digits.
fn short(number: f64) -> String {
    let (value, unit) = match number {
        n if n < 999.5 => (n, ""),
        n if n < 999_500.0 => (n / 1e3, "k"),
        n if n < 999_500_000.0 => (n / 1e6, "M"),
        n => (n / 1e9, "G"),
    };
    if value < 9.95 { format!("{value:.1}{unit}") } else { format!("{value:.0}{unit}") }
}
