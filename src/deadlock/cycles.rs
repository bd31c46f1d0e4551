//! The simple cycles of a graph that use a given edge.

/// Longer cycles are not searched for: their number grows exponentially, and real ones are short.
const CYCLE_LEN_MAX: usize = 6;

/// A graph in which there may be several edges between two nodes.
pub(crate) trait Graph {
    /// What stands for an edge.
    type Edge: Copy;

    /// The node at which the edge begins, and the one at which it ends.
    fn ends(&self, edge: Self::Edge) -> (usize, usize);

    /// The edges that begin at the node.
    fn edges_from(&self, node: usize) -> impl Iterator<Item = Self::Edge>;

    /// Whether the edge may stand in one cycle with those of the path that leads to it.
    fn fits(&self, path: &[Self::Edge], next: Self::Edge) -> bool {
        let _ = (path, next);
        true
    }

    /// Whether the path, which ends where it begins, is a cycle that counts.
    fn closes(&self, path: &[Self::Edge]) -> bool;
}

/// The cycles that use the edge, each beginning with it; at most `most` of them.
pub(crate) fn through<G: Graph>(graph: &G, first: G::Edge, most: usize) -> Vec<Vec<G::Edge>> {
    let mut cycles = Vec::new();
    extend(graph, &mut vec![first], most, &mut cycles);
    cycles
}

fn extend<G: Graph>(graph: &G, path: &mut Vec<G::Edge>, most: usize, cycles: &mut Vec<Vec<G::Edge>>) {
    let (start, _) = graph.ends(path[0]);
    let (_, at) = graph.ends(path[path.len() - 1]);
    if at == start {
        if cycles.len() < most && graph.closes(path) {
            cycles.push(path.clone());
        }
        return;
    }
    if path.len() == CYCLE_LEN_MAX || path.iter().any(|edge| graph.ends(*edge).0 == at) {
        return;
    }
    for next in graph.edges_from(at) {
        if cycles.len() < most && graph.fits(path, next) {
            path.push(next);
            extend(graph, path, most, cycles);
            path.pop();
        }
    }
}
