//! Building the tests of a package for an engine, and listing them.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use super::{
    Result,
    cargo::{Package, Project, cargo},
    console,
    interrupt::Interrupt,
    progress::Progress,
    stop::{self, Interrupted, Stop},
};
use crate::{check::EngineName, thread};

/// How tests are built.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct BuildArgs {
    /// The cargo profile: `checking` if none is given, which is `release` with assertions unless the workspace defines it.
    #[arg(long, value_name = "NAME")]
    pub(super) cargo_profile: Option<String>,
    /// Features of the package to enable.
    #[arg(short = 'F', long, value_name = "FEATURES")]
    pub(super) features: Vec<String>,
    /// Do without network access.
    #[arg(long)]
    offline: bool,
}

/// A test executable with what is in it.
#[derive(Clone, Debug)]
pub(super) struct Executable {
    pub(super) path: PathBuf,
    pub(super) tests: Vec<String>,
}

/// What became of a build.
#[derive(Debug)]
pub(super) enum Built {
    /// It can be run.
    Ready(Vec<Executable>),
    /// The engine cannot be compiled into this package, for this reason.
    Not(String),
}

/// The lines of cargo's JSON output that matter.
#[derive(Deserialize)]
struct Message {
    reason: String,
    executable: Option<PathBuf>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// Builds the tests of a package for an engine.
pub(super) fn build(
    project: &Project,
    package: &Package,
    engine: EngineName,
    arguments: &BuildArgs,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Built> {
    let feature = package.feature_for(engine);
    if engine != EngineName::Unsnarl && feature.is_none() {
        return Ok(Built::Not(format!(
            "enable the feature \"{engine}\" of unsnarl: the package does not depend on unsnarl directly"
        )));
    }
    progress.doing(format!("building {} for {engine}", package.name));
    let mut command = cargo();
    command.args([
        "test",
        "--no-run",
        "--tests",
        "--message-format=json-render-diagnostics",
        "--color=always",
    ]);
    command.arg("--manifest-path").arg(&package.manifest_path);
    match &arguments.cargo_profile {
        Some(profile) => command.args(["--profile", profile]),
        None => command.args(["--profile", "checking"]),
    };
    if arguments.cargo_profile.is_none() && !project.has_checking_profile {
        // The same as `--release`, but the assertions of the program under test are what a check is for.
        command.args(["--config", "profile.checking.inherits='release'"]);
        command.args(["--config", "profile.checking.debug-assertions=true"]);
        command.args(["--config", "profile.checking.overflow-checks=true"]);
    }
    for feature in arguments.features.iter().chain(&feature) {
        command.args(["--features", feature]);
    }
    if arguments.offline {
        command.arg("--offline");
    }
    choose(&mut command, engine, &project.target);
    let output = watched(command, progress)?;
    if interrupt.happened() {
        return Err(Stop::Interrupted(Interrupted));
    }
    if !output.success {
        console::pass_on(&output.complaints);
        return Err(stop::usage(format!(
            "the tests of `{}` do not build for {engine}: see cargo's message above",
            package.name
        )));
    }
    let mut executables = Vec::new();
    for line in output.messages.lines() {
        // Other lines are what build scripts print.
        let Ok(message) = serde_json::from_str::<Message>(line) else { continue };
        let is_test =
            message.reason == "compiler-artifact" && message.profile.is_some_and(|profile| profile.test);
        if let Some(path) = message.executable.filter(|_| is_test) {
            let tests = list(&path, package)?;
            executables.push(Executable { path, tests });
        }
    }
    Ok(Built::Ready(executables))
}

/// Makes a cargo command build for an engine: the cfg, and a target folder of its own, since the flags differ.
pub(super) fn choose(command: &mut Command, engine: EngineName, target: &Path) {
    if engine == EngineName::Unsnarl {
        return;
    }
    let cfg = format!("unsnarl_backend=\"{engine}\"");
    // Cargo reads the encoded form first.
    if let Ok(flags) = env::var("CARGO_ENCODED_RUSTFLAGS") {
        let before = if flags.is_empty() { String::new() } else { flags + "\x1f" };
        command.env("CARGO_ENCODED_RUSTFLAGS", format!("{before}--cfg\x1f{cfg}"));
    } else {
        let flags = env::var("RUSTFLAGS").unwrap_or_default();
        command.env("RUSTFLAGS", format!("{flags} --cfg {cfg}").trim_start());
    }
    command.env("CARGO_TARGET_DIR", target.join("unsnarl").join(engine.as_str()));
}

/// What cargo said.
pub(super) struct Watched {
    pub(super) success: bool,
    /// Standard output.
    pub(super) messages: String,
    /// Standard error.
    pub(super) complaints: String,
}

/// Runs a cargo command and shows the last thing it says.
pub(super) fn watched(mut command: Command, progress: &Progress) -> Result<Watched> {
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| stop::usage(format!("cannot run cargo: {error}")))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let reader = thread::spawn(move || {
        let mut text = Vec::new();
        // What cannot be read is missed below as an executable that is not there.
        let _ = stdout.map(|mut stdout| stdout.read_to_end(&mut text));
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut complaints = String::new();
    let mut lines = BufReader::new(stderr.expect("it is piped"));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line);
        progress.detail(anstream::adapter::strip_str(text.trim()).to_string());
        complaints.push_str(&text);
        line.clear();
    }
    let status = child.wait().map_err(|error| stop::fault(format!("cannot wait for cargo: {error}")))?;
    let messages = reader.join().unwrap_or_default();
    progress.detail("");
    Ok(Watched { success: status.success(), messages, complaints })
}

/// The names of the tests in an executable.
fn list(executable: &Path, package: &Package) -> Result<Vec<String>> {
    let mut command = Command::new(executable);
    as_cargo_does(&mut command, package);
    let output = command.args(["--list", "--format", "terse"]).output().map_err(|error| {
        stop::fault(format!("cannot run the test executable {}: {error}", executable.display()))
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().filter_map(|line| line.strip_suffix(": test")).map(ToOwned::to_owned).collect())
}

/// Gives a test the working directory and the variables that it would have under `cargo test`.
pub(super) fn as_cargo_does(command: &mut Command, package: &Package) {
    command
        .current_dir(package.folder())
        .env("CARGO_MANIFEST_DIR", package.folder())
        .env("CARGO_MANIFEST_PATH", &package.manifest_path)
        .env("CARGO_PKG_NAME", &package.name)
        .env("CARGO_PKG_VERSION", &package.version);
}
