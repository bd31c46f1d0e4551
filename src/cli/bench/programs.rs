//! The programs of a comparison: a package of the repository whose executable is built, asked what it has, and run.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use serde::Deserialize;

use super::super::{
    Result,
    build::{self, Watched},
    cargo::{Project, cargo},
    console,
    interrupt::Interrupt,
    progress::Progress,
    stop::{self, Interrupted, Stop},
    variables,
};
use crate::{thread, time::Instant};

/// The package of this folder, in the checkout that the command runs in.
pub(super) fn project(folder: &str) -> Result<Project> {
    let here =
        std::env::current_dir().map_err(|error| stop::usage(format!("no working directory: {error}")))?;
    let manifests = here.ancestors().map(|above| above.join(folder).join("Cargo.toml"));
    let manifest = manifests.into_iter().find(|manifest| manifest.is_file()).ok_or_else(|| {
        stop::usage(format!(
            "the programs of the comparison are in unsnarl's repository, in {folder}: run this in a checkout of it"
        ))
    })?;
    Project::only(&manifest)
}

/// Builds the package's executable in one of its forms; `configure` says to cargo which.
pub(super) fn build(
    project: &Project,
    form: impl std::fmt::Display,
    configure: impl FnOnce(&mut Command),
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    progress.begins(&format!("building the programs for {form}"));
    let mut command = cargo();
    command.args(["build", "--release", "--message-format=json-render-diagnostics", "--color=always"]);
    command.arg("--manifest-path").arg(&project.packages[0].manifest_path);
    configure(&mut command);
    let Watched { success, messages, complaints } = build::watched(command, progress)?;
    if interrupt.happened() {
        return Err(Stop::Interrupted(Interrupted));
    }
    if !success {
        console::pass_on(&complaints);
        return Err(stop::usage(format!("the programs do not build for {form}: see cargo's message above")));
    }
    let mut messages =
        messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok()?.executable);
    let executable = messages.next_back();
    executable.ok_or_else(|| stop::fault("cargo built the programs, but names no executable"))
}

/// What the executable prints when it is asked this.
pub(super) fn answer(executable: &Path, question: &str) -> Result<Vec<u8>> {
    let output = Command::new(executable).arg(question).output();
    let output =
        output.map_err(|error| stop::fault(format!("cannot run {}: {error}", executable.display())))?;
    Ok(output.stdout)
}

/// Those whose name contains the text of `--only`.
pub(super) fn only<T>(all: Vec<T>, name: impl Fn(&T) -> &str, only: Option<&str>) -> Result<Vec<T>> {
    let Some(only) = only else { return Ok(all) };
    let chosen: Vec<T> = all.into_iter().filter(|one| name(one).contains(only)).collect();
    match chosen.is_empty() {
        true => Err(stop::usage(format!("--only: no program's name contains `{only}`"))),
        false => Ok(chosen),
    }
}

/// A process that has ended, or was ended.
pub(super) struct Ended {
    /// What it printed.
    pub(super) output: Vec<u8>,
    /// It was killed, since its time was over.
    pub(super) was_late: bool,
}

/// Runs the executable on one program, which prints one line. Blocks until it has ended, `time_max` at most.
pub(super) fn ended(
    mut command: Command,
    program: &str,
    time_max: Duration,
    interrupt: &Interrupt,
) -> Result<Ended> {
    if interrupt.happened() {
        return Err(Stop::Interrupted(Interrupted));
    }
    let fault =
        |error: &dyn std::fmt::Display| stop::fault(format!("cannot run the program `{program}`: {error}"));
    // The comparison says itself what is measured.
    for name in
        [variables::REPLAY, variables::BUDGET, variables::PREEMPTIONS, variables::STRATEGY, variables::SEED]
    {
        command.env_remove(name);
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // What an engine prints about the bugs that it is to find.
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| fault(&error))?;
    let started = Instant::now();
    let mut was_late = false;
    // The output is one line, which a pipe holds.
    while child.try_wait().map_err(|error| fault(&error))?.is_none() {
        let is_late = started.elapsed() > time_max;
        if is_late || interrupt.happened() {
            child.kill().map_err(|error| fault(&error))?;
            was_late = is_late;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().map_err(|error| fault(&error))?;
    if interrupt.happened() {
        return Err(Stop::Interrupted(Interrupted));
    }
    Ok(Ended { output: output.stdout, was_late })
}
