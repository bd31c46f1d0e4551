//! The wait-for graph: an edge from each thread to those that must act before it can go on (Holt, 1972).

/// The shortest circle through `start`, as the threads in order beginning with `start`; `None` if there is none.
///
/// `waits_for` gives the threads that the given one waits for, each of which it needs.
pub(crate) fn cycle_through(start: usize, waits_for: impl Fn(usize) -> Vec<usize>) -> Option<Vec<usize>> {
    let mut queue = vec![start];
    let mut came_from: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while let Some(thread) = queue.get(at).copied() {
        at += 1;
        for next in waits_for(thread) {
            if next == start {
                let mut path = vec![thread];
                let mut back = thread;
                while back != start {
                    back = came_from.iter().find(|(to, _)| *to == back).map_or(start, |(_, from)| *from);
                    path.push(back);
                }
                path.reverse();
                return Some(path);
            }
            if !queue.contains(&next) {
                queue.push(next);
                came_from.push((next, thread));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::cycle_through;

    #[test]
    fn a_thread_that_waits_for_itself_is_a_circle_of_one() {
        assert_eq!(cycle_through(3, |_| vec![3]), Some(vec![3]));
    }

    proptest! {
        /// There is a circle through a node exactly if the node can be reached from one of its successors, and what is
        /// found is a real path.
        #[test]
        fn agrees_with_the_transitive_closure(edges in proptest::collection::vec((0usize..6, 0usize..6), 0..14)) {
            let waits_for = |at: usize| edges.iter().filter(|(a, _)| *a == at).map(|(_, b)| *b).collect::<Vec<_>>();
            let mut reach = [[false; 6]; 6];
            for (a, b) in &edges {
                reach[*a][*b] = true;
            }
            for k in 0..6 {
                for i in 0..6 {
                    for j in 0..6 {
                        reach[i][j] |= reach[i][k] && reach[k][j];
                    }
                }
            }
            for (start, reached) in reach.iter().enumerate() {
                match cycle_through(start, waits_for) {
                    None => prop_assert!(!reached[start]),
                    Some(cycle) => {
                        prop_assert_eq!(cycle[0], start);
                        for (i, from) in cycle.iter().enumerate() {
                            let to = cycle[(i + 1) % cycle.len()];
                            prop_assert!(edges.contains(&(*from, to)));
                        }
                    }
                }
            }
        }
    }
}
