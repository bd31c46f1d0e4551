//! The schedule as lanes: a column per thread, time downwards.
//!
//! A cell names the operation; a bar below it says that the thread holds a lock for certain; a cross marks the operation
//! that a thread is blocked at in the end. On the right stand the place and what came of the operation.
//!
//! Unlocks are seldom steps of their own: a bar ends with the step after which its thread has given everything back.

use std::fmt::{self, Write as _};

use super::{place, terminal::Style, words};
use crate::check::{Finding, FindingKind, StandingReport, StepReport};

/// How many steps are shown; of a longer schedule the end.
const STEPS_SHOWN_MAX: usize = 60;
/// How often that is shown which a livelock repeats.
const ROUNDS_SHOWN: usize = 3;

pub(crate) fn write(out: &mut String, finding: &Finding, style: &Style) -> fmt::Result {
    // Of what repeats a few rounds tell it.
    let rounds = words::period(&finding.steps).filter(|_| finding.kind == FindingKind::Livelock);
    let most = rounds.map_or(STEPS_SHOWN_MAX, |period| (ROUNDS_SHOWN * period).min(STEPS_SHOWN_MAX));
    let skipped = finding.steps.len().saturating_sub(most);
    let steps = &finding.steps[skipped..];
    // Threads that do nothing in what is shown, and wait for nothing, get no lane.
    let lanes: Vec<usize> = (0..finding.threads.len())
        .filter(|thread| {
            steps.iter().any(|step| step.thread == *thread) || finding.threads[*thread].waits.is_some()
        })
        .collect();
    let number_width = finding.steps.len().to_string().len();
    let wanted = steps
        .iter()
        .map(|step| cell(step).chars().count())
        .chain(finding.threads.iter().map(|thread| thread.name.chars().count()))
        .chain(
            finding.threads.iter().map(|thread| blocked_cell(thread, style).map_or(0, |c| c.chars().count())),
        )
        .max()
        .unwrap_or(0)
        + 2;
    let room = style.columns().saturating_sub(number_width + 4);
    if lanes.len() * 14 > room {
        return write_list(out, finding, steps, skipped, style);
    }
    // As much of the places as leaves room for the lanes: whole paths, the last part of them, lines and columns (where all
    // are in one file), nothing.
    let file = steps.iter().find_map(file_of);
    let is_in_file = |step: &StepReport| file_of(step).is_none_or(|of| Some(of) == file);
    let mut ways = vec![Places::Whole, Places::Short];
    if steps.iter().all(is_in_file) {
        ways.push(Places::InFile);
    }
    let room_beside = |places: &Places| {
        let width = steps.iter().map(|step| places.of(step).chars().count()).max().unwrap_or(0);
        room.saturating_sub(width + 2)
    };
    let fits = |places: &Places, width: usize| lanes.len() * width <= room_beside(places);
    let places =
        ways.iter().find(|places| fits(places, wanted)).or(ways.iter().rfind(|places| fits(places, 14)));
    let lane_room = places.map_or(room, room_beside);
    let width = wanted.min(lane_room / lanes.len().max(1)).max(10);

    write!(out, "  {:number_width$}  ", "")?;
    for lane in &lanes {
        let name = &finding.threads[*lane].name;
        write!(out, "{}", style.thread(*lane, fit(name, width, style)))?;
    }
    if let (Some(file), Some(Places::InFile)) = (file, places) {
        write!(out, "  {}", style.dim(file.rsplit(['/', '\\']).next().unwrap_or(file)))?;
    }
    writeln!(out)?;
    if skipped > 0 {
        writeln!(out, "  {}", style.dim(format!("{skipped} steps before")))?;
    }
    let bar = if style.is_ascii() { "|" } else { "│" };
    let mut held = Held::at_the_start(finding);
    for step in &finding.steps[..skipped] {
        held.change(&step.changes);
    }
    for (nth, step) in steps.iter().enumerate() {
        let number = skipped + nth + 1;
        write!(out, "  {}  ", style.dim(format!("{number:>number_width$}")))?;
        for lane in &lanes {
            if *lane == step.thread {
                write!(out, "{}", style.thread(*lane, fit(&cell(step), width, style)))?;
            } else {
                let mark = if held.0[*lane] { bar } else { "" };
                write!(out, "{}", style.dim(fit(mark, width, style)))?;
            }
        }
        if let Some(places) = places {
            write!(out, "  {}", style.place(places.of(step)))?;
        }
        if let Some(outcome) = &step.outcome {
            write!(out, "  {}", style.dim(outcome))?;
        }
        writeln!(out)?;
        held.change(&step.changes);
    }
    let blocked: Vec<Option<String>> =
        finding.threads.iter().map(|thread| blocked_cell(thread, style)).collect();
    if blocked.iter().any(Option::is_some) {
        write!(out, "  {:number_width$}  ", "")?;
        for lane in &lanes {
            let text = blocked[*lane].as_deref().unwrap_or("");
            write!(out, "{}", style.error(fit(text, width, style)))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// For terminals too narrow for lanes: one line a step.
fn write_list(
    out: &mut String,
    finding: &Finding,
    steps: &[StepReport],
    skipped: usize,
    style: &Style,
) -> fmt::Result {
    if skipped > 0 {
        writeln!(out, "  {skipped} steps before")?;
    }
    for (nth, step) in steps.iter().enumerate() {
        let name = style.thread(step.thread, &finding.threads[step.thread].name);
        let outcome = step.outcome.as_ref().map_or_else(String::new, |outcome| format!(" ({outcome})"));
        let place = style.place(&step.place);
        writeln!(out, "  {:>3} {name}: {}{outcome} at {place}", skipped + nth + 1, cell(step))?;
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
    fn of(self, step: &StepReport) -> &str {
        let Some(file) = file_of(step) else { return "" };
        match self {
            Places::Whole => &step.place,
            Places::Short => step.place.rsplit(['/', '\\']).next().unwrap_or(&step.place),
            Places::InFile => &step.place[file.len() + 1..],
        }
    }
}

/// The file of the step's place, unless it is the standard library's: what is dropped there has no better place.
fn file_of(step: &StepReport) -> Option<&str> {
    place::parse(&step.place).filter(|parts| !parts.is_of_std()).map(|parts| parts.file)
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
