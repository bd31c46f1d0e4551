//! The schedule as lanes: a column per thread, time downwards.
//!
//! A cell names the operation; a bar below it says that the thread holds a lock for certain; a cross marks the operation
//! that a thread is blocked at in the end. On the right stand the place and what came of the operation.
//!
//! Unlocks are seldom steps of their own, so mostly nobody can say where between two steps a thread has given a lock back.
//! A bar is drawn only where the lock must still be held: up to an unlock that is a step, up to a wait, which needs the
//! lock, and up to the end for what is held then.

use std::fmt::{self, Write as _};

use super::terminal::Style;
use crate::check::{Finding, StepReport};

/// How many steps are shown; of a longer schedule the end.
const STEPS_SHOWN_MAX: usize = 60;

pub(crate) fn write(out: &mut String, finding: &Finding, style: &Style) -> fmt::Result {
    let skipped = finding.steps.len().saturating_sub(STEPS_SHOWN_MAX);
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
    // Whole paths if that leaves room for the lanes, else the last part of them, else none.
    let place_width = |place: Place| steps.iter().map(|step| place(step).chars().count()).max().unwrap_or(0);
    let with_places = |place| room.saturating_sub(place_width(place) + 2);
    let (place, lane_room): (Option<Place>, usize) = if lanes.len() * wanted <= with_places(whole_place) {
        (Some(whole_place), with_places(whole_place))
    } else if lanes.len() * wanted.min(14) <= with_places(short_place) {
        (Some(short_place), with_places(short_place))
    } else {
        (None, room)
    };
    let width = wanted.min(lane_room / lanes.len().max(1)).max(10);

    write!(out, "  {:number_width$}  ", "")?;
    for lane in &lanes {
        let name = &finding.threads[*lane].name;
        write!(out, "{}", style.thread(*lane, fit(name, width)))?;
    }
    writeln!(out)?;
    if skipped > 0 {
        writeln!(out, "  {}", style.dim(format!("… {skipped} steps before")))?;
    }
    let bar = if style.is_ascii() { "|" } else { "│" };
    let held = Held::of(finding);
    for (nth, step) in steps.iter().enumerate() {
        let number = skipped + nth + 1;
        write!(out, "  {}  ", style.dim(format!("{number:>number_width$}")))?;
        for lane in &lanes {
            if *lane == step.thread {
                write!(out, "{}", style.thread(*lane, fit(&cell(step), width)))?;
            } else {
                let mark = if held.between(*lane, skipped + nth) { bar } else { "" };
                write!(out, "{}", style.dim(fit(mark, width)))?;
            }
        }
        if let Some(place) = place {
            write!(out, "  {}", style.place(place(step)))?;
        }
        if let Some(outcome) = &step.outcome {
            write!(out, "  {}", style.dim(outcome))?;
        }
        writeln!(out)?;
    }
    let blocked: Vec<Option<String>> =
        finding.threads.iter().map(|thread| blocked_cell(thread, style)).collect();
    if blocked.iter().any(Option::is_some) {
        write!(out, "  {:number_width$}  ", "")?;
        for lane in &lanes {
            let text = blocked[*lane].as_deref().unwrap_or("");
            write!(out, "{}", style.error(fit(text, width)))?;
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
        writeln!(out, "  … {skipped} steps before")?;
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
type Place = fn(&StepReport) -> &str;

fn whole_place(step: &StepReport) -> &str {
    &step.place
}

/// The place without the folders.
fn short_place(step: &StepReport) -> &str {
    step.place.rsplit(['/', '\\']).next().unwrap_or(&step.place)
}

/// Where threads hold locks for certain.
struct Held {
    /// Thread, the step that takes a lock, and the step up to which it is held.
    spans: Vec<(usize, usize, usize)>,
}

impl Held {
    fn of(finding: &Finding) -> Self {
        let mut spans = Vec::new();
        for (at, step) in finding.steps.iter().enumerate() {
            let own = || {
                finding.steps[..at].iter().enumerate().filter(|(_, earlier)| earlier.thread == step.thread)
            };
            let taken = match step.operation.as_str() {
                "unlock" | "read-unlock" | "write-unlock" => {
                    own().rfind(|(_, earlier)| takes(earlier) && earlier.object == step.object)
                }
                // The last lock that was taken may be another one, but the mutex was held by then, too.
                "wait" | "wait-timed" => own().rfind(|(_, earlier)| takes(earlier)),
                _ => None,
            };
            spans.extend(taken.map(|(from, _)| (step.thread, from, at)));
        }
        for (index, thread) in finding.threads.iter().enumerate().filter(|(_, thread)| !thread.finished) {
            for held in &thread.holds {
                let from = finding
                    .steps
                    .iter()
                    .rposition(|step| step.thread == index && takes(step) && step.place == held.place);
                spans.extend(from.map(|from| (index, from, finding.steps.len())));
            }
        }
        Held { spans }
    }

    /// Whether the thread holds a lock while another one takes this step.
    fn between(&self, thread: usize, step: usize) -> bool {
        self.spans.iter().any(|(holder, from, to)| *holder == thread && *from < step && step < *to)
    }
}

/// Whether the step takes a lock.
fn takes(step: &StepReport) -> bool {
    let operation = step.operation.as_str();
    let locks =
        operation.ends_with("lock") && !operation.ends_with("unlock") || operation.ends_with("lock-timed");
    (locks || operation.starts_with("wake"))
        && !matches!(step.outcome.as_deref(), Some("failed" | "timed out"))
}

/// The text in exactly `width` columns, the last of them empty.
fn fit(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count < width {
        return format!("{text:<width$}");
    }
    let mut cut: String = text.chars().take(width.saturating_sub(2)).collect();
    cut.push_str("… ");
    cut
}
