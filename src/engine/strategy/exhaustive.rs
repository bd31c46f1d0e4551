//! Depth-first search over all interleavings, with partial-order reduction.
//!
//! Two executions that differ only in the order of independent steps are one Mazurkiewicz trace, and one of them is enough.
//! Two methods together leave the others out:
//!
//! 1. *Sleep sets* (Godefroid 1996): after thread `p` was explored from a state, `p` sleeps in the branches beside it until
//!    a step is taken that depends on `p`'s. No two complete executions are then of the same trace.
//! 2. *Source sets* (Abdulla, Aronis, Jonsson, Sagonas, "Optimal dynamic partial order reduction", POPL 2014): a second
//!    thread is tried from a state only if a race shows that the order matters. A step races with an earlier one of
//!    another thread when the two depend on each other and nothing else orders them.
//!
//! Locks need care, as a lock's release orders the next acquisition after it: an acquisition is compared with *all* earlier
//! acquisitions that its thread did not already know of before, so the critical sections' order is what is reversed
//! (the extended version of that paper, JACM 2017, section 9). The operations of threads that are blocked for good when an
//! execution ends are compared as if they were about to happen.
//!
//! With a preemption bound nothing is left out but the schedules beyond the bound: an order that reduction leaves out may
//! stand for one that needs fewer preemptions (Coons, Musuvathi, McKinley, "Bounded partial-order reduction", OOPSLA 2013).

use super::{Decision, Event, Strategy, ThreadSet, View, bit};
use crate::engine::{
    clock::VectorClock,
    op::{NO_OBJECT, ObjectIndex, Op, OpKind, ThreadIndex},
};

/// How much the search leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduction {
    /// Nothing: every interleaving.
    None,
    /// Sleep sets.
    Sleep,
    /// Sleep sets and source sets.
    Source,
}

/// One choice on the path from the start of the program to the present state.
#[derive(Clone, Debug)]
enum Node {
    Thread(ThreadNode),
    Value { value: usize, count: usize },
}

#[derive(Clone, Debug)]
struct ThreadNode {
    chosen: ThreadIndex,
    kind: OpKind,
    candidates: ThreadSet,
    /// The threads to explore from here, those explored already included.
    backtrack: ThreadSet,
    done: ThreadSet,
    sleep: ThreadSet,
}

/// A step of the present execution.
#[derive(Debug)]
struct Taken {
    node: usize,
    thread: ThreadIndex,
    op: Op,
    /// Which step of its thread it is, from 1.
    count: u32,
    /// The step itself and everything it depends on.
    clock: VectorClock,
}

/// The steps that touched an object, oldest first, and what its last release depended on.
#[derive(Debug, Default)]
struct Accesses {
    steps: Vec<usize>,
    released: VectorClock,
    /// The same for locks that were held by reading: a writer must come after them, another reader need not.
    read_released: VectorClock,
}

/// The depth-first search. Its memory grows with the length of one execution, not with the number of executions.
#[derive(Debug)]
pub(crate) struct Exhaustive {
    reduction: Reduction,
    preemption_bound: Option<usize>,
    nodes: Vec<Node>,
    /// The next position in `nodes`.
    depth: usize,
    /// The node whose choice is new in this execution: earlier races were seen before.
    first_new: usize,
    started: bool,
    /// The preemption bound, or the limit of threads, kept something from being explored.
    pub(crate) cut_by_bound: bool,
    preemptions: usize,
    sleep: ThreadSet,
    taken: Vec<Taken>,
    taken_len: usize,
    threads: Vec<VectorClock>,
    objects: Vec<Accesses>,
    scratch: VectorClock,
    firsts: Vec<(ThreadIndex, u32)>,
}

impl Exhaustive {
    pub(crate) fn new(reduction: Reduction, preemption_bound: Option<usize>) -> Self {
        Exhaustive {
            reduction: if preemption_bound.is_some() { Reduction::None } else { reduction },
            preemption_bound,
            nodes: Vec::new(),
            depth: 0,
            first_new: 0,
            started: false,
            cut_by_bound: false,
            preemptions: 0,
            sleep: 0,
            taken: Vec::new(),
            taken_len: 0,
            threads: Vec::new(),
            objects: Vec::new(),
            scratch: VectorClock::new(),
            firsts: Vec::new(),
        }
    }

    fn begin(&mut self) {
        self.depth = 0;
        self.preemptions = 0;
        self.sleep = 0;
        self.taken_len = 0;
        for clock in &mut self.threads {
            clock.clear();
        }
        for object in &mut self.objects {
            object.steps.clear();
            object.released.clear();
            object.read_released.clear();
        }
    }

    fn object(&mut self, object: ObjectIndex) -> &mut Accesses {
        let index = object as usize;
        if self.objects.len() <= index {
            self.objects.resize_with(index + 1, Accesses::default);
        }
        &mut self.objects[index]
    }

    fn thread_clock(&mut self, thread: ThreadIndex) -> &mut VectorClock {
        if self.threads.len() <= thread {
            self.threads.resize_with(thread + 1, VectorClock::new);
        }
        &mut self.threads[thread]
    }

    /// Compares an operation that `thread` takes, or would take, knowing `before`, with all earlier steps that depend on it.
    fn find_races(&mut self, thread: ThreadIndex, op: &Op, before: &VectorClock) {
        for object in [op.object, op.second] {
            if object == NO_OBJECT || self.objects.len() <= object as usize {
                continue;
            }
            let count = self.objects[object as usize].steps.len();
            for position in (0..count).rev() {
                let index = self.objects[object as usize].steps[position];
                let earlier = &self.taken[index];
                let known = earlier.thread == thread || earlier.count <= before.get(earlier.thread);
                if known {
                    if earlier.op.kind.only_reads() {
                        continue;
                    }
                    // Everything older on this object is known through this step.
                    break;
                }
                if !earlier.op.depends_on(op) {
                    continue;
                }
                let writes = !earlier.op.kind.only_reads();
                let reversible =
                    earlier.op.may_be_enabled_with(op) && self.add_backtrack(index, thread, op, before);
                if reversible && writes {
                    // Older steps come before this one; their order against ours is reversed step by step.
                    break;
                }
            }
        }
    }

    /// Sees to it that the race between the step `earlier` and `thread`'s next one, `op`, is also explored the other way
    /// round; `false` if it cannot be.
    fn add_backtrack(&mut self, earlier: usize, thread: ThreadIndex, op: &Op, before: &VectorClock) -> bool {
        let (node_index, racer, count) = {
            let step = &self.taken[earlier];
            (step.node, step.thread, step.count)
        };
        let Node::Thread(node) = &self.nodes[node_index] else {
            unreachable!("a step belongs to a thread choice")
        };
        // The initials: threads that could begin the sequence of all that does not depend on `earlier`, then our step.
        let mut initials: ThreadSet = 0;
        let mut own_is_first = true;
        self.firsts.clear();
        for step in &self.taken[earlier + 1..self.taken_len] {
            if step.clock.get(racer) >= count {
                continue;
            }
            own_is_first &=
                step.thread != thread && step.count > before.get(step.thread) && !step.op.depends_on(op);
            if self.firsts.iter().any(|(first, _)| *first == step.thread) {
                continue;
            }
            if self.firsts.iter().all(|(first, count)| step.clock.get(*first) < *count) {
                initials |= bit(step.thread);
            }
            self.firsts.push((step.thread, step.count));
        }
        if own_is_first {
            if node.candidates & bit(thread) == 0 {
                // Ours comes first and was blocked there: the two cannot swap.
                return false;
            }
            initials |= bit(thread);
        }
        if initials & (node.backtrack | node.sleep) != 0 {
            return true;
        }
        let able = initials & node.candidates;
        let chosen = if able & bit(thread) != 0 { bit(thread) } else { able & able.wrapping_neg() };
        let Node::Thread(node) = &mut self.nodes[node_index] else { unreachable!("checked above") };
        node.backtrack |= chosen;
        true
    }

    /// The threads that sleep after the chosen one has taken its step.
    fn sleep_after(&self, node: &ThreadNode, view: &View<'_>) -> ThreadSet {
        if self.reduction == Reduction::None || view.timed {
            return 0;
        }
        let step = view.pending[node.chosen].expect("the chosen thread has a next operation");
        let explored = (node.sleep | node.done) & !bit(node.chosen) & !view.irregular_candidates;
        super::members(explored)
            .filter(|thread| view.pending[*thread].is_some_and(|op| !op.depends_on(&step)))
            .fold(0, |set, thread| set | bit(thread))
    }

    /// How much of the search lies behind it, from 0 to 1, if each branch were as large as its neighbours.
    fn progress(&self) -> f64 {
        let (mut progress, mut share) = (0.0, 1.0);
        for node in &self.nodes {
            let (done, all) = match node {
                Node::Thread(node) => {
                    let all = (node.backtrack & !node.sleep) | bit(node.chosen);
                    ((node.done & !bit(node.chosen) & all).count_ones(), all.count_ones())
                }
                #[expect(clippy::cast_possible_truncation, reason = "waiters are few")]
                Node::Value { value, count } => (*value as u32, *count as u32),
            };
            progress += share * f64::from(done) / f64::from(all);
            share /= f64::from(all);
        }
        progress + share
    }
}

impl Strategy for Exhaustive {
    fn new_execution(&mut self) -> bool {
        self.begin();
        if !std::mem::replace(&mut self.started, true) {
            return true;
        }
        while let Some(node) = self.nodes.last_mut() {
            match node {
                Node::Thread(node) => {
                    node.done |= bit(node.chosen);
                    let left = node.backtrack & !node.done & !node.sleep;
                    if left != 0 {
                        node.chosen = left.trailing_zeros() as ThreadIndex;
                        self.first_new = self.nodes.len() - 1;
                        return true;
                    }
                }
                Node::Value { value, count } => {
                    if *value + 1 < *count {
                        *value += 1;
                        self.first_new = self.nodes.len() - 1;
                        return true;
                    }
                }
            }
            self.nodes.pop();
        }
        false
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        let mut candidates = view.candidates;
        if let (Some(bound), Some(current)) = (self.preemption_bound, view.current)
            && self.preemptions >= bound
            && candidates != bit(current)
        {
            candidates = bit(current);
            self.cut_by_bound = true;
        }
        if view.timed {
            self.sleep = 0;
        }
        if self.depth == self.nodes.len() {
            let awake = candidates & !self.sleep;
            if awake == 0 {
                return Decision::Redundant;
            }
            let chosen = if awake & bit(view.fair_choice) != 0 {
                view.fair_choice
            } else {
                awake.trailing_zeros() as ThreadIndex
            };
            let all = self.reduction != Reduction::Source || view.irregular;
            self.nodes.push(Node::Thread(ThreadNode {
                chosen,
                kind: view.pending[chosen].expect("a candidate has a next operation").kind,
                candidates,
                backtrack: if all { candidates } else { bit(chosen) },
                done: 0,
                sleep: self.sleep,
            }));
        }
        let Node::Thread(node) = &mut self.nodes[self.depth] else { return Decision::Diverged };
        if self.depth == self.first_new {
            // The kind was recorded for the thread that was chosen here before.
            node.kind = view.pending[node.chosen].map_or(node.kind, |op| op.kind);
        }
        let same = candidates & bit(node.chosen) != 0
            && view.pending[node.chosen].is_some_and(|op| op.kind == node.kind)
            && candidates == node.candidates;
        if !same {
            return Decision::Diverged;
        }
        let chosen = node.chosen;
        let Node::Thread(node) = &self.nodes[self.depth] else { unreachable!("checked above") };
        self.sleep = self.sleep_after(node, view);
        self.depth += 1;
        if view.current.is_some_and(|current| current != chosen) {
            self.preemptions += 1;
        }
        Decision::Run(chosen)
    }

    fn choose_value(&mut self, count: usize) -> usize {
        if self.depth == self.nodes.len() {
            self.nodes.push(Node::Value { value: 0, count });
        }
        let value = match self.nodes[self.depth] {
            Node::Value { value, .. } => value.min(count - 1),
            Node::Thread(_) => 0,
        };
        self.depth += 1;
        value
    }

    fn stepped(&mut self, event: &Event<'_>) {
        let Event { thread, op, enabled_by } = *event;
        let node = self.depth - 1;
        let mut before = std::mem::take(&mut self.scratch);
        before.copy_from(self.thread_clock(thread));
        if let Some(clock) = enabled_by {
            before.join(clock);
        }
        if self.reduction == Reduction::Source && node >= self.first_new {
            self.find_races(thread, &op, &before);
        }

        let index = self.taken_len;
        if self.taken.len() == index {
            self.taken.push(Taken { node, thread, op, count: 0, clock: VectorClock::new() });
        }
        self.taken_len += 1;
        let mut clock = std::mem::take(&mut self.taken[index].clock);
        clock.copy_from(&before);
        for object in [op.object, op.second] {
            if object == NO_OBJECT {
                continue;
            }
            let accesses = self.object(object);
            accesses.steps.push(index);
            clock.join(&accesses.released);
            if !op.kind.only_reads() {
                clock.join(&accesses.read_released);
            }
            let accesses = &self.objects[object as usize];
            for earlier in accesses.steps.iter().rev().skip(1) {
                let earlier = &self.taken[*earlier];
                if earlier.op.depends_on(&op) {
                    clock.join(&earlier.clock);
                }
                if !earlier.op.kind.only_reads() {
                    break;
                }
            }
        }
        let count = before.get(thread) + 1;
        clock.set(thread, count);
        self.thread_clock(thread).copy_from(&clock);
        self.taken[index] = Taken { node, thread, op, count, clock };
        self.scratch = before;
    }

    fn released(&mut self, thread: ThreadIndex, object: ObjectIndex, shared: bool) {
        let clock = std::mem::take(self.thread_clock(thread));
        let accesses = self.object(object);
        if shared { &mut accesses.read_released } else { &mut accesses.released }.join(&clock);
        self.threads[thread] = clock;
    }

    fn dependence_clock(&self, thread: ThreadIndex, into: &mut VectorClock) {
        match self.threads.get(thread) {
            Some(clock) => into.copy_from(clock),
            None => into.clear(),
        }
    }

    fn end_execution(&mut self, pending: &[Option<Op>]) {
        if self.reduction != Reduction::Source {
            return;
        }
        for (thread, op) in pending.iter().enumerate() {
            if let Some(op) = op {
                let before = self.thread_clock(thread).clone();
                self.find_races(thread, op, &before);
            }
        }
    }

    fn restart(&mut self) {
        *self = Exhaustive::new(self.reduction, self.preemption_bound);
    }

    fn estimate(&self) -> Option<f64> {
        Some(self.progress())
    }
}
