//! The schedule as lanes: a column per thread, time downwards.
//!
//! A cell names the operation; a bar below it says that the thread holds a lock; a cross marks the operation that a thread
//! is blocked at in the end.

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
    let place_width = steps.iter().map(|step| step.place.chars().count()).max().unwrap_or(0);
    let number_width = finding.steps.len().to_string().len();
    let wanted = steps
        .iter()
        .map(|step| cell(step).chars().count())
        .chain(finding.threads.iter().map(|thread| thread.name.chars().count()))
        .chain(
            finding
                .threads
                .iter()
                .map(|thread| blocked_cell(finding, thread, style).map_or(0, |c| c.chars().count())),
        )
        .max()
        .unwrap_or(0)
        + 2;
    let room = style.columns().saturating_sub(number_width + 4);
    let with_places = room.saturating_sub(place_width + 2);
    if lanes.len() * 14 > room {
        return write_list(out, finding, steps, skipped, style);
    }
    let show_places = lanes.len() * wanted.min(14) <= with_places;
    let lane_room = if show_places { with_places } else { room };
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
    let mut held: Vec<usize> = holding_before(finding, skipped);
    for (nth, step) in steps.iter().enumerate() {
        let number = skipped + nth + 1;
        write!(out, "  {}  ", style.dim(format!("{number:>number_width$}")))?;
        for lane in &lanes {
            if *lane == step.thread {
                write!(out, "{}", style.thread(*lane, fit(&cell(step), width)))?;
            } else {
                let mark = if held[*lane] > 0 { bar } else { "" };
                write!(out, "{}", style.dim(fit(mark, width)))?;
            }
        }
        update_held(&mut held, step);
        if show_places {
            write!(out, "  {}", style.place(&step.place))?;
        }
        writeln!(out)?;
    }
    let blocked: Vec<Option<String>> =
        finding.threads.iter().map(|thread| blocked_cell(finding, thread, style)).collect();
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
        writeln!(out, "  {:>3} {name}: {} at {}", skipped + nth + 1, cell(step), style.place(&step.place))?;
    }
    Ok(())
}

fn cell(step: &StepReport) -> String {
    let mut text = step.operation.clone();
    if let Some(object) = &step.object {
        text.push(' ');
        text.push_str(object);
    }
    if let Some(outcome) = &step.outcome {
        let _ = write!(text, " ({outcome})");
    }
    text
}

fn blocked_cell(_finding: &Finding, thread: &crate::check::ThreadReport, style: &Style) -> Option<String> {
    let waits = thread.waits.as_ref()?;
    let cross = if style.is_ascii() { "X" } else { "✗" };
    let object = waits.object.as_ref().map_or("", |object| object.label.as_str());
    Some(format!("{cross} {} {object}", waits.operation))
}

/// How many locks each thread holds after the first `count` steps. Unlocks are no steps, so this counts what the report
/// knows at the end, and shows bars only for locks that are never given back.
fn holding_before(finding: &Finding, count: usize) -> Vec<usize> {
    let mut held = vec![0; finding.threads.len()];
    for (at, step) in finding.steps.iter().enumerate().take(count) {
        if takes_for_good(finding, at, step) {
            held[step.thread] += 1;
        }
    }
    held
}

fn takes_for_good(finding: &Finding, at: usize, step: &StepReport) -> bool {
    let thread = &finding.threads[step.thread];
    let Some(object) = &step.object else { return false };
    thread.holds.iter().any(|held| held.object.label == *object && held.place == step.place)
        && !finding.steps[at + 1..].iter().any(|later| {
            later.thread == step.thread && later.object.as_ref() == Some(object) && later.place == step.place
        })
}

fn update_held(held: &mut [usize], step: &StepReport) {
    let takes = matches!(
        step.operation.as_str(),
        "lock" | "read-lock" | "write-lock" | "acquire" | "wake" | "wake-timed"
    ) && step.outcome.as_deref() != Some("failed");
    if takes {
        held[step.thread] = 1;
    } else if matches!(
        step.operation.as_str(),
        "unlock" | "read-unlock" | "write-unlock" | "release" | "wait"
    ) {
        held[step.thread] = 0;
    }
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
