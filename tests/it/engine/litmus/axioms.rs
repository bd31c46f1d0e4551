//! The memory model of C++20 as axioms on execution graphs: an oracle that knows nothing of how the engine works.
//!
//! All candidates are made (each read from each write to its variable, all modification orders) and those kept that satisfy
//! [`Graph::is_consistent`]. The axioms are those of "Repairing sequential consistency in C/C++11" (Lahav, Vafeiadis, Kang,
//! Hur, Dreyer, PLDI 2017), with sequential consistency and release sequences as in the text of C++20 (`atomics.order`,
//! `intro.races`).

use std::{collections::BTreeSet, sync::atomic::Ordering};

use super::language::{Action, Program};

/// A relation between events: row `a`, bit `b`.
#[derive(Clone, Debug)]
struct Relation(Vec<u32>);

impl Relation {
    fn new(events: usize) -> Self {
        Relation(vec![0; events])
    }

    fn insert(&mut self, from: usize, to: usize) {
        self.0[from] |= 1 << to;
    }

    fn has(&self, from: usize, to: usize) -> bool {
        self.0[from] >> to & 1 == 1
    }

    fn then(&self, next: &Relation) -> Relation {
        let row = |row: &u32| {
            next.0.iter().enumerate().filter(|(at, _)| row >> at & 1 == 1).fold(0, |all, (_, b)| all | b)
        };
        Relation(self.0.iter().map(row).collect())
    }

    fn or(&self, other: &Relation) -> Relation {
        Relation(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    fn closure(mut self) -> Relation {
        for middle in 0..self.0.len() {
            let through = self.0[middle];
            for row in &mut self.0 {
                if *row >> middle & 1 == 1 {
                    *row |= through;
                }
            }
        }
        self
    }

    fn is_irreflexive(&self) -> bool {
        (0..self.0.len()).all(|event| !self.has(event, event))
    }
}

/// An operation, or (without one) the first value of a variable.
#[derive(Clone, Copy, Debug)]
struct Event {
    thread: Option<usize>,
    variable: Option<usize>,
    action: Option<Action>,
}

/// An execution: the events, what they read, wrote, and in which order the writes stand.
#[derive(Debug)]
struct Graph {
    events: Vec<Event>,
    source: Vec<Option<usize>>,
    read: Vec<u32>,
    wrote: Vec<Option<u32>>,
    /// The writes to each variable.
    modification_order: Vec<Vec<usize>>,
}

/// The outcomes of all consistent executions, and how many executions those are.
#[derive(Debug)]
pub(super) struct Predicted {
    pub(super) outcomes: BTreeSet<String>,
    pub(super) graphs: u64,
    /// Those of the graphs that some order of all operations shows, in which each load reads the newest store.
    pub(super) sequential: u64,
}

pub(super) fn predict(program: &Program) -> Predicted {
    let variables = program.variables();
    let first = (0..variables).map(|variable| Event { thread: None, variable: Some(variable), action: None });
    let threads = program.0.iter().enumerate().flat_map(|(thread, actions)| {
        actions.iter().map(move |action| Event {
            thread: Some(thread),
            variable: action.variable(),
            action: Some(*action),
        })
    });
    let events: Vec<Event> = first.chain(threads).collect();
    let count = events.len();
    let mut graph = Graph {
        events,
        source: vec![None; count],
        read: vec![0; count],
        wrote: vec![None; count],
        modification_order: vec![Vec::new(); variables],
    };
    let mut predicted = Predicted { outcomes: BTreeSet::new(), graphs: 0, sequential: 0 };
    graph.choose_sources(0, &mut |graph| {
        predicted.graphs += 1;
        let order = graph.program_order().or(&graph.coherence_order()).closure();
        predicted.sequential += u64::from(order.is_irreflexive());
        let reads = (0..count).filter(|event| graph.source[*event].is_some()).map(|event| graph.read[event]);
        let last: Vec<u32> = graph
            .modification_order
            .iter()
            .map(|order| graph.wrote[order[order.len() - 1]].unwrap())
            .collect();
        predicted.outcomes.insert(program.outcome(reads, &last));
    });
    predicted
}

impl Graph {
    /// Lets each event from this one on read from each that may write.
    fn choose_sources(&mut self, event: usize, found: &mut impl FnMut(&Graph)) {
        if event == self.events.len() {
            if self.find_values() {
                self.modification_order.iter_mut().for_each(Vec::clear);
                self.choose_order(0, found);
            }
            return;
        }
        if !self.events[event].action.is_some_and(Action::reads) {
            return self.choose_sources(event + 1, found);
        }
        for source in 0..self.events.len() {
            let may_write = !matches!(self.events[source].action, Some(Action::Load(..)));
            if source != event && may_write && self.events[source].variable == self.events[event].variable {
                self.source[event] = Some(source);
                if self.is_free_of_thin_air() {
                    self.choose_sources(event + 1, found);
                }
            }
        }
        self.source[event] = None;
    }

    /// Computes what is read and written; false if something reads from an operation that did not write.
    fn find_values(&mut self) -> bool {
        let count = self.events.len();
        let mut known = vec![false; count];
        while let Some(event) =
            (0..count).find(|event| !known[*event] && self.source[*event].is_none_or(|at| known[at]))
        {
            if let Some(source) = self.source[event] {
                let Some(value) = self.wrote[source] else { return false };
                self.read[event] = value;
            }
            self.wrote[event] = match self.events[event].action {
                Some(action) => action.writes(self.read[event]),
                None => Some(0),
            };
            known[event] = true;
        }
        known.iter().all(|known| *known)
    }

    /// Appends the remaining writes to the modification orders, from this variable on, in all ways that are atomic: what a
    /// read-modify-write operation reads stands right before it.
    fn choose_order(&mut self, variable: usize, found: &mut impl FnMut(&Graph)) {
        if variable == self.modification_order.len() {
            if self.is_consistent() {
                found(self);
            }
            return;
        }
        let mut is_complete = true;
        for event in 0..self.events.len() {
            let is_write = self.events[event].variable == Some(variable) && self.wrote[event].is_some();
            if !is_write || self.modification_order[variable].contains(&event) {
                continue;
            }
            is_complete = false;
            let last = self.modification_order[variable].last().copied();
            let is_first_value = self.events[event].action.is_none();
            if is_first_value == last.is_none()
                && self.source[event].is_none_or(|source| Some(source) == last)
            {
                self.modification_order[variable].push(event);
                self.choose_order(variable, found);
                self.modification_order[variable].pop();
            }
        }
        if is_complete {
            self.choose_order(variable + 1, found);
        }
    }

    fn program_order(&self) -> Relation {
        let mut order = Relation::new(self.events.len());
        for (a, first) in self.events.iter().enumerate() {
            for (b, second) in self.events.iter().enumerate().skip(a + 1) {
                if first.thread.is_some() && first.thread == second.thread {
                    order.insert(a, b);
                }
            }
        }
        order
    }

    fn reads_from(&self) -> Relation {
        let mut reads = Relation::new(self.events.len());
        for (reader, source) in self.source.iter().enumerate() {
            if let Some(source) = source {
                reads.insert(*source, reader);
            }
        }
        reads
    }

    fn is_free_of_thin_air(&self) -> bool {
        self.program_order().or(&self.reads_from()).closure().is_irreflexive()
    }

    fn ordering(&self, event: usize) -> Option<Ordering> {
        self.events[event].action.map(|action| action.ordering(self.wrote[event].is_some()))
    }

    fn is_fence(&self, event: usize) -> bool {
        matches!(self.events[event].action, Some(Action::Fence(_)))
    }

    fn is_sequential(&self, event: usize) -> bool {
        self.ordering(event) == Some(Ordering::SeqCst)
    }

    fn releases(&self, event: usize) -> bool {
        matches!(self.ordering(event), Some(Ordering::Release | Ordering::AcqRel | Ordering::SeqCst))
    }

    fn acquires(&self, event: usize) -> bool {
        matches!(self.ordering(event), Some(Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst))
    }

    /// Release operations and fences with the acquire operations and fences that see their release sequences.
    fn synchronizes(&self, order: &Relation) -> Relation {
        let mut synchronizes = Relation::new(self.events.len());
        let all = 0..self.events.len();
        for reader in all.clone() {
            // The heads of the release sequences: what is read, and what read-modify-write operations on the way read.
            let mut head = self.source[reader];
            while let Some(write) = head {
                for from in all.clone() {
                    let is_release = from == write && self.releases(from)
                        || self.is_fence(from) && self.releases(from) && order.has(from, write);
                    for to in all.clone() {
                        let is_acquire = to == reader && self.acquires(to)
                            || self.is_fence(to) && self.acquires(to) && order.has(reader, to);
                        if is_release && is_acquire {
                            synchronizes.insert(from, to);
                        }
                    }
                }
                head = self.source[write];
            }
        }
        synchronizes
    }

    /// Reads-from, modification order and reads-before, transitively ("extended coherence order").
    fn coherence_order(&self) -> Relation {
        let mut relation = self.reads_from();
        for order in &self.modification_order {
            for (place, write) in order.iter().enumerate() {
                for later in &order[place + 1..] {
                    relation.insert(*write, *later);
                    for reader in 0..self.events.len() {
                        if self.source[reader] == Some(*write) && reader != *later {
                            relation.insert(reader, *later);
                        }
                    }
                }
            }
        }
        relation.closure()
    }

    fn is_consistent(&self) -> bool {
        let order = self.program_order();
        let synchronizes = self.synchronizes(&order);
        let mut base = order.or(&synchronizes);
        for first in (0..self.events.len()).filter(|event| self.events[*event].thread.is_none()) {
            for event in (0..self.events.len()).filter(|event| self.events[*event].thread.is_some()) {
                base.insert(first, event);
            }
        }
        let happens_before = base.closure();
        let coherence = self.coherence_order();
        happens_before.is_irreflexive()
            && coherence.is_irreflexive()
            && happens_before.then(&coherence).is_irreflexive()
            && self.has_single_total_order(&order, &synchronizes, &happens_before, &coherence)
    }

    /// `atomics.order` 3 and 4 of C++20.
    fn has_single_total_order(
        &self,
        order: &Relation,
        synchronizes: &Relation,
        happens_before: &Relation,
        coherence: &Relation,
    ) -> bool {
        let count = self.events.len();
        let pairs = || (0..count).flat_map(|a| (0..count).map(move |b| (a, b)));
        let mut strongly = order.or(&order.then(happens_before).then(order));
        for (a, b) in pairs().filter(|(a, b)| synchronizes.has(*a, *b)) {
            let is_access = |event| self.is_sequential(event) && !self.is_fence(event);
            if is_access(a) && is_access(b) {
                strongly.insert(a, b);
            }
        }
        let strongly = strongly.closure();
        let mut total = Relation::new(count);
        for (x, y) in pairs().filter(|(x, y)| self.is_sequential(*x) && self.is_sequential(*y)) {
            let stands_for = |fence: usize, access: usize, forwards: bool| {
                let ordered = if forwards {
                    happens_before.has(fence, access)
                } else {
                    happens_before.has(access, fence)
                };
                access == fence || self.is_fence(fence) && ordered
            };
            let is_coherent = pairs()
                .any(|(a, b)| coherence.has(a, b) && stands_for(x, a, true) && stands_for(y, b, false));
            if strongly.has(x, y) || is_coherent {
                total.insert(x, y);
            }
        }
        total.closure().is_irreflexive()
    }
}
