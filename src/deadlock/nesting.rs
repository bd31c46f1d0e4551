//! Nestings of locks, lock by lock: which of them could close a circle (Goodlock: Havelund 2000; with gate locks, Agarwal,
//! Wang, Stoller 2005).
//!
//! A *nesting* is a thread that takes a lock while it holds another. Nestings of which each takes what the next one holds
//! are a potential deadlock if they can come together:
//!
//! 1. each is another thread's: no thread is at two places at once;
//! 2. nobody holds in a way that excludes it what another one of them holds, too (a *gate*);
//! 3. who waits for a lock asks for it in a way that the holder excludes: readers do not wait for readers.
//!
//! [`lock_order`](super::lock_order) has the same for classes of locks that are watched for long: there, the occurrences of an
//! edge are summed up, here they are kept apart.

use std::collections::{BTreeMap, BTreeSet};

use super::cycles::{self, Graph};

/// A lock.
pub(crate) type Lock = usize;

/// How a lock is held, or asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hold {
    /// Beside others that read, and one that may upgrade.
    Shared,
    /// Beside others that read.
    Upgradable,
    /// Alone.
    Whole,
}

impl Hold {
    /// Whether no two threads can hold one lock in these ways at once.
    pub(crate) fn excludes(self, other: Hold) -> bool {
        (self != Hold::Shared || other == Hold::Whole) && (other != Hold::Shared || self == Hold::Whole)
    }
}

/// A thread took a lock while it held others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Nesting<P> {
    pub(crate) thread: usize,
    /// The lock that it held, of all in `holds` the one from which the edge begins, and where it was taken.
    pub(crate) held: (Lock, Hold),
    pub(crate) held_at: P,
    /// The lock that it took, and where.
    pub(crate) taken: (Lock, Hold),
    pub(crate) taken_at: P,
    /// All that it held, in order.
    pub(crate) holds: BTreeSet<(Lock, Hold)>,
}

impl<P> Nesting<P> {
    /// Whether the two threads could be there at the same time, as far as what they hold tells.
    fn can_meet(&self, other: &Nesting<P>) -> bool {
        let collide = |one: &(Lock, Hold), two: &(Lock, Hold)| one.0 == two.0 && one.1.excludes(two.1);
        self.thread != other.thread
            && !self.holds.iter().any(|one| other.holds.iter().any(|two| collide(one, two)))
    }

    /// Whether its thread could wait for the other one.
    fn waits_for(&self, other: &Nesting<P>) -> bool {
        self.taken.0 == other.held.0 && self.taken.1.excludes(other.held.1)
    }
}

/// The number of a nesting.
pub(crate) type NestingIndex = usize;

/// Nestings from any number of executions, each of them once.
#[derive(Clone, Debug)]
pub(crate) struct Nestings<P> {
    all: Vec<Nesting<P>>,
    numbers: BTreeMap<Nesting<P>, NestingIndex>,
    by_held: BTreeMap<Lock, Vec<NestingIndex>>,
}

impl<P> Default for Nestings<P> {
    fn default() -> Self {
        Nestings { all: Vec::new(), numbers: BTreeMap::new(), by_held: BTreeMap::new() }
    }
}

/// More cycles than this through one nesting are not looked at.
const CYCLES_MAX: usize = 16;

impl<P: Clone + Ord> Nestings<P> {
    pub(crate) fn get(&self, index: NestingIndex) -> &Nesting<P> {
        &self.all[index]
    }

    pub(crate) fn all(&self) -> &[Nesting<P>] {
        &self.all
    }

    /// Adds a nesting, unless it is there, and gives its number and the circles that are possible since.
    pub(crate) fn add(&mut self, nesting: Nesting<P>) -> (NestingIndex, Vec<Vec<NestingIndex>>) {
        if let Some(number) = self.numbers.get(&nesting) {
            return (*number, Vec::new());
        }
        let number = self.all.len();
        self.by_held.entry(nesting.held.0).or_default().push(number);
        self.numbers.insert(nesting.clone(), number);
        self.all.push(nesting);
        (number, cycles::through(self, number, CYCLES_MAX))
    }
}

impl<P: Clone + Ord> Graph for Nestings<P> {
    type Edge = NestingIndex;

    fn ends(&self, edge: NestingIndex) -> (Lock, Lock) {
        let nesting = self.get(edge);
        (nesting.held.0, nesting.taken.0)
    }

    fn edges_from(&self, lock: Lock) -> impl Iterator<Item = NestingIndex> {
        self.by_held.get(&lock).into_iter().flatten().copied()
    }

    fn fits(&self, path: &[NestingIndex], next: NestingIndex) -> bool {
        let next = self.get(next);
        self.get(path[path.len() - 1]).waits_for(next) && path.iter().all(|one| self.get(*one).can_meet(next))
    }

    fn closes(&self, path: &[NestingIndex]) -> bool {
        self.get(path[path.len() - 1]).waits_for(self.get(path[0]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nesting(thread: usize, holds: &[(Lock, Hold)], taken: (Lock, Hold)) -> Nesting<()> {
        let held = *holds.last().expect("something is held");
        Nesting { thread, held, held_at: (), taken, taken_at: (), holds: holds.iter().copied().collect() }
    }

    fn cycles(all: &[Nesting<()>]) -> usize {
        let mut nestings = Nestings::default();
        all.iter().map(|one| nestings.add(one.clone()).1.len()).sum()
    }

    use Hold::{Shared, Upgradable, Whole};

    #[test]
    fn both_orders_in_two_threads_are_one_circle() {
        let (one, two) = (nesting(1, &[(0, Whole)], (1, Whole)), nesting(2, &[(1, Whole)], (0, Whole)));
        assert_eq!(cycles(&[one.clone(), two.clone()]), 1);
        assert_eq!(cycles(&[one.clone(), Nesting { thread: 1, ..two.clone() }]), 0, "one thread");
        assert_eq!(cycles(&[one.clone(), two, one]), 1, "seen twice");
    }

    #[test]
    fn a_gate_that_both_hold_keeps_them_apart() {
        let with = |gate: Hold, other: Hold| {
            cycles(&[
                nesting(1, &[(9, gate), (0, Whole)], (1, Whole)),
                nesting(2, &[(9, other), (1, Whole)], (0, Whole)),
            ])
        };
        assert_eq!((with(Whole, Whole), with(Whole, Shared), with(Upgradable, Upgradable)), (0, 0, 0));
        assert_eq!((with(Shared, Shared), with(Shared, Upgradable)), (1, 1));
    }

    #[test]
    fn a_lock_of_the_circle_that_is_held_before_keeps_them_apart() {
        // Who holds 1 as well as 0 cannot be there while the other one holds 1.
        let one = nesting(1, &[(1, Whole), (0, Whole)], (2, Whole));
        let two = nesting(2, &[(2, Whole), (1, Whole)], (0, Whole));
        assert_eq!(cycles(&[one, two]), 0);
    }

    #[test]
    fn readers_do_not_wait_for_readers() {
        let with = |held: Hold, asked: Hold| {
            cycles(&[nesting(1, &[(0, held)], (1, Whole)), nesting(2, &[(1, Whole)], (0, asked))])
        };
        assert_eq!((with(Shared, Shared), with(Shared, Upgradable), with(Upgradable, Shared)), (0, 0, 0));
        assert_eq!((with(Shared, Whole), with(Whole, Shared), with(Upgradable, Upgradable)), (1, 1, 1));
    }

    proptest! {
        /// With a thread for each nesting and nothing but mutexes, there is a circle exactly if the graph has one.
        #[test]
        fn agrees_with_a_naive_search(edges in proptest::collection::vec((0usize..5, 0usize..5), 0..10)) {
            let edges: Vec<_> = edges.into_iter().filter(|(from, to)| from != to).collect();
            let all: Vec<_> = edges.iter().enumerate()
                .map(|(thread, (from, to))| nesting(thread, &[(*from, Whole)], (*to, Whole)))
                .collect();
            let mut reach = [[false; 5]; 5];
            for (from, to) in &edges {
                reach[*from][*to] = true;
            }
            for k in 0..5 { for i in 0..5 { for j in 0..5 { reach[i][j] |= reach[i][k] && reach[k][j]; } } }
            prop_assert_eq!(cycles(&all) > 0, (0..5).any(|i| reach[i][i]));
        }
    }
}
