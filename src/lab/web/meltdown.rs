//! The meltdown experiments, live: one at a time for all visitors, since two would measure each other.
//!
//! 1. *Who started it follows and cancels it, by a number that cannot be guessed.* Others are told that the machine is taken, and
//!    for how long at most.
//! 2. *It ends by itself*: its points are few and short, and [`TIME_MAX`] is its end in any case.
//! 3. *Who does not ask for a while is gone*, and the experiment is stopped when somebody else wants the machine.

use serde::{Deserialize, Serialize};

use crate::{
    Named,
    lab::meltdown::{EXPERIMENTS, Experiment, Plan, Step, Unmeasured, Watcher, figures},
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// No experiment takes longer.
const TIME_MAX: Duration = Duration::from_secs(60);
/// Who has not asked for so long is gone.
const GONE: Duration = Duration::from_secs(10);
/// Enough for a curve; so many threads every machine can start.
const CONNECTIONS: [usize; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const OFFERED: [f64; 5] = [0.5, 0.75, 1.0, 1.25, 1.5];
const POINT_TIME: Duration = Duration::from_millis(200);

/// The experiment that runs, or that ran last.
pub(super) struct Live(Mutex<Option<Arc<Run>>>);

struct Run {
    id: String,
    started: Instant,
    cancelled: AtomicBool,
    state: Mutex<State>,
    /// When its visitor last asked.
    asked: Mutex<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    Running,
    Done,
    Cancelled,
    Failed,
}

/// What is said of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct State {
    state: Stage,
    /// What is being measured, or why it failed.
    doing: String,
    done: usize,
    of: usize,
    about: &'static str,
    /// `svg` elements.
    charts: Vec<String>,
}

/// What a visitor asks for.
#[derive(Deserialize)]
pub(super) struct Wanted {
    experiment: String,
}

/// Why it is not started.
pub(super) enum Refused {
    Unknown,
    /// For so many seconds at most.
    Busy(u64),
    NoThread,
}

impl Live {
    pub(super) fn new() -> Self {
        Live(Mutex::new(None).named("meltdown"))
    }

    /// Starts the experiment under the number `id`.
    pub(super) fn start(&self, wanted: &Wanted, id: String) -> Result<String, Refused> {
        let known = EXPERIMENTS.into_iter().find(|experiment| experiment.name == wanted.experiment);
        let experiment = known.ok_or(Refused::Unknown)?;
        let mut current = self.0.lock();
        if let Some(run) = current.as_ref().filter(|run| run.state.lock().state == Stage::Running) {
            if run.asked.lock().elapsed() > GONE {
                run.cancel();
            }
            let left = TIME_MAX.saturating_sub(run.started.elapsed());
            return Err(Refused::Busy(left.as_secs() + 1));
        }
        let now = Instant::now();
        let state = State {
            state: Stage::Running,
            doing: "starting".to_owned(),
            done: 0,
            of: 1,
            about: experiment.about,
            charts: Vec::new(),
        };
        let run = Arc::new(Run {
            id: id.clone(),
            started: now,
            cancelled: AtomicBool::new(false),
            state: Mutex::new(state).named("meltdown state"),
            asked: Mutex::new(now).named("meltdown visitor"),
        });
        let own = Arc::clone(&run);
        let started =
            thread::Builder::new().name("lab meltdown".to_owned()).spawn(move || own.run(&experiment));
        started.map_err(|_| Refused::NoThread)?;
        *current = Some(run);
        Ok(id)
    }

    fn find(&self, id: &str) -> Option<Arc<Run>> {
        self.0.lock().clone().filter(|run| run.id == id)
    }

    /// How it stands; none if another one has taken its place.
    pub(super) fn state(&self, id: &str) -> Option<State> {
        let run = self.find(id)?;
        *run.asked.lock() = Instant::now();
        let state = run.state.lock().clone();
        Some(state)
    }

    /// Stops it; whether it is known.
    pub(super) fn cancel(&self, id: &str) -> bool {
        self.find(id).inspect(|run| run.cancel()).is_some()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(run) = self.0.lock().take() {
            run.cancel();
        }
    }
}

impl Run {
    fn cancel(&self) {
        // ORDERING: sequentially consistent, as its reader in `run`.
        self.cancelled.store(true, Ordering::SeqCst);
    }

    fn run(&self, experiment: &Experiment) {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let plan = Plan {
            connections: CONNECTIONS.to_vec(),
            connections_bare: Vec::new(),
            offered: OFFERED.to_vec(),
            time: POINT_TIME,
            turns: 1,
            workers: 2 * cores,
        };
        let mut tell = |step: &Step<'_>| {
            let charts = figures(step.so_far);
            let mut state = self.state.lock();
            (state.doing, state.done, state.of) = (step.doing.clone(), step.done, step.of);
            state.charts = charts;
        };
        let stops = || self.cancelled.load(Ordering::SeqCst) || self.started.elapsed() > TIME_MAX;
        let ended = experiment.run(&plan, &mut Watcher { tell: &mut tell, stops: &stops });
        let mut state = self.state.lock();
        state.state = match ended {
            Ok(_) => Stage::Done,
            Err(Unmeasured::Stopped) => Stage::Cancelled,
            Err(Unmeasured::Failed(why)) => {
                state.doing = why;
                Stage::Failed
            }
        };
    }
}
