//! `cargo unsnarl bench facade`: what the facade costs beside std, parking_lot and crossbeam used directly.
//!
//! The measurements are a package of the repository, `benches/facade`, which is built once for each backend that does not
//! check. Each build measures the facade and its peers in turns, in one process.

use std::process::Command;

use serde::{Deserialize, Serialize};

use super::{
    super::{
        Result, console,
        interrupt::Interrupt,
        progress::Progress,
        stop::{self, Interrupted, Stop},
        table::{self, Cell},
    },
    programs,
};

/// The version of the JSON document. It grows when a field changes its meaning or goes away.
const DOCUMENT_VERSION: u32 = 1;
/// Where the measurements are, in the repository.
const PROGRAMS_FOLDER: &str = "benches/facade";

/// What is compared, in words.
const COMPARED: &str = "Least time of a batch of 20,000 operations, facade and peer in turns for 0.4 seconds. native: no feature; \
    model: the feature `model`, outside of a model; watch: the feature `watch`, switched on.";

/// The builds that are measured.
const BUILDS: [&str; 3] = ["native", "model", "watch"];

/// How to compare.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct FacadeArgs {
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
}

/// What a case measured, in nanoseconds for one operation.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    name: String,
    peer: String,
    locks: u32,
    facade_ns: f64,
    peer_ns: f64,
}

impl Measured {
    fn ratio(&self) -> f64 {
        self.facade_ns / self.peer_ns
    }
}

/// One build's cases.
#[derive(Debug, Serialize)]
struct Build {
    build: &'static str,
    cases: Vec<Measured>,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    version: u32,
    compared: &'static str,
    /// The largest ratio of facade to peer in the native build.
    native_ratio_max: f64,
    /// The largest extra cost of an uncontended lock and unlock with the feature `model` outside of a model, in nanoseconds.
    model_outside_extra_ns: f64,
    /// As a ratio to the peer, with the watch switched on: one lock, and four nested ones.
    watch_ratio_depth_1: f64,
    watch_ratio_depth_4: f64,
    builds: &'a [Build],
}

/// Runs the command.
pub(super) fn run(arguments: &FacadeArgs) -> Result {
    let project = programs::project(PROGRAMS_FOLDER)?;
    let interrupt = Interrupt::listen()?;
    let progress = Progress::spinner(false);
    let mut builds = Vec::new();
    for build in BUILDS {
        let features = |command: &mut Command| {
            if build != "native" {
                command.args(["--features", build]);
            }
        };
        let executable = programs::build(&project, build, features, &progress, &interrupt)?;
        progress.doing(format!("measuring {build}"));
        let answer = programs::answer(&executable, "")?;
        if interrupt.happened() {
            return Err(Stop::Interrupted(Interrupted));
        }
        let cases = serde_json::from_slice(&answer)
            .map_err(|error| stop::fault(format!("the measurements cannot be read: {error}")))?;
        builds.push(Build { build, cases });
    }
    drop(progress);
    let document = summed_up(&builds);
    if arguments.json {
        console::print_json(&document)?
    } else {
        console::print(text(&document))
    }
    Ok(())
}

fn summed_up(builds: &[Build]) -> Document<'_> {
    let cases = |name: &'static str| {
        builds.iter().filter(move |build| build.build == name).flat_map(|build| &build.cases)
    };
    let largest = |numbers: &mut dyn Iterator<Item = f64>| numbers.fold(0.0, f64::max);
    let watched = |locks: u32| {
        let is_it = move |case: &&Measured| case.locks == locks && case.peer == "parking_lot";
        largest(&mut cases("watch").filter(is_it).map(Measured::ratio))
    };
    Document {
        version: DOCUMENT_VERSION,
        compared: COMPARED,
        native_ratio_max: largest(&mut cases("native").map(Measured::ratio)),
        model_outside_extra_ns: largest(
            &mut cases("model")
                .filter(|case| case.locks > 0)
                .map(|case| (case.facade_ns - case.peer_ns) / f64::from(case.locks)),
        ),
        watch_ratio_depth_1: watched(1),
        watch_ratio_depth_4: watched(4),
        builds,
    }
}

fn text(document: &Document<'_>) -> String {
    let heads = ["", "peer", "peer ns", "native", "×", "model ns", "×", "watch ns", "×"];
    let [native, others @ ..] = document.builds else { return String::new() };
    let rows: Vec<Vec<Cell>> = native
        .cases
        .iter()
        .enumerate()
        .map(|(at, case)| {
            let mut row = vec![Cell::new(&case.name), Cell::new(&case.peer), nanoseconds(case.peer_ns)];
            for case in std::iter::once(case).chain(others.iter().filter_map(|build| build.cases.get(at))) {
                row.extend([nanoseconds(case.facade_ns), Cell::number(format!("{:.2}", case.ratio()))]);
            }
            row
        })
        .collect();
    let Document {
        native_ratio_max, model_outside_extra_ns, watch_ratio_depth_1, watch_ratio_depth_4, ..
    } = document;
    format!(
        "{}\nnative: at most {native_ratio_max:.2} times the peer\nmodel: at most {model_outside_extra_ns:.1} ns more for an \
         uncontended lock and unlock, outside of a model\nwatch: {watch_ratio_depth_1:.2} times an uncontended lock, \
         {watch_ratio_depth_4:.2} times four nested ones\n\n{}\n",
        table::render(&heads, &rows),
        console::wrapped(COMPARED, ""),
    )
}

fn nanoseconds(time: f64) -> Cell {
    Cell::number(format!("{time:.1}"))
}
