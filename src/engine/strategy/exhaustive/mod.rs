//! Depth-first search over all interleavings, with optimal dynamic partial-order reduction.
//!
//! Two executions that differ only in the order of independent steps are one Mazurkiewicz trace, and one of them is enough.
//! The method is Optimal-DPOR (Abdulla, Aronis, Jonsson, Sagonas, "Source sets: a foundation for optimal dynamic partial
//! order reduction", JACM 64(4), 2017): after each execution every race in it (two dependent steps that nothing else orders)
//! is reversed, by noting in a *wakeup tree* at the state before the first of the two a sequence that leads to the other
//! order; *sleep sets* hold what was explored from a state already, and a sequence that a sleeping step could begin is not
//! noted. Each trace is then executed once, and no execution is begun in vain. The alternative outcomes of a step (which
//! waiter a notification wakes, which store a load reads) are reversed in the same way, as if they raced with each other.
//!
//! Whether an operation that can fail does so depends on where it stands. Before it is noted in another place it is worked out
//! what it would do there (see [`races`]); else what sleeps would be compared with something that does not happen.
//!
//! Optimal-DPOR was chosen before its successors with polynomial memory (TruSt, POPL 2022; POP, CAV 2024) since it works on
//! schedules, which is what coroutines can replay, and since its trees stay small on the programs that can be explored
//! completely at all: a tree holds only what a race in the present execution asks for.
//!
//! With a preemption or a delay bound nothing is left out but the schedules beyond the bound: an order that reduction leaves
//! out may stand for one that needs fewer preemptions (Coons, Musuvathi, McKinley, "Bounded partial-order reduction",
//! OOPSLA 2013).

#[cfg(test)]
mod by_hand;
mod history;
#[cfg(test)]
mod history_tests;
mod races;
#[cfg(test)]
mod races_tests;
mod shared;
mod together;
mod wakeup;

use std::sync::Arc;

pub(crate) use self::shared::Tree;
use self::{
    history::{EventIndex, History},
    races::{Later, Race},
    shared::Place,
    wakeup::{BranchIndex, Forest, Move, NO_BRANCH, Strayed, Values, awake_values, is_covered},
};
use super::{Decision, Event, Strategy, ThreadSet, View, bit, members};
use crate::engine::{
    clock::VectorClock,
    op::{Footprint, ObjectIndex, Op, OpKind, ThreadIndex},
};

/// How often an execution is compared whole with what was recorded of it.
const EXECUTIONS_PER_LOOK: u64 = 16;

/// How much the search leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    /// Nothing: every interleaving.
    None,
    /// What sleep sets find to be of a trace that was executed before.
    Sleep,
    /// All but one execution of each trace.
    Optimal,
}

/// What schedules to leave out although nothing else stands for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// Those that take the processor more often from a thread that could have gone on.
    Preemptions(usize),
    /// Those that differ in more steps from the schedule that goes on with the running thread, or else with the next one in
    /// the order of spawning (Emmi, Qadeer, Rakamaric, "Delay-bounded scheduling", POPL 2011).
    Delays(usize),
}

/// One step on the path from the start of the program to the present state, and what else to do at its state.
#[derive(Debug)]
struct Node {
    chosen: Move,
    kind: OpKind,
    candidates: ThreadSet,
    /// What was explored from here or need not be.
    sleep: Vec<Move>,
    /// How many of them were explored from here.
    explored: u32,
    /// What is to be explored from here, after `chosen`.
    branches: BranchIndex,
    /// How many numbers were chosen in the step, and among which each.
    possible: [u128; Values::MAX],
    values: usize,
    /// What the bound had left before the step.
    credit: usize,
    /// Nobody could go on by themselves.
    forced: bool,
    /// How many objects were in use.
    objects: usize,
}

impl Node {
    /// The same step from the same state, of which nothing is known that is still to be done.
    fn without_work(&self) -> Node {
        let Node { chosen, kind, candidates, possible, values, credit, forced, objects, .. } = *self;
        let (sleep, explored, branches) = (Vec::new(), 0, NO_BRANCH);
        Node {
            chosen,
            kind,
            candidates,
            sleep,
            explored,
            branches,
            possible,
            values,
            credit,
            forced,
            objects,
        }
    }
}

/// An operation that a step of another thread took away: its thread would have performed it had that step come later, and
/// goes on in another way since.
#[derive(Clone, Copy, Debug)]
struct Withdrawn {
    by: EventIndex,
    thread: ThreadIndex,
    op: Op,
    gives_up: bool,
}

/// The depth-first search. Its memory grows with the length of one execution and what is still to be explored beside it, not
/// with the number of executions.
#[derive(Debug)]
pub(crate) struct Exhaustive {
    reduction: Reduction,
    bound: Option<Bound>,
    /// The path. Slots beyond `len` are kept for their memory.
    nodes: Vec<Node>,
    len: usize,
    /// The next position in `nodes`.
    depth: usize,
    /// The node whose step is new in this execution: what came before was looked at before.
    first_new: usize,
    /// What the steps after the last node have to be.
    guide: BranchIndex,
    executions: u64,
    /// The last step was announced by `repeat`.
    repeated: bool,
    /// The bound kept something from being explored.
    pub(crate) cut_by_bound: bool,
    forest: Forest,
    history: History,
    races: Vec<Race>,
    /// Of threads that have not gone on since.
    withdrawn: Vec<Withdrawn>,
    /// How many of the races were there before the last step.
    races_before_last: usize,
    /// How many numbers the present step has chosen.
    values_chosen: usize,
    /// What the present step was to choose is not possible.
    impossible: bool,
    sequence: Vec<Move>,
    /// What the search knows of others that work on the same tree.
    tree: Option<Arc<Tree>>,
    /// The states at the beginning of the path that it shares with them.
    shared: Vec<Place>,
    /// All that was not explored yet is known to this search alone.
    has_root: bool,
    /// A branch of the last shared state is executed for the first time, and then so many more steps that were noted.
    unsettled: Option<usize>,
    /// What the history knew when the execution began.
    known: usize,
}

impl Exhaustive {
    pub(crate) fn new(reduction: Reduction, bound: Option<Bound>) -> Self {
        Exhaustive {
            reduction: if bound.is_some() { Reduction::None } else { reduction },
            bound,
            nodes: Vec::new(),
            len: 0,
            depth: 0,
            first_new: 0,
            guide: NO_BRANCH,
            executions: 0,
            repeated: false,
            cut_by_bound: false,
            forest: Forest::new(),
            history: History::new(),
            races: Vec::new(),
            withdrawn: Vec::new(),
            races_before_last: 0,
            values_chosen: 0,
            impossible: false,
            sequence: Vec::new(),
            tree: None,
            shared: Vec::new(),
            has_root: false,
            unsettled: None,
            known: 0,
        }
    }

    fn reduces(&self) -> bool {
        self.reduction == Reduction::Optimal
    }

    /// Goes on to the next branch of the deepest state that nobody else knows and that has one.
    fn next_branch(&mut self) -> bool {
        while self.len > self.shared.len() {
            let last = self.len - 1;
            let node = &mut self.nodes[last];
            if let Some((step, child)) = self.forest.take_first(&mut node.branches) {
                node.sleep.push(node.chosen);
                node.explored += 1;
                self.begin_at(last, step, child);
                return true;
            }
            self.len = last;
        }
        false
    }

    /// Begins with this step from the node's state, whose other steps were explored before or are by others.
    fn begin_at(&mut self, last: usize, step: Move, guide: BranchIndex) {
        let node = &mut self.nodes[last];
        node.chosen = step;
        node.kind = step.footprint.kind;
        node.values = 0;
        self.guide = guide;
        self.first_new = last;
        self.history.truncate(last);
    }

    /// What sleeps at the state after the last node.
    fn fall_asleep(&mut self) -> Vec<Move> {
        let mut sleep = match self.nodes.get_mut(self.len) {
            Some(unused) => std::mem::take(&mut unused.sleep),
            None => Vec::new(),
        };
        sleep.clear();
        if self.reduction != Reduction::None
            && let Some(last) = self.len.checked_sub(1)
        {
            let node = &self.nodes[last];
            let stays = |asleep: &&Move| {
                asleep.thread != node.chosen.thread && !asleep.footprint.depends_on(&node.chosen.footprint)
            };
            sleep.extend(node.sleep.iter().filter(stays));
        }
        sleep
    }

    /// Adds a node for a state that was not seen before; `None` if everything from here was explored elsewhere.
    fn grow(&mut self, view: &View<'_>, allowed: ThreadSet, credit: usize) -> Option<()> {
        let sleep = self.fall_asleep();
        let awake_values = |thread: ThreadIndex| awake_values(sleep.iter(), thread);
        let asleep = sleep.iter().fold(0, |set, asleep| set | bit(asleep.thread));
        // Those that sleep with some of their numbers only come last.
        let half_asleep = members(asleep).filter(|thread| awake_values(*thread) != 0);
        let half_asleep = half_asleep.fold(0, |set, thread| set | bit(thread));
        let begin = |view: &View<'_>, thread: ThreadIndex| {
            let first = awake_values(thread).trailing_zeros() as usize % u128::BITS as usize;
            Move { values: Values::default().with(0, first), ..first_of(view, thread) }
        };
        let (chosen, branches) = match self.forest.take_first(&mut self.guide) {
            Some((step, child)) => (Some(step), (std::mem::replace(&mut self.guide, child))),
            None => {
                let awake = allowed & !asleep;
                let half_awake = allowed & half_asleep;
                let thread = preferred(view, awake).or_else(|| preferred(view, half_awake));
                let mut branches = NO_BRANCH;
                if !self.reduces() {
                    let others = members(awake | half_awake).filter(|other| Some(*other) != thread);
                    for other in others {
                        self.forest.append(&mut branches, begin(view, other));
                    }
                }
                (thread.map(|thread| begin(view, thread)), branches)
            }
        };
        let node = Node {
            chosen: chosen.unwrap_or_else(|| first_of(view, view.fair_choice())),
            kind: OpKind::Start,
            candidates: allowed,
            sleep,
            explored: 0,
            branches,
            possible: [0; Values::MAX],
            values: 0,
            credit,
            forced: false,
            objects: view.objects.len(),
        };
        // The slot keeps its memory, also when the state turns out to be explored already.
        if self.len == self.nodes.len() {
            self.nodes.push(node);
        } else {
            self.nodes[self.len] = node;
        }
        chosen.filter(|step| allowed & bit(step.thread) != 0)?;
        self.len += 1;
        Some(())
    }

    /// The threads that the bound leaves, and what remains of it.
    fn within_bound(&mut self, view: &View<'_>) -> (ThreadSet, usize) {
        let before = match (self.depth.checked_sub(1), self.bound) {
            (_, None) => return (view.candidates, 0),
            (Some(last), _) => self.nodes[last].credit,
            (None, Some(Bound::Preemptions(most) | Bound::Delays(most))) => most,
        };
        let allowed = members(view.candidates)
            .filter(|thread| self.cost(view, *thread) <= before)
            .fold(0, |set, thread| set | bit(thread));
        self.cut_by_bound |= allowed != view.candidates;
        (allowed, before)
    }

    /// What of the bound it takes to go on with this thread.
    fn cost(&self, view: &View<'_>, thread: ThreadIndex) -> usize {
        match self.bound {
            None => 0,
            Some(Bound::Preemptions(_)) => usize::from(view.current.is_some_and(|current| current != thread)),
            Some(Bound::Delays(_)) => {
                let last = self.depth.checked_sub(1).map_or(0, |last| self.nodes[last].chosen.thread);
                let from_last = |other: ThreadIndex| {
                    if other >= last { other - last } else { other + super::THREADS_MAX - last }
                };
                members(view.candidates).filter(|other| from_last(*other) < from_last(thread)).count()
            }
        }
    }

    /// Notes at the state before the race's first step how to come to the other order.
    fn reverse(&mut self, race: &Race, pending: &[Option<Op>]) {
        let Race { earlier, thread, count, footprint, end } = *race;
        let end = end.map_or(self.history.len(), |end| end as usize);
        let values = |at: usize| self.nodes[at].chosen.values;
        self.history.independent_of(earlier, end, values, &mut self.sequence);
        self.sequence.push(Move { thread, count, values: Values::default(), footprint, possible: 0 });
        self.note(earlier, pending);
    }

    /// Notes the other outcomes of the step at `index`.
    fn try_other_values(&mut self, index: usize, pending: &[Option<Op>]) {
        let Node { chosen, values, possible, .. } = self.nodes[index];
        for (at, possible) in possible.iter().enumerate().take(values) {
            let of_sleep =
                if at == 0 { awake_values(self.nodes[index].sleep.iter(), chosen.thread) } else { 0 };
            let possible = if of_sleep == 0 { *possible } else { of_sleep };
            for value in members(possible).filter(|value| *value != chosen.values.get(at)) {
                let step = Move { values: chosen.values.with(at, value), ..chosen };
                if self.reduces() {
                    let values = |at: usize| self.nodes[at].chosen.values;
                    let end = self.history.len();
                    self.history.independent_of(index as EventIndex, end, values, &mut self.sequence);
                    // With another value it may do what it did not do with this one.
                    let kind = step.footprint.kind;
                    let footprint = Footprint { reads: kind.only_reads(), ..step.footprint };
                    self.sequence.push(Move { footprint, ..step });
                    self.note(index as EventIndex, pending);
                } else if value < chosen.values.get(at) {
                    // It was explored before this one.
                    continue;
                } else if let (Some(place), Some(tree)) = (self.shared.get(index), &self.tree) {
                    // What comes after it follows when it was explored.
                    tree.append(*place, step);
                    break;
                } else {
                    let node = &mut self.nodes[index];
                    self.forest.append(&mut node.branches, step);
                    break;
                }
            }
        }
    }

    /// Adds the sequence to what is to be explored from the state before the step at `index`.
    fn note(&mut self, index: EventIndex, pending: &[Option<Op>]) {
        let objects = self.nodes[index as usize].objects;
        let history = &self.history;
        let here = |step: &Move, strayed| history.here(step, pending, objects, strayed);
        if let (Some(place), Some(tree)) = (self.shared.get(index as usize), &self.tree) {
            tree.note(*place, &mut self.sequence, here);
            return;
        }
        let node = &mut self.nodes[index as usize];
        let chooses = self.sequence.last().is_some_and(|last| last.thread != node.chosen.thread);
        if is_covered(&mut self.sequence, node.sleep.iter(), chooses) {
            return;
        }
        let mut strayed = Strayed::none(&self.sequence);
        self.forest.insert(&mut node.branches, &mut self.sequence, &mut strayed, here);
    }

    /// How much of the search lies behind it, from 0 to 1, if each branch were as large as its neighbours (Knuth, "Estimating
    /// the efficiency of backtrack programs", 1975).
    fn progress(&self) -> f64 {
        let (mut progress, mut share) = (0.0, 1.0);
        for (depth, node) in self.nodes[..self.len].iter().enumerate() {
            let (explored, all) = match (self.shared.get(depth), &self.tree) {
                (Some(place), Some(tree)) => tree.progress(*place),
                _ => (node.explored, node.explored + 1 + self.forest.count(node.branches)),
            };
            progress += share * f64::from(explored) / f64::from(all);
            share /= f64::from(all);
        }
        progress + share
    }
}

/// The thread to try first of those that are left; `None` if none is.
fn preferred(view: &View<'_>, awake: ThreadSet) -> Option<ThreadIndex> {
    let fair = view.fair_choice();
    if awake & bit(fair) != 0 {
        return Some(fair);
    }
    members(awake & view.ready).next().or_else(|| members(awake).next())
}

/// The thread's next step, with the first of its outcomes.
fn first_of(view: &View<'_>, thread: ThreadIndex) -> Move {
    let op = view.pending[thread].expect("a candidate has a next operation");
    // The count is known when the step is taken.
    Move { thread, count: 0, values: Values::default(), footprint: op.footprint(), possible: 0 }
}

impl Strategy for Exhaustive {
    fn new_execution(&mut self) -> bool {
        self.depth = 0;
        self.races.clear();
        self.withdrawn.clear();
        self.executions += 1;
        if self.executions == 1 && (self.tree.is_none() || self.has_root) {
            return true;
        }
        self.share_work();
        let has_next = self.next_branch() || self.next_task();
        self.known = self.history.len();
        has_next
    }

    fn repeat(&mut self) -> Option<(ThreadIndex, OpKind)> {
        // Now and then everything is looked at again, to see that the program does the same each time.
        let looks_again = self.executions.is_multiple_of(EXECUTIONS_PER_LOOK);
        if self.depth >= self.first_new || looks_again || self.nodes[self.depth].forced {
            return None;
        }
        self.values_chosen = 0;
        let node = &self.nodes[self.depth];
        self.depth += 1;
        self.repeated = true;
        Some((node.chosen.thread, node.kind))
    }

    fn recorded(&self) -> Option<(ThreadIndex, OpKind)> {
        // A step that is repeated was counted when it was announced, another one is not.
        let at = self.depth.min(self.len).checked_sub(usize::from(self.repeated))?;
        self.nodes[..self.len].get(at).map(|node| (node.chosen.thread, node.kind))
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        self.values_chosen = 0;
        self.repeated = false;
        let (allowed, credit) = self.within_bound(view);
        if self.depth == self.len && self.grow(view, allowed, credit).is_none() {
            return Decision::Redundant;
        }
        let cost = match self.bound {
            None => 0,
            Some(_) => self.cost(view, self.nodes[self.depth].chosen.thread),
        };
        let is_new = self.depth >= self.first_new;
        let node = &mut self.nodes[self.depth];
        let thread = node.chosen.thread;
        let Some(op) = view.pending.get(thread).copied().flatten() else { return Decision::Diverged };
        if is_new {
            node.kind = op.kind;
            node.credit = credit - cost;
        }
        if allowed != node.candidates || allowed & bit(thread) == 0 || op.kind != node.kind {
            return Decision::Diverged;
        }
        self.depth += 1;
        Decision::Run(thread)
    }

    fn choose_value(&mut self, count: usize) -> usize {
        debug_assert!(count <= u128::BITS as usize, "at most as many as there can be threads");
        self.choose_among(u128::MAX >> (u128::BITS as usize - count)).unwrap_or(0)
    }

    fn repeat_value(&mut self) -> Option<usize> {
        if self.depth > self.first_new {
            return None;
        }
        let at = self.values_chosen;
        self.values_chosen += 1;
        Some(if at < Values::MAX { self.nodes[self.depth - 1].chosen.values.get(at) } else { 0 })
    }

    fn choose_among(&mut self, possible: u128) -> Option<usize> {
        let at = self.values_chosen;
        self.values_chosen += 1;
        let node = &mut self.nodes[self.depth - 1];
        if at >= Values::MAX {
            return Some(0);
        }
        let value = node.chosen.values.get(at);
        let is_possible = possible & 1 << value != 0;
        if self.depth > self.first_new {
            node.values = at + 1;
            node.possible[at] = possible;
            if at == 0 {
                node.chosen.possible = possible;
            }
            self.impossible = !is_possible;
        }
        is_possible.then_some(value)
    }

    fn orders(&self, earlier: usize, through: Option<usize>) -> bool {
        if self.reduction == Reduction::None {
            return true;
        }
        let earlier = earlier as EventIndex;
        match through {
            None => self.history.is_known(&self.history.get((self.depth - 1) as EventIndex).before, earlier),
            Some(through) => self.history.follows(earlier, through as EventIndex),
        }
    }

    fn follows_steps(&self) -> bool {
        true
    }

    fn stepped(&mut self, event: &Event<'_>) {
        let own = self.withdrawn.iter().position(|withdrawn| withdrawn.thread == event.thread);
        let withdrawn = own.map(|at| self.withdrawn.swap_remove(at));
        if self.depth <= self.known {
            return;
        }
        if let Some(withdrawn) = withdrawn.filter(|_| self.depth > self.first_new) {
            self.would_have_stepped(&withdrawn);
        }
        let index = self.history.push(event);
        if self.depth <= self.first_new {
            return;
        }
        self.races_before_last = self.races.len();
        let node = &mut self.nodes[self.depth - 1];
        let taken = self.history.get(index);
        node.chosen.footprint = taken.footprint;
        node.chosen.count = taken.count;
        node.forced = event.forced;
        if self.reduction == Reduction::Optimal {
            let later = Later::taken(&self.history, index);
            races::find(&self.history, &later, &mut self.races);
        }
    }

    fn failed(&mut self) {
        if self.depth <= self.known {
            return;
        }
        self.history.last_failed();
        if self.depth <= self.first_new {
            return;
        }
        let index = (self.depth - 1) as EventIndex;
        let taken = self.history.get(index);
        self.nodes[self.depth - 1].chosen.footprint = taken.footprint;
        if self.reduction == Reduction::Optimal {
            self.races.truncate(self.races_before_last);
            let later = Later::taken(&self.history, index);
            races::find(&self.history, &later, &mut self.races);
        }
    }

    fn released(&mut self, thread: ThreadIndex, object: ObjectIndex) {
        if self.depth > self.known {
            self.history.released(thread, object);
        }
    }

    fn withdrawn(&mut self, thread: ThreadIndex, op: &Op, gives_up: bool) {
        if !self.reduces() {
            return;
        }
        let by = self.depth - 1;
        if self.nodes[by].chosen.thread != thread {
            self.withdrawn.push(Withdrawn { by: by as EventIndex, thread, op: *op, gives_up });
        }
        if self.depth > self.first_new {
            self.would_step(thread, op, Some(self.history.len() as EventIndex), gives_up);
        }
    }

    fn end_execution(&mut self, pending: &[Option<Op>]) {
        if std::mem::take(&mut self.impossible) {
            let without = self.drop_last(pending);
            return self.end_execution(&without);
        }
        self.settle();
        if !self.reduces() {
            for index in self.first_new..self.history.len() {
                self.try_other_values(index, pending);
            }
            return;
        }
        for (thread, op) in pending.iter().enumerate() {
            if let Some(op) = op {
                self.would_step(thread, op, None, true);
            }
        }
        for withdrawn in std::mem::take(&mut self.withdrawn) {
            self.would_have_stepped(&withdrawn);
        }
        let mut races = std::mem::take(&mut self.races);
        races::find_other_awakenings(&self.history, self.first_new, &mut races);
        for race in &races {
            self.reverse(race, pending);
        }
        self.races = races;
        for index in self.first_new..self.history.len() {
            self.try_other_values(index, pending);
        }
    }

    fn restart(&mut self) {
        *self = Exhaustive::new(self.reduction, self.bound);
    }

    fn estimate(&self) -> Option<f64> {
        Some(self.progress())
    }
}

impl Exhaustive {
    /// The last step was not possible: what came before it is all that there was of this execution. The operations that are
    /// left, without that of its thread, which went on for nothing.
    fn drop_last(&mut self, pending: &[Option<Op>]) -> Vec<Option<Op>> {
        let last = self.depth - 1;
        self.history.truncate(last);
        self.races.truncate(self.races_before_last);
        self.forest.clear(&mut self.guide);
        let mut pending = pending.to_vec();
        pending[self.nodes[last].chosen.thread] = None;
        self.withdrawn.retain(|withdrawn| (withdrawn.by as usize) < last);
        pending
    }

    /// Looks whether a withdrawn operation could have come before the step that took it away, and after all that has happened
    /// up to now independently of that step. (What happened before it was looked at when it was taken away.)
    fn would_have_stepped(&mut self, withdrawn: &Withdrawn) {
        let Withdrawn { by, thread, op, gives_up } = *withdrawn;
        let start = VectorClock::new();
        let before = self.history.clock_of_thread(thread).unwrap_or(&start);
        let at = self.history.len() as EventIndex;
        let count = before.get(thread) + 1;
        let later = Later { thread, count, footprint: op.footprint(), before, gives_up, at, end: None };
        self.races.extend(races::between(&self.history, by, &later));
    }

    /// Looks for races of a step that was not taken, but could have been if it had come earlier.
    fn would_step(&mut self, thread: ThreadIndex, op: &Op, end: Option<EventIndex>, gives_up: bool) {
        let start = VectorClock::new();
        let before = self.history.clock_of_thread(thread).unwrap_or(&start);
        let at = self.history.len() as EventIndex;
        let count = before.get(thread) + 1;
        let later = Later { thread, count, footprint: op.footprint(), before, gives_up, at, end };
        races::find(&self.history, &later, &mut self.races);
    }
}
