//! One check on several processor cores.
//!
//! The searches share one tree, or draw samples of seeds of their own. They cannot share a program that has objects outside
//! of its executions (statics); such a program stays on one core. And a program may have a memory that the facade does not
//! know of: what was found while others ran is therefore run again alone before it is believed.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the checker's own threads run outside of the model"
)]

use std::{
    num::NonZero,
    panic::resume_unwind,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use super::{
    Checker,
    explore::{Budget, End, Exploration, Model, Pause},
    rerun,
    turns::Turns,
};
use crate::engine::{Mode, strategy::Tree};

/// By which the searches of one check stop each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Stopper {
    stopped: Arc<AtomicBool>,
    /// Where executions are numbered, the first one that ended the exploration, and one more; 0 if there is none.
    ended: Arc<AtomicU64>,
    tree: Option<Arc<Tree>>,
}

impl Stopper {
    pub(super) fn of(tree: Option<Arc<Tree>>) -> Stopper {
        Stopper { tree, ..Stopper::default() }
    }

    /// Notes that the exploration ended in this one of executions that are numbered: those before it are to be run.
    fn ended_in(&self, execution: u64) {
        let earlier = |ended| (ended == 0 || execution + 1 < ended).then_some(execution + 1);
        // ORDERING: relaxed: `stop` comes after it.
        let _ = self.ended.fetch_update(Ordering::Relaxed, Ordering::Relaxed, earlier);
    }

    /// After a stop: the execution before which all are to be run.
    pub(super) fn ended(&self) -> u64 {
        // ORDERING: relaxed, after `is_stopped`.
        self.ended.load(Ordering::Relaxed).saturating_sub(1)
    }

    /// Ends all searches, each after its present execution.
    fn stop(&self) {
        // ORDERING: release, with the acquire in `is_stopped`: who stops sees why.
        self.stopped.store(true, Ordering::Release);
        if let Some(tree) = &self.tree {
            tree.stop();
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        // ORDERING: acquire, with the release in `stop`.
        self.stopped.load(Ordering::Acquire)
    }

    /// Whether the whole tree was explored.
    fn has_finished(&self) -> bool {
        self.tree.as_ref().is_some_and(|tree| tree.is_finished())
    }
}

/// Stops the others when dropped, so that none waits for one that panicked.
struct StopsOthers<'a>(&'a Stopper);

impl Drop for StopsOthers<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// How many cores the checker is to use.
fn cores(checker: &Checker) -> usize {
    let all = || thread::available_parallelism().map_or(1, NonZero::get);
    // Where a number of executions is asked for, it is to be the same ones each time.
    if checker.max_executions.is_some() { 1 } else { checker.cores.unwrap_or_else(all) }
}

/// Why an exploration has to begin again.
enum Retry {
    /// There are more kinds of steps than it knew of.
    Mode(Mode),
    /// The program cannot be run on several cores at once, for this reason.
    Alone(String),
}

/// Explores until there is a finding, nothing is left, or the budget has ended.
pub(super) fn explore(checker: &Checker, budget: Budget, mut mode: Mode, model: &Model) -> Exploration {
    let started = Instant::now();
    let mut cores = cores(checker);
    let mut notes = Vec::new();
    loop {
        let budget = Budget { time: budget.time.saturating_sub(started.elapsed()), ..budget };
        match attempt(checker, budget, mode, cores, model) {
            Ok(mut exploration) => {
                exploration.notes.append(&mut notes);
                exploration.explored.elapsed = started.elapsed();
                return exploration;
            }
            Err(Retry::Mode(wanted)) => mode = wanted,
            Err(Retry::Alone(why)) => {
                cores = 1;
                notes.push(format!("explored on one core: {why}"));
            }
        }
    }
}

fn attempt(
    checker: &Checker,
    budget: Budget,
    mode: Mode,
    cores: usize,
    model: &Model,
) -> Result<Exploration, Retry> {
    let mut turns = Turns::new(checker, budget, mode);
    loop {
        if let Some(pause) = turns.turn(model) {
            return Ok(turns.finish(pause));
        }
        if cores > 1 && turns.is_long() && turns.explorer.has_no_outside() {
            return together(checker, turns, cores, model);
        }
    }
}

/// What one of several searches came to: why it ended, and what it did.
struct Part {
    pause: Pause,
    /// Which execution of a shared seed its last one was.
    drawn: Option<u64>,
    exploration: Exploration,
}

/// Goes on with so many searches at the same time.
fn together(
    checker: &Checker,
    mut turns: Turns<'_>,
    cores: usize,
    model: &Model,
) -> Result<Exploration, Retry> {
    let seeds = turns.siblings(cores - 1);
    let stopper = turns.explorer.stopper.clone();
    let (pause, parts) = thread::scope(|scope| {
        let siblings: Vec<_> = seeds
            .into_iter()
            .map(|seed| {
                let thread = thread::Builder::new().name("unsnarl".to_owned());
                thread.spawn_scoped(scope, || {
                    let mut turns = seed.turns();
                    let pause = run(&mut turns, model);
                    let drawn = turns.search.drawn();
                    Part { pause, drawn, exploration: turns.finish(Pause::Stopped) }
                })
            })
            .collect();
        let pause = run(&mut turns, model);
        // One that could not be started has left nothing undone: it never took a branch.
        let joined = siblings.into_iter().flatten().map(|sibling| match sibling.join() {
            Ok(part) => part,
            Err(payload) => resume_unwind(payload),
        });
        (pause, joined.collect::<Vec<_>>())
    });
    let (pauses, explorations): (Vec<_>, Vec<_>) =
        parts.into_iter().map(|part| ((part.pause, part.drawn), part.exploration)).unzip();
    let mut pauses: Vec<_> = pauses.into_iter().chain([(pause, turns.search.drawn())]).collect();
    for (pause, _) in &pauses {
        match pause {
            Pause::Changed(mode) => return Err(Retry::Mode(*mode)),
            Pause::Outside(place) => {
                return Err(Retry::Alone(format!(
                    "what is made at {place} lives on from one execution to the next"
                )));
            }
            _ => {}
        }
    }
    // Where executions are numbered all before the first one that ends the exploration were run: the same on any number of
    // cores.
    let ending = (0..pauses.len()).filter(|part| ends(&pauses[*part].0)).min_by_key(|part| pauses[*part].1);
    let (pause, drawn) = match ending {
        Some(part) => pauses.swap_remove(part),
        None if stopper.has_finished() => (Pause::End(End::Exhausted), None),
        None => (Pause::Time, None),
    };
    if let Pause::End(End::Found(observed)) = &pause
        && !rerun::repeats(checker, observed, model)
    {
        return Err(Retry::Alone("what was found did not happen again".to_owned()));
    }
    for exploration in &explorations {
        turns.others.add(&exploration.explored);
    }
    let mut whole = explorations.into_iter().fold(turns.finish(pause), Exploration::with_what_is_known);
    if let Some(drawn) = drawn {
        // What others drew after it is of no interest.
        whole.explored.executions = drawn + 1;
    }
    Ok(whole)
}

/// Whether one execution ended the exploration.
fn ends(pause: &Pause) -> bool {
    matches!(pause, Pause::End(End::Found(_) | End::Unsupported(_)))
}

/// Takes turns until something ends them, and then stops the others.
fn run(turns: &mut Turns<'_>, model: &Model) -> Pause {
    let stopper = turns.explorer.stopper.clone();
    let _stops_others = StopsOthers(&stopper);
    loop {
        if let Some(pause) = turns.turn(model) {
            if let Some(execution) = turns.search.drawn().filter(|_| ends(&pause)) {
                stopper.ended_in(execution);
            }
            return pause;
        }
    }
}
