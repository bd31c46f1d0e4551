//! Deadlocks that no execution ran into, predicted from the order in which executions took their locks.
//!
//! A bounded search looks at few of a program's schedules; that two threads take two locks in both orders shows in nearly each
//! of them (Goodlock). The circles of that order are looked at in three steps. Their nestings must be able to come together:
//! [`nesting`](crate::deadlock::nesting) leaves out what a gate, a thread or readers keep apart. Some executions more are
//! followed for what else orders the threads, by [vector clocks](order) without the order of locks. And executions are
//! steered into what is left ([`Steer`](crate::engine::strategy::Steer)): what ends in the deadlock is a finding, with a schedule
//! like any other; of the rest the pass says that it was not feasible.

mod order;
mod suspects;

use std::{collections::BTreeSet, time::Duration};

pub(super) use suspects::Suspects;

use super::{
    Checker,
    explore::{self, Budget, End, Exploration, Explorer, Model, Pause, Search, bound, explore},
    finding::FindingKind,
    observe::Observed,
    plan::{Plan, Sampling},
    strategy::Strategy,
};
use crate::{
    engine::{Mode, strategy::Chain},
    report::sources::Variables,
};

/// So many executions are looked at to learn which mutexes belong to condition variables, before it counts who learns of
/// whom by them; and so many after that.
const EXECUTIONS_LEARNING: u64 = 8;
const EXECUTIONS_FOLLOWED: u64 = 64;
/// So many executions are steered into one circle.
const EXECUTIONS_STEERED: u64 = 200;
/// So many circles, and circles of the same locks, are tried.
const CIRCLES_TRIED: usize = 16;
const CIRCLES_OF_SAME_LOCKS_TRIED: usize = 4;
/// What following may cost, and what all the steering may cost.
const STEPS_FOLLOWED: u64 = 500_000;
const STEPS_STEERED: u64 = 2_000_000;

/// Whether there is something to predict: the executions that were looked at are not all.
pub(super) fn is_due(checker: &Checker, end: &End) -> bool {
    let is_cut = match end {
        End::Budget(_) => true,
        End::Exhausted => bound(checker).is_some(),
        _ => false,
    };
    checker.predict && is_cut && !matches!(checker.strategy, Strategy::Bytes(_))
}

/// The exploration with what its executions tell of others.
pub(super) fn predict(checker: &Checker, mut exploration: Exploration, model: &Model) -> Exploration {
    let Some(suspects) = exploration.suspects.take().filter(|suspects| suspects.has_open()) else {
        return exploration;
    };
    let mode = exploration.mode;
    let (suspects, found) = explore::apart(|| follow(checker, suspects, mode, model));
    if let Some(found) = found {
        let is_predicted = suspects.circles().any(|circle| is_circle_of(&found, &suspects.chains(circle)));
        exploration.notes.push(
            match is_predicted {
                true => "predicted from executions that passed, and confirmed by one of those that were then followed",
                false => "found in one of the executions that were followed for a predicted deadlock",
            }
            .to_owned(),
        );
        exploration.end = End::Found(found);
        return exploration;
    }
    let mut variables = Variables::new(checker.sources.clone());
    let (mut tried, mut steps) = (Vec::<BTreeSet<usize>>::new(), 0);
    for circle in suspects.circles() {
        let locks = suspects.locks_of(circle);
        let same = tried.iter().filter(|others| **others == locks).count();
        if tried.len() >= CIRCLES_TRIED || same >= CIRCLES_OF_SAME_LOCKS_TRIED || steps >= STEPS_STEERED {
            continue;
        }
        let chains = suspects.chains(circle);
        let steered = steer(checker, &chains, mode, steps, model);
        steps += steered.explored.steps;
        let executions = steered.explored.executions;
        if let End::Found(found) = steered.end {
            exploration.notes.push(if is_circle_of(&found, &chains) {
                format!(
                    "predicted from executions that passed, and confirmed by steered execution {executions}"
                )
            } else {
                let words = suspects.words(circle, &mut variables);
                format!("found by steering into another one, which is predicted: {words}")
            });
            exploration.end = End::Found(found);
            return exploration;
        }
        if same == 0 {
            let words = suspects.words(circle, &mut variables);
            exploration
                .notes
                .push(format!("possible deadlock: {words}: not feasible within {executions} executions"));
        }
        tried.push(locks);
    }
    exploration
}

/// Looks at some executions more, for what else orders the threads. Gives a finding, too, if there happens to be one.
fn follow(
    checker: &Checker,
    mut suspects: Box<Suspects>,
    mode: Mode,
    model: &Model,
) -> (Box<Suspects>, Option<Box<Observed>>) {
    let mut explorer = Explorer::new(checker, mode, false);
    let mut search = Search::new(Plan::Sample(Sampling::Random(checker.seed)));
    let mut executions = EXECUTIONS_LEARNING;
    while executions <= EXECUTIONS_LEARNING + EXECUTIONS_FOLLOWED && suspects.has_open() {
        let known = suspects.clone();
        explorer.suspect(suspects, executions > EXECUTIONS_LEARNING);
        let budget =
            Budget { executions: Some(executions), steps: Some(STEPS_FOLLOWED), time: Duration::MAX };
        let pause = explorer.run(&mut search, budget, model);
        suspects = explorer.take_suspects().unwrap_or(known);
        match pause {
            Pause::Executions => executions += EXECUTIONS_LEARNING,
            Pause::End(End::Found(found)) => return (suspects, Some(found)),
            _ => break,
        }
    }
    (suspects, None)
}

/// Steers executions into the deadlock. So many steps were taken for others before.
fn steer(checker: &Checker, chains: &[Chain], mode: Mode, steps: u64, model: &Model) -> Exploration {
    let plan = Plan::Steer(chains.to_vec(), checker.seed);
    let budget = Budget {
        executions: Some(EXECUTIONS_STEERED),
        steps: Some(STEPS_STEERED.saturating_sub(steps)),
        time: Duration::MAX,
    };
    explore(checker, plan, budget, mode, model)
}

/// Whether the finding is a deadlock of these threads, which wait at these places.
fn is_circle_of(found: &Observed, chains: &[Chain]) -> bool {
    let waits_at = |chain: &Chain| {
        let wait = found.threads.get(chain.thread).and_then(|thread| thread.waits.as_ref());
        wait.is_some_and(|wait| wait.place == chain.wants.taken_at.to_string())
    };
    found.kind == FindingKind::Deadlock
        && found.cycle.len() == chains.len()
        && chains.iter().all(|chain| found.cycle.contains(&chain.thread) && waits_at(chain))
}
