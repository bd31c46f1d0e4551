//! The outcomes that C++20 allows, from its axioms and not from an execution.
//!
//! A candidate execution says which store each load reads from (rf) and in which order the stores to each variable stand (mo).
//! All candidates are enumerated, and those are kept that satisfy the axioms of the standard (`intro.races`, `atomics.order`,
//! `atomics.fences`) as Lahav, Vafeiadis, Kang, Hur and Dreyer write them down ("Repairing sequential consistency in C/C++11",
//! PLDI 2017), with C++20's release sequences, and its rule for the single total order of sequentially consistent operations:
//!
//! - coherence: happens-before, followed by any way from access to access through rf, mo and from-reads, is no circle;
//! - atomicity: a read-modify-write stands right after what it reads;
//! - a total order of the sequentially consistent operations exists;
//! - nothing out of thin air: program order and rf together have no circle. This also excludes load buffering, which the
//!   standard allows and the checker does not show.

use unsnarl::sync::atomic::Ordering;

use super::language::{Op, Outcome, Outcomes, Program, VARIABLES};

/// Events, as bits.
type Set = u32;

/// A relation: for each event those that it is related to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Relation(Vec<Set>);

impl Relation {
    fn none(events: usize) -> Relation {
        Relation(vec![0; events])
    }

    fn of(events: usize, relates: impl Fn(usize, usize) -> bool) -> Relation {
        let row = |a| (0..events).filter(|b| relates(a, *b)).fold(0, |set, b| set | 1 << b);
        Relation((0..events).map(row).collect())
    }

    fn has(&self, a: usize, b: usize) -> bool {
        self.0[a] & 1 << b != 0
    }

    fn or(&self, other: &Relation) -> Relation {
        Relation(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    fn then(&self, other: &Relation) -> Relation {
        let row = |set: &Set| {
            let members = (0..other.0.len()).filter(|b| set & 1 << b != 0);
            members.fold(0, |all, b| all | other.0[b])
        };
        Relation(self.0.iter().map(row).collect())
    }

    /// As it is, or staying where one is.
    fn optional(&self) -> Relation {
        Relation(self.0.iter().enumerate().map(|(a, set)| set | 1 << a).collect())
    }

    fn closure(&self) -> Relation {
        let mut all = self.clone();
        for middle in 0..all.0.len() {
            for a in 0..all.0.len() {
                if all.has(a, middle) {
                    all.0[a] |= all.0[middle];
                }
            }
        }
        all
    }

    fn has_circle(&self) -> bool {
        let all = self.closure();
        (0..all.0.len()).any(|a| all.has(a, a))
    }
}

#[derive(Clone, Copy, Debug)]
struct Event {
    /// `None` for the stores that the variables begin with.
    thread: Option<usize>,
    variable: Option<usize>,
    reads: bool,
    writes: Option<u32>,
    /// What a compare-exchange has to read in order to write.
    expected: Option<u32>,
    ordering: Ordering,
    if_it_fails: Ordering,
}

/// A candidate's events, with what was chosen so far.
struct Candidate {
    events: Vec<Event>,
    source: Vec<Option<usize>>,
}

fn acquires(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

fn releases(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}

/// All outcomes that the axioms allow, and how many executions (graphs) there are.
pub(super) fn outcomes(program: &Program) -> (Outcomes, usize) {
    let initial = |variable| Event {
        thread: None,
        variable: Some(variable),
        reads: false,
        writes: Some(0),
        expected: None,
        ordering: Ordering::Relaxed,
        if_it_fails: Ordering::Relaxed,
    };
    let mut events: Vec<Event> = (0..VARIABLES).map(initial).collect();
    for (thread, ops) in program.iter().enumerate() {
        events.extend(ops.iter().map(|op| event(thread, *op)));
    }
    let mut candidate = Candidate { source: vec![None; events.len()], events };
    let (mut outcomes, mut graphs) = (Outcomes::new(), 0);
    candidate.choose_sources(0, &mut outcomes, &mut graphs);
    (outcomes, graphs)
}

fn event(thread: usize, op: Op) -> Event {
    let (variable, reads, writes, expected, ordering, if_it_fails) = match op {
        Op::Load(variable, ordering) => (Some(variable), true, None, None, ordering, ordering),
        Op::Store(variable, value, ordering) => {
            (Some(variable), false, Some(value), None, ordering, ordering)
        }
        Op::Swap(variable, value, ordering) => (Some(variable), true, Some(value), None, ordering, ordering),
        Op::CompareExchange(variable, expected, new, success, failure) => {
            (Some(variable), true, Some(new), Some(expected), success, failure)
        }
        Op::Fence(ordering) => (None, false, None, None, ordering, ordering),
    };
    Event { thread: Some(thread), variable, reads, writes, expected, ordering, if_it_fails }
}

impl Candidate {
    fn is_fence(&self, event: usize) -> bool {
        self.events[event].variable.is_none()
    }

    /// Whether it writes, with what it reads.
    fn writes(&self, event: usize) -> bool {
        let Event { writes, expected, .. } = self.events[event];
        writes.is_some() && expected.is_none_or(|expected| self.value_read(event) == Some(expected))
    }

    /// A read-modify-write that reads what it should.
    fn updates(&self, event: usize) -> bool {
        self.events[event].reads && self.writes(event)
    }

    fn value_read(&self, event: usize) -> Option<u32> {
        self.events[self.source[event]?].writes
    }

    fn ordering(&self, event: usize) -> Ordering {
        let Event { writes, ordering, if_it_fails, .. } = self.events[event];
        if writes.is_some() && !self.writes(event) { if_it_fails } else { ordering }
    }

    fn choose_sources(&mut self, event: usize, outcomes: &mut Outcomes, graphs: &mut usize) {
        if event == self.events.len() {
            // A compare-exchange that failed is nobody's source.
            if self.source.iter().flatten().all(|source| self.writes(*source)) {
                let mut orders = Vec::new();
                self.choose_orders(&mut orders, outcomes, graphs);
            }
            return;
        }
        if !self.events[event].reads {
            return self.choose_sources(event + 1, outcomes, graphs);
        }
        for source in 0..self.events.len() {
            let Event { variable, writes, .. } = self.events[source];
            if source != event && variable == self.events[event].variable && writes.is_some() {
                self.source[event] = Some(source);
                self.choose_sources(event + 1, outcomes, graphs);
                self.source[event] = None;
            }
        }
    }

    /// Adds the modification order of one variable after the other, beginning with what the variable begins with.
    fn choose_orders(&self, orders: &mut Vec<Vec<usize>>, outcomes: &mut Outcomes, graphs: &mut usize) {
        let variable = orders.len();
        if variable == VARIABLES {
            if self.is_allowed(orders) {
                outcomes.insert(self.outcome(orders));
                *graphs += 1;
            }
            return;
        }
        let stores: Vec<usize> = (VARIABLES..self.events.len())
            .filter(|event| self.events[*event].variable == Some(variable) && self.writes(*event))
            .collect();
        permutations(&stores, &mut vec![variable], &mut |order| {
            // Atomicity.
            let is_atomic = order.iter().enumerate().all(|(place, store)| {
                !self.updates(*store)
                    || place.checked_sub(1).map(|before| order[before]) == self.source[*store]
            });
            if is_atomic {
                orders.push(order.to_vec());
                self.choose_orders(orders, outcomes, graphs);
                orders.pop();
            }
        });
    }

    fn outcome(&self, orders: &[Vec<usize>]) -> Outcome {
        let read = (0..self.events.len()).filter_map(|event| self.value_read(event));
        let last = orders.iter().map(|order| {
            let last = *order.last().expect("an order has what the variable begins with");
            self.events[last].writes.expect("it is a store")
        });
        read.chain(last).collect()
    }

    fn is_allowed(&self, orders: &[Vec<usize>]) -> bool {
        let count = self.events.len();
        let thread = |event: usize| self.events[event].thread;
        let sequenced = Relation::of(count, |a, b| {
            a < b && (thread(a).is_none() || thread(a) == thread(b)) && {
                // The variables' first values come before everything, and are not ordered among each other.
                thread(b).is_some()
            }
        });
        let reads_from = Relation::of(count, |a, b| self.source[b] == Some(a));
        if sequenced.or(&reads_from).has_circle() {
            return false;
        }
        let place = |event: usize| {
            let variable = self.events[event].variable?;
            orders[variable].iter().position(|store| *store == event)
        };
        let modification = Relation::of(count, |a, b| {
            self.events[a].variable == self.events[b].variable
                && matches!((place(a), place(b)), (Some(a), Some(b)) if a < b)
        });
        let from_reads = Relation::of(count, |a, b| {
            a != b && self.source[a].is_some_and(|source| modification.has(source, b))
        });
        let coherence = reads_from.or(&modification).or(&from_reads).closure();
        let happens_before = sequenced.or(&self.synchronizes(&sequenced, &reads_from)).closure();
        let broken = happens_before.then(&coherence.optional());
        if (0..count).any(|event| broken.has(event, event)) {
            return false;
        }
        !self.total_order(&sequenced, &happens_before, &coherence).has_circle()
    }

    /// A release operation or fence synchronizes with an acquire operation or fence that reads from its release sequence: the
    /// store and the read-modify-writes that follow from it.
    fn synchronizes(&self, sequenced: &Relation, reads_from: &Relation) -> Relation {
        let count = self.events.len();
        let updated = Relation::of(count, |a, b| reads_from.has(a, b) && self.updates(b));
        let sequence = updated.closure().optional();
        let head = Relation::of(count, |a, b| {
            releases(self.ordering(a))
                && (a == b && self.writes(a) || self.is_fence(a) && sequenced.has(a, b) && self.writes(b))
        });
        let tail = Relation::of(count, |a, b| {
            acquires(self.ordering(b))
                && self.events[a].reads
                && (a == b || self.is_fence(b) && sequenced.has(a, b))
        });
        head.then(&sequence).then(reads_from).then(&tail)
    }

    /// What the total order of sequentially consistent operations has to agree with (`atomics.order`, paragraphs 3 and 4).
    fn total_order(&self, sequenced: &Relation, happens_before: &Relation, coherence: &Relation) -> Relation {
        let count = self.events.len();
        let is_sequential =
            |event: usize| self.events[event].thread.is_some() && self.ordering(event) == Ordering::SeqCst;
        let is_access = |event: usize| is_sequential(event) && !self.is_fence(event);
        let is_fence = |event: usize| is_sequential(event) && self.is_fence(event);
        let strongly = sequenced.or(&sequenced.then(happens_before).then(sequenced)).closure();
        let mut order = Relation::none(count);
        for a in 0..count {
            for b in (0..count).filter(|b| a != *b) {
                if is_sequential(a) && is_sequential(b) && strongly.has(a, b) {
                    order.0[a] |= 1 << b;
                }
                if !coherence.has(a, b) {
                    continue;
                }
                let firsts = (0..count).filter(|first| {
                    *first == a && is_access(a) || is_fence(*first) && happens_before.has(*first, a)
                });
                for first in firsts {
                    let lasts = (0..count).filter(|last| {
                        *last == b && is_access(b) || is_fence(*last) && happens_before.has(b, *last)
                    });
                    for last in lasts {
                        order.0[first] |= 1 << last;
                    }
                }
            }
        }
        order
    }
}

/// Calls `each` with every order of the items after what is in `order` already.
fn permutations(items: &[usize], order: &mut Vec<usize>, each: &mut impl FnMut(&[usize])) {
    if items.is_empty() {
        return each(order);
    }
    for (index, item) in items.iter().enumerate() {
        let rest = [&items[..index], &items[index + 1..]].concat();
        order.push(*item);
        permutations(&rest, order, each);
        order.pop();
    }
}
