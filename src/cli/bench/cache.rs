//! `cargo unsnarl bench cache`: the server's cache beside moka and quick_cache, on the same traces.
//!
//! The traces and the replay are a package of the repository, `benches/cache`, with a lock file of its own.

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
/// Where the replay is, in the repository.
const PROGRAMS_FOLDER: &str = "benches/cache";

/// What is compared, in words.
const COMPARED: &str = "Each request is one call that loads what is missing, once for all who ask; values are shared. Hit \
    ratios are of requests and of one thread. Operations are the best of five rounds, in which the caches take turns: by one \
    thread, and by several that take the requests by turns.";

/// What to replay.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CacheArgs {
    /// Only traces whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
}

/// What a trace measured.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    trace: String,
    requests: usize,
    capacity: u64,
    threads: usize,
    caches: Vec<Row>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    cache: String,
    hit_ratio: f64,
    weight_hit_ratio: f64,
    ops_per_s: f64,
    ops_per_s_threads: f64,
}

#[derive(Debug, Serialize)]
struct Document {
    version: u32,
    compared: &'static str,
    /// By how much the best of the others hits more often than ours, at most; negative if it never does.
    hit_ratio_behind_max: f64,
    /// The least ratio of our operations per second to those of the faster of the others: one thread, several.
    ops_ratio_min: f64,
    ops_ratio_threads_min: f64,
    traces: Vec<Measured>,
}

impl Measured {
    /// Ours, and the best of the others.
    fn beside(&self, number: impl Fn(&Row) -> f64) -> (f64, f64) {
        let Some((ours, others)) = self.caches.split_first() else { return (0.0, 0.0) };
        (number(ours), others.iter().map(number).fold(0.0, f64::max))
    }

    fn behind(&self) -> f64 {
        let (ours, others) = self.beside(|row| row.hit_ratio);
        others - ours
    }

    fn ratio(&self, number: impl Fn(&Row) -> f64) -> f64 {
        let (ours, others) = self.beside(number);
        ours / others
    }
}

/// Runs the command.
pub(super) fn run(arguments: &CacheArgs) -> Result {
    let project = programs::project(PROGRAMS_FOLDER)?;
    let interrupt = Interrupt::listen()?;
    let progress = Progress::spinner(false);
    let executable = programs::build(&project, "the caches", |_| (), &progress, &interrupt)?;
    let read = |error| stop::fault(format!("the measurements cannot be read: {error}"));
    let names: Vec<String> = serde_json::from_slice(&programs::answer(&executable, "")?).map_err(read)?;
    let mut traces: Vec<Measured> = Vec::new();
    for name in programs::only(names, |name| name, arguments.only.as_deref())? {
        progress.doing(format!("replaying {name}"));
        let answer = programs::answer(&executable, &name)?;
        if interrupt.happened() {
            return Err(Stop::Interrupted(Interrupted));
        }
        traces.push(serde_json::from_slice(&answer).map_err(read)?);
    }
    drop(progress);
    let least = |number: fn(&Row) -> f64| {
        traces.iter().map(|measured| measured.ratio(number)).fold(f64::INFINITY, f64::min)
    };
    let document = Document {
        version: DOCUMENT_VERSION,
        compared: COMPARED,
        hit_ratio_behind_max: traces.iter().map(Measured::behind).fold(f64::NEG_INFINITY, f64::max),
        ops_ratio_min: least(|row| row.ops_per_s),
        ops_ratio_threads_min: least(|row| row.ops_per_s_threads),
        traces,
    };
    if arguments.json {
        console::print_json(&document)?
    } else {
        console::print(text(&document))
    }
    Ok(())
}

fn text(document: &Document) -> String {
    let names: Vec<&str> =
        document.traces.first().into_iter().flat_map(|trace| &trace.caches).map(|row| &*row.cache).collect();
    let mut heads = vec!["trace"];
    heads.extend(names.iter().map(|_| "hits %"));
    heads.push("ahead");
    heads.extend(names.iter().map(|_| "M/s"));
    heads.push("×");
    heads.extend(names.iter().map(|_| "M/s together"));
    heads.push("×");
    let rows: Vec<Vec<Cell>> = document
        .traces
        .iter()
        .map(|trace| {
            let mut row = vec![Cell::new(&trace.trace)];
            row.extend(trace.caches.iter().map(|row| Cell::number(format!("{:.2}", 100.0 * row.hit_ratio))));
            row.push(Cell::number(format!("{:+.2}", -100.0 * trace.behind())));
            for number in [|row: &Row| row.ops_per_s, |row: &Row| row.ops_per_s_threads] {
                let million = |row: &Row| Cell::number(format!("{:.1}", number(row) / 1e6));
                row.extend(trace.caches.iter().map(million));
                row.push(Cell::number(format!("{:.2}", trace.ratio(number))));
            }
            row
        })
        .collect();
    let behind = 100.0 * document.hit_ratio_behind_max;
    let hits = match behind <= 0.0 {
        true => format!("at least {:.2} points ahead of the better of the others", -behind),
        false => format!("at most {behind:.2} points behind the better of the others"),
    };
    format!(
        "the columns of each kind: {}\n\n{}\nhits: {hits}\noperations: \
         at least {:.2} times the faster of the others by one thread, {:.2} times by several\n\n{}\n",
        names.join(", "),
        table::render(&heads, &rows),
        document.ops_ratio_min,
        document.ops_ratio_threads_min,
        console::wrapped(COMPARED, ""),
    )
}
