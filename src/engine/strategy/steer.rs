//! Steers executions into a deadlock that was predicted: each thread of the circle is held back right before the acquisition
//! that would close it, while the others run (Joshi, Park, Sen, Naik, "A randomized dynamic program analysis technique for
//! detecting real deadlocks", PLDI 2009).

use super::{
    Decision, Strategy, ThreadSet, View, bit, members,
    random::{SplitMix64, generator_of},
};
use crate::engine::{
    object::{Object, Place},
    op::{ObjectIndex, OpKind, ThreadIndex},
    strategy::Event,
};

/// A thread is held back for so many steps of others at most: somebody may look for what it does without waiting for it.
const PATIENCE_STEPS: usize = 1_000;

/// A lock, as far as it can be told in another execution, and where the thread takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) name: Option<&'static str>,
    pub(crate) created: Place,
    pub(crate) taken_at: Place,
}

impl Link {
    fn is(&self, object: &Object) -> bool {
        (self.name, self.created) == (object.name, object.created)
    }
}

/// What a thread of the circle holds there, and what it waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chain {
    pub(crate) thread: ThreadIndex,
    pub(crate) holds: Link,
    pub(crate) wants: Link,
}

/// How far a thread of the circle is in the present execution.
#[derive(Debug, Default)]
struct Progress {
    /// What it took where the chain begins, and has not given back.
    holds: Option<ObjectIndex>,
    /// How often it has come to where it is to be held back, and since which step it stands there now.
    arrivals: usize,
    stands_since: Option<usize>,
    /// It may pass this time.
    passes: bool,
    /// It was let through so often at the beginning of the execution.
    skips: usize,
    /// The most arrivals of any execution so far.
    arrivals_max: usize,
}

/// The steering strategy. It never comes to an end by itself.
#[derive(Debug)]
pub(crate) struct Steer {
    chains: Vec<Chain>,
    progress: Vec<Progress>,
    seed: u64,
    execution: u64,
    generator: SplitMix64,
    /// Time may run out early, and waiters may wake by themselves, in this execution.
    is_irregular: bool,
    /// A thread goes on where it can, but for one of so many steps.
    stays: usize,
    step: usize,
    /// The chain whose first lock the present step takes, in case it does not come to that.
    takes: Option<usize>,
    /// The present step turns a lock of its thread into one of another kind: it is not given back.
    converts: bool,
}

impl Steer {
    pub(crate) fn new(chains: Vec<Chain>, seed: u64) -> Self {
        Steer {
            progress: chains.iter().map(|_| Progress::default()).collect(),
            chains,
            seed,
            execution: 0,
            generator: SplitMix64(seed),
            is_irregular: false,
            stays: 1,
            step: 0,
            takes: None,
            converts: false,
        }
    }

    /// Whether the thread is about to take the second lock of the chain, and holds the first.
    fn has_arrived(&self, at: usize, view: &View<'_>) -> bool {
        let Chain { thread, holds, wants } = self.chains[at];
        let Some(op) = view.pending.get(thread).copied().flatten() else { return false };
        self.progress[at].holds.is_some_and(|object| holds.is(view.objects.get(object)))
            && matches!(
                op.kind,
                OpKind::Lock
                    | OpKind::Read
                    | OpKind::Write
                    | OpKind::Upgradable
                    | OpKind::Upgrade
                    | OpKind::Relock
            )
            && op.place == wants.taken_at
            && wants.is(view.objects.get(op.object))
    }

    /// The threads that are held back at this choice.
    fn held_back(&mut self, view: &View<'_>) -> ThreadSet {
        let mut held_back = 0;
        for at in 0..self.chains.len() {
            let is_there = self.has_arrived(at, view);
            let progress = &mut self.progress[at];
            if !is_there {
                progress.stands_since = None;
                progress.passes = false;
                continue;
            }
            let since = *progress.stands_since.get_or_insert_with(|| {
                progress.arrivals += 1;
                progress.arrivals_max = progress.arrivals_max.max(progress.arrivals);
                self.step
            });
            progress.passes |= progress.arrivals <= progress.skips || self.step - since > PATIENCE_STEPS;
            if !progress.passes {
                held_back |= bit(self.chains[at].thread);
            }
        }
        if held_back.count_ones() as usize == self.chains.len() {
            // All are there and nobody is stuck: they have other locks of the same kind.
            let at = self.generator.below(self.chains.len());
            self.progress[at].passes = true;
            held_back &= !bit(self.chains[at].thread);
        }
        held_back
    }

    fn one_of(&mut self, threads: ThreadSet) -> ThreadIndex {
        let nth = self.generator.below(threads.count_ones() as usize);
        members(threads).nth(nth).expect("nth is below the count")
    }
}

impl Strategy for Steer {
    fn new_execution(&mut self) -> bool {
        self.generator = generator_of(self.seed, self.execution);
        // Every other one stops at the first arrival; later ones are tried at random. And luck with time is rare.
        let skips = !self.execution.is_multiple_of(2);
        self.is_irregular = self.execution % 8 == 7;
        self.stays = [1, 1, 4, 16][(self.execution / 2 % 4) as usize];
        self.execution += 1;
        self.step = 0;
        for progress in &mut self.progress {
            let Progress { arrivals_max, .. } = *progress;
            let skips = if skips { self.generator.below(arrivals_max.max(1)) } else { 0 };
            *progress = Progress { skips, arrivals_max, ..Progress::default() };
        }
        true
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        self.step += 1;
        let held_back = self.held_back(view);
        let regular = view.candidates & view.ready;
        let candidates = if self.is_irregular || regular == 0 { view.candidates } else { regular };
        let free = candidates & !held_back;
        let chosen = if free == 0 {
            // Nobody else can go on: this is not the moment for one of them.
            self.one_of(candidates)
        } else {
            match view.current.filter(|current| free & bit(*current) != 0) {
                Some(current) if self.stays > 1 && self.generator.below(self.stays) > 0 => current,
                _ => self.one_of(free),
            }
        };
        Decision::Run(chosen)
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.generator.below(count)
    }

    fn follows_steps(&self) -> bool {
        true
    }

    fn stepped(&mut self, event: &Event<'_>) {
        let Event { thread, op, .. } = event;
        self.takes = None;
        self.converts = op.kind.converts();
        if !op.kind.acquires() {
            return;
        }
        for (at, chain) in self.chains.iter().enumerate() {
            if chain.thread == *thread && chain.holds.taken_at == op.place {
                self.progress[at].holds = Some(op.object);
                self.takes = Some(at);
            }
        }
    }

    fn failed(&mut self) {
        if let Some(at) = self.takes.take() {
            self.progress[at].holds = None;
        }
    }

    fn released(&mut self, _thread: ThreadIndex, object: ObjectIndex) {
        if std::mem::take(&mut self.converts) {
            return;
        }
        // A guard may have been sent to another thread, so it does not matter who does it.
        for progress in self.progress.iter_mut().filter(|progress| progress.holds == Some(object)) {
            progress.holds = None;
        }
    }

    fn restart(&mut self) {
        self.execution = 0;
        self.progress.iter_mut().for_each(|progress| *progress = Progress::default());
    }
}
