//! Wakeup trees: what is still to be explored from a state (Abdulla, Aronis, Jonsson, Sagonas, JACM 2017, section 6).
//!
//! A branch is a step that is to be taken, with those that are to follow it. A sequence of steps is only added if no
//! sequence that is there, or was explored, leads to the same traces; so each execution that begins is of a new trace.

use crate::engine::{
    op::{Footprint, ThreadIndex},
    strategy::{ThreadSet, bit},
};

/// A step as far as a search has to know it: whose it is, which of its possible outcomes it has, what it touches.
///
/// Objects are numbered in the order of first use, so the numbers of objects that were not in use at a state mean something
/// else in each execution that goes through it. Before a step of another execution is compared it has to be looked up in the
/// present one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    pub(super) thread: ThreadIndex,
    /// Which step of its thread it is, from 1.
    pub(super) count: u32,
    pub(super) values: Values,
    pub(super) footprint: Footprint,
    /// The numbers that the first of `values` was chosen from; none if there was no choice, or the step was not taken yet.
    pub(super) possible: u128,
}

/// The numbers that were chosen in a step (which waiter is woken, which store a load reads), in the order of choosing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Values(u64);

impl Values {
    /// How many numbers a step can choose.
    pub(super) const MAX: usize = 4;
    const BITS: usize = 16;
    const MASK: u64 = (1 << Self::BITS) - 1;

    pub(super) fn get(self, at: usize) -> usize {
        (self.0 >> (at * Self::BITS) & Self::MASK) as usize
    }

    /// These up to `at`, there `value`, and zeros after it.
    pub(super) fn with(self, at: usize, value: usize) -> Values {
        let kept = self.0 & ((1 << (at * Self::BITS)) - 1);
        Values(kept | (value as u64 & Self::MASK) << (at * Self::BITS))
    }
}

/// Whether `first` can be made the first step of the sequence without leaving its trace, or of what extends it: its place in
/// the sequence, which is the length if it is not in it (a *weak initial*). `first` must be of the same execution.
pub(super) fn initial(sequence: &[Move], first: &Move) -> Option<usize> {
    for (at, step) in sequence.iter().enumerate() {
        if step.thread == first.thread {
            return (step.values == first.values).then_some(at);
        }
        if step.footprint.depends_on(&first.footprint) {
            return None;
        }
    }
    Some(sequence.len())
}

/// Whether what the sequence leads to is explored elsewhere, since it could begin with a step that sleeps. If that is the
/// last one, and `chooses`, it chooses a number with which it does not sleep, where there is one.
pub(super) fn is_covered<'a>(
    sequence: &mut [Move],
    sleep: impl Iterator<Item = &'a Move> + Clone,
    chooses: bool,
) -> bool {
    loop {
        let first = sleep.clone().find_map(|asleep| Some((asleep, initial(sequence, asleep)?)));
        let Some((asleep, position)) = first else { return false };
        let Some(last) = sequence.get_mut(position..).and_then(|rest| match rest {
            [last] if chooses => Some(last),
            _ => None,
        }) else {
            return true;
        };
        let left = awake_values(sleep.clone(), asleep.thread);
        if left == 0 {
            return true;
        }
        last.values = Values::default().with(0, left.trailing_zeros() as usize);
    }
}

/// The numbers with which the thread's step does not sleep, although it sleeps with others.
pub(super) fn awake_values<'a>(sleep: impl Iterator<Item = &'a Move>, thread: ThreadIndex) -> u128 {
    let own = sleep.filter(|asleep| asleep.thread == thread);
    let (possible, asleep) = own.fold((0, 0), |(possible, asleep), step| {
        (possible | step.possible, asleep | 1_u128 << step.values.get(0))
    });
    possible & !asleep
}

/// The threads of which an execution does not show what they would do next, after what a tree has in place of a sequence that
/// reverses something in it.
#[derive(Debug)]
pub(super) struct Strayed {
    threads: ThreadSet,
    /// The step that is reversed, the last one of the sequence, by its thread and number.
    reversed: Option<(ThreadIndex, u32)>,
}

impl Strayed {
    /// None yet, at the beginning of the sequence.
    pub(super) fn none(sequence: &[Move]) -> Strayed {
        Strayed { threads: 0, reversed: sequence.last().map(|last| (last.thread, last.count)) }
    }

    /// Goes along a step of the tree, if the sequence can begin with it, and takes it out of the sequence. `here` looks the step
    /// up in the execution that the sequence is of, and is told whether its thread has strayed.
    pub(super) fn follow(
        &mut self,
        sequence: &mut Vec<Move>,
        step: &Move,
        here: impl Fn(&Move, bool) -> Move,
    ) -> bool {
        let thread = bit(step.thread);
        let Some(position) = initial(sequence, &here(step, self.threads & thread != 0)) else { return false };
        // The tree has a step of this thread that the sequence has not. Or it is the one that is reversed: what that finds is not
        // what it found in the execution, nor is it chosen, so its thread may go on in another way.
        let is_new = position == sequence.len();
        if is_new || self.reversed == Some((sequence[position].thread, sequence[position].count)) {
            self.threads |= thread;
        }
        if !is_new {
            sequence.remove(position);
        }
        true
    }
}

/// A branch by its number in the forest, or [`NO_BRANCH`].
pub(super) type BranchIndex = u32;
pub(super) const NO_BRANCH: BranchIndex = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Branch {
    step: Move,
    /// The first of those that follow.
    child: BranchIndex,
    /// The next one from the same state.
    sibling: BranchIndex,
}

/// The wakeup trees of all states on the path. Slots are used again, so that a search in balance allocates nothing.
#[derive(Debug)]
pub(super) struct Forest {
    branches: Vec<Branch>,
    free: BranchIndex,
}

impl Forest {
    pub(super) const fn new() -> Self {
        Forest { branches: Vec::new(), free: NO_BRANCH }
    }

    /// Takes the first branch out of the list: the step, and the branches that follow it.
    pub(super) fn take_first(&mut self, list: &mut BranchIndex) -> Option<(Move, BranchIndex)> {
        if *list == NO_BRANCH {
            return None;
        }
        let slot = &mut self.branches[*list as usize];
        let taken = (slot.step, slot.child);
        let next = std::mem::replace(&mut slot.sibling, self.free);
        self.free = std::mem::replace(list, next);
        Some(taken)
    }

    /// Takes everything out of the tree that begins with the list.
    pub(super) fn clear(&mut self, list: &mut BranchIndex) {
        while let Some((_, mut child)) = self.take_first(list) {
            self.clear(&mut child);
        }
    }

    /// Moves the tree that begins with the list from another forest into this one.
    pub(super) fn adopt(&mut self, from: &mut Forest, list: &mut BranchIndex) -> BranchIndex {
        let (mut first, mut last) = (NO_BRANCH, NO_BRANCH);
        while let Some((step, mut child)) = from.take_first(list) {
            let child = self.adopt(from, &mut child);
            let branch = self.add(Branch { step, child, sibling: NO_BRANCH });
            match last {
                NO_BRANCH => first = branch,
                last => self.branches[last as usize].sibling = branch,
            }
            last = branch;
        }
        first
    }

    /// How many steps follow each other, always by the first branch.
    pub(super) fn depth(&self, mut list: BranchIndex) -> usize {
        let mut depth = 0;
        while list != NO_BRANCH {
            depth += 1;
            list = self.branches[list as usize].child;
        }
        depth
    }

    pub(super) fn count(&self, mut list: BranchIndex) -> u32 {
        let mut count = 0;
        while list != NO_BRANCH {
            count += 1;
            list = self.branches[list as usize].sibling;
        }
        count
    }

    /// Adds a sequence to the tree that begins with `list`, unless the tree has one that leads to the same traces, and says
    /// whether it did. For `strayed` and `here` see [`Strayed::follow`].
    pub(super) fn insert(
        &mut self,
        list: &mut BranchIndex,
        sequence: &mut Vec<Move>,
        strayed: &mut Strayed,
        here: impl Fn(&Move, bool) -> Move,
    ) -> bool {
        let mut parent = NO_BRANCH;
        'levels: loop {
            let mut at = if parent == NO_BRANCH { *list } else { self.branches[parent as usize].child };
            let mut last = NO_BRANCH;
            while at != NO_BRANCH {
                let branch = self.branches[at as usize];
                if strayed.follow(sequence, &branch.step, &here) {
                    if branch.child == NO_BRANCH || sequence.is_empty() {
                        return false;
                    }
                    parent = at;
                    continue 'levels;
                }
                last = at;
                at = branch.sibling;
            }
            let chain = self.chain(sequence);
            match (last, parent) {
                (NO_BRANCH, NO_BRANCH) => *list = chain,
                (NO_BRANCH, parent) => self.branches[parent as usize].child = chain,
                (last, _) => self.branches[last as usize].sibling = chain,
            }
            return true;
        }
    }

    /// Adds a single step at the end of the list, whatever is there.
    pub(super) fn append(&mut self, list: &mut BranchIndex, step: Move) {
        let branch = self.add(Branch { step, child: NO_BRANCH, sibling: NO_BRANCH });
        let mut at = *list;
        if at == NO_BRANCH {
            *list = branch;
            return;
        }
        while self.branches[at as usize].sibling != NO_BRANCH {
            at = self.branches[at as usize].sibling;
        }
        self.branches[at as usize].sibling = branch;
    }

    /// The sequence as one branch after the other.
    fn chain(&mut self, sequence: &[Move]) -> BranchIndex {
        sequence
            .iter()
            .rev()
            .fold(NO_BRANCH, |child, step| self.add(Branch { step: *step, child, sibling: NO_BRANCH }))
    }

    fn add(&mut self, branch: Branch) -> BranchIndex {
        if self.free == NO_BRANCH {
            self.branches.push(branch);
            return BranchIndex::try_from(self.branches.len() - 1).expect("fewer than 2^32 branches");
        }
        let index = self.free;
        self.free = self.branches[index as usize].sibling;
        self.branches[index as usize] = branch;
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::op::{NO_OBJECT, OpKind};

    fn store(thread: ThreadIndex, object: u32) -> Move {
        let footprint =
            Footprint { kind: OpKind::Store, reads: false, object, second: NO_OBJECT, arg: 0, cases: 0 };
        Move { thread, count: 1, values: Values::default(), footprint, possible: 0 }
    }

    fn threads(forest: &mut Forest, mut list: BranchIndex) -> Vec<Vec<ThreadIndex>> {
        let mut found = Vec::new();
        while let Some((step, child)) = forest.take_first(&mut list) {
            let below = threads(forest, child);
            let below = if below.is_empty() { vec![Vec::new()] } else { below };
            found.extend(below.into_iter().map(|rest| [vec![step.thread], rest].concat()));
        }
        found
    }

    fn insert(forest: &mut Forest, list: &mut BranchIndex, sequence: &[Move]) {
        forest.insert(list, &mut sequence.to_vec(), &mut Strayed::none(sequence), |step, _| *step);
    }

    #[test]
    fn a_step_is_an_initial_if_nothing_before_it_depends_on_it() {
        let sequence = [store(0, 7), store(1, 8), store(2, 8)];
        assert_eq!(initial(&sequence, &store(1, 8)), Some(1));
        assert_eq!(initial(&sequence, &store(2, 8)), None);
        assert_eq!(initial(&sequence, &store(3, 9)), Some(3));
        let other_value = Move { values: Values::default().with(0, 1), ..store(0, 7) };
        assert_eq!(initial(&sequence, &other_value), None);
    }

    #[test]
    fn a_step_that_sleeps_with_one_number_is_awake_with_another() {
        let asleep = Move { possible: 0b101, ..store(0, 7) };
        let mut sequence = [store(1, 8), store(0, 7)];
        assert!(is_covered(&mut sequence.clone(), [asleep].iter(), false));
        assert!(!is_covered(&mut sequence, [asleep].iter(), true));
        assert_eq!(sequence[1].values, Values::default().with(0, 2));
        let both = [asleep, Move { values: Values::default().with(0, 2), ..asleep }];
        assert!(is_covered(&mut sequence, both.iter(), true));
        assert_eq!((awake_values([asleep].iter(), 0), awake_values(both.iter(), 0)), (0b100, 0));
        // With the same first number and another second one, and a step of another thread.
        let values = Values::default().with(0, 2);
        let again = Move { values: values.with(1, 3), possible: 0b1101, ..asleep };
        let others = Move { possible: 0b10_0000, ..store(1, 7) };
        assert_eq!(awake_values([Move { values, ..again }, again, others].iter(), 0), 0b1001);
    }

    #[test]
    fn what_is_there_is_not_added_again() {
        let (mut forest, mut list) = (Forest::new(), NO_BRANCH);
        for sequence in [
            &[store(0, 7), store(1, 7)][..],
            &[store(2, 8), store(0, 7), store(1, 7)],
            &[store(1, 7), store(0, 7)],
            &[store(0, 7), store(2, 7), store(1, 7)],
        ] {
            insert(&mut forest, &mut list, sequence);
        }
        assert_eq!(threads(&mut forest, list), [vec![0, 1], vec![0, 2, 1], vec![1, 0]]);
    }

    #[test]
    fn a_sequence_follows_what_it_could_begin_with() {
        let (mut forest, mut list) = (Forest::new(), NO_BRANCH);
        let mut insert = |list: &mut BranchIndex, sequence: &[Move]| {
            let (mut strayed, asked) = (Strayed::none(sequence), std::cell::RefCell::new(Vec::new()));
            let here = |step: &Move, strayed: bool| {
                asked.borrow_mut().push((step.thread, strayed));
                *step
            };
            let added = forest.insert(list, &mut sequence.to_vec(), &mut strayed, here);
            (added, strayed.threads, asked.into_inner())
        };
        let second = Move { count: 2, ..store(2, 5) };
        assert_eq!(insert(&mut list, &[store(2, 8), second, store(1, 7), store(0, 7)]), (true, 0, vec![]));
        // The tree has two steps of thread 2 that the sequence has not.
        assert_eq!(
            insert(&mut list, &[store(0, 7), store(1, 7)]),
            (true, 0b100, vec![(2, false), (2, true), (1, false)])
        );
        // It has all of the sequence, in an order that leads to the same traces.
        let same = [store(1, 7), store(2, 8), store(0, 7)];
        assert_eq!(
            insert(&mut list, &same),
            (false, 0b101, vec![(2, false), (2, false), (1, false), (0, false)])
        );
        // After the step that is reversed nobody knows what its thread does.
        let reversed = [store(1, 7), store(0, 9), store(2, 8)];
        let asked = vec![(2, false), (2, true), (1, false), (0, false)];
        assert_eq!(insert(&mut list, &reversed), (false, 0b100, asked));
        // It has a beginning of the sequence, and what comes after that is found later.
        let longer = [store(1, 7), store(0, 7), store(3, 7)];
        assert!(!insert(&mut list, &longer).0);
        assert_eq!(insert(&mut list, &[store(2, 8)]), (false, 0b100, vec![(2, false)]));
        assert_eq!(threads(&mut forest, list), [vec![2, 2, 1, 0], vec![2, 2, 0, 1]]);
    }

    #[test]
    fn trees_move_and_slots_are_used_again() {
        let sequences = [[store(0, 7), store(1, 7)], [store(1, 7), store(0, 7)]];
        let grow = |forest: &mut Forest| {
            let mut list = NO_BRANCH;
            for sequence in sequences {
                insert(forest, &mut list, &sequence);
            }
            forest.append(&mut list, store(2, 7));
            list
        };
        let (mut forest, mut other) = (Forest::new(), Forest::new());
        let mut list = grow(&mut forest);
        assert_eq!((forest.count(list), forest.depth(list), forest.branches.len()), (3, 2, 5));
        assert_eq!((forest.count(NO_BRANCH), forest.depth(NO_BRANCH)), (0, 0));
        forest.clear(&mut list);
        assert_eq!((list, threads(&mut forest, list).len()), (NO_BRANCH, 0));
        list = grow(&mut forest);
        assert_eq!(forest.branches.len(), 5);
        let adopted = other.adopt(&mut forest, &mut list);
        assert_eq!((list, other.branches.len()), (NO_BRANCH, 5));
        assert_eq!(threads(&mut other, adopted), [vec![0, 1], vec![1, 0], vec![2]]);
        list = grow(&mut forest);
        assert_eq!((forest.branches.len(), threads(&mut forest, list).len()), (5, 3));
        let mut single = NO_BRANCH;
        forest.append(&mut single, store(4, 1));
        forest.append(&mut single, store(5, 1));
        forest.append(&mut single, store(6, 1));
        assert_eq!(threads(&mut forest, single), [[4], [5], [6]]);
    }

    #[test]
    fn values_are_kept_up_to_the_changed_one() {
        let values = Values::default().with(0, 3).with(1, 500);
        assert_eq!((values.get(0), values.get(1), values.get(2)), (3, 500, 0));
        assert_eq!(values.with(0, 2), Values::default().with(0, 2));
        let all = Values::default().with(0, 65_535).with(1, 1).with(2, 40_000).with(3, 258);
        let numbers = |values: Values| [0, 1, 2, 3].map(|at| values.get(at));
        assert_eq!(numbers(all), [65_535, 1, 40_000, 258]);
        assert_eq!(numbers(all.with(2, 65_535)), [65_535, 1, 65_535, 0]);
    }
}
