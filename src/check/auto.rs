//! The default: the exhaustive search and a portfolio of samplers take turns.
//!
//! Small programs are searched to the end before the first sample is drawn. Where the search is long, samples find early what
//! it would come to late, or never; where it ends all the same, its pass is complete and the samples do not count. How long
//! the turns are depends on steps and not on the clock, so that a finding takes the same number of executions everywhere.

use super::{
    Checker,
    explore::{Budget, End, Exploration, Explorer, Pause, Search, bound},
    plan::{Plan, Sampling},
    verdict::Explored,
};
use crate::engine::Mode;

/// The length of the search's first turn. The turns grow by half of their length.
const FIRST_STEPS: u64 = 100_000;

/// A search that needs more executions than this, by estimate, is not expected to end.
const EXECUTIONS_HOPELESS: f64 = 10e6;

/// Before the search has had so many steps, about a second of them, its estimate is not believed: it may end soon.
const STEPS_BEFORE_JUDGEMENT: u64 = 8_000_000;

/// How long the samplers' turn is after one of the search. Estimates are rough: a search that is wrongly taken for hopeless
/// still comes to its end, in twice the time.
fn sampling_steps(search_steps: u64, search: &Search) -> u64 {
    let is_judged = search.explored.steps > STEPS_BEFORE_JUDGEMENT;
    let is_hopeless =
        || search.expected_executions().is_some_and(|executions| executions > EXECUTIONS_HOPELESS);
    if is_judged && is_hopeless() { search_steps } else { search_steps / 4 }
}

/// Explores until there is a finding, nothing is left, or the budget has ended.
pub(super) fn explore(checker: &Checker, budget: Budget, mode: Mode, model: &dyn Fn()) -> Exploration {
    let mut explorer = Explorer::new(checker, mode, false);
    let mut search = Search::new(Plan::of(&checker.strategy, bound(checker)));
    let mut samples = Search::new(Plan::Sample(Sampling::Portfolio(checker.seed)));
    let mut steps = FIRST_STEPS;
    loop {
        let mode = explorer.mode();
        let turn = budget.turn(samples.explored.executions, search.explored.steps + steps);
        match explorer.run(&mut search, turn, model) {
            Pause::Steps => {}
            pause => {
                let end = pause.into_end(|| budget_ended(checker, budget, &search, &samples));
                return finish(explorer, search, &samples, end);
            }
        }
        if explorer.mode() != mode {
            samples.restart();
        }
        let mode = explorer.mode();
        let turn = samples.explored.steps + sampling_steps(steps, &search);
        match explorer.run(&mut samples, budget.turn(search.explored.executions, turn), model) {
            Pause::Steps => {}
            Pause::End(End::Exhausted) => unreachable!("a sampler never comes to an end"),
            pause => {
                let end = pause.into_end(|| budget_ended(checker, budget, &search, &samples));
                return finish(explorer, search, &samples, end);
            }
        }
        if explorer.mode() != mode {
            search.restart();
        }
        steps += steps / 2;
    }
}

/// Brings both parts together. What the samplers had to leave out does not matter where the search came to its end.
fn finish(explorer: Explorer<'_>, mut search: Search, samples: &Search, end: End) -> Exploration {
    let Explored { executions, steps, .. } = samples.explored;
    search.explored.sampled = executions;
    search.explored.steps += steps;
    if !matches!(end, End::Exhausted) {
        search.unfair += samples.unfair;
    }
    explorer.finish(&search, end)
}

fn budget_ended(checker: &Checker, budget: Budget, search: &Search, samples: &Search) -> String {
    let what = match budget.executions {
        Some(most) if search.explored.executions + samples.explored.executions >= most => {
            format!("budget of {most} executions")
        }
        _ => format!("time budget of {:?}", checker.max_time),
    };
    format!(
        "the {what} ended after {} executions in order{} and {} sampled ones",
        search.explored.executions,
        search.progress(),
        samples.explored.executions
    )
}
