//! The wait-for graph at the end of a finding, for Graphviz.

use std::fmt::Write as _;

use super::wait_graph::{self, Node, is_of_circle};
use crate::check::Finding;

/// A `digraph`: threads as boxes, objects as ellipses; what is waited for is dashed, a circle is red.
///
/// ```
/// # use unsnarl::{check::Checker, parking_lot::Mutex};
/// let verdict = Checker::new("twice").regressions(false).run(|| {
///     let mutex = Mutex::new(());
///     let _first = mutex.lock();
///     let _second = mutex.lock();
/// });
/// let dot = unsnarl::report::dot::finding(verdict.finding().unwrap());
/// assert!(dot.starts_with("digraph"));
/// ```
#[must_use]
pub fn finding(finding: &Finding) -> String {
    let edges = wait_graph::edges(finding);
    let objects = wait_graph::objects(&edges);
    let mut out = format!("digraph {} {{\n", quoted(&finding.model));
    let _ = writeln!(out, "  label={};\n  node [fontname=\"sans-serif\"];", quoted(&finding.title));
    for (index, thread) in finding.threads.iter().enumerate().filter(|(_, thread)| !thread.finished) {
        let colour = if finding.cycle.contains(&index) { ", color=red" } else { "" };
        let _ = writeln!(out, "  t{index} [shape=box, label={}{colour}];", quoted(&thread.name));
    }
    for (index, label) in objects.iter().enumerate() {
        let _ = writeln!(out, "  o{index} [label={}];", quoted(label));
    }
    for edge in &edges {
        let in_cycle = |node: &Node<'_>| match node {
            Node::Thread(thread) => finding.cycle.contains(thread),
            Node::Object(label) => is_of_circle(finding, label),
        };
        let colour = if in_cycle(&edge.from) && in_cycle(&edge.to) { ", color=red" } else { "" };
        let (style, verb) = if edge.waits { ("dashed", "waits") } else { ("solid", "held by") };
        let text = quoted(&format!("{verb}\n{} at {}", edge.operation, edge.place));
        let _ = writeln!(
            out,
            "  {} -> {} [style={style}, label={text}{colour}];",
            edge.from.id(&objects),
            edge.to.id(&objects)
        );
    }
    out.push_str("}\n");
    out
}

/// A string of the DOT language.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
