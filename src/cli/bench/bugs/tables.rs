//! The comparison as text: for the terminal, and as Markdown.

use std::time::Duration;

use super::{
    super::super::table::{self, Cell, Paint},
    Compared, Row,
    figures::{Figure, Summary, WithinSurw},
};

/// A number of schedules: one decimal while that says something.
fn schedules(number: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number, for people"
    )]
    let whole = number.round() as u64;
    if number < 99.95 { format!("{number:.1}") } else { table::count(whole) }
}

/// `k/n` where not every trial that was asked for found the bug.
fn share(found: u32, trials: u32, asked: u32) -> String {
    if found == asked { String::new() } else { format!(" ({found}/{trials})") }
}

fn figure(figure: Figure) -> String {
    match figure {
        Figure::Unknown => "–".to_owned(),
        Figure::Never => "none".to_owned(),
        Figure::Mean { schedules: mean, found, trials } => {
            format!("{}{}", schedules(mean), share(found, trials, trials))
        }
    }
}

/// The mean with the share of the trials, as one piece.
fn mean(has_bug: bool, summary: &Summary, asked: u32) -> String {
    match summary.mean_schedules {
        None => "–".to_owned(),
        Some(_) if !has_bug && summary.found == 0 => "silent".to_owned(),
        Some(_) if summary.found == 0 => format!("none (0/{})", summary.trials),
        Some(mean) => format!("{}{}", schedules(mean), share(summary.found, summary.trials, asked)),
    }
}

/// A line for each strategy on each program.
pub(super) fn terminal(compared: &[Compared]) -> String {
    let heads = ["program", "strategy", "schedules", "95 %", "found", "time", "facade", "SURW", "RFF"];
    let lines = compared.iter().flat_map(|compared| {
        compared.strategies.iter().enumerate().map(move |(at, row)| line(compared, at == 0, row))
    });
    table::render(&heads, &lines.collect::<Vec<_>>())
}

fn line(compared: &Compared, is_first: bool, row: &Row) -> Vec<Cell> {
    let Row { strategy, summary } = row;
    let is_good = summary.fault.is_none() && (summary.found == summary.trials) == compared.has_bug;
    let mean = summary.mean_schedules.map_or_else(|| "–".to_owned(), schedules);
    let interval = summary.ci95.map(|(low, high)| format!("{}–{}", schedules(low.max(1.0)), schedules(high)));
    let found = match (summary.fault.is_some(), compared.has_bug) {
        (true, _) => "fault".to_owned(),
        (false, true) => format!("{}/{}", summary.found, summary.trials),
        (false, false) => "silent".to_owned(),
    };
    let mut cells = vec![
        Cell::new(if is_first { compared.program.as_str() } else { "" }),
        Cell::new(strategy),
        Cell::number(mean),
        Cell::number(interval.unwrap_or_default()).paint(Paint::Dim),
        Cell::number(found).paint(if is_good { Paint::Plain } else { Paint::Bad }),
        Cell::number(table::time(Duration::from_secs_f64(summary.seconds))),
    ];
    let published = compared.published.of(strategy).map(figure);
    cells.extend(published.map(|text| Cell::number(text).paint(Paint::Dim)));
    cells
}

/// A line for each strategy that is compared with SURW.
pub(super) fn within_surw(compared: &[Compared]) -> String {
    let line = |within: WithinSurw| {
        let WithinSurw { strategy, programs, of } = within;
        format!(
            "{strategy} needs no more schedules than the least published mean of SURW on {programs} of {of} programs.\n"
        )
    };
    WithinSurw::of(compared).into_iter().map(line).collect()
}

/// What should not have been, a line each.
pub(super) fn faults(compared: &[Compared]) -> String {
    let lines = compared.iter().flat_map(|compared| {
        compared.strategies.iter().filter_map(|row| {
            let fault = row.summary.fault.as_ref()?;
            Some(format!("{}, {}: {fault}\n", compared.program, row.strategy))
        })
    });
    lines.collect()
}

/// A line for each program, a column for each strategy, and the best strategy of each source.
pub(super) fn markdown(compared: &[Compared], trials: u32) -> String {
    let Some(first) = compared.first() else { return String::new() };
    let strategies = first.strategies.iter().map(|row| row.strategy.as_str());
    let heads: Vec<&str> = ["program"]
        .into_iter()
        .chain(strategies)
        .chain(["best, facade", "best, SURW's artifact", "best, RFF's artifact"])
        .collect();
    let rows = compared.iter().map(|compared| {
        let cells = compared.strategies.iter().map(|row| mean(compared.has_bug, &row.summary, trials));
        let published = compared.published.best().map(figure);
        let numbers = cells.chain(published).map(Cell::number);
        std::iter::once(Cell::new(&compared.program)).chain(numbers).collect::<Vec<_>>()
    });
    table::markdown(&heads, &rows.collect::<Vec<_>>())
}
