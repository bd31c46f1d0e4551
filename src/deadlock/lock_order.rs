//! The lock-order graph: an edge from each lock that was held to the one that was taken while it was held (Goodlock,
//! Havelund 2000; with gate locks and distinct threads, Agarwal, Wang, Stoller 2005).
//!
//! Nodes are *classes* of locks, named by the caller. A cycle is a potential deadlock only if its edges can come together:
//!
//! 1. no other lock (a *gate*) was held at every occurrence of two of its edges, for then they exclude each other;
//! 2. the edges were seen in at least two threads, for one thread cannot wait for itself across two critical sections.

use std::collections::{BTreeMap, BTreeSet};

use super::cycles::{self, Graph};

/// A class of locks.
pub(crate) type Class = usize;

/// How an edge came about.
#[derive(Clone, Debug)]
pub(crate) struct Edge<P> {
    /// Locks that were held at every occurrence, beside the one that the edge starts from.
    gates: BTreeSet<Class>,
    threads: BTreeSet<u64>,
    /// Where the first lock was taken, and where the second, at the first occurrence.
    pub(crate) held_at: P,
    pub(crate) taken_at: P,
    /// The thread of the first occurrence.
    pub(crate) thread: u64,
}

/// The graph.
#[derive(Clone, Debug)]
pub(crate) struct LockOrder<P> {
    edges: BTreeMap<(Class, Class), Edge<P>>,
}

impl<P> Default for LockOrder<P> {
    fn default() -> Self {
        LockOrder { edges: BTreeMap::new() }
    }
}

impl<P: Clone> LockOrder<P> {
    pub(crate) fn edge(&self, from: Class, to: Class) -> Option<&Edge<P>> {
        self.edges.get(&(from, to))
    }

    /// Notes that `thread` took `taken` while it held `held`, in this order. Returns the cycles that are possible since.
    pub(crate) fn acquired(
        &mut self,
        thread: u64,
        held: &[(Class, P)],
        taken: Class,
        taken_at: &P,
    ) -> Vec<Vec<Class>> {
        let mut cycles: Vec<Vec<Class>> = Vec::new();
        for (from, held_at) in held {
            if *from == taken {
                continue;
            }
            let gates: BTreeSet<Class> = held
                .iter()
                .map(|(class, _)| *class)
                .filter(|class| class != from && *class != taken)
                .collect();
            let changed = match self.edges.get_mut(&(*from, taken)) {
                Some(edge) => {
                    let before = (edge.gates.len(), edge.threads.len());
                    edge.gates = edge.gates.intersection(&gates).copied().collect();
                    edge.threads.insert(thread);
                    before != (edge.gates.len(), edge.threads.len())
                }
                None => {
                    let threads = BTreeSet::from([thread]);
                    let edge =
                        Edge { gates, threads, held_at: held_at.clone(), taken_at: taken_at.clone(), thread };
                    self.edges.insert((*from, taken), edge);
                    true
                }
            };
            if changed {
                let through = cycles::through(self, (*from, taken), usize::MAX);
                cycles.extend(through.iter().map(|cycle| cycle.iter().map(|(from, _)| *from).collect()));
            }
        }
        cycles
    }
}

impl<P: Clone> Graph for LockOrder<P> {
    type Edge = (Class, Class);

    fn ends(&self, edge: (Class, Class)) -> (Class, Class) {
        edge
    }

    fn edges_from(&self, class: Class) -> impl Iterator<Item = (Class, Class)> {
        self.edges.range((class, 0)..=(class, Class::MAX)).map(|(edge, _)| *edge)
    }

    fn closes(&self, cycle: &[(Class, Class)]) -> bool {
        let edges: Vec<&Edge<P>> = cycle.iter().map(|edge| &self.edges[edge]).collect();
        let gated = edges
            .iter()
            .enumerate()
            .any(|(at, edge)| edges[at + 1..].iter().any(|other| !edge.gates.is_disjoint(&other.gates)));
        let threads: BTreeSet<u64> = edges.iter().flat_map(|edge| edge.threads.iter().copied()).collect();
        !gated && threads.len() > 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn order() -> LockOrder<&'static str> {
        LockOrder::default()
    }

    #[test]
    fn an_inversion_in_two_threads_is_a_cycle() {
        let mut order = order();
        assert!(order.acquired(1, &[(0, "a")], 1, &"b").is_empty());
        assert_eq!(order.acquired(2, &[(1, "b")], 0, &"a"), vec![vec![1, 0]]);
    }

    #[test]
    fn one_thread_alone_cannot_deadlock() {
        let mut order = order();
        order.acquired(1, &[(0, "a")], 1, &"b");
        assert!(order.acquired(1, &[(1, "b")], 0, &"a").is_empty());
        // As soon as a second thread does one of the two, it can.
        assert_eq!(order.acquired(2, &[(0, "a")], 1, &"b").len(), 1);
    }

    #[test]
    fn a_gate_excludes_the_two_orders() {
        let mut order = order();
        order.acquired(1, &[(9, "gate"), (0, "a")], 1, &"b");
        assert!(order.acquired(2, &[(9, "gate"), (1, "b")], 0, &"a").is_empty());
        // Once it happens without the gate, it can.
        assert_eq!(order.acquired(2, &[(1, "b")], 0, &"a").len(), 1);
    }

    #[test]
    fn a_ring_of_three_is_found() {
        let mut order = order();
        order.acquired(1, &[(0, "a")], 1, &"b");
        order.acquired(2, &[(1, "b")], 2, &"c");
        assert_eq!(order.acquired(3, &[(2, "c")], 0, &"a").len(), 1);
    }

    proptest! {
        /// Without gates and with a thread per edge, there is a cycle exactly if the graph has one.
        #[test]
        fn agrees_with_a_naive_search(edges in proptest::collection::vec((0usize..5, 0usize..5), 0..12)) {
            let mut order = LockOrder::<()>::default();
            let mut found = false;
            for (thread, (from, to)) in edges.iter().enumerate() {
                found |= !order.acquired(thread as u64, &[(*from, ())], *to, &()).is_empty();
            }
            let mut reach = [[false; 5]; 5];
            for (a, b) in edges.iter().filter(|(a, b)| a != b) {
                reach[*a][*b] = true;
            }
            for k in 0..5 { for i in 0..5 { for j in 0..5 { reach[i][j] |= reach[i][k] && reach[k][j]; } } }
            prop_assert_eq!(found, (0..5).any(|i| reach[i][i]));
        }
    }
}
