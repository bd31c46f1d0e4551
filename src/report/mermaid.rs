//! A finding as Mermaid diagrams, which code hosts draw inside of Markdown.

use std::fmt::Write as _;

use super::wait_graph::{self, is_of_circle};
use crate::check::{Finding, StepReport};

/// How many steps are drawn; of a longer schedule the end.
const STEPS_SHOWN_MAX: usize = 60;

/// The wait-for graph at the end, as a flowchart: threads as boxes, objects rounded, what is waited for dashed.
#[must_use]
pub fn graph(finding: &Finding) -> String {
    let edges = wait_graph::edges(finding);
    let objects = wait_graph::objects(&edges);
    let mut out = String::from("flowchart LR\n");
    for (index, thread) in finding.threads.iter().enumerate().filter(|(_, thread)| !thread.finished) {
        let _ = writeln!(out, "  t{index}[\"{}\"]", escaped(&thread.name));
    }
    for (index, label) in objects.iter().enumerate() {
        let _ = writeln!(out, "  o{index}([\"{}\"])", escaped(label));
    }
    for edge in &edges {
        let (arrow, verb) = if edge.waits { ("-.->", "waits") } else { ("-->", "held by") };
        let text = escaped(&format!("{verb}: {} at {}", edge.operation, edge.place));
        let _ = writeln!(out, "  {} {arrow}|\"{text}\"| {}", edge.from.id(&objects), edge.to.id(&objects));
    }
    let mut red: Vec<String> = finding.cycle.iter().map(|thread| format!("t{thread}")).collect();
    let of_cycle = objects.iter().enumerate().filter(|(_, label)| is_of_circle(finding, label));
    red.extend(of_cycle.map(|(index, _)| format!("o{index}")));
    if !red.is_empty() {
        let _ =
            writeln!(out, "  classDef circle stroke:#d00,stroke-width:2px\n  class {} circle", red.join(","));
    }
    out
}

/// The schedule, as a sequence diagram: a participant for each thread, and what it does, downwards.
#[must_use]
pub fn sequence(finding: &Finding) -> String {
    let mut out = String::from("sequenceDiagram\n");
    for (index, thread) in finding.threads.iter().enumerate() {
        let _ = writeln!(out, "  participant t{index} as {}", escaped(&thread.name));
    }
    let skipped = finding.steps.len().saturating_sub(STEPS_SHOWN_MAX);
    if skipped > 0 {
        let _ = writeln!(out, "  Note over t0: {skipped} steps before");
    }
    let moments = |out: &mut String, steps: usize| {
        for moment in finding.moments.iter().filter(|moment| moment.steps_before == steps) {
            let object = moment.object.as_deref().unwrap_or_default();
            let text = format!("{} {object}", moment.operation);
            let _ = writeln!(out, "  Note over t{}: ✗ {}", moment.thread, escaped(text.trim_end()));
        }
    };
    moments(&mut out, skipped);
    for (nth, step) in finding.steps[skipped..].iter().enumerate() {
        let _ = writeln!(out, "  Note over t{}: {}", step.thread, escaped(&cell(step)));
        moments(&mut out, skipped + nth + 1);
    }
    for (index, thread) in finding.threads.iter().enumerate() {
        let Some(waits) = &thread.waits else { continue };
        let object = waits.object.as_ref().map_or("", |object| object.label.as_str());
        let _ =
            writeln!(out, "  Note over t{index}: ✗ {}", escaped(&format!("{} {object}", waits.operation)));
    }
    out
}

fn cell(step: &StepReport) -> String {
    let object = step.object.as_ref().map_or_else(String::new, |object| format!(" {object}"));
    let outcome = step.remark().map_or_else(String::new, |remark| format!(" ({remark})"));
    format!("{}{object}{outcome}", step.operation)
}

/// Text in which nothing means anything to Mermaid.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '#' | ';' | '<' | '>' | '&' | ':' | '[' | ']' | '{' | '}' | '|' | '%' | '`' => {
                let _ = write!(out, "#{};", u32::from(c));
            }
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
