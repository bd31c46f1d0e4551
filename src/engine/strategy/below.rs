//! Searches what can follow a beginning, up to so many steps after it.
//!
//! A depth-first search in which a thread *sleeps* while only what does not depend on its next operation is done: that order
//! was tried before (sleep sets, Godefroid 1996). Sleep sets leave out orders and no states, at any depth: what can be reached
//! in `n` steps is reached in `n` steps. So searching to depth 1, 2, 3 … finds a shortest way first, and a search that no depth
//! has cut has seen all.

use super::{Decision, Strategy, ThreadSet, View, bit, human::Move, members};
use crate::engine::op::{Op, OpKind, ThreadIndex};

/// A place at which the search decides.
#[derive(Debug)]
enum Node {
    Thread {
        chosen: ThreadIndex,
        /// What is left to be tried.
        left: ThreadSet,
        /// What need not be tried after the chosen one: it slept when the search came here, or was tried.
        asleep: ThreadSet,
        /// The next operations of all threads.
        pending: Vec<Option<Op>>,
    },
    Value {
        chosen: usize,
        left: u128,
    },
}

/// The search.
#[derive(Debug)]
pub(crate) struct Below {
    prefix: Vec<Move>,
    at: usize,
    depth: usize,
    nodes: Vec<Node>,
    /// How many of the nodes this execution has come by, and how many of those were threads.
    came_by: usize,
    steps: usize,
    started: bool,
    /// An execution went on beyond the depth.
    pub(crate) was_cut: bool,
}

/// Whether the thread's step may sleep. What takes place because nobody else can go on, or only once something has changed,
/// depends on everything.
fn can_sleep(op: &Op) -> bool {
    !op.kind.is_timed() && !matches!(op.kind, OpKind::Yield | OpKind::Sleep)
}

impl Below {
    /// What can follow `prefix` in at most `depth` steps.
    pub(crate) fn new(prefix: Vec<Move>, depth: usize) -> Self {
        Below {
            prefix,
            at: 0,
            depth,
            nodes: Vec::new(),
            came_by: 0,
            steps: 0,
            started: false,
            was_cut: false,
        }
    }

    /// What was decided after the prefix in the last execution.
    pub(crate) fn way(&self) -> Vec<Move> {
        let decided = |node: &Node| match node {
            Node::Thread { chosen, .. } => Move::Thread(*chosen),
            Node::Value { chosen, .. } => Move::Value(*chosen),
        };
        self.nodes[..self.came_by].iter().map(decided).collect()
    }

    /// Who sleeps after the step of the last thread node.
    fn asleep_now(&self) -> ThreadSet {
        let last = self.nodes.iter().rev().find_map(|node| match node {
            Node::Thread { chosen, asleep, pending, .. } => Some((*chosen, *asleep, pending)),
            Node::Value { .. } => None,
        });
        let Some((chosen, asleep, pending)) = last else { return 0 };
        let Some(done) = pending[chosen] else { return 0 };
        members(asleep)
            .filter(|thread| {
                let op = pending.get(*thread).copied().flatten();
                op.is_some_and(|op| can_sleep(&op) && !op.footprint().depends_on(&done.footprint()))
            })
            .fold(0, |set, thread| set | bit(thread))
    }

    fn decide(&mut self, possible: u128) -> usize {
        if let Some(Move::Value(value)) = self.prefix.get(self.at).copied() {
            self.at += 1;
            return value;
        }
        let at = self.came_by;
        self.came_by += 1;
        if let Some(Node::Value { chosen, .. }) = self.nodes.get(at) {
            return *chosen;
        }
        let chosen = possible.trailing_zeros() as usize;
        self.nodes.push(Node::Value { chosen, left: possible & !(1 << chosen) });
        chosen
    }
}

impl Strategy for Below {
    fn new_execution(&mut self) -> bool {
        self.at = 0;
        self.came_by = 0;
        self.steps = 0;
        if !std::mem::replace(&mut self.started, true) {
            return true;
        }
        while let Some(node) = self.nodes.last_mut() {
            match node {
                Node::Thread { chosen, left, asleep, .. } => {
                    *asleep |= bit(*chosen);
                    if let Some(next) = members(*left).next() {
                        *left &= !bit(next);
                        *chosen = next;
                        return true;
                    }
                }
                Node::Value { chosen, left } => {
                    if let Some(next) = members(*left).next() {
                        *left &= !bit(next);
                        *chosen = next;
                        return true;
                    }
                }
            }
            self.nodes.pop();
        }
        false
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        if let Some(next) = self.prefix.get(self.at).copied() {
            self.at += 1;
            return match next {
                Move::Thread(thread) if view.candidates & bit(thread) != 0 => Decision::Run(thread),
                _ => Decision::Diverged,
            };
        }
        if self.steps == self.depth {
            self.was_cut = true;
            return Decision::Redundant;
        }
        let at = self.came_by;
        if let Some(Node::Thread { chosen, .. }) = self.nodes.get(at) {
            let chosen = *chosen;
            self.came_by += 1;
            self.steps += 1;
            return match view.candidates & bit(chosen) {
                0 => Decision::Diverged,
                _ => Decision::Run(chosen),
            };
        }
        let asleep = self.asleep_now() & view.candidates;
        let mut left = view.candidates & !asleep;
        let Some(chosen) = members(left).next() else { return Decision::Redundant };
        left &= !bit(chosen);
        self.nodes.push(Node::Thread { chosen, left, asleep, pending: view.pending.to_vec() });
        self.came_by += 1;
        self.steps += 1;
        Decision::Run(chosen)
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.decide(u128::MAX >> (128 - count.min(128)))
    }

    fn choose_among(&mut self, possible: u128) -> Option<usize> {
        Some(if possible.count_ones() > 1 { self.decide(possible) } else { 0 })
    }

    fn restart(&mut self) {
        *self = Below::new(std::mem::take(&mut self.prefix), self.depth);
    }
}
