//! Running a model under loom.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use crate::backend::{
    guest::{
        execution::{self, Turn},
        limits::{Limits, Outcome},
    },
    locals,
};

/// Runs `model` through its executions.
pub(crate) fn run(limits: &Limits, model: impl Fn() + Send + Sync + 'static) -> Outcome {
    let count = Arc::new(AtomicU64::new(0));
    let turn = Turn::take();
    let start = Instant::now();
    let result = execution::run_exclusively(&turn, || {
        let count = Arc::clone(&count);
        builder(limits).check(move || {
            // ORDERING: relaxed: one thread counts.
            count.fetch_add(1, Ordering::Relaxed);
            execution::begin_execution();
            model();
            locals::end_thread();
        });
    });
    // ORDERING: relaxed: the same thread counted.
    let executions = count.load(Ordering::Relaxed);
    match result {
        Err(message) => Outcome::Failed { executions, message },
        Ok(()) => match bound(limits, executions, start.elapsed()) {
            Some(why) => Outcome::Bounded { executions, why },
            None => Outcome::Complete { executions },
        },
    }
}

fn builder(limits: &Limits) -> ::loom::model::Builder {
    let mut builder = ::loom::model::Builder::new();
    builder.max_threads = ::loom::MAX_THREADS;
    builder.max_branches = limits.max_steps;
    builder.preemption_bound = limits.preemptions;
    // Loom looks at its limits before an execution, and only at multiples of the interval.
    builder.max_permutations =
        limits.max_executions.map(|max| usize::try_from(max).unwrap_or(usize::MAX).max(1).saturating_add(1));
    builder.max_duration = limits.max_time;
    builder.checkpoint_interval = 1;
    builder.checkpoint_file = None;
    builder.location = true;
    builder
}

/// What kept loom from looking at all executions, if anything may have.
fn bound(limits: &Limits, executions: u64, elapsed: Duration) -> Option<String> {
    if limits.max_executions.is_some_and(|max| executions >= max) {
        return Some(format!("the limit of {executions} executions"));
    }
    if limits.max_time.is_some_and(|max| elapsed >= max) {
        return Some(format!("the time limit of {:?}", limits.max_time.unwrap_or_default()));
    }
    limits.preemptions.map(|bound| format!("at most {bound} preemptions in one execution"))
}
