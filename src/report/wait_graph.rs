//! Who waits for what and who holds it, at the end of a finding: a graph of threads and objects.

use crate::check::Finding;

/// A thread, as an index, or an object, as a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node<'a> {
    Thread(usize),
    Object(&'a str),
}

/// An edge: from a thread to what it waits for, or from an object to who holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge<'a> {
    pub(super) from: Node<'a>,
    pub(super) to: Node<'a>,
    /// The operation, and where.
    pub(super) operation: &'a str,
    pub(super) place: &'a str,
    pub(super) waits: bool,
}

/// The edges, thread by thread. A thread that is joined is a thread, not an object.
pub(super) fn edges(finding: &Finding) -> Vec<Edge<'_>> {
    let mut edges = Vec::new();
    let thread_named = |name: &str| finding.threads.iter().position(|thread| thread.name == name);
    for (index, thread) in finding.threads.iter().enumerate().filter(|(_, thread)| !thread.finished) {
        for held in &thread.holds {
            edges.push(Edge {
                from: Node::Object(&held.object.label),
                to: Node::Thread(index),
                operation: &held.operation,
                place: &held.place,
                waits: false,
            });
        }
        let Some(waits) = &thread.waits else { continue };
        let Some(object) = &waits.object else { continue };
        let joined = thread_named(&object.label).filter(|_| waits.operation == "join");
        edges.push(Edge {
            from: Node::Thread(index),
            to: joined.map_or(Node::Object(&object.label), Node::Thread),
            operation: &waits.operation,
            place: &waits.place,
            waits: true,
        });
    }
    edges
}

impl Node<'_> {
    /// The node's name in the languages of diagrams: `t` and `o` with a number.
    pub(super) fn id(&self, objects: &[&str]) -> String {
        match self {
            Node::Thread(thread) => format!("t{thread}"),
            Node::Object(label) => {
                format!("o{}", objects.iter().position(|object| object == label).unwrap_or_default())
            }
        }
    }
}

/// Whether a thread of the circle waits for the object.
pub(super) fn is_of_circle(finding: &Finding, label: &str) -> bool {
    finding.cycle.iter().any(|thread| {
        let waits = finding.threads[*thread].waits.as_ref();
        waits.and_then(|waits| waits.object.as_ref()).is_some_and(|object| object.label == label)
    })
}

/// The objects of the graph, each once.
pub(super) fn objects<'a>(edges: &[Edge<'a>]) -> Vec<&'a str> {
    let mut objects = Vec::new();
    for node in edges.iter().flat_map(|edge| [&edge.from, &edge.to]) {
        if let Node::Object(label) = node
            && !objects.contains(label)
        {
            objects.push(*label);
        }
    }
    objects
}
