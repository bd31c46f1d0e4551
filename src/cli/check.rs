//! `cargo unsnarl check`: runs the models of a package under the engines.
//!
//! A model is a test that calls [`Checker::check`](crate::check::Checker::check); which tests do is only known when they have
//! run, so all tests of the package are run that the filter lets through. Those that checked nothing are not shown.

use std::{ops::ControlFlow, time::Duration};

use super::{
    Result,
    build::{self, BuildArgs, Built, Executable},
    cargo::{Package, Place, Project},
    console,
    engines::{self, EngineChoice},
    execute::{self, Job},
    interrupt::Interrupt,
    progress::Progress,
    stop::{self, Findings, Interrupted, Stop},
    summary::{self, Outcome, ProblemKind, Run, Summary},
    variables,
};
use crate::{
    check::{EngineName, Strategy},
    thread,
};

/// What to check, and how.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// Only tests whose name contains this.
    filter: Option<String>,
    /// The engine to run the models with; may be given several times.
    #[arg(short, long = "engine", value_enum, value_name = "ENGINE", default_values_t = [EngineChoice::All])]
    engines: Vec<EngineChoice>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    build: BuildArgs,
    /// Seconds that each model's exploration may take, instead of what the model says.
    #[arg(long, value_name = "SECONDS")]
    budget: Option<u64>,
    /// A preemption bound for every model, instead of what the model says.
    #[arg(long, value_name = "NUMBER")]
    preemptions: Option<usize>,
    /// How schedules are chosen, instead of what the model says: auto, exhaustive, random, pct, pct:DEPTH, pos, urw, surw,
    /// reads-from or portfolio.
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
    /// Seconds after which a test that has not ended is ended.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
    /// Stop at the first result that is not as expected.
    #[arg(long)]
    fail_fast: bool,
    /// List the tests that would be run, and run none.
    #[arg(long)]
    list: bool,
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
    /// Show no progress, and only what is not as expected.
    #[arg(short, long)]
    quiet: bool,
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
pub(super) fn run(arguments: &CheckArgs) -> Result {
    let project = arguments.place.project()?;
    let engines = engines::chosen(&arguments.engines);
    let interrupt = Interrupt::listen()?;
    let (parts, mut runs) = build_all(&project, &engines, arguments, &interrupt)?;
    let jobs = jobs(&parts, arguments.filter.as_deref());
    if jobs.is_empty() && runs.is_empty() {
        return Err(nothing(&project, arguments.filter.as_deref(), "has no test"));
    }
    if arguments.list {
        return list(&jobs, arguments.json);
    }
    let is_early = explore(&jobs, &project, arguments, &interrupt, &mut runs)?;
    if engines.contains(&EngineName::Unsnarl) {
        summary::drop_failures_of_ordinary_tests(&mut runs);
    }
    if runs.is_empty() && !interrupt.happened() {
        return Err(nothing(
            &project,
            arguments.filter.as_deref(),
            "has no model, that is, no test that calls `check`",
        ));
    }
    let partial = is_early || interrupt.happened();
    let summary = Summary::of(&runs, partial);
    if arguments.json {
        summary::print_json(&runs, &summary)?;
    } else {
        summary::print(&runs, &summary, arguments.quiet);
    }
    conclude(&runs, &summary, &engines, arguments, &interrupt)
}

/// Builds everything; what cannot be built for an engine is a run already.
fn build_all<'a>(
    project: &'a Project,
    engines: &[EngineName],
    arguments: &CheckArgs,
    interrupt: &Interrupt,
) -> Result<(Vec<Part<'a>>, Vec<Run>)> {
    let progress = Progress::spinner(arguments.quiet);
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
fn jobs<'a>(parts: &'a [Part<'a>], filter: Option<&str>) -> Vec<Job<'a>> {
    let mut jobs: Vec<Job<'a>> = Vec::new();
    for part in parts {
        for executable in &part.executables {
            let tests =
                executable.tests.iter().filter(|test| filter.is_none_or(|filter| test.contains(filter)));
            jobs.extend(tests.map(|test| Job {
                package: part.package,
                engine: part.engine,
                executable: &executable.path,
                test,
            }));
        }
    }
    jobs.sort_by(|a, b| {
        (&a.package.name, a.test, summary::order(a.engine)).cmp(&(
            &b.package.name,
            b.test,
            summary::order(b.engine),
        ))
    });
    jobs
}

fn nothing(project: &Project, filter: Option<&str>, what: &str) -> Stop {
    let names: Vec<String> = project.packages.iter().map(|package| format!("`{}`", package.name)).collect();
    let names = names.join(", ");
    stop::usage(match filter {
        Some(filter) => format!(
            "{names} {what} whose name contains `{filter}`: see the names with `cargo unsnarl check --list`"
        ),
        None => format!(
            "{names} {what}: write one, or name the packages with the models in [package.metadata.unsnarl] of Cargo.toml"
        ),
    })
}

fn list(jobs: &[Job<'_>], json: bool) -> Result {
    let mut names: Vec<(&str, &str)> = jobs.iter().map(|job| (job.package.name.as_str(), job.test)).collect();
    names.dedup();
    if json {
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
    let progress = Progress::bar(arguments.quiet, jobs.len());
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
        timeout: Duration::from_secs(arguments.timeout),
        scratch: project.target.join("unsnarl"),
    };
    let mut results: Vec<Option<Vec<Run>>> = jobs.iter().map(|_| None).collect();
    let mut is_early = false;
    execute::all(jobs, &settings, interrupt, |index, run| {
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
    runs: &[Run],
    summary: &Summary,
    engines: &[EngineName],
    arguments: &CheckArgs,
    interrupt: &Interrupt,
) -> Result {
    if interrupt.happened() {
        return Err(Stop::Interrupted(Interrupted));
    }
    if summary.findings + summary.missing + summary.failed > 0 {
        return Err(Stop::Findings(Findings));
    }
    let not_built =
        |run: &&Run| matches!(run.outcome, Outcome::Problem { problem: ProblemKind::NotBuilt, .. });
    let not_built = runs.iter().filter(not_built).count();
    if summary.faults > not_built {
        return Err(stop::fault("some tests gave no verdict, see above"));
    }
    // A check that ran nothing must not look like one that found nothing.
    for engine in engines {
        let mut of_engine = runs.iter().filter(|run| run.engine() == *engine).peekable();
        let ran_nothing =
            of_engine.peek().is_none() || (arguments.filter.is_none() && !of_engine.any(Run::explored));
        if ran_nothing && !summary.partial {
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
