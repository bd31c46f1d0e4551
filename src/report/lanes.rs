//! The schedule as lanes: a column per thread, time downwards.
//!
//! A cell names the operation; a bar below it says that the thread holds a lock for certain; a cross marks what the finding is
//! about: a panic, an access that races, the operation that a thread is blocked at in the end. On the right stand the place and
//! what came of the operation.
//!
//! Unlocks are seldom steps of their own: a bar ends with the step after which its thread has given everything back.

use std::fmt::{self, Write as _};

use super::{place, terminal::Style, words};
use crate::check::{Finding, FindingKind, MomentReport, StandingReport, StepReport};

/// How many steps are shown; of a longer schedule those that lead to what the finding is about.
const STEPS_SHOWN_MAX: usize = 60;
/// How many of them come after that.
const STEPS_AFTER: usize = 5;
/// How often that is shown which a livelock repeats.
const ROUNDS_SHOWN: usize = 3;

pub(crate) fn write(out: &mut String, finding: &Finding, style: &Style) -> fmt::Result {
    // Of what repeats a few rounds tell it.
    let rounds = words::period(&finding.steps).filter(|_| finding.kind == FindingKind::Livelock);
    let most = rounds.map_or(STEPS_SHOWN_MAX, |period| (ROUNDS_SHOWN * period).min(STEPS_SHOWN_MAX));
    let (skipped, end) = window(finding, most);
    let steps = &finding.steps[skipped..end];
    let moments: Vec<&MomentReport> =
        finding.moments.iter().filter(|moment| (skipped..=end).contains(&moment.steps_before)).collect();
    // Threads that do nothing in what is shown, and wait for nothing, get no lane.
    let lanes: Vec<usize> = (0..finding.threads.len())
        .filter(|thread| {
            steps.iter().any(|step| step.thread == *thread)
                || moments.iter().any(|moment| moment.thread == *thread)
                || finding.threads[*thread].waits.is_some()
        })
        .collect();
    let number_width = finding.steps.len().to_string().len();
    let wanted = steps
        .iter()
        .map(|step| cell(step).chars().count())
        .chain(finding.threads.iter().map(|thread| thread.name.chars().count()))
        .chain(moments.iter().map(|moment| moment_cell(moment, style).chars().count()))
        .chain(
            finding.threads.iter().map(|thread| blocked_cell(thread, style).map_or(0, |c| c.chars().count())),
        )
        .max()
        .unwrap_or(0)
        + 2;
    let room = style.columns().saturating_sub(number_width + 4);
    if lanes.len() * 14 > room {
        return write_list(out, finding, (skipped, end), style);
    }
    // As much of the places as leaves room for the lanes: whole paths, the last part of them, lines and columns (where all
    // are in one file), nothing.
    let all_places =
        || steps.iter().map(|step| &step.place).chain(moments.iter().map(|moment| &moment.place));
    let file = all_places().find_map(|place| file_of(place));
    let is_in_file = |place: &String| file_of(place).is_none_or(|of| Some(of) == file);
    let mut ways = vec![Places::Whole, Places::Short];
    if all_places().all(is_in_file) {
        ways.push(Places::InFile);
    }
    let room_beside = |places: &Places| {
        let width = all_places().map(|place| places.of(place).chars().count()).max().unwrap_or(0);
        room.saturating_sub(width + 2)
    };
    let fits = |places: &Places, width: usize| lanes.len() * width <= room_beside(places);
    let places =
        ways.iter().find(|places| fits(places, wanted)).or(ways.iter().rfind(|places| fits(places, 14)));
    let lane_room = places.map_or(room, room_beside);
    let width = wanted.min(lane_room / lanes.len().max(1)).max(10);

    let table = Table { finding, style, lanes: &lanes, number_width, width, places };
    let names = |lane: usize| Some(Cell::Thread(finding.threads[lane].name.clone()));
    let head = file.filter(|_| matches!(places, Some(Places::InFile)));
    table.row(
        out,
        None,
        names,
        head.map(|file| style.dim(file.rsplit(['/', '\\']).next().unwrap_or(file))),
    )?;
    if skipped > 0 {
        writeln!(out, "  {}", style.dim(format!("{skipped} steps before")))?;
    }
    let mut held = Held::at_the_start(finding);
    for step in &finding.steps[..skipped] {
        held.change(&step.changes);
    }
    table.moments(out, skipped, &held)?;
    for (nth, step) in steps.iter().enumerate() {
        let number = skipped + nth + 1;
        let cell = |lane: usize| match lane == step.thread {
            true => Some(Cell::Thread(cell(step))),
            false => held.0[lane].then_some(Cell::Bar),
        };
        let place = places.map(|places| style.place(places.of(&step.place)));
        let remark = step.remark().map(|remark| style.dim(remark));
        let beside = match (place, remark) {
            (Some(place), Some(remark)) => Some(format!("{place}  {remark}")),
            (place, remark) => place.or(remark),
        };
        table.row(out, Some(number), cell, beside)?;
        held.change(&step.changes);
        table.moments(out, number, &held)?;
    }
    write_rest(out, finding, end, style)?;
    let blocked: Vec<Option<String>> =
        finding.threads.iter().map(|thread| blocked_cell(thread, style)).collect();
    if blocked.iter().any(Option::is_some) {
        table.row(out, None, |lane| blocked[lane].clone().map(Cell::Cross), None)?;
    }
    Ok(())
}

/// Which steps are shown, of which there may be so many: how many come before, and where they end.
fn window(finding: &Finding, most: usize) -> (usize, usize) {
    let count = finding.steps.len();
    let about = finding.moments.first().map_or(count, |moment| moment.steps_before + STEPS_AFTER);
    let end = if count > most { about.clamp(most, count) } else { count };
    (end.saturating_sub(most), end)
}

fn write_rest(out: &mut String, finding: &Finding, end: usize, style: &Style) -> fmt::Result {
    match finding.steps.len() - end {
        0 => Ok(()),
        1 => writeln!(out, "  {}", style.dim("1 step after")),
        more => writeln!(out, "  {}", style.dim(format!("{more} steps after"))),
    }
}

/// What stands in a lane.
enum Cell {
    Thread(String),
    Bar,
    Cross(String),
}

/// What is the same in all rows.
struct Table<'a> {
    finding: &'a Finding,
    style: &'a Style,
    lanes: &'a [usize],
    number_width: usize,
    width: usize,
    places: Option<&'a Places>,
}

impl Table<'_> {
    /// A row; what stands beside the lanes is painted already. Nothing is blank at the end.
    fn row(
        &self,
        out: &mut String,
        number: Option<usize>,
        cell: impl Fn(usize) -> Option<Cell>,
        beside: Option<String>,
    ) -> fmt::Result {
        let Table { style, width, number_width, .. } = *self;
        let cells: Vec<Option<Cell>> = self.lanes.iter().map(|lane| cell(*lane)).collect();
        let beside = beside.filter(|beside| !beside.is_empty());
        let last = cells.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let filled = if beside.is_some() { cells.len() } else { last };
        let number = number.map_or_else(String::new, |number| number.to_string());
        write!(out, "  {}  ", style.dim(format!("{number:>number_width$}")))?;
        for (nth, (cell, lane)) in cells.into_iter().zip(self.lanes).take(filled).enumerate() {
            let pad = |text: &str| match nth + 1 == filled && beside.is_none() {
                true => fit(text, width, style).trim_end().to_owned(),
                false => fit(text, width, style),
            };
            let bar = if style.is_ascii() { "|" } else { "│" };
            let text = match cell {
                Some(Cell::Thread(text)) => style.thread(*lane, pad(&text)),
                Some(Cell::Cross(text)) => style.error(pad(&text)),
                Some(Cell::Bar) => style.dim(pad(bar)),
                None => pad(""),
            };
            write!(out, "{text}")?;
        }
        match beside {
            Some(beside) => writeln!(out, "  {beside}"),
            None => writeln!(out),
        }
    }

    /// What happened after so many steps and before the next.
    fn moments(&self, out: &mut String, steps: usize, held: &Held) -> fmt::Result {
        let Table { finding, style, places, .. } = *self;
        for moment in finding.moments.iter().filter(|moment| moment.steps_before == steps) {
            let cell = |lane: usize| match lane == moment.thread {
                true => Some(Cell::Cross(moment_cell(moment, style))),
                false => held.0[lane].then_some(Cell::Bar),
            };
            let place = places.map(|places| style.place(places.of(&moment.place)));
            self.row(out, None, cell, place)?;
        }
        Ok(())
    }
}

/// For terminals too narrow for lanes: one line a step.
fn write_list(
    out: &mut String,
    finding: &Finding,
    (skipped, end): (usize, usize),
    style: &Style,
) -> fmt::Result {
    let name = |thread: usize| style.thread(thread, &finding.threads[thread].name);
    let moments = |out: &mut String, steps: usize| {
        for moment in finding.moments.iter().filter(|moment| moment.steps_before == steps) {
            let what = style.error(moment_cell(moment, style));
            writeln!(out, "      {}: {what} at {}", name(moment.thread), style.place(&moment.place))?;
        }
        Ok(())
    };
    if skipped > 0 {
        writeln!(out, "  {skipped} steps before")?;
    }
    moments(out, skipped)?;
    for (nth, step) in finding.steps[skipped..end].iter().enumerate() {
        let number = skipped + nth + 1;
        let remark = step.remark().map_or_else(String::new, |remark| format!(" ({remark})"));
        let place = style.place(&step.place);
        writeln!(out, "  {number:>3} {}: {}{remark} at {place}", name(step.thread), cell(step))?;
        moments(out, number)?;
    }
    write_rest(out, finding, end, style)?;
    for (index, thread) in finding.threads.iter().enumerate() {
        if let (Some(waits), Some(cell)) = (&thread.waits, blocked_cell(thread, style)) {
            writeln!(out, "      {}: {} at {}", name(index), style.error(cell), style.place(&waits.place))?;
        }
    }
    Ok(())
}

fn cell(step: &StepReport) -> String {
    let mut text = step.operation.clone();
    if let Some(object) = &step.object {
        text.push(' ');
        text.push_str(object);
    }
    text
}

fn moment_cell(moment: &MomentReport, style: &Style) -> String {
    let cross = if style.is_ascii() { "X" } else { "✗" };
    match &moment.object {
        Some(object) => format!("{cross} {} {object}", moment.operation),
        None => format!("{cross} {}", moment.operation),
    }
}

fn blocked_cell(thread: &crate::check::ThreadReport, style: &Style) -> Option<String> {
    let waits = thread.waits.as_ref()?;
    let cross = if style.is_ascii() { "X" } else { "✗" };
    let object = waits.object.as_ref().map_or("", |object| object.label.as_str());
    Some(format!("{cross} {} {object}", waits.operation))
}

/// How the place of a step is shown.
#[derive(Clone, Copy, Debug)]
enum Places {
    Whole,
    /// Without the folders.
    Short,
    /// Line and column.
    InFile,
}

impl Places {
    fn of(self, place: &str) -> &str {
        let Some(file) = file_of(place) else { return "" };
        match self {
            Places::Whole => place,
            Places::Short => place.rsplit(['/', '\\']).next().unwrap_or(place),
            Places::InFile => &place[file.len() + 1..],
        }
    }
}

/// The file of a step's place, unless it is the standard library's: what is dropped there has no better place.
fn file_of(place: &str) -> Option<&str> {
    place::parse(place).filter(|parts| !parts.is_of_std()).map(|parts| parts.file)
}

/// Which threads hold something, step by step.
struct Held(Vec<bool>);

impl Held {
    fn at_the_start(finding: &Finding) -> Self {
        let mut held = Held(vec![false; finding.threads.len()]);
        held.change(&finding.start);
        held
    }

    fn change(&mut self, changes: &[StandingReport]) {
        for standing in changes {
            self.0[standing.thread] = !standing.holds.is_empty();
        }
    }
}

/// The text in exactly `width` columns, the last of them empty.
fn fit(text: &str, width: usize, style: &Style) -> String {
    let count = text.chars().count();
    if count < width {
        return format!("{text:<width$}");
    }
    let cut: String = text.chars().take(width.saturating_sub(2)).collect();
    format!("{cut}{} ", if style.is_ascii() { "~" } else { "…" })
}
