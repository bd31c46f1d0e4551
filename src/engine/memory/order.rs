//! The single total order of sequentially consistent operations (C++20 `atomics.order`, paragraphs 3 and 4).
//!
//! The standard asks that *some* total order S of all sequentially consistent accesses and fences exists that has
//!
//! 1. A before B where A strongly happens before B: sequenced before it, or with a step in program order at both ends of
//!    the chain that leads from A to B;
//! 2. A before B where A is *coherence-ordered* before B: on one object, A's store is older than B's, or the one that B reads,
//!    or A reads an older one than B stores or reads; and a fence that happens before such an A, or that such a B happens
//!    before, takes part like the access.
//!
//! S exists if and only if these relations have no cycle together. S is not the order of execution, and it may contradict
//! happens-before (a release and an acquire operation without program order around them do not order S): "Repairing
//! sequential consistency in C/C++11" (Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017) shows why it must not.
//!
//! The newest operation of an execution has no successor in these relations unless it reads a store that is not the newest, or
//! stores before one; so only then there is something to check: whether a way leads from what it is coherence-ordered before
//! back to it, or to a fence that happens before it.

use super::stores::{Access, LocationIndex, Memory, NO_LOCATION};
use crate::engine::{clock::VectorClock, op::ThreadIndex};

/// What an operation is about to do: read the store at `position`, or put one right after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) thread: ThreadIndex,
    pub(super) location: LocationIndex,
    pub(super) position: usize,
    pub(super) writes: bool,
    pub(super) sequential: bool,
    /// What its thread knows before and after it.
    pub(super) before: &'a VectorClock,
    pub(super) after: &'a VectorClock,
}

/// Memory that is used again.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// For each sequentially consistent operation that is a fence and each history: the ranks between which it stands.
    spans: Vec<Span>,
    reached: Vec<bool>,
    to_visit: Vec<usize>,
}

/// The accesses to one object that happen before and after a fence, by rank.
#[derive(Clone, Copy, Debug)]
struct Span {
    highest_before: Option<usize>,
    lowest_after: Option<usize>,
}

const NOTHING: Span = Span { highest_before: None, lowest_after: None };

/// Coherence order as numbers: of two accesses to one object the one with the smaller number comes first, and readers of
/// the same store have the same number. The number between a store's readers and the next store is free for a new store.
fn rank(position: usize, only_reads: bool) -> usize {
    4 * position + if only_reads { 2 } else { 0 }
}

impl Candidate<'_> {
    fn rank(&self) -> usize {
        rank(self.position, true) + usize::from(self.writes)
    }
}

impl Memory {
    fn rank(&self, access: &Access) -> usize {
        rank(self.store(access.store).position, access.only_reads)
    }

    /// Whether the access at the first index happens before that at the second.
    fn happens_before(&self, first: usize, second: usize) -> bool {
        let (a, b) = (&self.accesses()[first], &self.accesses()[second]);
        if a.thread == b.thread { first < second } else { a.epoch <= b.after.get(a.thread) }
    }

    /// Whether a single total order still exists when the running thread does this.
    pub(super) fn keeps_order(&mut self, candidate: &Candidate<'_>) -> bool {
        if self.sequential.is_empty() {
            return true;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        let nodes = std::mem::take(&mut self.sequential);
        let keeps = Search { memory: self, nodes: &nodes, candidate, scratch: &mut scratch }.finds_no_cycle();
        self.sequential = nodes;
        self.scratch = scratch;
        keeps
    }
}

struct Search<'a> {
    memory: &'a Memory,
    /// The operations of the total order, by their place among the accesses.
    nodes: &'a [u32],
    candidate: &'a Candidate<'a>,
    scratch: &'a mut Scratch,
}

impl Search<'_> {
    fn finds_no_cycle(&mut self) -> bool {
        self.find_spans();
        self.scratch.reached.clear();
        self.scratch.reached.resize(self.nodes.len(), false);
        self.scratch.to_visit.clear();
        for node in 0..self.nodes.len() {
            if self.follows_candidate(node) {
                self.visit(node);
            }
        }
        while let Some(node) = self.scratch.to_visit.pop() {
            if self.precedes_candidate(node) {
                return false;
            }
            for next in 0..self.nodes.len() {
                if !self.scratch.reached[next] && self.precedes(node, next) {
                    self.visit(next);
                }
            }
        }
        true
    }

    fn visit(&mut self, node: usize) {
        self.scratch.reached[node] = true;
        self.scratch.to_visit.push(node);
    }

    fn access(&self, node: usize) -> &Access {
        &self.memory.accesses()[self.nodes[node] as usize]
    }

    fn span(&self, fence: usize, location: LocationIndex) -> Span {
        self.scratch.spans[fence * self.memory.locations() + location as usize]
    }

    fn find_spans(&mut self) {
        let locations = self.memory.locations();
        let spans = &mut self.scratch.spans;
        spans.clear();
        spans.resize(self.nodes.len() * locations, NOTHING);
        for (node, fence) in self.nodes.iter().enumerate() {
            let fence = *fence as usize;
            if self.memory.accesses()[fence].location != NO_LOCATION {
                continue;
            }
            for (index, access) in self.memory.accesses().iter().enumerate() {
                if access.location == NO_LOCATION {
                    continue;
                }
                let span = &mut spans[node * locations + access.location as usize];
                let rank = self.memory.rank(access);
                if self.memory.happens_before(index, fence) {
                    span.highest_before = span.highest_before.max(Some(rank));
                } else if self.memory.happens_before(fence, index) {
                    span.lowest_after = Some(span.lowest_after.map_or(rank, |lowest| lowest.min(rank)));
                }
            }
        }
    }

    /// Whether the candidate, or a fence before it, would come before the node.
    fn follows_candidate(&self, node: usize) -> bool {
        let Candidate { location, .. } = *self.candidate;
        let rank = self.candidate.rank();
        let access = self.access(node);
        if access.location == NO_LOCATION {
            return self.span(node, location).highest_before.is_some_and(|highest| highest > rank);
        }
        access.location == location && self.memory.rank(access) > rank
    }

    /// Whether the node comes before the candidate, or is a fence that happens before it.
    fn precedes_candidate(&self, node: usize) -> bool {
        let Candidate { thread, location, before, after, sequential, .. } = *self.candidate;
        let access = self.access(node);
        let is_fence = access.location == NO_LOCATION;
        let is_own = access.thread == thread;
        if is_fence && (is_own || access.epoch <= after.get(access.thread)) {
            return true;
        }
        if !sequential {
            return false;
        }
        let rank = self.candidate.rank();
        is_own
            || access.epoch_after <= before.get(access.thread)
            || is_fence && self.span(node, location).lowest_after.is_some_and(|lowest| lowest < rank)
            || access.location == location && self.memory.rank(access) < rank
    }

    /// Whether the total order must have the first node before the second.
    fn precedes(&self, first: usize, second: usize) -> bool {
        let (a, b) = (self.access(first), self.access(second));
        let strongly_happens_before =
            if a.thread == b.thread { first < second } else { a.epoch_after <= b.before.get(a.thread) };
        if strongly_happens_before {
            return true;
        }
        let memory = self.memory;
        match (a.location, b.location) {
            (NO_LOCATION, NO_LOCATION) => (0..memory.locations()).any(|location| {
                let location = location as LocationIndex;
                let lowest = self.span(first, location).lowest_after;
                let highest = self.span(second, location).highest_before;
                lowest.zip(highest).is_some_and(|(lowest, highest)| lowest < highest)
            }),
            (NO_LOCATION, location) => {
                self.span(first, location).lowest_after.is_some_and(|lowest| lowest < memory.rank(b))
            }
            (location, NO_LOCATION) => {
                self.span(second, location).highest_before.is_some_and(|highest| memory.rank(a) < highest)
            }
            (one, other) => one == other && memory.rank(a) < memory.rank(b),
        }
    }
}
