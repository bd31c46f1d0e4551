//! The part of the tree on which several searches work at once, each on a processor core of its own.
//!
//! A search that has more to do than it can do alone *shares* the states on its path, from the root down to the first that
//! has something left to explore. From then on these states belong to nobody: whoever runs out of work takes a branch of one
//! of them and explores what lies behind it, with a path, a forest and a history of its own. What it finds to be explored
//! from a shared state it notes there. The branches of a state have an order, that of taking them, and the same executions are
//! explored as with one search:
//!
//! - A branch that was taken sleeps for those that are taken after it, although it may not be explored to its end by then.
//!   What is found behind a *later* branch is not noted if it could begin with an *earlier* one: it is explored there.
//! - What is found behind an earlier branch and could begin with a later one would have been noted below the later one,
//!   had that not been taken yet. If nothing was to follow the later branch, this means nothing is noted: whatever can
//!   follow is explored, for at the end of a wakeup sequence nothing sleeps. But what was taken with a sequence that is to
//!   follow it has states where something sleeps. These are shared as soon as they are known, and the sequence is noted there,
//!   even if everything seemed to be explored.
//!   While an earlier branch is explored these states have to stay. Where there are many, only branches are taken that do not
//!   need it; the search furthest to the left always finds one, so that it goes on with less help.
//! - What a step does is known exactly once it was taken: a wakeup sequence may say that it writes where it fails. So
//!   nothing is taken or noted at a state while the first execution of one of its branches runs (it is *unsettled*).

use std::{
    collections::BTreeSet,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    Node,
    wakeup::{BranchIndex, Forest, Move, NO_BRANCH, Strayed, is_covered},
};
/// How often somebody who waits for another search's step looks whether all searches were stopped.
const LOOK_AROUND: Duration = Duration::from_millis(10);

/// How many states are kept, before branches are only taken that need no more of them: a few megabytes.
const STATES_MAX: usize = 10_000;

/// A shared state, by its number in the tree.
pub(super) type StateIndex = usize;

/// A shared state on a search's path, and which of its branches the path goes on with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    state: StateIndex,
    branch: usize,
}

/// A branch that some search has taken.
#[derive(Debug)]
struct Taken {
    step: Move,
    /// The state after it, if it was taken with a sequence that was to follow, and something may be noted below it.
    then: Option<StateIndex>,
    is_done: bool,
}

/// A state that several searches know.
#[derive(Debug)]
struct State {
    /// The state before it, and the node there with the step that leads here.
    before: Option<(Place, Node)>,
    /// What the node is like on every path through it, but for the step that is taken from it.
    node: Node,
    depth: usize,
    /// What slept when the state was shared.
    sleep: Vec<Move>,
    taken: Vec<Taken>,
    branches: BranchIndex,
    /// How many of the taken branches are not explored to their end.
    active: usize,
    is_settled: bool,
    /// Its place was noted before it was explored: what is found elsewhere may still be noted here.
    is_guided: bool,
}

/// A branch that a search took from a shared state.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) step: Move,
    /// What is to follow the step, in the taker's forest.
    pub(super) guide: BranchIndex,
    /// Something may be noted below the step by others, so that the states along the guide have to be shared.
    pub(super) is_visited: bool,
    pub(super) sleep: Vec<Move>,
}

/// A path through shared states, and the branch to begin with at its end.
#[derive(Debug)]
pub(super) struct Errand {
    pub(super) nodes: Vec<Node>,
    pub(super) places: Vec<Place>,
    pub(super) task: Task,
}

/// What the searches share.
#[derive(Debug)]
pub(crate) struct Tree {
    searches: usize,
    states: Mutex<States>,
    /// Something was settled, or there is something new to do.
    changed: Condvar,
    /// How many states have something to do.
    open: AtomicUsize,
    finished: AtomicBool,
    stopped: AtomicBool,
}

#[derive(Debug)]
struct States {
    states: Vec<State>,
    /// Numbers that can be used again.
    free: Vec<StateIndex>,
    /// Those from which a branch can be taken, by depth.
    open: BTreeSet<(usize, StateIndex)>,
    forest: Forest,
}

impl Tree {
    pub(super) fn new(searches: usize) -> Tree {
        Tree {
            searches,
            states: Mutex::new(States::new()),
            changed: Condvar::new(),
            open: AtomicUsize::new(0),
            finished: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }
    }

    fn lock(&self) -> MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are fewer states with work than searches that may soon look for some.
    pub(super) fn lacks_work(&self) -> bool {
        // ORDERING: relaxed: a guess is enough.
        self.open.load(Ordering::Relaxed) < self.searches
    }

    /// Tells the others that there may be something to do.
    fn tell(&self, states: &States) {
        // ORDERING: relaxed: written under the lock, and read as a guess.
        self.open.store(states.open.len(), Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// Shares the nodes that follow the places on a search's path. `settled` is what the last of these places was not sure
    /// of. If the nodes were explored along a wakeup sequence, they are reachable from there.
    pub(super) fn share(
        &self,
        places: &mut Vec<Place>,
        path: &mut [Node],
        forest: &mut Forest,
        is_guided: bool,
    ) {
        let mut states = self.lock();
        if let (true, Some(place)) = (is_guided, places.last()) {
            let before = &mut states.states[place.state];
            before.taken[place.branch].step = path[places.len() - 1].chosen;
            before.is_settled = true;
            states.update(place.state);
        }
        for depth in places.len()..path.len() {
            let before = places.last().map(|place| (*place, path[depth - 1].without_work()));
            let node = &mut path[depth];
            let branches = states.forest.adopt(forest, &mut node.branches);
            let state = State {
                before,
                node: node.without_work(),
                depth,
                sleep: std::mem::take(&mut node.sleep),
                taken: vec![Taken { step: node.chosen, then: None, is_done: false }],
                branches,
                active: 1,
                is_settled: true,
                is_guided,
            };
            let index = states.add(state);
            states.update(index);
            if let (true, Some(place)) = (is_guided, places.last()) {
                states.states[place.state].taken[place.branch].then = Some(index);
            }
            places.push(Place { state: index, branch: 0 });
        }
        self.tell(&states);
    }

    /// Adds a sequence to what is to be explored from a state on the search's path, unless it is already.
    pub(super) fn note(&self, place: Place, sequence: &mut Vec<Move>, here: impl Fn(&Move, bool) -> Move) {
        let whole = sequence.clone();
        let mut states = self.lock();
        loop {
            match states.note(place, sequence, &here) {
                Noted::Unsettled if !self.is_stopped() => {
                    sequence.clone_from(&whole);
                    let waited = self.changed.wait_timeout(states, LOOK_AROUND);
                    states = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                Noted::Added => return self.tell(&states),
                Noted::Known | Noted::Unsettled => return,
            }
        }
    }

    /// Adds a single step to what is to be explored from a state, whatever is there.
    pub(super) fn append(&self, place: Place, step: Move) {
        let mut states = self.lock();
        let States { states: all, forest, .. } = &mut *states;
        forest.append(&mut all[place.state].branches, step);
        states.update(place.state);
        self.tell(&states);
    }

    /// The branch at this place is explored to its end. Gives another one of the same state, or of one before it.
    pub(super) fn leave(&self, place: Place, forest: &mut Forest) -> Option<Errand> {
        let mut states = self.lock();
        let next = states.leave(place);
        let errand = match next {
            Left::Take(state) => Some(states.take(state, forest)),
            Left::Busy => None,
            Left::Finished => {
                drop(states);
                self.raise(&self.finished);
                return None;
            }
        };
        self.tell(&states);
        errand
    }

    /// Waits for something to do: near the root, since what lies behind it is likely to be large. `None` once everything is
    /// explored, or somebody stopped the search.
    pub(super) fn wait(&self, forest: &mut Forest) -> Option<Errand> {
        let mut states = self.lock();
        loop {
            if self.is_stopped() || self.is_finished() {
                return None;
            }
            if let Some(state) = states.nearest() {
                let errand = states.take(state, forest);
                self.tell(&states);
                return Some(errand);
            }
            states = self.changed.wait(states).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// How many branches of the state were explored, and how many there are.
    pub(super) fn progress(&self, place: Place) -> (u32, u32) {
        let states = self.lock();
        let state = &states.states[place.state];
        let (taken, active) = (state.taken.len() as u32, state.active as u32);
        (taken - active, taken + states.forest.count(state.branches))
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
        let states = self.lock();
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

impl State {
    /// Whether a branch can be taken.
    fn is_open(&self) -> bool {
        self.branches != NO_BRANCH && self.is_settled
    }
}

enum Noted {
    Added,
    /// It is explored somewhere, or will be.
    Known,
    /// It cannot be said yet.
    Unsettled,
}

enum Left {
    /// This state has another branch.
    Take(StateIndex),
    /// Others still work on what there is.
    Busy,
    /// There is nothing left, also at the root.
    Finished,
}

impl States {
    fn new() -> States {
        States { states: Vec::new(), free: Vec::new(), open: BTreeSet::new(), forest: Forest::new() }
    }

    /// To be called where a state's branches may have changed, or whether it is settled.
    fn update(&mut self, index: StateIndex) {
        let state = &self.states[index];
        let entry = (state.depth, index);
        if state.is_open() {
            self.open.insert(entry);
        } else {
            self.open.remove(&entry);
        }
    }

    /// The state nearest to the root from which a branch can be taken.
    fn nearest(&self) -> Option<StateIndex> {
        self.open.iter().map(|(_, index)| *index).find(|index| self.has_room_for(*index))
    }

    /// Whether the next branch of the state can be taken without keeping too many states.
    fn has_room_for(&self, index: StateIndex) -> bool {
        let state = &self.states[index];
        let is_guided = self.forest.depth(state.branches) > 1;
        self.states.len() - self.free.len() < STATES_MAX
            || !is_guided
            || !self.is_visited(Place { state: index, branch: state.taken.len() })
    }

    /// Whether something may be noted below the branch, from behind an earlier one.
    fn is_visited(&self, mut place: Place) -> bool {
        loop {
            let state = &self.states[place.state];
            if state.taken[..place.branch].iter().any(|earlier| !earlier.is_done) {
                return true;
            }
            match &state.before {
                Some((before, _)) if state.is_guided => place = *before,
                _ => return false,
            }
        }
    }

    fn add(&mut self, state: State) -> StateIndex {
        match self.free.pop() {
            Some(index) => {
                self.states[index] = state;
                index
            }
            None => {
                self.states.push(state);
                self.states.len() - 1
            }
        }
    }

    fn take(&mut self, index: StateIndex, forest: &mut Forest) -> Errand {
        let States { states, forest: shared, .. } = self;
        let state = &mut states[index];
        let sleep = state.sleep.iter().copied().chain(state.taken.iter().map(|taken| taken.step)).collect();
        let (step, mut guide) = shared.take_first(&mut state.branches).expect("the state is open");
        let guide = forest.adopt(shared, &mut guide);
        state.is_settled = false;
        state.active += 1;
        state.taken.push(Taken { step, then: None, is_done: false });
        let place = Place { state: index, branch: state.taken.len() - 1 };
        self.update(index);
        let is_visited = self.is_visited(place);
        let (nodes, places) = self.path(place);
        Errand { nodes, places, task: Task { step, guide, is_visited, sleep } }
    }

    /// The nodes from the first one to that of this state.
    fn path(&self, place: Place) -> (Vec<Node>, Vec<Place>) {
        let mut state = &self.states[place.state];
        let mut nodes = vec![state.node.without_work()];
        let mut places = vec![place];
        while let Some((place, node)) = &state.before {
            nodes.push(node.without_work());
            places.push(*place);
            state = &self.states[place.state];
        }
        nodes.reverse();
        places.reverse();
        (nodes, places)
    }

    fn note(&mut self, origin: Place, sequence: &mut Vec<Move>, here: impl Fn(&Move, bool) -> Move) -> Noted {
        let state = &self.states[origin.state];
        if !state.is_settled {
            return Noted::Unsettled;
        }
        let (earlier, own) = (&state.taken[..origin.branch], &state.taken[origin.branch].step);
        let sleep = state.sleep.iter().chain(earlier.iter().map(|taken| &taken.step));
        let chooses = sequence.last().is_some_and(|last| last.thread != own.thread);
        if is_covered(sequence, sleep, chooses) {
            return Noted::Known;
        }
        let (mut at, mut from) = (origin.state, origin.branch + 1);
        let mut strayed = Strayed::none(sequence);
        // Below branches that were taken since.
        loop {
            let state = &self.states[at];
            if !state.is_settled {
                return Noted::Unsettled;
            }
            let mut later = state.taken[from..].iter();
            let Some(taken) = later.find(|taken| strayed.follow(sequence, &taken.step, &here)) else { break };
            match taken.then {
                Some(then) if !sequence.is_empty() => (at, from) = (then, 0),
                _ => return Noted::Known,
            }
        }
        let States { states, forest, .. } = self;
        if !forest.insert(&mut states[at].branches, sequence, &mut strayed, here) {
            return Noted::Known;
        }
        self.update(at);
        self.revive(at);
        Noted::Added
    }

    /// There is something to do at a state that may have been done.
    fn revive(&mut self, mut index: StateIndex) {
        while let Some((place, _)) = &self.states[index].before {
            let place = *place;
            let before = &mut self.states[place.state];
            if !std::mem::take(&mut before.taken[place.branch].is_done) {
                return;
            }
            before.active += 1;
            index = place.state;
        }
    }

    fn leave(&mut self, mut place: Place) -> Left {
        loop {
            let index = place.state;
            let state = &mut self.states[index];
            state.active -= 1;
            state.taken[place.branch].is_done = true;
            let (is_open, is_left) = (state.is_open(), state.active == 0);
            if is_open && self.has_room_for(index) {
                return Left::Take(index);
            }
            if is_open || !is_left {
                return Left::Busy;
            }
            let state = &self.states[index];
            let Some((before, _)) = &state.before else { return Left::Finished };
            place = *before;
            if !self.states[index].is_guided || !self.is_visited(place) {
                self.states[place.state].taken[place.branch].then = None;
                self.free(index);
            }
        }
    }

    /// Forgets a state that nobody can come to any more, and those after it.
    fn free(&mut self, index: StateIndex) {
        self.free.push(index);
        let taken = std::mem::take(&mut self.states[index].taken);
        for then in taken.iter().filter_map(|taken| taken.then) {
            self.free(then);
        }
    }
}
