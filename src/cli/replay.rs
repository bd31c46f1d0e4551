//! `cargo unsnarl replay`: runs a model along a recorded schedule and shows what happens.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Result,
    build::{self, BuildArgs, Built},
    cargo::{Place, Project},
    console,
    execute::{self, Job},
    interrupt::Interrupt,
    progress::Progress,
    stop::{self, Findings, Interrupted, Stop},
    variables,
};
use crate::{
    check::{EngineName, REGRESSIONS_FOLDER, Record, Schedule, Verdict},
    thread,
};

/// How long a test may take that only has to follow one schedule.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What to replay.
#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {
    /// The file with the schedule, as findings name it.
    file: PathBuf,
    /// Only try tests whose name contains this.
    filter: Option<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    build: BuildArgs,
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
    /// Show no progress.
    #[arg(short, long)]
    quiet: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &ReplayArgs) -> Result {
    // What is wrong with the file is said before anything is built.
    let here = arguments.file.is_file();
    let mut wanted = if here { models_of(&arguments.file)? } else { Vec::new() };
    let project = project(arguments)?;
    let file = match here {
        true => arguments.file.clone(),
        false => {
            let file = beside_a_package(arguments, &project)?;
            wanted = models_of(&file)?;
            file
        }
    };
    let file = file
        .canonicalize()
        .map_err(|error| stop::usage(format!("cannot find {}: {error}", arguments.file.display())))?;
    let interrupt = Interrupt::listen()?;
    let records = replay(arguments, &project, &file, &wanted, &interrupt)?;
    if interrupt.happened() {
        return Err(Stop::Interrupted(Interrupted));
    }
    show(arguments, &project, &wanted, &records)
}

/// The models that the file has schedules of.
fn models_of(file: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(file)
        .map_err(|error| stop::usage(format!("cannot read the schedule file {}: {error}", file.display())))?;
    let schedules =
        Schedule::parse_all(&text).map_err(|error| stop::usage(format!("{}: {error}", file.display())))?;
    let mut models: Vec<String> = schedules.into_iter().map(|schedule| schedule.model).collect();
    models.sort_unstable();
    models.dedup();
    Ok(models)
}

/// The packages whose tests may have the model: the one in whose `unsnarl-regressions` the file lies, if it lies in one.
fn project(arguments: &ReplayArgs) -> Result<Project> {
    if !arguments.place.is_given()
        && let Ok(file) = arguments.file.canonicalize()
        && let Some(folder) = file.parent().filter(|folder| folder.ends_with(REGRESSIONS_FOLDER))
        && let Some(package) = folder.parent().filter(|package| package.join("Cargo.toml").is_file())
    {
        return Project::only(&package.join("Cargo.toml"));
    }
    arguments.place.project()
}

/// Findings name the file as it is called in the folder of the tested package.
fn beside_a_package(arguments: &ReplayArgs, project: &Project) -> Result<PathBuf> {
    let places = project.packages.iter().map(|package| package.folder().join(&arguments.file));
    places.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        stop::usage(format!(
            "there is no schedule file {}: give the path that the finding named, seen from here or from the package",
            arguments.file.display()
        ))
    })
}

/// Runs tests until each wanted model has been seen.
fn replay(
    arguments: &ReplayArgs,
    project: &Project,
    file: &Path,
    wanted: &[String],
    interrupt: &Interrupt,
) -> Result<Vec<Record>> {
    let progress = Progress::spinner(arguments.quiet);
    let mut built = Vec::new();
    for package in &project.packages {
        match build::build(project, package, EngineName::Unsnarl, &arguments.build, &progress, interrupt)? {
            Built::Ready(executables) => {
                built.extend(executables.into_iter().map(|executable| (package, executable)))
            }
            Built::Not(why) => return Err(stop::usage(why)),
        }
    }
    let is_let_through = |test: &str| arguments.filter.as_deref().is_none_or(|filter| test.contains(filter));
    let mut jobs: Vec<Job<'_>> = Vec::new();
    for (package, executable) in &built {
        jobs.extend(executable.tests.iter().filter(|test| is_let_through(test)).map(|test| Job {
            package,
            engine: EngineName::Unsnarl,
            executable: &executable.path,
            test,
        }));
    }
    jobs.sort_by_key(|job| wanted.iter().map(|model| distance(model, job.test)).min());
    progress.doing("replaying");
    let settings = execute::Settings {
        variables: vec![
            (variables::REPLAY, file.display().to_string()),
            // The schedule is followed to its end; models of other names, which would be explored, are cut short.
            (variables::BUDGET, "0".to_owned()),
        ],
        jobs: thread::available_parallelism().map_or(1, std::num::NonZero::get),
        timeout: TIMEOUT,
        scratch: project.target.join("unsnarl"),
    };
    let mut found: Vec<Record> = Vec::new();
    execute::all(&jobs, &settings, interrupt, &progress, |_, run| {
        for record in run.records {
            if wanted.contains(&record.model) && !found.iter().any(|known| known.model == record.model) {
                found.push(record);
            }
        }
        if found.len() == wanted.len() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}

/// How unlike a test's name and a model's are: most models are called as their test is.
fn distance(model: &str, test: &str) -> usize {
    let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
    let (short_model, short_test) = (last(model), last(test));
    if model == test {
        0
    } else if short_model == short_test {
        1
    } else if short_test.contains(&short_model) || short_model.contains(&short_test) {
        2
    } else {
        3
    }
}

fn show(arguments: &ReplayArgs, project: &Project, wanted: &[String], records: &[Record]) -> Result {
    let names =
        |models: &[&str]| models.iter().map(|model| format!("`{model}`")).collect::<Vec<_>>().join(", ");
    let seen = |model: &&str| records.iter().any(|record| record.model == **model);
    let missing: Vec<&str> = wanted.iter().map(String::as_str).filter(|model| !seen(model)).collect();
    if arguments.json {
        let runs: Vec<serde_json::Value> =
            records.iter().map(serde_json::to_value).collect::<Result<_, _>>().map_err(stop::fault)?;
        console::print_json(&serde_json::json!({ "version": 1, "runs": runs, "missing": missing }))?;
    }
    let mut result = Ok(());
    for record in records {
        match &record.verdict {
            Verdict::Finding(finding) => {
                if !arguments.json {
                    console::print(crate::report::terminal::finding(finding, &console::style()));
                }
                if !record.as_expected {
                    result = Err(Stop::Findings(Findings));
                }
            }
            Verdict::Pass(_) if !arguments.json => console::print(format!(
                "model `{}` passes along the schedule in {}: what it once led to is gone\n",
                record.model,
                arguments.file.display()
            )),
            Verdict::Pass(_) => {}
            Verdict::Inconclusive { reason } => {
                let why = format!(
                    "the schedule in {} does not fit the model `{}` any more: {reason}",
                    arguments.file.display(),
                    record.model
                );
                result = result.and(Err(stop::usage(why)));
            }
            Verdict::Fault { message } => result = Err(stop::fault(message)),
        }
    }
    if !missing.is_empty() {
        let packages: Vec<&str> = project.packages.iter().map(|package| package.name.as_str()).collect();
        return Err(stop::usage(format!(
            "no test of {} checks a model called {}: name the package by --package-dir, or enable the features that its test needs by --features",
            names(&packages),
            names(&missing)
        )));
    }
    result
}
