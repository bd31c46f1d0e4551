//! Running a model under shuttle: every schedule if that ends within its share of the budget, then random ones.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use ::shuttle::{
    Config, FailurePersistence, MaxSteps, Runner,
    scheduler::{DfsScheduler, Scheduler},
};

use super::scheduler::{Fair, Limited, Random};
use crate::backend::{
    guest::{
        choice::CHOSE,
        execution::{self, Turn},
        limits::{Limits, Outcome},
    },
    locals,
};

/// Executions of the complete search before the random one begins; beyond this it hardly ever ends.
const COMPLETE_EXECUTIONS_MAX: u64 = 100_000;
/// Executions of the random search when nothing else limits it.
const RANDOM_EXECUTIONS_DEFAULT: u64 = 10_000;
/// The seed when none is given, so that a run can be repeated.
const SEED_DEFAULT: u64 = 0x756e_736e_6172_6c21;

/// Runs `model` through its executions.
pub(crate) fn run(limits: &Limits, model: impl Fn() + Send + Sync + 'static) -> Outcome {
    let turn = Turn::take();
    let (start, count) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let search = Search { limits, turn, start, count, model: Arc::new(model) };
    if limits.random.is_none() {
        match search.complete() {
            Err(message) => return Outcome::Failed { executions: search.executions(), message },
            Ok(true) => return Outcome::Complete { executions: search.executions() },
            Ok(false) => {}
        }
    }
    match search.random() {
        Err(message) => Outcome::Failed { executions: search.executions(), message },
        Ok(()) => Outcome::Bounded { executions: search.executions(), why: search.why() },
    }
}

struct Search<'a, M> {
    limits: &'a Limits,
    turn: Turn,
    start: Instant,
    count: Arc<AtomicU64>,
    model: Arc<M>,
}

impl<M: Fn() + Send + Sync + 'static> Search<'_, M> {
    fn executions(&self) -> u64 {
        // ORDERING: relaxed: one thread counts and reads.
        self.count.load(Ordering::Relaxed)
    }

    /// Looks at one execution after the other; true when it came to the end of them.
    fn complete(&self) -> Result<bool, String> {
        // Half of the budget: the random search, which finds bugs sooner in big programs, must have its turn.
        let executions = self
            .limits
            .max_executions
            .map_or(COMPLETE_EXECUTIONS_MAX, |max| max.min(COMPLETE_EXECUTIONS_MAX).div_ceil(2));
        let deadline = self.limits.max_time.map(|time| self.start + time / 2);
        let (scheduler, hit) = Limited::new(Fair(DfsScheduler::new(None, true)), Some(executions), deadline);
        CHOSE.set(false);
        self.run(scheduler)?;
        // ORDERING: relaxed: set by this thread.
        Ok(!hit.load(Ordering::Relaxed) && !CHOSE.get())
    }

    fn random(&self) -> Result<(), String> {
        let seed = self.limits.random.unwrap_or(SEED_DEFAULT);
        let left = self.limits.max_executions.map(|max| max.saturating_sub(self.executions()));
        let executions = match (left, self.limits.max_time) {
            (None, None) => Some(RANDOM_EXECUTIONS_DEFAULT),
            (left, _) => left,
        };
        let deadline = self.limits.max_time.map(|time| self.start + time);
        let (scheduler, _hit) = Limited::new(Random::new(seed), executions, deadline);
        self.run(scheduler)
    }

    fn run(&self, scheduler: impl Scheduler + 'static) -> Result<(), String> {
        let config = config(self.limits.max_steps);
        let (count, model) = (Arc::clone(&self.count), Arc::clone(&self.model));
        execution::run_exclusively(&self.turn, move || {
            Runner::new(scheduler, config).run(move || {
                // ORDERING: relaxed: one thread counts.
                count.fetch_add(1, Ordering::Relaxed);
                execution::begin_execution();
                model();
                locals::end_thread();
            });
        })
    }

    fn why(&self) -> String {
        format!("random schedules after the search in order did not end, {:?} in all", self.start.elapsed())
    }
}

/// Shuttle's settings, all of them silent.
pub(super) fn config(max_steps: usize) -> Config {
    let mut config = Config::new();
    config.stack_size = super::STACK_BYTES;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(max_steps);
    config.silence_warnings = true;
    config
}
