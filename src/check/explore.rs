//! Explores a model with our own engine.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the checker's own clock and threads run outside of the model"
)]

use std::{
    any::Any,
    time::{Duration, Instant},
};

use super::{
    Checker,
    checker::Strategy,
    finding::{FindingKind, NOT_LINEARIZABLE},
    observe::{self, Observed},
    regressions,
    schedule::{Line, Schedule},
    shrink,
    verdict::{Explored, Pass, Verdict},
};
use crate::engine::{
    Engine, Limits, Mode, Stop, World,
    op::OpKind,
    strategy::{Bytes, Exhaustive, Pct, Pos, Random, Reduction, Replay, Rff, Sampled, Surw, Urw},
    trace::Choice,
};

/// What one exploration came to.
pub(super) struct Exploration {
    pub(super) explored: Explored,
    pub(super) end: End,
    pub(super) mode: Mode,
    pub(super) bounds: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// How an exploration ended.
pub(super) enum End {
    /// Nothing is left to explore.
    Exhausted,
    /// The budget ended first.
    Budget(String),
    /// A bug.
    Found(Box<Observed>),
    /// The program asked for something that the engine does not have.
    Unsupported(String),
    /// A replayed schedule does not apply.
    Mismatch(String),
}

/// How much may be explored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    pub(super) executions: Option<u64>,
    pub(super) time: Duration,
}

/// The strategies, as they are made.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    Exhaustive(Reduction, Option<usize>),
    Random(u64),
    Pct(usize, u64),
    Pos(u64),
    Urw(u64),
    Surw(u64),
    ReadsFrom(u64),
    Bytes(Vec<u8>),
    Replay(Vec<Choice>),
}

/// Runs the check on a thread of its own, so that nothing that a torn-down model leaves behind stays with the caller.
pub(super) fn run(checker: &Checker, model: &(dyn Fn() + Sync)) -> Verdict {
    let result = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("unsnarl".to_owned())
            .spawn_scoped(scope, || check(checker, model))
            .map(std::thread::ScopedJoinHandle::join)
    });
    match result {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(payload)) => Verdict::Fault { message: text_of(payload.as_ref()) },
        Err(error) => Verdict::Fault { message: format!("no thread for the check: {error}") },
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}

fn check(checker: &Checker, model: &dyn Fn()) -> Verdict {
    if let Some(schedule) = &checker.replay {
        return replayed(checker, schedule, model);
    }
    let mut notes = Vec::new();
    let file = regressions::file_of(checker.regressions_folder.as_deref(), &checker.name);
    if checker.regressions && checker.expected.is_none() {
        match regressions::load(&file) {
            Ok(schedules) => {
                for schedule in schedules.iter().filter(|schedule| schedule.model == checker.name) {
                    let exploration = replay(checker, schedule, model);
                    match exploration.end {
                        End::Found(observed) => {
                            let mut finding = observe::finding(checker, *observed, exploration.explored);
                            finding.notes.push(format!("found by the schedule kept in {}", file.display()));
                            return Verdict::Finding(Box::new(finding));
                        }
                        End::Mismatch(why) => {
                            notes.push(format!("a schedule in {} no longer applies: {why}", file.display()));
                        }
                        _ => notes.push(format!("a schedule in {} no longer fails", file.display())),
                    }
                }
            }
            Err(error) => notes.push(format!("{}: {error}", file.display())),
        }
    }
    let verdict = explored(checker, model, notes);
    if let Verdict::Finding(finding) = &verdict
        && checker.regressions
        && checker.expected.is_none()
        && let Ok(schedule) = Schedule::parse(&finding.schedule)
        && let Err(error) = regressions::save(&file, &schedule)
    {
        eprintln!("unsnarl: cannot keep the schedule in {}: {error}", file.display());
    }
    verdict
}

/// Follows the strategy that the checker asks for.
fn explored(checker: &Checker, model: &dyn Fn(), notes: Vec<String>) -> Verdict {
    let bound = checker.preemption_bound;
    let budget = Budget { executions: checker.max_executions, time: checker.max_time };
    let plan = match &checker.strategy {
        Strategy::Auto | Strategy::Exhaustive => Plan::Exhaustive(Reduction::Source, bound),
        Strategy::SleepSets => Plan::Exhaustive(Reduction::Sleep, bound),
        Strategy::BruteForce => Plan::Exhaustive(Reduction::None, bound),
        Strategy::Random(seed) => Plan::Random(*seed),
        Strategy::Pct { depth, seed } => Plan::Pct(*depth, *seed),
        Strategy::Pos(seed) => Plan::Pos(*seed),
        Strategy::Urw(seed) => Plan::Urw(*seed),
        Strategy::Surw(seed) => Plan::Surw(*seed),
        Strategy::ReadsFrom(seed) => Plan::ReadsFrom(*seed),
        Strategy::Bytes(bytes) => Plan::Bytes(bytes.clone()),
    };
    let mut exploration = explore(checker, plan, budget, Mode::default(), model);
    exploration.notes.splice(0..0, notes);
    if let (End::Budget(_), Strategy::Auto, None) =
        (&exploration.end, &checker.strategy, checker.max_executions)
    {
        let budget = Budget { executions: None, time: checker.max_time / 10 };
        let sampled = explore(checker, Plan::Random(0), budget, exploration.mode, model);
        exploration.explored.sampled = sampled.explored.executions;
        exploration.explored.executions += sampled.explored.executions;
        exploration.explored.steps += sampled.explored.steps;
        exploration.explored.elapsed += sampled.explored.elapsed;
        if !matches!(sampled.end, End::Exhausted | End::Budget(_)) {
            exploration.end = sampled.end;
        }
    }
    verdict(checker, exploration, model)
}

fn verdict(checker: &Checker, exploration: Exploration, model: &dyn Fn()) -> Verdict {
    let Exploration { explored, end, mode, mut bounds, notes } = exploration;
    match end {
        End::Exhausted => {}
        End::Budget(why) => bounds.push(why),
        End::Found(observed) => {
            let observed =
                if checker.shrink { shrink::shrink(checker, *observed, mode, model) } else { *observed };
            let mut finding = observe::finding(checker, observed, explored);
            finding.notes.extend(notes);
            return Verdict::Finding(Box::new(finding));
        }
        End::Unsupported(reason) | End::Mismatch(reason) => return Verdict::Inconclusive { reason },
    }
    Verdict::Pass(Pass { explored, bounds, notes })
}

fn replayed(checker: &Checker, schedule: &Schedule, model: &dyn Fn()) -> Verdict {
    let exploration = replay(checker, schedule, model);
    let mut verdict = verdict(&checker.clone().shrink(false), exploration, model);
    if let Verdict::Pass(pass) = &mut verdict {
        pass.bounds.push("only the given schedule was run".to_owned());
        pass.notes.push(format!("the schedule no longer leads to a {}", schedule.finding));
    }
    verdict
}

fn replay(checker: &Checker, schedule: &Schedule, model: &dyn Fn()) -> Exploration {
    let choices = schedule.lines.iter().map(|line| match line {
        Line::Run { thread, operation, .. } => Choice::Thread {
            thread: *thread,
            kind: OpKind::from_word(operation).expect("the parser knows the operations"),
        },
        Line::Pick { value, count } => Choice::Value { value: *value, count: *count },
    });
    let mode = Mode { visible_releases: schedule.visible_unlocks };
    // The recorded run may have used its budgets differently: a replay allows whatever was recorded.
    let checker = checker.clone().early_timeouts(u32::MAX).spurious_wakeups(u32::MAX);
    let budget = Budget { executions: Some(1), time: Duration::MAX };
    explore(&checker, Plan::Replay(choices.collect()), budget, mode, model)
}

/// Runs executions until there is a finding, nothing is left, or the budget has ended.
pub(super) fn explore(
    checker: &Checker,
    plan: Plan,
    budget: Budget,
    mode: Mode,
    model: &dyn Fn(),
) -> Exploration {
    let limits = Limits {
        steps: checker.max_steps,
        early_timeouts: checker.early_timeouts,
        spurious_wakeups: checker.spurious_wakeups,
    };
    let replays = matches!(plan, Plan::Replay(_));
    let world = match plan {
        Plan::Exhaustive(reduction, bound) => {
            World::new(Box::new(Exhaustive::new(reduction, bound)), limits, mode)
        }
        Plan::Random(seed) => World::new(Box::new(Random::new(seed)), limits, mode),
        Plan::Pct(depth, seed) => World::new(Box::new(Sampled::new(seed, Pct::new(depth))), limits, mode),
        Plan::Pos(seed) => World::new(Box::new(Sampled::new(seed, Pos::default())), limits, mode),
        Plan::Urw(seed) => World::new(Box::new(Sampled::new(seed, Urw::default())), limits, mode),
        Plan::Surw(seed) => World::new(Box::new(Sampled::new(seed, Surw::default())), limits, mode),
        Plan::ReadsFrom(seed) => World::new(Box::new(Sampled::new(seed, Rff::alone())), limits, mode),
        Plan::Bytes(bytes) => World::new(Box::new(Bytes::new(bytes)), limits, mode),
        Plan::Replay(choices) => World::new(Box::new(Replay::new(choices)), limits, mode),
    };
    let mut engine = Engine::new(world, checker.stack_size);
    let model = || {
        model();
        // The main thread's thread-local values end with it, as those of the others do.
        crate::backend::locals::end_thread();
    };
    let started = Instant::now();
    let mut explored = Explored::default();
    let mut unfair = 0_u64;
    let end = loop {
        if !engine.world().strategy.new_execution() {
            break End::Exhausted;
        }
        let executions = explored.executions + explored.redundant;
        if budget.executions.is_some_and(|most| explored.executions >= most) {
            break End::Budget(format!("the budget of {} executions ended first", explored.executions));
        }
        // Reading the clock costs as much as a small execution.
        if executions % 64 == 63 && started.elapsed() >= budget.time {
            break End::Budget(budget_ended(budget.time, &mut engine, &explored));
        }
        let step = engine.run(&model, |world, stop| {
            explored.steps += world.steps.len() as u64;
            after(checker, world, stop, replays)
        });
        match step {
            After::Complete => explored.executions += 1,
            After::Redundant => explored.redundant += 1,
            After::Unfair => {
                explored.executions += 1;
                unfair += 1;
            }
            After::End(end) => {
                explored.executions += 1;
                break end;
            }
        }
        let world = engine.world();
        if std::mem::take(&mut world.wants_visible_releases) && !replays {
            // What was explored so far took unlocks for invisible; begin again.
            world.mode.visible_releases = true;
            world.strategy.restart();
            explored = Explored { steps: explored.steps, ..Explored::default() };
        }
    };
    explored.elapsed = started.elapsed();
    let world = engine.world();
    let mut bounds = Vec::new();
    let strategy: &dyn Any = world.strategy.as_ref();
    if strategy.downcast_ref::<Exhaustive>().is_some_and(|exhaustive| exhaustive.cut_by_bound) {
        bounds.push(format!(
            "schedules with more than {} preemptions were left out",
            checker.preemption_bound.unwrap_or_default()
        ));
    }
    if strategy.downcast_ref::<Random>().is_some() {
        bounds.push("schedules were sampled at random".to_owned());
    }
    if strategy.downcast_ref::<Bytes>().is_some() {
        bounds.push("only the schedule that the bytes give was run".to_owned());
    }
    if world.timeouts_bounded {
        bounds.push(format!(
            "each thread's time ran out early at most {} while others could still run",
            times(checker.early_timeouts)
        ));
    }
    if unfair > 0 {
        bounds.push(format!(
            "{unfair} executions were cut at {} steps, since their schedule starved a thread",
            checker.max_steps
        ));
    }
    let mut notes = Vec::new();
    if world.weak_atomics {
        notes.push(
            "atomics weaker than SeqCst never read stale values here; run the model under loom for that"
                .to_owned(),
        );
    }
    if let Some((kind, place)) = world.survivor {
        notes.push(format!(
            "the {kind} made at {place} lives on from one execution to the next, so its data does not start afresh: make it inside the model"
        ));
    }
    Exploration { explored, end, mode: world.mode, bounds, notes }
}

fn budget_ended(time: Duration, engine: &mut Engine, explored: &Explored) -> String {
    let mut text = format!("the time budget of {time:?} ended after {} executions", explored.executions);
    if let Some(progress) = engine.world().strategy.estimate() {
        text.push_str(&format!(", by estimate {:.2} % of the search", progress * 100.0));
    }
    text
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// What an execution's end means for the exploration.
enum After {
    Complete,
    Redundant,
    Unfair,
    End(End),
}

fn after(checker: &Checker, world: &mut World, stop: Stop, replays: bool) -> After {
    let kind = match &stop {
        Stop::Completed => return After::Complete,
        Stop::Redundant => return After::Redundant,
        Stop::Unfair => return After::Unfair,
        Stop::Unsupported(reason) => return After::End(End::Unsupported(reason.clone())),
        Stop::Diverged if replays => {
            let strategy: &dyn Any = world.strategy.as_ref();
            let why = strategy.downcast_ref::<Replay>().and_then(|replay| replay.mismatch.clone());
            return After::End(End::Mismatch(why.unwrap_or_else(|| "the program has changed".to_owned())));
        }
        Stop::Diverged => FindingKind::Nondeterminism,
        Stop::Race(_) => FindingKind::Race,
        Stop::Panicked { thread } => match &world.thread(*thread).panic {
            Some(panic) if panic.message.starts_with(NOT_LINEARIZABLE) => FindingKind::NotLinearizable,
            _ => FindingKind::Panic,
        },
        Stop::Livelock => FindingKind::Livelock,
        Stop::Stuck { cycle } if cycle.is_empty() && world.thread(0).finished => FindingKind::Leak,
        Stop::Stuck { .. } => FindingKind::Deadlock,
    };
    After::End(End::Found(Box::new(observe::observe(checker, world, kind, &stop))))
}
