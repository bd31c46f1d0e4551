//! What the sampling strategies have in common: a seed, a profile of what earlier executions did, and fairness.

use super::{
    Decision, Strategy, ThreadSet, View, bit, members,
    profile::Profile,
    random::{SplitMix64, generator_of},
};
use crate::engine::op::{Op, ThreadIndex};

/// A thread that could have gone on for so many steps without being chosen is owed a turn.
const PATIENCE_STEPS: usize = 1_000;

/// How many steps are then chosen fairly.
const FAIR_STEPS: usize = 128;

/// A way to sample schedules.
pub(crate) trait Sampler: std::fmt::Debug {
    /// Begins an execution.
    fn begin(&mut self, profile: &Profile, generator: &mut SplitMix64);

    /// Looks at what was published since the last step. Comes before each step, also where there is nothing to choose.
    fn look(&mut self, scene: &mut Scene<'_>) {
        let _ = scene;
    }

    /// Proposes one of several candidates, of which none is indifferent (see [`Scene::indifferent`]).
    fn choose(&mut self, scene: &mut Scene<'_>) -> ThreadIndex;

    /// The thread, whether it was the one proposed or not, takes its step now.
    fn step(&mut self, scene: &mut Scene<'_>, thread: ThreadIndex, op: &Op) {
        let _ = (scene, thread, op);
    }

    /// Chooses a number below `count`, as part of the last step.
    fn value(&mut self, count: usize, generator: &mut SplitMix64) -> usize {
        generator.below(count)
    }

    /// Forgets what earlier executions taught.
    fn restart(&mut self) {}

    /// The execution is over, and `profile` is what was learnt from it.
    fn end(&mut self, profile: &Profile, generator: &mut SplitMix64) {
        let _ = (profile, generator);
    }
}

/// What a sampler sees at a choice.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) profile: &'a Profile,
    /// The threads that published their next operation since the last choice.
    pub(crate) fresh: ThreadSet,
    pub(crate) generator: &'a mut SplitMix64,
}

impl Scene<'_> {
    /// A candidate's next operation.
    pub(crate) fn op(&self, thread: ThreadIndex) -> &Op {
        self.view.pending[thread].as_ref().expect("a candidate has a next operation")
    }

    /// A candidate whose step cannot matter to any other thread. It is taken at once, whatever the sampler: a random place
    /// among the others' steps would only make a long thread late.
    fn indifferent(&self) -> Option<ThreadIndex> {
        members(self.view.candidates & self.view.ready)
            .find(|thread| self.profile.is_indifferent(self.op(*thread)))
    }
}

/// Turns a sampler into a strategy. What execution `i` of a seed does depends on nothing but the program and the executions
/// before it.
#[derive(Debug)]
pub(crate) struct Sampled<S> {
    sampler: S,
    seed: u64,
    execution: u64,
    generator: SplitMix64,
    profile: Profile,
    fairness: Fairness,
    /// Time may run out early, and waiters may wake by themselves, in this execution. Half of the executions do without, so
    /// that bugs are found that such luck would cover up.
    is_irregular: bool,
    /// The first thread that does so in this execution has the turn as long as it can: it may give up after some attempts.
    is_obstinate: bool,
    /// That thread.
    obstinate: Option<ThreadIndex>,
    threads: usize,
    last: ThreadIndex,
}

impl<S: Sampler> Sampled<S> {
    pub(crate) fn new(seed: u64, sampler: S) -> Self {
        Sampled {
            sampler,
            seed,
            execution: 0,
            generator: SplitMix64(seed),
            profile: Profile::default(),
            fairness: Fairness::default(),
            is_irregular: false,
            is_obstinate: false,
            obstinate: None,
            threads: 0,
            last: 0,
        }
    }

    /// What was learnt so far.
    #[cfg(test)]
    pub(crate) fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The sampler itself.
    #[cfg(test)]
    pub(crate) fn sampler(&self) -> &S {
        &self.sampler
    }

    /// The threads whose next operation is new: the one that took the last step, and those that it spawned.
    fn take_note(&mut self, view: &View<'_>) -> ThreadSet {
        let mut fresh = 0;
        if self.threads > 0 && view.pending[self.last].is_some() {
            fresh |= bit(self.last);
        }
        for thread in self.threads..view.pending.len() {
            self.profile.spawned(thread, self.last);
            if view.pending[thread].is_some() {
                fresh |= bit(thread);
            }
        }
        self.threads = view.pending.len();
        for thread in members(fresh) {
            if let Some(op) = &view.pending[thread] {
                self.profile.published(thread, op);
            }
        }
        fresh
    }
}

impl<S: Sampler> Strategy for Sampled<S> {
    fn new_execution(&mut self) -> bool {
        self.generator = generator_of(self.seed, self.execution);
        self.execution += 1;
        let luck = self.generator.below(8);
        self.is_irregular = luck < 4;
        self.is_obstinate = luck == 0;
        self.obstinate = None;
        self.threads = 0;
        self.last = 0;
        self.fairness.begin();
        self.profile.begin();
        self.sampler.begin(&self.profile, &mut self.generator);
        true
    }

    fn choose(&mut self, view: &View<'_>) -> Decision {
        let fresh = self.take_note(view);
        let regular = view.candidates & view.ready;
        let candidates = if self.is_irregular || regular == 0 { view.candidates } else { regular };
        let view = &View { candidates, ..*view };
        let mut scene = Scene { view, profile: &self.profile, fresh, generator: &mut self.generator };
        self.sampler.look(&mut scene);
        let chosen = match self.fairness.choose(view) {
            Some(owed) => owed,
            None if let Some(thread) = self.obstinate.filter(|thread| candidates & bit(*thread) != 0) => {
                thread
            }
            None if candidates.is_power_of_two() => candidates.trailing_zeros() as ThreadIndex,
            None => scene.indifferent().unwrap_or_else(|| self.sampler.choose(&mut scene)),
        };
        if self.is_obstinate && view.ready & bit(chosen) == 0 {
            self.obstinate.get_or_insert(chosen);
        }
        let op = view.pending[chosen].expect("a candidate has a next operation");
        self.sampler.step(&mut scene, chosen, &op);
        self.profile.performed(chosen, &op);
        self.fairness.chosen(chosen);
        self.last = chosen;
        Decision::Run(chosen)
    }

    fn choose_value(&mut self, count: usize) -> usize {
        self.sampler.value(count, &mut self.generator)
    }

    fn end_execution(&mut self, _pending: &[Option<Op>]) {
        self.profile.end();
        self.sampler.end(&self.profile, &mut self.generator);
    }

    fn restart(&mut self) {
        self.execution = 0;
        self.profile = Profile::default();
        self.sampler.restart();
    }
}

/// Sees to it that no thread that can go on is left out for ever: a loop that waits for another thread's store would else
/// not end where the strategy prefers the loop.
#[derive(Debug, Default)]
struct Fairness {
    step: usize,
    /// Since which step each thread could have gone on.
    since: Vec<usize>,
    candidates: ThreadSet,
    /// Until which step the choice is fair.
    fair_until: usize,
}

impl Fairness {
    fn begin(&mut self) {
        self.step = 0;
        self.candidates = 0;
        self.fair_until = 0;
    }

    /// The thread to run, while a thread that waited too long is owed a turn.
    fn choose(&mut self, view: &View<'_>) -> Option<ThreadIndex> {
        self.step += 1;
        if self.since.len() < view.pending.len() {
            self.since.resize(view.pending.len(), 0);
        }
        let candidates = view.candidates & view.ready;
        for thread in members(candidates & !self.candidates) {
            self.since[thread] = self.step;
        }
        self.candidates = candidates;
        // Asking each thread at each step would cost more than the choice itself.
        if self.step.is_multiple_of(FAIR_STEPS)
            && members(candidates).any(|thread| self.step - self.since[thread] > PATIENCE_STEPS)
        {
            self.fair_until = self.step + FAIR_STEPS;
        }
        (self.step < self.fair_until).then(|| view.fair_choice())
    }

    fn chosen(&mut self, thread: ThreadIndex) {
        self.since[thread] = self.step;
    }
}
