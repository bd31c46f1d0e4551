//! The searches of a check take turns on one processor core.
//!
//! By default these are the exhaustive search and a portfolio of samplers. Small programs are searched to the end before the
//! first sample is drawn. Where the search is long, samples find early what it would come to late, or never; where it ends all
//! the same, its pass is complete and the samples do not count. How long the turns are depends on steps and not on the clock,
//! so that a finding takes the same number of executions everywhere.
//!
//! Where only the portfolio is asked for, two of its first executions are those of the search.

use std::ops::Range;

use super::{
    Checker, beyond,
    cores::Stopper,
    explore::{Budget, End, Exploration, Explorer, ExplorerSeed, Model, Pause, Search, bound},
    plan::{Plan, Sampling},
    strategy::Strategy,
    verdict::Explored,
};
use crate::engine::{Mode, strategy::Reduction};

/// The length of the search's first turn. The turns grow by half of their length.
const FIRST_STEPS: u64 = 100_000;

/// The same for a walk whose executions are numbered: others can join in early, since it comes to the same with them as alone.
const FIRST_STEPS_OF_WALK: u64 = 10_000;

/// Where only samples are asked for, the first of their executions that the exhaustive search takes in their place: it comes at
/// once to bugs that take one certain order of few steps, whatever the samplers think likely.
const SEARCHED: Range<u64> = 4..6;

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
        Turns {
            checker,
            budget,
            explorer: explorer.explorer(),
            search,
            samples,
            opening: None,
            steps,
            others,
        }
    }
}

/// A search, beside which samples may be drawn.
pub(super) struct Turns<'a> {
    checker: &'a Checker,
    budget: Budget,
    pub(super) explorer: Explorer<'a>,
    pub(super) search: Search,
    samples: Option<Search>,
    /// The search that takes some of the first executions of a portfolio.
    opening: Option<Search>,
    steps: u64,
    /// What others explored: before it, and beside it.
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
            opening: matches!(checker.strategy, Strategy::Portfolio(_))
                .then(|| Search::new(Plan::Exhaustive(Reduction::Optimal, bound(checker)))),
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
        if let Some(mut opening) = self.opening.take() {
            let pause = self.open(&mut opening, model);
            self.others.add(&opening.explored);
            self.search.unfair += opening.unfair;
            let executions = self.budget.executions.as_mut();
            executions.into_iter().for_each(|most| *most -= opening.explored.executions.min(*most));
            if pause.is_some() {
                return pause;
            }
        }
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

    /// The first executions of a portfolio: one by one, of whom they are. `None` if there is more to do.
    fn open(&mut self, opening: &mut Search, model: &Model) -> Option<Pause> {
        for _ in 0..SEARCHED.end {
            let before = self.search.explored.executions + opening.explored.executions;
            if self.budget.executions.is_some_and(|most| before >= most) {
                return Some(Pause::Executions);
            }
            let searches = SEARCHED.contains(&before);
            let (next, other) =
                if searches { (&mut *opening, &mut self.search) } else { (&mut self.search, &mut *opening) };
            let mode = self.explorer.mode();
            let budget = Budget { executions: Some(next.explored.executions + 1), ..self.budget };
            match self.explorer.run(next, budget, model) {
                Pause::Executions => {}
                // What there is was searched; samples go on for as long as is asked for.
                Pause::End(End::Exhausted) => return None,
                pause => return Some(pause),
            }
            if self.explorer.mode() != mode {
                other.restart();
            }
        }
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
