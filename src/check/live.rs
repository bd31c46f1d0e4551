//! How far a check is: for the program that started the test binary a small file, written anew now and then, and for another
//! thread a [`Control`].

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the checker's own clock and counters run outside of the model"
)]

use std::{
    env, fs,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{Checker, Control};

/// Names a file in which a check says how far it is, as one line of JSON: a [`Progress`].
pub const PROGRESS_VARIABLE: &str = "UNSNARL_PROGRESS";

/// How often it is written.
const INTERVAL: Duration = Duration::from_millis(250);

/// How far a check is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The model's name.
    pub model: String,
    /// Executions so far, of all searches and samplers.
    pub executions: u64,
    /// How long it has run.
    pub elapsed: Duration,
    /// How long it may run.
    pub limit: Duration,
    /// The share of the exhaustive search that is done, by estimate, between 0 and 1; none while there is no estimate.
    pub share: Option<f64>,
}

/// Tells those who asked for it. Shared by all searches of a check.
#[derive(Clone, Debug)]
pub(super) struct Live {
    file: Option<Arc<Shared>>,
    control: Option<Control>,
}

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    model: String,
    started: Instant,
    limit: Duration,
    executions: AtomicU64,
    written: Mutex<Instant>,
}

impl Live {
    pub(super) fn of(checker: &Checker) -> Live {
        let now = Instant::now();
        let file = env::var_os(PROGRESS_VARIABLE).map(|file| {
            Arc::new(Shared {
                file: PathBuf::from(file),
                model: checker.name.clone(),
                started: now,
                limit: checker.max_time,
                executions: AtomicU64::new(0),
                written: Mutex::new(now),
            })
        });
        Live { file, control: checker.control.clone() }
    }

    /// Counts executions; `share` is asked for when it is time to tell.
    pub(super) fn add(&self, executions: u64, share: impl Fn() -> Option<f64>) {
        let share = || share().filter(|share| share.is_finite());
        if let Some(control) = &self.control {
            control.add(executions, share());
        }
        if let Some(file) = &self.file {
            file.add(executions, share);
        }
    }
}

impl Shared {
    fn add(&self, executions: u64, share: impl Fn() -> Option<f64>) {
        // ORDERING: relaxed: a count for people.
        let executions = self.executions.fetch_add(executions, Ordering::Relaxed) + executions;
        // Another search writes just now.
        let Ok(mut written) = self.written.try_lock() else { return };
        if written.elapsed() < INTERVAL {
            return;
        }
        *written = Instant::now();
        let elapsed = self.started.elapsed();
        let progress =
            Progress { model: self.model.clone(), executions, elapsed, limit: self.limit, share: share() };
        // Nobody is told of a failure: the check itself is not affected.
        if let Ok(line) = serde_json::to_string(&progress) {
            let _ = fs::write(&self.file, line);
        }
    }
}
