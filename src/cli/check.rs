//! `cargo unsnarl check`: runs the models of a package under the engines.
//!
//! A model is a test that calls [`Checker::check`](crate::check::Checker::check); which tests do is only known when they have
//! run, so all tests of the package are run that the filter lets through. Those that checked nothing are not shown.

use std::{collections::HashSet, ops::ControlFlow, path::PathBuf, time::Duration};

use super::{
    Result,
    build::{self, BuildArgs, Built, Executable},
    cargo::{Package, Place, Project},
    config::{self, Profile},
    console,
    engines::{self, EngineChoice},
    execute::{self, Job},
    interrupt::Interrupt,
    outputs::Outputs,
    progress::Progress,
    stop::{self, Findings, Interrupted, Stop},
    summary, variables,
};
use crate::{
    check::{EngineName, Strategy},
    report::results::{Outcome, ProblemKind, Results, Run, Shard},
    thread,
};

/// What to check, and how.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Only tests whose name contains this; several filters widen the choice.
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Leave out tests whose name contains this; may be given several times.
    #[arg(long, value_name = "FILTER")]
    skip: Vec<String>,
    /// The engine to run the models with; may be given several times. By default all.
    #[arg(short, long = "engine", value_enum, value_name = "ENGINE")]
    engines: Vec<EngineChoice>,
    /// The profile of `unsnarl.toml` to take settings from; `UNSNARL_PROFILE` names one, too.
    #[arg(short = 'P', long, value_name = "NAME")]
    profile: Option<String>,
    /// The settings file, instead of `unsnarl.toml` in the workspace's folder.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    build: BuildArgs,
    /// Seconds that each model's exploration may take, instead of what the model says.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    budget: Option<u64>,
    /// A preemption bound for every model, instead of what the model says.
    #[arg(long, value_name = "NUMBER")]
    preemptions: Option<usize>,
    /// How schedules are chosen, instead of what the model says: auto, exhaustive, random, pct, pct:DEPTH, pos, urw, surw,
    /// reads-from, state-coverage or portfolio.
    #[arg(long, value_name = "NAME", value_parser = strategy)]
    strategy: Option<String>,
    /// The seed of random schedules, instead of what the model says.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// How many tests run at once; by default one for each core.
    #[arg(short, long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// How many cores the exploration of one model may use; by default those that are not busy with other tests.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    cores: Option<u16>,
    /// Seconds after which a test that has not ended is ended; by default 600.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<u64>,
    /// Only the i-th of n parts of the tests, as `i/n`: for n machines that share the work.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<Shard>,
    /// Stop at the first result that is not as expected.
    #[arg(long)]
    fail_fast: bool,
    /// List the tests that would be run, and run none.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    outputs: Outputs,
}

/// How long a test may take, in seconds.
const TIMEOUT: u64 = 600;

impl CheckArgs {
    /// With the settings of the profile where no flag says otherwise.
    fn with(mut self, profile: Profile) -> CheckArgs {
        let Profile { engine, budget, preemptions, strategy, seed, jobs, cores, timeout, fail_fast, .. } =
            profile;
        if self.engines.is_empty() {
            self.engines = engine.unwrap_or_else(|| vec![EngineChoice::All]);
        }
        self.budget = self.budget.or(budget);
        self.preemptions = self.preemptions.or(preemptions);
        self.strategy = self.strategy.or(strategy);
        self.seed = self.seed.or(seed);
        self.jobs = self.jobs.or(jobs);
        self.cores = self.cores.or(cores);
        self.timeout = self.timeout.or(timeout);
        self.fail_fast |= fail_fast.unwrap_or(false);
        self.build.cargo_profile = self.build.cargo_profile.or(profile.cargo_profile);
        if self.build.features.is_empty() {
            self.build.features = profile.features.unwrap_or_default();
        }
        let outputs = &mut self.outputs;
        for (flag, setting) in [
            (&mut outputs.save, profile.save),
            (&mut outputs.junit, profile.junit),
            (&mut outputs.sarif, profile.sarif),
            (&mut outputs.html, profile.html),
            (&mut outputs.findings, profile.findings),
        ] {
            *flag = flag.take().or(setting);
        }
        self
    }

    /// Whether the filters let a test through.
    fn wants(&self, test: &str) -> bool {
        let has = |filter: &String| test.contains(filter.as_str());
        (self.filters.is_empty() || self.filters.iter().any(has)) && !self.skip.iter().any(has)
    }

    fn is_filtered(&self) -> bool {
        !self.filters.is_empty() || !self.skip.is_empty()
    }
}

/// A part of the tests.
fn shard(text: &str) -> std::result::Result<Shard, String> {
    let parts = text
        .split_once('/')
        .and_then(|(index, count)| Some(Shard { index: index.parse().ok()?, count: count.parse().ok()? }));
    match parts {
        Some(shard) if (1..=shard.count).contains(&shard.index) => Ok(shard),
        Some(shard) => Err(format!("of {} shards the first is 1 and the last {}", shard.count, shard.count)),
        None => Err("give a part as `1/4`, the first of four".to_owned()),
    }
}

/// A time of whole seconds.
fn seconds(text: &str) -> std::result::Result<u64, String> {
    text.parse().map_err(|_| "give whole seconds, such as `30`".to_owned())
}

/// Refuses what is no strategy before anything is built.
fn strategy(name: &str) -> std::result::Result<String, String> {
    name.parse::<Strategy>().map(|_| name.to_owned())
}

/// The tests of a package, built for an engine.
struct Part<'a> {
    package: &'a Package,
    engine: EngineName,
    executables: Vec<Executable>,
}

/// Runs the command.
pub(super) fn run(arguments: CheckArgs) -> Result {
    let project = arguments.place.project()?;
    let profile = config::profile(arguments.profile.as_deref(), arguments.config.as_deref(), &project.root)?;
    let arguments = &arguments.with(profile);
    let engines = engines::chosen(&arguments.engines);
    let interrupt = Interrupt::listen()?;
    let (parts, mut runs) = build_all(&project, &engines, arguments, &interrupt)?;
    let jobs = jobs(&parts, arguments)?;
    if jobs.is_empty() && runs.is_empty() {
        return Err(nothing(&project, arguments, "has no test"));
    }
    if arguments.list {
        return list(&jobs, &arguments.outputs);
    }
    let is_early = explore(&jobs, &project, arguments, &interrupt, &mut runs)?;
    if engines.contains(&EngineName::Unsnarl) {
        summary::drop_failures_of_ordinary_tests(&mut runs);
    }
    // Another shard may have them.
    if runs.is_empty() && !interrupt.happened() && arguments.shard.is_none() {
        return Err(nothing(&project, arguments, "has no model, that is, no test that calls `check`"));
    }
    let results = Results::new(runs, arguments.shard, is_early || interrupt.happened());
    arguments.outputs.write(&results)?;
    conclude(&results, &engines, arguments, &interrupt)
}

/// Builds everything; what cannot be built for an engine is a run already.
fn build_all<'a>(
    project: &'a Project,
    engines: &[EngineName],
    arguments: &CheckArgs,
    interrupt: &Interrupt,
) -> Result<(Vec<Part<'a>>, Vec<Run>)> {
    let progress = Progress::spinner(arguments.outputs.quiet);
    let (mut parts, mut runs) = (Vec::new(), Vec::new());
    for package in &project.packages {
        for engine in engines {
            match build::build(project, package, *engine, &arguments.build, &progress, interrupt)? {
                Built::Ready(executables) => parts.push(Part { package, engine: *engine, executables }),
                Built::Not(message) => runs.push(Run {
                    package: package.name.clone(),
                    test: format!("all of {}", package.name),
                    outcome: Outcome::Problem { engine: *engine, problem: ProblemKind::NotBuilt, message },
                }),
            }
        }
    }
    Ok((parts, runs))
}

/// The tests to run: test by test, so that the engines' results for a model come together.
fn jobs<'a>(parts: &'a [Part<'a>], arguments: &CheckArgs) -> Result<Vec<Job<'a>>> {
    let mut jobs: Vec<Job<'a>> = Vec::new();
    for part in parts {
        for executable in &part.executables {
            let tests = executable.tests.iter().filter(|test| arguments.wants(test));
            jobs.extend(tests.map(|test| Job {
                package: part.package,
                engine: part.engine,
                executable: &executable.path,
                test,
            }));
        }
    }
    jobs.sort_by(|a, b| (&a.package.name, a.test, a.engine).cmp(&(&b.package.name, b.test, b.engine)));
    let Some(shard) = arguments.shard else { return Ok(jobs) };
    let mut names: Vec<(&str, &str)> = jobs.iter().map(|job| (job.package.name.as_str(), job.test)).collect();
    names.dedup();
    if !names.is_empty() && names.len() < shard.count {
        return Err(stop::usage(format!(
            "--shard {}/{}: there are only {} tests, so at most so many shards",
            shard.index,
            shard.count,
            names.len()
        )));
    }
    // In turns, since tests with names alike are often alike in size.
    let own: HashSet<(&str, &str)> = names.into_iter().skip(shard.index - 1).step_by(shard.count).collect();
    let (own, of_others): (Vec<_>, Vec<_>) =
        jobs.into_iter().partition(|job| own.contains(&(job.package.name.as_str(), job.test)));
    drop(of_others);
    Ok(own)
}

fn nothing(project: &Project, arguments: &CheckArgs, what: &str) -> Stop {
    let names: Vec<String> = project.packages.iter().map(|package| format!("`{}`", package.name)).collect();
    let names = names.join(", ");
    stop::usage(match arguments.is_filtered() {
        true => {
            let filters: Vec<String> = arguments.filters.iter().map(|filter| format!("`{filter}`")).collect();
            let contains = match filters.is_empty() {
                true => String::new(),
                false => format!(" whose name contains {}", filters.join(" or ")),
            };
            let skipped = if arguments.skip.is_empty() { "" } else { " and is not skipped" };
            format!("{names} {what}{contains}{skipped}: see the names with `cargo unsnarl check --list`")
        }
        false => format!(
            "{names} {what}: write one, or name the packages with the models in [package.metadata.unsnarl] of Cargo.toml"
        ),
    })
}

fn list(jobs: &[Job<'_>], outputs: &Outputs) -> Result {
    let mut names: Vec<(&str, &str)> = jobs.iter().map(|job| (job.package.name.as_str(), job.test)).collect();
    names.dedup();
    if outputs.json {
        let tests: Vec<_> = names
            .iter()
            .map(|(package, test)| serde_json::json!({ "package": package, "test": test }))
            .collect();
        return console::print_json(&serde_json::json!({ "version": 1, "tests": tests }));
    }
    for (package, test) in names {
        console::print(format!("{package} {test}\n"));
    }
    Ok(())
}

/// Runs the jobs; true if `--fail-fast` left some out.
fn explore(
    jobs: &[Job<'_>],
    project: &Project,
    arguments: &CheckArgs,
    interrupt: &Interrupt,
    runs: &mut Vec<Run>,
) -> Result<bool> {
    let progress = Progress::bar(arguments.outputs.quiet, jobs.len());
    progress.doing("checking");
    let mut variables = Vec::new();
    variables.extend(arguments.budget.map(|seconds| (variables::BUDGET, seconds.to_string())));
    variables.extend(arguments.preemptions.map(|bound| (variables::PREEMPTIONS, bound.to_string())));
    variables.extend(arguments.strategy.clone().map(|name| (variables::STRATEGY, name)));
    variables.extend(arguments.seed.map(|seed| (variables::SEED, seed.to_string())));
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let at_once = arguments.jobs.map_or(cores, usize::from);
    let cores_each = arguments.cores.map_or(cores / at_once.min(jobs.len()), usize::from).max(1);
    variables.push((variables::CORES, cores_each.to_string()));
    let settings = execute::Settings {
        variables,
        jobs: at_once,
        timeout: Duration::from_secs(arguments.timeout.unwrap_or(TIMEOUT)),
        scratch: project.target.join("unsnarl"),
    };
    let mut results: Vec<Option<Vec<Run>>> = jobs.iter().map(|_| None).collect();
    let mut is_early = false;
    execute::all(jobs, &settings, interrupt, &progress, |index, run| {
        let job = &jobs[index];
        let of_job = summary::runs_of(job, run);
        progress.advance();
        progress.detail(format!("{} under {}", job.test, job.engine));
        let is_bad = of_job.iter().any(|run| !run.is_as_expected());
        results[index] = Some(of_job);
        if is_bad && arguments.fail_fast {
            is_early = true;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    runs.extend(results.into_iter().flatten().flatten());
    // Stable: the engines of a model stay together, models in the order of their tests.
    runs.sort_by(|a, b| (&a.package, &a.test).cmp(&(&b.package, &b.test)));
    Ok(is_early)
}

fn conclude(
    results: &Results,
    engines: &[EngineName],
    arguments: &CheckArgs,
    interrupt: &Interrupt,
) -> Result {
    let (runs, summary) = (results.all(), &results.summary);
    if interrupt.happened() {
        return Err(Stop::Interrupted(Interrupted));
    }
    if summary.findings + summary.missing + summary.failed > 0 {
        return Err(Stop::Findings(Findings));
    }
    if summary.stopped > 0 {
        return Err(Stop::Interrupted(Interrupted));
    }
    let not_built =
        |run: &&&Run| matches!(run.outcome, Outcome::Problem { problem: ProblemKind::NotBuilt, .. });
    let not_built = runs.iter().filter(not_built).count();
    if summary.faults > not_built {
        return Err(stop::fault("some tests gave no verdict, see above"));
    }
    // A check that ran nothing must not look like one that found nothing.
    for engine in engines {
        let mut of_engine = runs.iter().filter(|run| run.engine() == *engine).peekable();
        let ran_nothing =
            of_engine.peek().is_none() || (!arguments.is_filtered() && !of_engine.any(|run| run.explored()));
        if ran_nothing && !summary.partial && arguments.shard.is_none() {
            return Err(stop::usage(format!(
                "{engine} ran no model: leave it out with --engine, or see above for why"
            )));
        }
    }
    if not_built > 0 {
        return Err(stop::usage("not every engine could run every model, see above"));
    }
    Ok(())
}
