//! How far a check is, for the program that started the test binary: a small file, written anew now and then.

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
    /// The share of the exhaustive search that is done, by estimate, between 0 and 1; none while there is no estimate.
    pub share: Option<f64>,
}

/// Writes the file, if somebody asked for it. Shared by all searches of a check.
#[derive(Clone, Debug)]
pub(super) struct Live(Option<Arc<Shared>>);

#[derive(Debug)]
struct Shared {
    file: PathBuf,
    model: String,
    started: Instant,
    executions: AtomicU64,
    written: Mutex<Instant>,
}

impl Live {
    pub(super) fn of(model: &str) -> Live {
        let now = Instant::now();
        Live(env::var_os(PROGRESS_VARIABLE).map(|file| {
            Arc::new(Shared {
                file: PathBuf::from(file),
                model: model.to_owned(),
                started: now,
                executions: AtomicU64::new(0),
                written: Mutex::new(now),
            })
        }))
    }

    /// Counts executions; `share` is asked for when it is time to write.
    pub(super) fn add(&self, executions: u64, share: impl FnOnce() -> Option<f64>) {
        let Some(shared) = &self.0 else { return };
        // ORDERING: relaxed: a count for people.
        let executions = shared.executions.fetch_add(executions, Ordering::Relaxed) + executions;
        // Another search writes just now.
        let Ok(mut written) = shared.written.try_lock() else { return };
        if written.elapsed() < INTERVAL {
            return;
        }
        *written = Instant::now();
        let progress = Progress {
            model: shared.model.clone(),
            executions,
            elapsed: shared.started.elapsed(),
            share: share().filter(|share| share.is_finite()),
        };
        // Nobody is told of a failure: the check itself is not affected.
        if let Ok(line) = serde_json::to_string(&progress) {
            let _ = fs::write(&shared.file, line);
        }
    }
}
