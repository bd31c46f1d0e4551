//! The searches of a check take turns on one processor core.
//!
//! By default these are the exhaustive search and a portfolio of samplers. Small programs are searched to the end before the
//! first sample is drawn. Where the search is long, samples find early what it would come to late, or never; where it ends all
//! the same, its pass is complete and the samples do not count. How long the turns are depends on steps and not on the clock,
//! so that a finding takes the same number of executions everywhere.

use super::{
    Checker, beyond,
    cores::Stopper,
    explore::{Budget, End, Exploration, Explorer, ExplorerSeed, Model, Pause, Search, bound},
    plan::{Plan, Sampling},
    strategy::Strategy,
    verdict::Explored,
};
use crate::engine::Mode;

/// The length of the search's first turn. The turns grow by half of their length.
const FIRST_STEPS: u64 = 100_000;

/// The same for a walk whose executions are numbered: others can join in early, since it comes to the same with them as alone.
const FIRST_STEPS_OF_WALK: u64 = 10_000;

/// A search that needs more executions than this, by an estimate after so many steps, is not expected to end. Estimates become
/// better: at first only those are believed that are beyond all doubt, and after about a second of steps all.
const HOPELESS: [(u64, f64); 2] = [(1_000_000, 1e12), (8_000_000, 1e7)];

/// How much longer the samplers' turns are than those of a search that is not expected to end.
const SAMPLES_TO_HOPELESS_SEARCH: u64 = 8;

/// How long the samplers' turn is after one of the search. Estimates are rough: a search that is wrongly taken for hopeless
/// still comes to its end, in a multiple of the time.
fn sampling_steps(search_steps: u64, search: &Search) -> u64 {
    let judged = HOPELESS.iter().rfind(|(steps, _)| search.explored.steps > *steps);
    let is_hopeless = judged
        .is_some_and(|(_, most)| search.expected_executions().is_some_and(|executions| executions > *most));
    if is_hopeless { search_steps * SAMPLES_TO_HOPELESS_SEARCH } else { search_steps / 4 }
}

/// The most steps of the first turn.
fn first_steps(search: &Search) -> u64 {
    if search.drawn().is_some() { FIRST_STEPS_OF_WALK } else { FIRST_STEPS }
}

/// What another search on the same tree begins with. It moves to the thread that is to run it.
pub(super) struct Sibling<'a> {
    checker: &'a Checker,
    budget: Budget,
    explorer: ExplorerSeed<'a>,
    search: Search,
    samples: Option<Search>,
    steps: u64,
}

impl<'a> Sibling<'a> {
    pub(super) fn turns(self) -> Turns<'a> {
        let Sibling { checker, budget, explorer, search, samples, steps } = self;
        let others = Explored::default();
        Turns { checker, budget, explorer: explorer.explorer(), search, samples, steps, others }
    }
}

/// A search, beside which samples may be drawn.
pub(super) struct Turns<'a> {
    checker: &'a Checker,
    budget: Budget,
    pub(super) explorer: Explorer<'a>,
    pub(super) search: Search,
    samples: Option<Search>,
    steps: u64,
    /// What others explored beside it.
    pub(super) others: Explored,
}

impl<'a> Turns<'a> {
    pub(super) fn new(checker: &'a Checker, budget: Budget, mode: Mode) -> Turns<'a> {
        let samples = Plan::Sample(Sampling::Portfolio(checker.seed));
        let has_samples = checker.strategy == Strategy::Auto;
        let search = Search::new(Plan::of(&checker.strategy, bound(checker)));
        Turns {
            checker,
            budget,
            explorer: Explorer::new(checker, mode, false),
            steps: checker.steps_alone.clamp(1, first_steps(&search)),
            search,
            samples: has_samples.then(|| Search::new(samples)),
            others: Explored::default(),
        }
    }

    /// Others that are to go on with the same, each on a core of its own.
    pub(super) fn siblings(&mut self, count: usize) -> Vec<Sibling<'a>> {
        let (searches, tree) = self.search.siblings(count);
        let samples = self.samples.as_mut().map(|samples| samples.siblings(count).0);
        let mut samples = samples.into_iter().flatten();
        self.explorer.begin_sharing(Stopper::of(tree));
        let sibling = |search| Sibling {
            checker: self.checker,
            budget: self.budget,
            explorer: self.explorer.sibling(),
            search,
            samples: samples.next(),
            steps: self.steps,
        };
        searches.into_iter().map(sibling).collect()
    }

    /// One turn of each. `None` if there is more to do.
    pub(super) fn turn(&mut self, model: &Model) -> Option<Pause> {
        let mode = self.explorer.mode();
        let sampled = self.samples.as_ref().map_or(0, |samples| samples.explored.executions);
        let turn = self.budget.turn(sampled, self.search.explored.steps + self.steps);
        match self.explorer.run(&mut self.search, turn, model) {
            Pause::Steps => {}
            pause => return Some(pause),
        }
        if let Some(samples) = &mut self.samples {
            if self.explorer.mode() != mode {
                samples.restart();
            }
            let mode = self.explorer.mode();
            let steps = samples.explored.steps + sampling_steps(self.steps, &self.search);
            let turn = self.budget.turn(self.search.explored.executions, steps);
            // Other than a search a sampler ends, however often time may run out early.
            let searched = self.explorer.swap_early_timeouts(beyond::early_timeouts(self.checker));
            let pause = self.explorer.run(samples, turn, model);
            self.explorer.swap_early_timeouts(searched);
            match pause {
                Pause::Steps => {}
                Pause::End(End::Exhausted) => unreachable!("a sampler never comes to an end"),
                pause => return Some(pause),
            }
            if self.explorer.mode() != mode {
                self.search.restart();
            }
        }
        self.steps += self.steps.div_ceil(2);
        None
    }

    /// Whether it is time for others to join in.
    pub(super) fn is_long(&self) -> bool {
        let alone = self.checker.steps_alone;
        self.steps() >= if self.search.drawn().is_some() { alone.min(FIRST_STEPS_OF_WALK) } else { alone }
    }

    /// How many steps there were, of all.
    fn steps(&self) -> u64 {
        self.search.explored.steps + self.samples.as_ref().map_or(0, |samples| samples.explored.steps)
    }

    /// Brings both parts together. What the samplers had to leave out does not matter where the search came to its end.
    pub(super) fn finish(mut self, pause: Pause) -> Exploration {
        let end = pause.into_end(|| self.budget_ended());
        if let Some(samples) = &self.samples {
            let Explored { executions, steps, .. } = samples.explored;
            self.search.explored.sampled = executions;
            self.search.explored.steps += steps;
            if !matches!(end, End::Exhausted) {
                self.search.unfair += samples.unfair;
            }
        }
        self.search.explored.add(&self.others);
        self.explorer.finish(&self.search, end)
    }

    fn budget_ended(&self) -> String {
        let executions = self.search.explored.executions + self.others.executions;
        let sampled = self.samples.as_ref().map(|samples| samples.explored.executions + self.others.sampled);
        let what = match self.budget.executions {
            _ if self.checker.is_cancelled() => "check was cancelled".to_owned(),
            Some(most) if executions + sampled.unwrap_or(0) >= most => {
                format!("budget of {most} executions ended")
            }
            _ => format!("time budget of {:?} ended", self.checker.max_time),
        };
        let progress = self.search.progress();
        match sampled {
            Some(sampled) => {
                format!(
                    "the {what} after {executions} executions in order{progress} and {sampled} sampled ones"
                )
            }
            None => {
                format!("the {what} after {executions} executions{}", progress.trim_end_matches(','))
            }
        }
    }
}
