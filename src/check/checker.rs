//! The settings of a check.

use std::{env, path::PathBuf, time::Duration};

use super::{
    control::Control,
    events::{self, Record},
    finding::FindingKind,
    schedule::Schedule,
    strategy::Strategy,
    verdict::{EngineName, Verdict},
};

/// Names a file with a schedule to replay instead of exploring; only the model that the schedule names is replayed.
pub(crate) const REPLAY_VARIABLE: &str = "UNSNARL_REPLAY";
/// Seconds that each model's exploration may take, instead of what the model says.
pub(crate) const BUDGET_VARIABLE: &str = "UNSNARL_BUDGET_SECONDS";
/// A preemption bound for every model, instead of what the model says.
pub(crate) const PREEMPTIONS_VARIABLE: &str = "UNSNARL_PREEMPTIONS";
/// The strategy for every model, instead of what the model says: a name as [`Strategy`] reads it.
pub(crate) const STRATEGY_VARIABLE: &str = "UNSNARL_STRATEGY";
/// The seed of every model's samples, instead of what the model says.
pub(crate) const SEED_VARIABLE: &str = "UNSNARL_SEED";
/// How many processor cores each exploration may use, instead of what the model says.
pub(crate) const CORES_VARIABLE: &str = "UNSNARL_CORES";

/// Something that a model needs and not every engine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Capability {
    /// Waits with a time limit: our engine only.
    Timeouts,
    /// More than four threads beside the main thread: not loom.
    ManyThreads,
    /// A panicking thread whose panic is its own affair (poisoning, `join` that gives `Err`): not loom.
    ThreadPanics,
    /// A search that ends within the time budget of an ordinary run: our engine only. For models that loom and shuttle
    /// could hold but would not finish; they run bounded there if this is not named.
    FastSearch,
    /// Numbers that the checker chooses ([`choose`](super::choose), [faults](crate::fault)): not loom.
    Choices,
}

impl Capability {
    /// Whether this engine has it.
    #[must_use]
    pub fn is_had_by(self, engine: EngineName) -> bool {
        match engine {
            EngineName::Unsnarl => true,
            EngineName::Loom => false,
            EngineName::Shuttle => {
                matches!(self, Capability::ManyThreads | Capability::ThreadPanics | Capability::Choices)
            }
        }
    }

    fn words(self) -> &'static str {
        match self {
            Capability::Timeouts => "waits with a time limit",
            Capability::ManyThreads => "more than five threads",
            Capability::ThreadPanics => "threads that panic and are survived",
            Capability::FastSearch => "a search that is too long for it",
            Capability::Choices => "numbers that the checker chooses",
        }
    }
}

/// A model with its settings: [`run`](Self::run) gives a [`Verdict`], [`check`](Self::check) panics unless it is as expected.
///
/// The settings that only one engine has are named after it; the others ignore them.
#[derive(Clone, Debug)]
#[must_use = "a checker checks nothing before `run` or `check`"]
pub struct Checker {
    pub(crate) name: String,
    pub(crate) expected: Option<FindingKind>,
    pub(crate) strategy: Strategy,
    /// The seed of the samples that [`Strategy::Auto`] draws.
    pub(crate) seed: u64,
    pub(crate) preemption_bound: Option<usize>,
    pub(crate) delay_bound: Option<usize>,
    pub(crate) max_executions: Option<u64>,
    pub(crate) max_time: Duration,
    pub(crate) max_steps: usize,
    /// Nothing if the default is to hold, and executions beyond it are to be sampled.
    pub(crate) early_timeouts: Option<u32>,
    pub(crate) spurious_wakeups: u32,
    pub(crate) weak_memory: bool,
    /// Likewise.
    pub(crate) stale_reads: Option<u32>,
    /// How many turns a thread may spin for nothing while others could run.
    #[cfg_attr(
        not(backend = "instrumented"),
        allow(dead_code, reason = "only our own engine knows who spins")
    )]
    pub(crate) idle_turns: u32,
    pub(crate) cores: Option<usize>,
    pub(crate) steps_alone: u64,
    pub(crate) stack_size: usize,
    pub(crate) shrink: bool,
    pub(crate) predict: bool,
    pub(crate) regressions: bool,
    pub(crate) regressions_folder: Option<PathBuf>,
    pub(crate) replay: Option<Schedule>,
    pub(crate) needs: Vec<Capability>,
    pub(crate) misses: Vec<(EngineName, String)>,
    pub(crate) loom_preemptions: Option<usize>,
    pub(crate) sources: Vec<(&'static str, &'static str)>,
    pub(crate) control: Option<Control>,
}

/// Checks a program and panics with the full report if there is a finding.
///
/// The closure is the main thread of the model; it is run once per execution and must do the same each time that the
/// schedule is the same.
///
/// # Panics
///
/// If there is a finding, or the check could not be carried out.
///
/// # Examples
///
/// ```
/// use unsnarl::{parking_lot::Mutex, sync::Arc, thread};
///
/// unsnarl::check(|| {
///     let total = Arc::new(Mutex::new(0));
///     let mine = Arc::clone(&total);
///     let other = thread::spawn(move || *mine.lock() += 1);
///     *total.lock() += 1;
///     other.join().unwrap();
///     assert_eq!(*total.lock(), 2);
/// });
/// ```
pub fn check<F: Fn() + Send + Sync + 'static>(model: F) {
    Checker::new(name_of::<F>()).check(model);
}

/// A name for a closure: the path of the function that it stands in.
fn name_of<F>() -> String {
    let path = std::any::type_name::<F>();
    let path = path.replace("::{{closure}}", "");
    path.split_once("::").map_or(path.clone(), |(_, rest)| rest.to_owned())
}

/// The budgets of a search that nobody set.
#[cfg(backend = "instrumented")]
pub(crate) const EARLY_TIMEOUTS: u32 = 1;
#[cfg(backend = "instrumented")]
pub(crate) const STALE_READS: u32 = 2;

impl Checker {
    /// A checker with the default settings. The name stands in reports, schedules and regression files.
    pub fn new(name: impl Into<String>) -> Self {
        Checker {
            name: name.into(),
            expected: None,
            strategy: Strategy::Auto,
            seed: 0,
            preemption_bound: None,
            delay_bound: None,
            max_executions: None,
            max_time: Duration::from_secs(10),
            max_steps: 20_000,
            early_timeouts: None,
            spurious_wakeups: 1,
            weak_memory: true,
            stale_reads: None,
            idle_turns: 0,
            cores: None,
            steps_alone: 1_000_000,
            stack_size: 256 << 10,
            shrink: true,
            predict: true,
            regressions: true,
            regressions_folder: None,
            replay: None,
            needs: Vec::new(),
            misses: Vec::new(),
            loom_preemptions: Some(2),
            sources: Vec::new(),
            control: None,
        }
    }

    /// This kind of finding is what the model is for (a broken variant): its absence is the failure.
    pub fn expect(mut self, kind: FindingKind) -> Self {
        self.expected = Some(kind);
        self
    }

    /// How schedules are chosen. Default: [`Strategy::Auto`].
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Leaves out schedules that take the processor more often than this from a thread that could have gone on. Turns
    /// partial-order reduction off, since an order that it leaves out could be one with fewer preemptions.
    pub fn preemption_bound(mut self, bound: usize) -> Self {
        self.preemption_bound = Some(bound);
        self.delay_bound = None;
        self.loom_preemptions = Some(bound);
        self
    }

    /// Leaves out schedules that differ in more steps than this from the one that keeps the running thread as long as it can
    /// go on and then takes the next one in the order of spawning (Emmi, Qadeer, Rakamaric, POPL 2011): each thread that
    /// could run and is passed over counts. Takes the place of a preemption bound, and turns partial-order reduction off, too.
    /// Our engine only; the others run without it.
    pub fn delay_bound(mut self, bound: usize) -> Self {
        self.delay_bound = Some(bound);
        self.preemption_bound = None;
        self
    }

    /// Ends the exploration after this many executions. Default: no limit but the time.
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.max_executions = Some(executions);
        self
    }

    /// Ends the exploration after this time; looked at between executions. Default: 10 seconds.
    pub fn max_time(mut self, time: Duration) -> Self {
        self.max_time = time;
        self
    }

    /// Takes an execution of more steps than this for a livelock, if every thread had its turn. Default: 20,000.
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.max_steps = steps;
        self
    }

    /// How often each wait of each thread may run out of time although other threads could still run. Default: once, and where
    /// that leaves something out, executions in which it happens up to eight times are sampled. Without this budget
    /// time runs out only when nothing else can happen.
    pub fn early_timeouts(mut self, times: u32) -> Self {
        self.early_timeouts = Some(times);
        self
    }

    /// How often each thread may wake from a condition variable for no reason, as the standard allows. Default: once.
    pub fn spurious_wakeups(mut self, times: u32) -> Self {
        self.spurious_wakeups = times;
        self
    }

    /// Whether atomic operations weaker than `SeqCst` may show stale values, as the memory model of Rust (which is that of
    /// C++20) allows. Default: yes. Otherwise every load sees the latest store, and the orderings only decide what is a data
    /// race. Our engine only.
    pub fn weak_memory(mut self, weak: bool) -> Self {
        self.weak_memory = weak;
        self
    }

    /// How often each thread may read the same overwritten value at one place of the program. Default: twice, and where that
    /// leaves something out, executions in which it does so up to sixteen times are sampled at the end. Without a limit a loop
    /// that waits for a value could go round for ever: the standard asks of implementations that stores become visible in a
    /// reasonable amount of time.
    pub fn stale_reads(mut self, times: u32) -> Self {
        self.stale_reads = Some(times);
        self
    }

    /// The same, but for what an execution may do only so many times.
    #[cfg(backend = "instrumented")]
    pub(crate) fn without_budgets(&self) -> Checker {
        let mut checker =
            self.clone().early_timeouts(u32::MAX).spurious_wakeups(u32::MAX).stale_reads(u32::MAX);
        checker.idle_turns = u32::MAX;
        checker
    }

    /// How many processor cores explore at the same time. Default: all there are.
    ///
    /// Others are asked only after [`steps_alone`](Self::steps_alone), so most checks do the same each time. A long search has
    /// the same executions on any number of cores; which finding comes first, and what is sampled until then, can change from
    /// run to run. With one core, or with [`max_executions`](Self::max_executions), nothing does; nor with
    /// [`Strategy::Random`], whose executions are numbered: the first one that finds something is reported.
    ///
    /// A model with facade objects outside of its executions (statics) is explored on one core, and what is found while
    /// others run is run again alone before it is reported.
    ///
    /// # Panics
    ///
    /// If it is 0.
    pub fn cores(mut self, cores: usize) -> Self {
        assert!(cores > 0, "cores(0): a check needs at least one processor core");
        self.cores = Some(cores);
        self
    }

    /// After how many steps other processor cores join in, if there are any. Default: 1,000,000, which takes about a quarter
    /// of a second. With [`Strategy::Random`], which comes to the same on any number of cores, no more than 10,000.
    pub fn steps_alone(mut self, steps: u64) -> Self {
        self.steps_alone = steps;
        self
    }

    /// The stack of each model thread, in bytes. Default: 256 KiB.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// The seed of the samples that [`Strategy::Auto`] draws; the other strategies have theirs with them. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether to look for a shorter schedule once something was found. Default: yes.
    pub fn shrink(mut self, shrink: bool) -> Self {
        self.shrink = shrink;
        self
    }

    /// Whether deadlocks are predicted from executions that passed, where the pass would be bounded. Default: yes.
    ///
    /// Threads that took locks in a circle, each holding one and taking the next, may deadlock although no execution did. Where
    /// nothing keeps them apart (a lock that they all hold; locks that are only read; that one of them always comes
    /// after the other, by spawn, join, channel, condition variable, semaphore, barrier or park), executions are steered into
    /// the circle, a few hundred for each. Either one ends in a deadlock, which is then a finding with its schedule like any
    /// other; or the pass has a note that names the locks, the threads and the places, and says that it was not feasible.
    /// A complete search needs none of it. Our engine only, and not with [`Strategy::Bytes`], which has one schedule to run.
    ///
    /// ```
    /// use unsnarl::{check::{Checker, Strategy}, parking_lot::Mutex, sync::Arc, thread};
    ///
    /// let checker = Checker::new("inversion").regressions(false).strategy(Strategy::Random(1)).max_executions(1);
    /// let verdict = checker.run(|| {
    ///     let locks = Arc::new([Mutex::new(1), Mutex::new(2)]);
    ///     let theirs = Arc::clone(&locks);
    ///     let other = thread::spawn(move || *theirs[0].lock() + *theirs[1].lock());
    ///     for _ in 0..100 {
    ///         thread::yield_now();
    ///     }
    ///     let sum = *locks[1].lock() + *locks[0].lock();
    ///     assert_eq!(sum, other.join().unwrap());
    /// });
    /// assert!(verdict.finding().is_some(), "{verdict:?}");
    /// ```
    pub fn predict(mut self, predict: bool) -> Self {
        self.predict = predict;
        self
    }

    /// Whether failing schedules are kept in [`REGRESSIONS_FOLDER`](super::REGRESSIONS_FOLDER) and tried first. Default:
    /// yes. Expected findings are never kept.
    pub fn regressions(mut self, keep: bool) -> Self {
        self.regressions = keep;
        self
    }

    /// Where failing schedules are kept, instead of beside the tested package's `Cargo.toml`.
    pub fn regressions_in(mut self, folder: impl Into<PathBuf>) -> Self {
        self.regressions_folder = Some(folder.into());
        self
    }

    /// Replays this schedule instead of exploring.
    pub fn replay(mut self, schedule: Schedule) -> Self {
        self.replay = Some(schedule);
        self
    }

    /// The model needs this; engines without it come to [`Verdict::Inconclusive`] and say why.
    pub fn needs(mut self, capability: Capability) -> Self {
        self.needs.push(capability);
        self
    }

    /// This engine is known to miss the expected finding, for this reason: there, a pass is as expected, and the report
    /// says why.
    pub fn known_miss(mut self, engine: EngineName, reason: impl Into<String>) -> Self {
        self.misses.push((engine, reason.into()));
        self
    }

    /// The preemption bound for loom, which does not finish many models without. Default: 2; `None` for no bound.
    pub fn loom_preemptions(mut self, bound: Option<usize>) -> Self {
        self.loom_preemptions = bound;
        self
    }

    /// Gives the text of a source file, by its name in places, for reports that are made where the file is not to be read:
    /// `source(file!(), include_str!("…"))`.
    pub fn source(mut self, file: &'static str, text: &'static str) -> Self {
        self.sources.push((file, text));
        self
    }

    /// Lets the check be followed, and cancelled, from another thread. Our engine only.
    pub fn control(mut self, control: &Control) -> Self {
        self.control = Some(control.clone());
        self
    }

    /// Whether somebody asked for the end.
    #[cfg_attr(
        not(backend = "instrumented"),
        allow(dead_code, reason = "only our own engine can be cancelled")
    )]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.control.as_ref().is_some_and(Control::is_cancelled)
    }

    /// Why the engine of this build is expected to miss the finding.
    fn known_miss_here(&self) -> Option<&str> {
        let here = EngineName::of_this_build();
        self.misses.iter().find(|(engine, _)| *engine == here).map(|(_, reason)| reason.as_str())
    }

    /// Checks the model.
    ///
    /// The closure is the main thread of the model; it is run once per execution and must do the same each time that the
    /// schedule is the same. Blocks until the verdict is there.
    pub fn run<F: Fn() + Send + Sync + 'static>(&self, model: F) -> Verdict {
        let engine = EngineName::of_this_build();
        if let Some(missing) = self.needs.iter().find(|need| !need.is_had_by(engine)) {
            let reason = format!("the model needs {}, which {engine} does not have", missing.words());
            return Verdict::Inconclusive { reason };
        }
        match self.clone().with_environment() {
            Ok(checker) => checker.run_here(model),
            Err(reason) => Verdict::Inconclusive { reason },
        }
    }

    /// Checks the model and panics unless the verdict is as expected.
    ///
    /// A pass that is bounded, or has a note, is said on standard error, which `cargo test` shows with `-- --nocapture`: that
    /// a check came to its end does not prove more than the verdict says. It is not said where the verdict is recorded
    /// ([`EVENTS_VARIABLE`](super::EVENTS_VARIABLE)), since `cargo unsnarl check` has it in its table.
    ///
    /// # Panics
    ///
    /// With the full report if there is a finding that was not expected, if an expected one was not found, or if the check
    /// could not be carried out.
    pub fn check<F: Fn() + Send + Sync + 'static>(&self, model: F) {
        self.checked(model);
    }

    /// As [`check`](Self::check), and gives the verdict, for tests that ask for more than its kind: a complete pass, the
    /// locks of a cycle.
    ///
    /// # Panics
    ///
    /// As [`check`](Self::check).
    pub fn checked<F: Fn() + Send + Sync + 'static>(&self, model: F) -> Verdict {
        let mut verdict = self.run(model);
        let miss = self.known_miss_here().filter(|_| verdict.pass().is_some());
        if let (Some(reason), Verdict::Pass(pass)) = (miss, &mut verdict) {
            pass.notes.push(format!("known miss: {reason}"));
        }
        let as_expected = verdict.is_as_expected(self.expected) || miss.is_some();
        events::write(&Record {
            model: self.name.clone(),
            engine: EngineName::of_this_build(),
            expected: self.expected,
            as_expected,
            verdict: verdict.clone(),
        });
        if as_expected {
            if verdict.pass().is_some_and(|pass| !pass.is_complete() || !pass.notes.is_empty()) {
                events::say(&self.name, &verdict);
            }
            return verdict;
        }
        match verdict {
            Verdict::Finding(finding) => {
                let style = crate::report::terminal::Style::of_stderr();
                let mut report = crate::report::terminal::finding(&finding, &style);
                if let Some(expected) = self.expected {
                    report = format!("expected a {expected}, but found:\n{report}");
                }
                panic!("{report}");
            }
            Verdict::Pass(_) => panic!(
                "unsnarl: model `{}` should have shown a {}, but passed: {}",
                self.name,
                self.expected.map_or("finding", FindingKind::as_str),
                verdict.summary()
            ),
            Verdict::Inconclusive { reason } => panic!("unsnarl: model `{}`: {reason}", self.name),
            Verdict::Fault { message } => {
                panic!("unsnarl: fault of the checker in model `{}`: {message}", self.name)
            }
        }
    }

    /// Lets the environment override settings.
    fn with_environment(mut self) -> Result<Self, String> {
        if let Some(seconds) = number(BUDGET_VARIABLE)? {
            self.max_time = Duration::from_secs(seconds);
        }
        if let Some(bound) = number(PREEMPTIONS_VARIABLE)? {
            self = self.preemption_bound(usize::try_from(bound).unwrap_or(usize::MAX));
        }
        if let Ok(name) = env::var(STRATEGY_VARIABLE) {
            self.strategy = name.parse().map_err(|error| format!("{STRATEGY_VARIABLE}: {error}"))?;
        }
        if let Some(seed) = number(SEED_VARIABLE)? {
            self.seed = seed;
            self.strategy = self.strategy.with_seed(seed);
        }
        if let Some(cores) = number(CORES_VARIABLE)? {
            if cores == 0 {
                return Err(format!("{CORES_VARIABLE}=0: a check needs at least one processor core"));
            }
            self = self.cores(usize::try_from(cores).unwrap_or(usize::MAX));
        }
        if self.replay.is_none()
            && let Some(path) = env::var_os(REPLAY_VARIABLE)
        {
            let path = PathBuf::from(path);
            let text = std::fs::read_to_string(&path)
                .map_err(|error| format!("{REPLAY_VARIABLE}: cannot read {}: {error}", path.display()))?;
            let all = Schedule::parse_all(&text)
                .map_err(|error| format!("{REPLAY_VARIABLE}: {}: {error}", path.display()))?;
            self.replay = all.into_iter().find(|schedule| schedule.model == self.name);
        }
        Ok(self)
    }

    #[cfg(backend = "instrumented")]
    fn run_here<F: Fn() + Send + Sync + 'static>(&self, model: F) -> Verdict {
        super::explore::run(self, &model)
    }

    #[cfg(any(backend = "loom", backend = "shuttle"))]
    fn run_here<F: Fn() + Send + Sync + 'static>(&self, model: F) -> Verdict {
        super::guest::run(self, model)
    }
}

/// A number from the environment.
fn number(variable: &str) -> Result<Option<u64>, String> {
    match env::var(variable) {
        Ok(text) => text.parse().map(Some).map_err(|_| format!("{variable}: `{text}` is not a whole number")),
        Err(_) => Ok(None),
    }
}
