//! Explores a model with our own engine.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the checker's own clock and threads run outside of the model"
)]

use std::{
    any::Any,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    Checker, beyond,
    checker::{EARLY_TIMEOUTS, STALE_READS},
    cores::{self, Stopper},
    finding::{FindingKind, NOT_LINEARIZABLE},
    live::Live,
    observe::{self, Observed},
    pace::Pace,
    plan::{Plan, Sampling},
    predict::{self, Suspects},
    regressions, rerun,
    schedule::Schedule,
    shrink,
    verdict::{Explored, Pass, Verdict},
    watch::Watch,
};
use crate::engine::{
    Engine, EngineSeed, Limits, Mode, STORES_SEEN_MAX, Stop, StrategyDebug, World,
    object::Place,
    strategy::{Bound, Exhaustive, Random, Replay, Tree},
    trace::Step,
};

/// How often an execution of a sampler is run a second time, to see whether the program is deterministic.
const EXECUTIONS_PER_LOOK: u64 = 64;

/// Of so many executions all are looked at for the order of locks, then each of so many: what is new seldom comes late.
const EXECUTIONS_LOOKED_AT: u64 = 4_096;
const EXECUTIONS_PER_LOOK_AT_LOCKS: u64 = 16;

fn is_looked_at(executions: u64) -> bool {
    executions < EXECUTIONS_LOOKED_AT || executions.is_multiple_of(EXECUTIONS_PER_LOOK_AT_LOCKS)
}

/// A program under test.
pub(super) type Model = dyn Fn() + Sync;

/// What one exploration came to.
pub(super) struct Exploration {
    pub(super) explored: Explored,
    pub(super) end: End,
    pub(super) mode: Mode,
    pub(super) bounds: Vec<String>,
    pub(super) notes: Vec<String>,
    /// It may matter whether waiting writers come before new readers.
    pub(super) readers_wait: bool,
    /// A budget that nobody set left something out, or a thread that spins may have given up.
    pub(super) has_more: bool,
    /// What the executions showed of the order in which locks are taken, if that was to be looked at.
    pub(super) suspects: Option<Box<Suspects>>,
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
    pub(super) steps: Option<u64>,
    pub(super) time: Duration,
}

impl Budget {
    fn of(checker: &Checker) -> Budget {
        Budget { executions: checker.max_executions, steps: None, time: checker.max_time }
    }

    /// What is left of it for one of two searches: the other one has had `executions`. It pauses at so many steps.
    pub(super) fn turn(self, executions: u64, steps: u64) -> Budget {
        let left = self.executions.map(|most| most.saturating_sub(executions));
        Budget { executions: left, steps: Some(steps), ..self }
    }
}

/// Why a search pauses.
pub(super) enum Pause {
    /// It has come to an end.
    End(End),
    /// A limit of the budget was reached.
    Executions,
    Steps,
    Time,
    /// Another search, which runs at the same time, has come to an end.
    Stopped,
    /// There are more kinds of steps than the searches that run at the same time know of.
    Changed(Mode),
    /// The program has an object outside of the executions, so no two of them can run at the same time.
    Outside(Place),
}

impl Pause {
    /// The end of the exploration, where the search is not resumed.
    pub(super) fn into_end(self, budget_ended: impl FnOnce() -> String) -> End {
        match self {
            Pause::End(end) => end,
            _ => End::Budget(budget_ended()),
        }
    }
}

/// A search that can be paused and resumed.
pub(super) struct Search {
    strategy: Box<dyn StrategyDebug>,
    leaves_out: Option<&'static str>,
    sampling: Option<Sampling>,
    pub(super) explored: Explored,
    /// Executions that were cut since their schedule starved a thread.
    pub(super) unfair: u64,
    /// The strategy has begun an execution that was not run.
    has_begun: bool,
    pace: Pace,
}

impl Search {
    pub(super) fn new(plan: Plan) -> Search {
        Search {
            leaves_out: plan.leaves_out(),
            sampling: plan.sampling(),
            strategy: plan.strategy(),
            explored: Explored::default(),
            unfair: 0,
            has_begun: false,
            pace: Pace::default(),
        }
    }

    /// Others that share the work with this one; and the tree, if it is one.
    pub(super) fn siblings(&mut self, count: usize) -> (Vec<Search>, Option<Arc<Tree>>) {
        let strategy: &mut dyn Any = self.strategy.as_mut();
        if let Some(search) = strategy.downcast_mut::<Exhaustive>() {
            let tree = search.share(count + 1);
            let joining: Vec<_> = (0..count).map(|_| search.joining()).collect();
            let sibling = |search| self.sibling(Box::new(search));
            return (joining.into_iter().map(sibling).collect(), Some(tree));
        }
        if let Some(walk) = strategy.downcast_mut::<Random>() {
            let joining: Vec<_> = (0..count).map(|_| walk.joining()).collect();
            return (joining.into_iter().map(|walk| self.sibling(Box::new(walk))).collect(), None);
        }
        let sibling = |index| {
            let sampling = self.sampling.expect("what is not searched is sampled");
            self.sibling(Plan::Sample(sampling.sibling(index as u64 + 1)).strategy())
        };
        ((0..count).map(sibling).collect(), None)
    }

    fn sibling(&self, strategy: Box<dyn StrategyDebug>) -> Search {
        Search {
            strategy,
            explored: Explored::default(),
            unfair: 0,
            has_begun: false,
            pace: Pace::default(),
            ..*self
        }
    }

    /// Which of all executions of its seed the last one was, if others that share the work draw from the same seed.
    pub(super) fn drawn(&self) -> Option<u64> {
        let strategy: &dyn Any = self.strategy.as_ref();
        strategy.downcast_ref::<Random>().map(Random::execution)
    }

    /// Begins again, since the rules have changed.
    pub(super) fn restart(&mut self) {
        self.strategy.restart();
        self.has_begun = false;
        self.pace = Pace::default();
        self.unfair = 0;
        self.explored = Explored { steps: self.explored.steps, ..Explored::default() };
    }

    /// How many executions the search will have had when it ends, by estimate; infinity where there is no end in sight.
    pub(super) fn expected_executions(&self) -> Option<f64> {
        self.pace.expected(self.explored.executions, self.strategy.estimate()?)
    }

    /// How far the search is, in words.
    pub(super) fn progress(&self) -> String {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let executions = self.explored.executions as f64;
        match self.expected_executions() {
            Some(expected) if expected.is_finite() => {
                format!(", by estimate {:.2} % of the search,", 100.0 * executions / expected)
            }
            _ => String::new(),
        }
    }
}

/// Runs the check on a thread of its own, so that nothing that a torn-down model leaves behind stays with the caller.
pub(super) fn run(checker: &Checker, model: &Model) -> Verdict {
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

fn check(checker: &Checker, model: &Model) -> Verdict {
    if let Some(schedule) = &checker.replay {
        return rerun::replayed(checker, schedule, model);
    }
    let mut notes = Vec::new();
    let keeps = checker.regressions && checker.expected.is_none();
    let file = regressions::file_of(checker.regressions_folder.as_deref(), &checker.name);
    if keeps && let Some(finding) = rerun::kept(checker, &file, model, &mut notes) {
        return Verdict::Finding(Box::new(finding));
    }
    let verdict = explored(checker, model, notes);
    if let Verdict::Finding(finding) = &verdict
        && keeps
        && let Ok(schedule) = Schedule::parse(&finding.schedule)
    {
        regressions::keep(&file, &schedule, None);
    }
    verdict
}

/// Follows the strategy that the checker asks for.
fn explored(checker: &Checker, model: &Model, notes: Vec<String>) -> Verdict {
    let budget = Budget::of(checker);
    let in_mode = |mode: Mode, budget: Budget| cores::explore(checker, budget, mode, model);
    let mut exploration = in_mode(Mode::default(), budget);
    if exploration.readers_wait && matches!(exploration.end, End::Exhausted) {
        // Nobody says which kind a reader-writer lock is. Only where waiting writers come before new readers does a thread
        // that waits while it reads hold up others that only want to read.
        let Explored { executions, sampled, elapsed, .. } = exploration.explored;
        let left = Budget {
            executions: budget.executions.map(|most| most.saturating_sub(executions + sampled)),
            time: budget.time.saturating_sub(elapsed),
            ..budget
        };
        let mode = Mode { writers_first: true, ..exploration.mode };
        exploration = exploration.and(in_mode(mode, left));
    }
    exploration.notes.splice(0..0, notes);
    if beyond::is_due(checker, &exploration) {
        let checker = &beyond::raised(checker);
        exploration = beyond::sample(checker, exploration, model);
        return verdict(checker, exploration, model);
    }
    if predict::is_due(checker, &exploration.end) {
        exploration = predict::predict(checker, exploration, model);
    }
    verdict(checker, exploration, model)
}

/// What schedules are to be left out.
pub(super) fn bound(checker: &Checker) -> Option<Bound> {
    let preemptions = checker.preemption_bound.map(Bound::Preemptions);
    checker.delay_bound.map(Bound::Delays).or(preemptions)
}

impl Exploration {
    /// Both explorations of one model, of which the first was exhausted.
    fn and(self, mut second: Exploration) -> Exploration {
        second.explored.add(&self.explored);
        second.with_what_is_known(self)
    }

    /// With what the other one says of what it left out, and of the order of locks.
    pub(super) fn with_what_is_known(mut self, other: Exploration) -> Exploration {
        for (texts, also) in [(&mut self.bounds, other.bounds), (&mut self.notes, other.notes)] {
            let new: Vec<_> = also.into_iter().filter(|text| !texts.contains(text)).collect();
            texts.splice(0..0, new);
        }
        self.readers_wait |= other.readers_wait;
        self.has_more |= other.has_more;
        if let (Some(suspects), Some(others)) = (&mut self.suspects, &other.suspects) {
            suspects.add_all(others);
        }
        self
    }
}

pub(super) fn verdict(checker: &Checker, exploration: Exploration, model: &Model) -> Verdict {
    let Exploration { explored, end, mode, mut bounds, notes, .. } = exploration;
    match end {
        End::Exhausted => {}
        End::Budget(why) => bounds.push(why),
        End::Found(observed) => {
            let (observed, shrunk) = match checker.shrink {
                true => shrink::shrink(checker, *observed, mode, model),
                false => (*observed, None),
            };
            let observed = rerun::looked_at(checker, observed, model);
            let mut finding = observe::finding(checker, observed, explored);
            finding.shrunk = shrunk;
            finding.notes.extend(notes);
            return Verdict::Finding(Box::new(finding));
        }
        End::Unsupported(reason) | End::Mismatch(reason) => return Verdict::Inconclusive { reason },
    }
    Verdict::Pass(Pass { explored, bounds, notes })
}

/// Runs the executions of one search until there is a finding, nothing is left, or the budget has ended.
///
/// It has a thread of its own: an earlier execution may have left panics that never end, in destructors that wait for ever,
/// and the standard library counts panics for each thread of the system.
pub(super) fn explore(
    checker: &Checker,
    plan: Plan,
    budget: Budget,
    mode: Mode,
    model: &Model,
) -> Exploration {
    apart(|| explore_here(checker, plan, budget, mode, model))
}

/// Runs this on a thread of its own.
pub(super) fn apart<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let joined = std::thread::scope(|scope| scope.spawn(work).join());
    // A fault of the checker goes the way of all of them.
    joined.unwrap_or_else(|payload| std::panic::resume_unwind(payload))
}

fn explore_here(checker: &Checker, plan: Plan, budget: Budget, mode: Mode, model: &Model) -> Exploration {
    let mut explorer = Explorer::new(checker, mode, matches!(plan, Plan::Replay(_)));
    if explorer.replays {
        // It is repeated in order to be looked at.
        explorer.engine.world().timeline = Some(Box::default());
    }
    let mut search = Search::new(plan);
    let end = explorer
        .run(&mut search, budget, model)
        .into_end(|| format!("the budget ended after {} executions", search.explored.executions));
    explorer.finish(&search, end)
}

/// Runs the executions of searches on one engine, so that what outlives an execution is known in the next one, whichever
/// search it belongs to.
pub(super) struct Explorer<'a> {
    checker: &'a Checker,
    engine: Engine,
    replays: bool,
    started: Instant,
    watch: Watch,
    pub(super) stopper: Stopper,
    has_siblings: bool,
    live: Live,
    suspects: Option<Box<Suspects>>,
}

/// What an explorer begins with that is to run beside another one. It moves to the thread that is to run it.
pub(super) struct ExplorerSeed<'a> {
    checker: &'a Checker,
    engine: EngineSeed,
    started: Instant,
    stopper: Stopper,
    mode: Mode,
    live: Live,
}

impl<'a> ExplorerSeed<'a> {
    pub(super) fn explorer(self) -> Explorer<'a> {
        let ExplorerSeed { checker, engine, started, stopper, mode, live } = self;
        let engine = engine.engine(world(checker, mode));
        let suspects = checker.predict.then(Box::default);
        let watch = Watch::default();
        Explorer {
            checker,
            engine,
            replays: false,
            started,
            watch,
            stopper,
            has_siblings: true,
            live,
            suspects,
        }
    }
}

pub(super) fn world(checker: &Checker, mode: Mode) -> World {
    let limits = Limits {
        steps: checker.max_steps,
        early_timeouts: checker.early_timeouts.unwrap_or(EARLY_TIMEOUTS),
        spurious_wakeups: checker.spurious_wakeups,
        weak_memory: checker.weak_memory,
        stale_reads: checker.stale_reads.unwrap_or(STALE_READS),
        idle_turns: checker.idle_turns,
    };
    // Stands there while no search runs.
    let mut world = World::new(Plan::Replay(Vec::new()).strategy(), limits, mode);
    world.lock_log = checker.predict.then(Box::default);
    world
}

impl<'a> Explorer<'a> {
    pub(super) fn new(checker: &'a Checker, mode: Mode, replays: bool) -> Explorer<'a> {
        let engine = Engine::new(world(checker, mode), checker.stack_size);
        let (started, stopper) = (Instant::now(), Stopper::default());
        let live = Live::of(checker);
        let suspects = checker.predict.then(Box::default);
        let watch = Watch::default();
        Explorer { checker, engine, replays, started, watch, stopper, has_siblings: false, live, suspects }
    }

    /// Goes on with what is known of the order of locks, and looks at what else the threads learn of each other, if
    /// `follows`.
    pub(super) fn suspect(&mut self, suspects: Box<Suspects>, follows: bool) {
        self.suspects = Some(suspects);
        if let Some(log) = &mut self.engine.world().lock_log {
            log.follows = follows;
        }
    }

    /// What is known of the order of locks by now.
    pub(super) fn take_suspects(&mut self) -> Option<Box<Suspects>> {
        self.suspects.take()
    }

    /// From now on others run at the same time.
    pub(super) fn begin_sharing(&mut self, stopper: Stopper) {
        self.stopper = stopper;
        self.has_siblings = true;
    }

    /// One that runs at the same time.
    pub(super) fn sibling(&mut self) -> ExplorerSeed<'a> {
        let (checker, started, stopper) = (self.checker, self.started, self.stopper.clone());
        let mode = self.mode();
        let live = self.live.clone();
        ExplorerSeed { checker, engine: self.engine.sibling(), started, stopper, mode, live }
    }

    /// Whether all objects that were seen so far belong to one execution.
    pub(super) fn has_no_outside(&mut self) -> bool {
        self.engine.world().outlives.is_none()
    }

    /// From now on each wait of each thread may run out of time early so many times; how many there were.
    pub(super) fn swap_early_timeouts(&mut self, times: u32) -> u32 {
        std::mem::replace(&mut self.engine.world().limits.early_timeouts, times)
    }

    /// What kind of steps there are by now.
    pub(super) fn mode(&mut self) -> Mode {
        self.engine.world().mode
    }

    /// Runs executions of the search until it ends or the budget asks for a pause. The time of the budget counts from the
    /// explorer's beginning, all else from the search's.
    pub(super) fn run(&mut self, search: &mut Search, budget: Budget, model: &Model) -> Pause {
        std::mem::swap(&mut self.engine.world().strategy, &mut search.strategy);
        let pause = self.run_executions(search, budget, model);
        std::mem::swap(&mut self.engine.world().strategy, &mut search.strategy);
        pause
    }

    fn run_executions(&mut self, search: &mut Search, budget: Budget, model: &Model) -> Pause {
        let (checker, replays) = (self.checker, self.replays);
        let model = || {
            model();
            // The main thread's thread-local values end with it, as those of the others do.
            crate::backend::locals::end_thread();
        };
        loop {
            if self.stopper.is_stopped() && !self.is_behind() {
                return Pause::Stopped;
            }
            if checker.is_cancelled() {
                return Pause::Time;
            }
            // Before a branch is taken: others may have to wait until it was executed.
            if budget.steps.is_some_and(|most| search.explored.steps >= most) {
                return Pause::Steps;
            }
            let world = self.engine.world();
            if !search.has_begun && !world.strategy.new_execution() {
                return Pause::End(End::Exhausted);
            }
            search.has_begun = true;
            let executions = search.explored.executions + search.explored.redundant;
            if budget.executions.is_some_and(|most| search.explored.executions >= most) {
                return Pause::Executions;
            }
            if let Some((now, passed)) = self.watch.before_execution() {
                if now - self.started >= budget.time {
                    return Pause::Time;
                }
                let (world, pace) = (self.engine.world(), &search.pace);
                #[expect(clippy::cast_precision_loss, reason = "an estimate")]
                self.live.add(passed, || {
                    let done = search.explored.executions;
                    Some(done as f64 / pace.expected(done, world.strategy.estimate()?)?)
                });
            }
            search.has_begun = false;
            let (explored, suspects) = (&mut search.explored, &mut self.suspects);
            let step = self.engine.run(&model, |world, stop| {
                explored.steps += world.steps.len() as u64;
                if let Some(suspects) = suspects.as_mut().filter(|_| is_looked_at(explored.executions)) {
                    suspects.look_at(world);
                }
                after(checker, world, stop, replays)
            });
            match step {
                After::Complete => explored.executions += 1,
                After::Redundant => explored.redundant += 1,
                After::Unfair => {
                    explored.executions += 1;
                    search.unfair += 1;
                }
                After::End(end) => {
                    explored.executions += 1;
                    return Pause::End(end);
                }
                After::Outside(place) => return Pause::Outside(place),
            }
            let world = self.engine.world();
            if search.sampling.is_some()
                && executions.is_multiple_of(EXECUTIONS_PER_LOOK)
                && world.wants == world.mode
                && let Some(observed) = self.run_again(&model)
            {
                return Pause::End(End::Found(observed));
            }
            let explored = &mut search.explored;
            let world = self.engine.world();
            if search.pace.is_due(explored.executions)
                && let Some(share) = world.strategy.estimate()
            {
                search.pace.mark(explored.executions, share);
            }
            if world.wants != world.mode && self.has_siblings {
                return Pause::Changed(world.wants);
            }
            if world.wants != world.mode && !replays {
                // What was explored so far left out steps that matter; begin again.
                world.mode = world.wants;
                world.strategy.restart();
                search.pace = Pace::default();
                *explored = Explored { steps: explored.steps, ..Explored::default() };
            }
        }
    }

    /// After a stop: whether there are executions to run that come before the one that ended the exploration, so that it ends in
    /// the same one on any number of cores.
    #[cold]
    fn is_behind(&mut self) -> bool {
        let ended = self.stopper.ended();
        let strategy: &dyn Any = self.engine.world().strategy.as_ref();
        strategy.downcast_ref::<Random>().is_some_and(|walk| walk.owes_before(ended))
    }

    /// Runs the last execution once more: a program that then does something else is not deterministic. An exhaustive search
    /// sees that by itself, since it repeats the beginnings of its executions.
    fn run_again(&mut self, model: &dyn Fn()) -> Option<Box<Observed>> {
        let checker = self.checker;
        let mut replay = Plan::Replay(self.engine.world().choices()).strategy();
        std::mem::swap(&mut self.engine.world().strategy, &mut replay);
        self.engine.world().strategy.new_execution();
        let differs = self.engine.run(model, |world, stop| {
            let differs = matches!(stop, Stop::Diverged);
            differs.then(|| Box::new(observe::observe(checker, world, FindingKind::Nondeterminism, &stop)))
        });
        std::mem::swap(&mut self.engine.world().strategy, &mut replay);
        differs
    }

    /// What the search came to, with all that was left out.
    pub(super) fn finish(mut self, search: &Search, end: End) -> Exploration {
        let checker = self.checker;
        let explored = Explored { elapsed: self.started.elapsed(), ..search.explored.clone() };
        let world = self.engine.world();
        let mut bounds = Vec::new();
        let strategy: &dyn Any = search.strategy.as_ref();
        if strategy.downcast_ref::<Exhaustive>().is_some_and(|exhaustive| exhaustive.cut_by_bound) {
            bounds.extend(match bound(checker) {
                Some(Bound::Preemptions(most)) => {
                    Some(format!("schedules with more than {most} preemptions were left out"))
                }
                Some(Bound::Delays(most)) => {
                    Some(format!("schedules with more than {most} delays were left out"))
                }
                None => None,
            });
        }
        bounds.extend(search.leaves_out.map(str::to_owned));
        if world.timeouts_bounded {
            bounds.push(format!(
                "in each wait of each thread time ran out early at most {}, while others could still run",
                times(world.limits.early_timeouts)
            ));
        }
        if world.stale_reads_bounded {
            bounds.push(format!(
                "each thread read the same overwritten value at one place at most {}",
                times(world.limits.stale_reads)
            ));
        }
        let has_more = world.idle_turns_bounded
            || world.timeouts_bounded && checker.early_timeouts.is_none()
            || world.stale_reads_bounded && checker.stale_reads.is_none();
        if world.histories_cut {
            bounds.push(format!("of each atomic only the newest {STORES_SEEN_MAX} stores were looked at"));
        }
        if search.unfair > 0 {
            bounds.push(format!(
                "{} executions were cut at {} steps, since their schedule starved a thread",
                search.unfair, checker.max_steps
            ));
        }
        let mut notes = Vec::new();
        if let End::Budget(_) = end {
            notes.extend(size(world));
        }
        if explored.executions == 1 && matches!(end, End::Exhausted) {
            notes.push(
                "there is one schedule only, so nothing was checked that a plain run does not show: do threads share something?"
                    .to_owned(),
            );
        }
        if world.weak_atomics && !checker.weak_memory {
            notes.push(
                "atomics weaker than SeqCst never read stale values here, since weak memory is switched off"
                    .to_owned(),
            );
        }
        if let Some((kind, place)) = world.survivor {
            notes.push(format!(
                "the {kind} made at {place} lives on from one execution to the next, so its data does not start afresh: make it inside the model"
            ));
        }
        if let Some((thread, place)) = &world.forgotten {
            notes.push(format!(
                "`{thread}`, spawned at {place}, was still running when `main` ended: a program ends there, whatever its threads have left to do; join it"
            ));
        }
        let readers_wait = world.writes && world.waits_while_reading;
        let mode = world.mode;
        Exploration { explored, end, mode, bounds, notes, readers_wait, has_more, suspects: self.suspects }
    }
}

/// What makes the model large, as far as its last execution tells.
fn size(world: &World) -> Option<String> {
    let mut places: Vec<(&Step, usize)> = Vec::new();
    for step in world.steps.iter().filter(|step| !step.op.kind.unlocks()) {
        match places.iter_mut().find(|(first, _)| first.op.place == step.op.place) {
            Some((_, times)) => *times += 1,
            None => places.push((step, 1)),
        }
    }
    let (most, times) = places.into_iter().max_by_key(|(_, times)| *times)?;
    Some(format!(
        "what makes it large: an execution has {} threads and {} steps, of which {times} are `{}` at {}; fewer threads, or fewer turns of that loop, show the same bugs sooner",
        world.thread_count,
        world.steps.len(),
        most.op.kind.word(),
        most.op.place
    ))
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// What an execution's end means for the exploration.
pub(super) enum After {
    Complete,
    Redundant,
    Unfair,
    End(End),
    Outside(Place),
}

pub(super) fn after(checker: &Checker, world: &mut World, stop: Stop, replays: bool) -> After {
    let kind = match &stop {
        Stop::Completed => return After::Complete,
        Stop::Redundant => return After::Redundant,
        Stop::Unfair => return After::Unfair,
        Stop::Shared => return After::Outside(world.outlives.expect("it is what the execution stopped for")),
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
