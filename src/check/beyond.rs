//! What lies beyond the budgets of the search.
//!
//! How often time runs out early, and how often a stale value is read again, is bounded: the search of a program that tries
//! again for ever would have no end. A thread that spins goes on only when something has changed. But many programs try again
//! three times, or spin for a hundred turns, and then give up, and the search does not see them give up. So where it came to its
//! end and left something of this kind out, some executions with larger budgets are sampled. What they find is a finding; a pass
//! says what it said without them.

use std::time::Duration;

use super::{
    Checker,
    checker::{EARLY_TIMEOUTS, STALE_READS},
    explore::{Budget, End, Exploration, Model, explore},
    plan::{Plan, Sampling},
    strategy::Strategy,
    verdict::Explored,
};

/// How much larger the budgets are.
const TIMES: u32 = 8;

/// How many turns a thread may spin for nothing: more than those after which locks begin to wait in other ways.
const IDLE_TURNS: u32 = 128;

/// How many executions are sampled, and with how many steps.
const EXECUTIONS: u64 = 1_000;
const STEPS: u64 = 500_000;

/// Whether there is more than the exploration has seen, and it may be sampled.
pub(super) fn is_due(checker: &Checker, exploration: &Exploration) -> bool {
    exploration.has_more
        && matches!(exploration.end, End::Exhausted)
        && checker.strategy == Strategy::Auto
        && super::explore::bound(checker).is_none()
        && checker.max_executions.is_none()
        && time_left(checker, exploration) > Duration::ZERO
}

/// How often time may run out early in what is sampled.
pub(super) fn early_timeouts(checker: &Checker) -> u32 {
    checker.early_timeouts.unwrap_or(TIMES * EARLY_TIMEOUTS)
}

/// The checker with larger budgets, but for those that somebody set.
pub(super) fn raised(checker: &Checker) -> Checker {
    let mut raised = checker.clone();
    raised.early_timeouts = Some(early_timeouts(checker));
    raised.stale_reads.get_or_insert(TIMES * STALE_READS);
    raised.idle_turns = IDLE_TURNS;
    raised
}

/// Samples with this checker, after the exploration.
pub(super) fn sample(checker: &Checker, exploration: Exploration, model: &Model) -> Exploration {
    let time = time_left(checker, &exploration);
    let budget = Budget { executions: Some(EXECUTIONS), steps: Some(STEPS), time };
    let plan = Plan::Sample(Sampling::Portfolio(checker.seed));
    let beyond = explore(checker, plan, budget, exploration.mode, model);
    let mut explored = exploration.explored;
    let Explored { executions, steps, elapsed, .. } = beyond.explored;
    explored.sampled += executions;
    explored.steps += steps;
    explored.elapsed += elapsed;
    match beyond.end {
        End::Found(_) => Exploration { explored, end: beyond.end, mode: beyond.mode, ..exploration },
        _ => Exploration { explored, ..exploration },
    }
}

fn time_left(checker: &Checker, exploration: &Exploration) -> Duration {
    checker.max_time.saturating_sub(exploration.explored.elapsed)
}
