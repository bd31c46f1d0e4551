//! Checks that run for visitors: a bounded number at a time, each in a thread of its own, to be followed and cancelled by who
//! started it.
//!
//! 1. *A check takes a place before it starts and gives it back when its thread ends*, not when its visitor has gone: what
//!    runs is what is counted.
//! 2. *A check has a time budget of its own.* The checker looks at the clock between executions; a program that never comes to
//!    its next operation cannot be stopped by anybody, so after a while its visitor is told so, and its place stays taken.
//! 3. *Who does not ask for a while is gone*: the check is cancelled when somebody else needs the place.
//! 4. *A check is known by a number that cannot be guessed*, so that nobody sees or ends those of others.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use serde::Serialize;

use crate::{
    Named, channel,
    check::{Checker, Control, Verdict},
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Bounds on what visitors can make the lab do.
#[derive(Clone, Copy, Debug)]
pub struct RunLimits {
    /// Checks and steps that run at the same time.
    pub runs_max: usize,
    /// How long a check may take before it ends with what it has seen.
    pub budget: Duration,
    /// How long after that a program gets to come to its next operation before it is given up.
    pub grace: Duration,
    /// A check that nobody has asked for this long may be cancelled for another one.
    pub idle: Duration,
    /// How many finished checks are kept for who asks late.
    pub kept_max: usize,
    /// Executions of one question about what can be reached.
    pub outlook_executions: u64,
}

impl Default for RunLimits {
    fn default() -> Self {
        RunLimits {
            runs_max: 8,
            budget: Duration::from_secs(10),
            grace: Duration::from_secs(5),
            idle: Duration::from_secs(15),
            kept_max: 64,
            outlook_executions: 20_000,
        }
    }
}

/// What is said of a check.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub(super) enum RunState {
    Running {
        executions: u64,
        share: Option<f64>,
        elapsed_ms: u64,
        cancelled: bool,
    },
    Done {
        verdict: Box<Verdict>,
    },
    /// The program was given up.
    Cut {
        message: String,
    },
}

struct Run {
    control: Control,
    started: Instant,
    /// When its visitor last asked, and what it came to.
    state: Mutex<(Instant, Option<Box<Verdict>>)>,
}

/// All places are taken.
#[derive(Debug)]
pub(super) struct Full {
    pub(super) runs_max: usize,
}

/// The checks.
pub(super) struct Runs {
    pub(super) limits: RunLimits,
    table: Mutex<HashMap<String, Arc<Run>>>,
    taken: Arc<AtomicUsize>,
    key: RandomState,
    count: AtomicUsize,
}

/// A place that a check has; given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Runs {
    pub(super) fn new(limits: RunLimits) -> Self {
        let table = Mutex::new(HashMap::new()).named("checks");
        Runs { limits, table, taken: Arc::default(), key: RandomState::new(), count: AtomicUsize::new(0) }
    }

    fn take_place(&self) -> Result<Place, Full> {
        let runs_max = self.limits.runs_max;
        let free = |taken: usize| (taken < runs_max).then_some(taken + 1);
        match self.taken.fetch_update(Ordering::SeqCst, Ordering::SeqCst, free) {
            Ok(_) => Ok(Place(Arc::clone(&self.taken))),
            Err(_) => Err(Full { runs_max }),
        }
    }

    /// Starts a check; the answer is its number.
    pub(super) fn start(&self, checker: &Checker, program: fn()) -> Result<String, Full> {
        self.forget();
        let place = self.take_place()?;
        let control = Control::new();
        // Others want to go on meanwhile.
        let checker = checker.clone().max_time(self.limits.budget).cores(1).control(&control);
        let now = Instant::now();
        let run = Arc::new(Run { control, started: now, state: Mutex::new((now, None)).named("check") });
        let id = self.number();
        self.table.lock().insert(id.clone(), Arc::clone(&run));
        let work = move || {
            let verdict = checker.run(program);
            run.state.lock().1 = Some(Box::new(verdict));
            drop(place);
        };
        if thread::Builder::new().name("lab check".to_owned()).spawn(work).is_err() {
            self.table.lock().remove(&id);
            return Err(Full { runs_max: self.limits.runs_max });
        }
        Ok(id)
    }

    /// How the check stands; none if it is not known.
    pub(super) fn state(&self, id: &str) -> Option<RunState> {
        let run = self.table.lock().get(id).cloned()?;
        let mut state = run.state.lock();
        state.0 = Instant::now();
        if let Some(verdict) = &state.1 {
            return Some(RunState::Done { verdict: verdict.clone() });
        }
        let elapsed = run.started.elapsed();
        if elapsed > self.limits.budget + self.limits.grace {
            return Some(RunState::Cut { message: self.given_up() });
        }
        Some(RunState::Running {
            executions: run.control.executions(),
            share: run.control.share(),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            cancelled: run.control.is_cancelled(),
        })
    }

    /// Asks the check to end; whether it is known.
    pub(super) fn cancel(&self, id: &str) -> bool {
        let run = self.table.lock().get(id).cloned();
        run.inspect(|run| run.control.cancel()).is_some()
    }

    fn given_up(&self) -> String {
        format!(
            "The program was given up: it did not come to its next operation on the facade within {:?} after its time was \
             over. A loop without such an operation cannot be stopped; its place stays taken until the lab is started anew.",
            self.limits.grace
        )
    }

    /// Does a small piece of work for a visitor in a place of its own, and gives it up if it does not come back.
    pub(super) fn shortly<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> Result<Result<R, String>, Full> {
        self.forget();
        let place = self.take_place()?;
        let (sender, receiver) = channel::bounded(1);
        let work = move || {
            let result = work();
            // Before the answer, so that who has it can go on at once.
            drop(place);
            // Nobody waits any more: it was given up.
            let _ = sender.send(result);
        };
        if thread::Builder::new().name("lab step".to_owned()).spawn(work).is_err() {
            return Err(Full { runs_max: self.limits.runs_max });
        }
        Ok(match receiver.recv_timeout(self.limits.budget + self.limits.grace) {
            Ok(result) => Ok(result),
            Err(channel::RecvTimeoutError::Timeout) => Err(self.given_up()),
            Err(channel::RecvTimeoutError::Disconnected) => {
                Err("the program could not be stepped through: the lab has a fault".to_owned())
            }
        })
    }

    /// Forgets finished checks beyond those that are kept, and cancels those whose visitors are gone.
    fn forget(&self) {
        let mut table = self.table.lock();
        let mut finished: Vec<(Instant, String)> = Vec::new();
        for (id, run) in table.iter() {
            let state = run.state.lock();
            if state.1.is_some() {
                finished.push((state.0, id.clone()));
            } else if state.0.elapsed() > self.limits.idle {
                run.control.cancel();
            }
        }
        finished.sort();
        let surplus = finished.len().saturating_sub(self.limits.kept_max);
        for (_, id) in &finished[..surplus] {
            table.remove(id);
        }
    }

    /// A number that cannot be guessed: keyed hashes of a counter, of 128 bits.
    pub(super) fn number(&self) -> String {
        let count = self.count.fetch_add(1, Ordering::SeqCst);
        format!("{:016x}{:016x}", self.key.hash_one((count, 0)), self.key.hash_one((count, 1)))
    }
}
