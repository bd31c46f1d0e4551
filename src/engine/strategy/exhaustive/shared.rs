//! The part of the tree on which several searches work at once, each on a processor core of its own.
//!
//! A search that has more to do than it can do alone *shares* the states on its path, from the root down to the first that
//! has something left to explore. From then on these states belong to nobody: whoever runs out of work takes a branch from
//! one of them and explores what lies behind it, with a path, a forest and a history of its own. What it finds to be explored
//! from a shared state it notes there.
//!
//! Which executions are explored is the same as with one search, for Optimal-DPOR does not ask in which order the branches of
//! a state are taken:
//!
//! - a branch that is taken sleeps for all that are taken after it, whether it has been explored by then or not. Whoever
//!   took it will explore all that it stands for;
//! - so nothing is noted that begins (in another order) with a branch that somebody took: it is explored there.
//!
//! What a step does is known exactly when it was taken once: a wakeup sequence may say that it writes where it fails. So
//! nobody takes or notes anything at a state while a branch of it was taken for the first time and that execution has not
//! ended yet (it is *unsettled*).

use std::{
    mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    Node,
    wakeup::{BranchIndex, Forest, Move, NO_BRANCH, initial},
};

/// How often somebody who waits for another search's step looks whether all searches were stopped.
const LOOK_AROUND: Duration = Duration::from_millis(10);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A state that several searches know.
#[derive(Debug)]
pub(super) struct Shared {
    parent: Option<Arc<Shared>>,
    /// What its node is like on every path through it, but for the step that is taken from it.
    node: Node,
    /// The node before it, with the step that leads to this state.
    before: Option<Node>,
    depth: usize,
    work: Mutex<Work>,
    settled: Condvar,
}

/// What there is to do at a shared state.
#[derive(Debug)]
struct Work {
    /// What was taken from here, or need not be.
    sleep: Vec<Move>,
    forest: Forest,
    branches: BranchIndex,
    /// How many branches are being explored, and how many were.
    active: u32,
    explored: u32,
    is_settled: bool,
    /// It stands in the tree's list of states with work.
    is_listed: bool,
}

/// A branch that a search took from a shared state.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) step: Move,
    /// What is to follow the step; in the forest that the taker gave.
    pub(super) guide: BranchIndex,
    pub(super) sleep: Vec<Move>,
    /// Where the step stands among those that sleep from now on.
    pub(super) place: usize,
}

/// What came of leaving a branch of a shared state.
#[derive(Debug)]
pub(super) enum Left {
    /// There is another one.
    Task(Task),
    /// Others still work on this state, or nobody can take anything just now.
    Busy,
    /// All is explored that could be from this state.
    Done,
}

impl Shared {
    /// Makes a node of a private path shared. Its present step is being explored by the caller.
    pub(super) fn new(
        parent: Option<Arc<Shared>>,
        before: Option<&Node>,
        node: &mut Node,
        depth: usize,
        forest: &mut Forest,
    ) -> Arc<Shared> {
        let mut own = Forest::new();
        let branches = own.adopt(forest, &mut node.branches);
        let mut sleep = mem::take(&mut node.sleep);
        sleep.push(node.chosen);
        let work = Work {
            sleep,
            forest: own,
            branches,
            active: 1,
            explored: node.explored,
            is_settled: true,
            is_listed: false,
        };
        Arc::new(Shared {
            parent,
            node: node.without_work(),
            before: before.map(Node::without_work),
            depth,
            work: Mutex::new(work),
            settled: Condvar::new(),
        })
    }

    pub(super) fn parent(&self) -> Option<&Arc<Shared>> {
        self.parent.as_ref()
    }

    /// The nodes from the first one to that of this state.
    pub(super) fn path(self: &Arc<Shared>) -> (Vec<Node>, Vec<Arc<Shared>>) {
        let mut nodes = vec![self.node.without_work()];
        let mut states = vec![Arc::clone(self)];
        let mut state = self;
        while let Some(parent) = &state.parent {
            nodes.extend(state.before.as_ref().map(Node::without_work));
            states.push(Arc::clone(parent));
            state = parent;
        }
        nodes.reverse();
        states.reverse();
        (nodes, states)
    }

    /// Takes a branch; `forest` is the taker's.
    fn take(&self, work: &mut Work, forest: &mut Forest) -> Option<Task> {
        if !work.is_settled {
            return None;
        }
        let sleep = work.sleep.clone();
        let (step, mut guide) = work.forest.take_first(&mut work.branches)?;
        let guide = forest.adopt(&mut work.forest, &mut guide);
        work.is_settled = false;
        work.active += 1;
        work.sleep.push(step);
        Some(Task { step, guide, place: sleep.len(), sleep })
    }

    /// The step of a branch that was taken has been executed once: now it is known what it does.
    pub(super) fn settle(self: &Arc<Shared>, place: usize, step: Move, tree: &Tree) {
        let mut work = lock(&self.work);
        work.sleep[place] = step;
        work.is_settled = true;
        self.list(&mut work, tree);
        self.settled.notify_all();
    }

    /// A branch was explored to its end.
    pub(super) fn leave(&self, forest: &mut Forest) -> Left {
        let mut work = lock(&self.work);
        work.active -= 1;
        work.explored += 1;
        match self.take(&mut work, forest) {
            Some(task) => Left::Task(task),
            None if work.active == 0 && work.branches == NO_BRANCH => Left::Done,
            None => Left::Busy,
        }
    }

    /// Adds a sequence to what is to be explored from here, unless it is already.
    pub(super) fn note(
        self: &Arc<Shared>,
        sequence: &mut Vec<Move>,
        here: impl Fn(&Move) -> Move,
        tree: &Tree,
    ) {
        let mut work = lock(&self.work);
        while !work.is_settled && !tree.is_stopped() {
            let waited = self.settled.wait_timeout(work, LOOK_AROUND);
            work = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if work.sleep.iter().any(|asleep| initial(sequence, asleep).is_some()) {
            return;
        }
        let Work { forest, branches, .. } = &mut *work;
        forest.insert(branches, sequence, here);
        self.list(&mut work, tree);
    }

    /// Adds a single step to what is to be explored from here, whatever is there.
    pub(super) fn append(self: &Arc<Shared>, step: Move, tree: &Tree) {
        let mut work = lock(&self.work);
        let Work { forest, branches, .. } = &mut *work;
        forest.append(branches, step);
        self.list(&mut work, tree);
    }

    /// Says that there is something to do here.
    fn list(self: &Arc<Shared>, work: &mut Work, tree: &Tree) {
        if work.branches != NO_BRANCH && work.is_settled && !work.is_listed {
            work.is_listed = true;
            tree.list(Arc::clone(self));
        }
    }

    /// How many branches were explored, and how many there are.
    pub(super) fn progress(&self) -> (u32, u32) {
        let work = lock(&self.work);
        (work.explored, work.explored + work.active + work.forest.count(work.branches))
    }
}

/// What the searches know of each other.
#[derive(Debug)]
pub(crate) struct Tree {
    searches: usize,
    with_work: Mutex<Vec<Arc<Shared>>>,
    changed: Condvar,
    /// The length of the list.
    listed: AtomicUsize,
    finished: AtomicBool,
    stopped: AtomicBool,
}

impl Tree {
    pub(super) fn new(searches: usize) -> Tree {
        Tree {
            searches,
            with_work: Mutex::new(Vec::new()),
            changed: Condvar::new(),
            listed: AtomicUsize::new(0),
            finished: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }
    }

    /// Whether there are fewer states with work than searches that may soon look for some.
    pub(super) fn lacks_work(&self) -> bool {
        // ORDERING: relaxed: a guess is enough.
        self.listed.load(Ordering::Relaxed) < self.searches
    }

    pub(super) fn offer(&self, state: &Arc<Shared>) {
        let mut work = lock(&state.work);
        state.list(&mut work, self);
    }

    fn list(&self, state: Arc<Shared>) {
        let mut states = lock(&self.with_work);
        states.push(state);
        // ORDERING: relaxed: written under the lock, and read as a guess.
        self.listed.store(states.len(), Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// Waits for a state with something to do and takes a branch of it; `None` once everything is explored, or somebody
    /// stopped the search.
    pub(super) fn wait_for_task(&self, forest: &mut Forest) -> Option<(Arc<Shared>, Task)> {
        loop {
            let state = self.wait_for_state()?;
            let mut work = lock(&state.work);
            work.is_listed = false;
            let task = state.take(&mut work, forest);
            state.list(&mut work, self);
            drop(work);
            if let Some(task) = task {
                return Some((state, task));
            }
        }
    }

    /// The state with work that is nearest to the root: what lies behind it is likely to be the largest.
    fn wait_for_state(&self) -> Option<Arc<Shared>> {
        let mut states = lock(&self.with_work);
        loop {
            if self.is_stopped() || self.is_finished() {
                return None;
            }
            let nearest = (0..states.len()).min_by_key(|index| states[*index].depth);
            if let Some(nearest) = nearest {
                let state = states.swap_remove(nearest);
                // ORDERING: relaxed: written under the lock, and read as a guess.
                self.listed.store(states.len(), Ordering::Relaxed);
                return Some(state);
            }
            states = self.changed.wait(states).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Everything is explored.
    pub(super) fn finish(&self) {
        self.raise(&self.finished);
    }

    /// Lets all searches come to an end: one of them found something, or the budget has ended.
    pub(crate) fn stop(&self) {
        self.raise(&self.stopped);
    }

    fn raise(&self, flag: &AtomicBool) {
        let states = lock(&self.with_work);
        // ORDERING: release, to be seen with all that was explored before it; its partners are the loads below. Under the
        // lock, so that nobody who found nothing to do falls asleep after it.
        flag.store(true, Ordering::Release);
        self.changed.notify_all();
        drop(states);
    }

    pub(crate) fn is_finished(&self) -> bool {
        // ORDERING: acquire; see `raise`.
        self.finished.load(Ordering::Acquire)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        // ORDERING: acquire; see `raise`.
        self.stopped.load(Ordering::Acquire)
    }
}
