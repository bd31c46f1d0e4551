//! `cargo unsnarl bench meltdown`: what too many threads do to a server, as a table, CSV, SVG or JSON.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

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
use crate::{
    lab::meltdown::{self, EXPERIMENTS, Measured, Plan, Point, Step, Unmeasured, Watcher},
    thread,
    time::Duration,
};

/// The version of the JSON document and the CSV. It grows when a field changes its meaning or goes away.
const DOCUMENT_VERSION: u32 = 1;
/// More connections than this are more threads than the system starts.
const CONNECTIONS_MAX: usize = 8192;

const COMPARED: &str = "Server and clients are one process and share the cores, over the loopback; the clients are one thread. In a \
    sweep N clients ask again as soon as they are answered (closed loop); the law is Gunther's, fitted to the throughput. In the \
    overload requests come at a fixed rate (open loop), and times run from when each was due. Where handlers are stuck, as many \
    clients as workers ask as in a sweep. Memory is what the process has \
    more than before the server was started, clients included. A figure is that of the turn with the median throughput.";

/// What to measure, and where to write it.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct MeltdownArgs {
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
    /// Also write all points as CSV into this file.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Also write the charts into this folder, a file for each experiment.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Fewer connections, one short turn each: the shape in half a minute.
    #[arg(long)]
    quick: bool,
    /// Only experiments whose name contains this: bare, walk, lock, spin, overload, stuck.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// How many connections to measure, in this order.
    #[arg(long, value_name = "N,N,…", value_delimiter = ',', value_parser = connections)]
    connections: Vec<usize>,
    /// How long each point is measured.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    seconds: Option<f64>,
}

fn connections(text: &str) -> std::result::Result<usize, String> {
    let count = text.trim().parse().ok().filter(|count| (1..=CONNECTIONS_MAX).contains(count));
    count.ok_or_else(|| format!("`{text}` is not a number from 1 to {CONNECTIONS_MAX}"))
}

fn seconds(text: &str) -> std::result::Result<f64, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.01..=60.0).contains(seconds));
    seconds.ok_or_else(|| format!("`{text}` is not a number of seconds from 0.01 to 60"))
}

#[derive(Debug, Serialize)]
struct Document {
    version: u32,
    compared: &'static str,
    cores: usize,
    seconds: f64,
    turns: usize,
    experiments: Vec<Measured>,
}

/// Runs the command.
pub(super) fn run(arguments: &MeltdownArgs) -> Result {
    let experiments =
        programs::only(EXPERIMENTS.to_vec(), |experiment| experiment.name, arguments.only.as_deref())?;
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let plan = plan(arguments, cores);
    if let Some(folder) = &arguments.svg {
        fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    }
    let csv = arguments.csv.as_deref();
    // A file that cannot be written is found out before the measurement, not after.
    csv.map_or(Ok(()), |file| fs::write(file, "").map_err(|error| unwritten(file, &error)))?;
    let interrupt = Interrupt::listen()?;
    let progress = Progress::spinner(false);
    let mut measured = Vec::new();
    for experiment in &experiments {
        let mut tell = |step: &Step<'_>| {
            progress.doing(format!("{}: {}, {} of {}", experiment.name, step.doing, step.done, step.of))
        };
        let mut watcher = Watcher { tell: &mut tell, stops: &|| interrupt.happened() };
        match experiment.run(&plan, &mut watcher) {
            Ok(one) => measured.push(one),
            Err(Unmeasured::Stopped) => return Err(Stop::Interrupted(Interrupted)),
            Err(Unmeasured::Failed(why)) => return Err(stop::usage(why)),
        }
    }
    drop(progress);
    for one in &measured {
        if let Some(folder) = &arguments.svg {
            let file = folder.join(format!("{}.svg", one.name));
            fs::write(&file, meltdown::sheet(one)).map_err(|error| unwritten(&file, &error))?;
        }
    }
    csv.map_or(Ok(()), |file| fs::write(file, lines(&measured)).map_err(|error| unwritten(file, &error)))?;
    let document = Document {
        version: DOCUMENT_VERSION,
        compared: COMPARED,
        cores,
        seconds: plan.time.as_secs_f64(),
        turns: plan.turns,
        experiments: measured,
    };
    if arguments.json {
        return console::print_json(&document);
    }
    console::print(text(&document));
    Ok(())
}

fn plan(arguments: &MeltdownArgs, cores: usize) -> Plan {
    let mut plan = match arguments.quick {
        true => Plan {
            connections: vec![1, 4, 16, 64, 256],
            connections_bare: Vec::new(),
            offered: vec![0.5, 1.0, 1.5],
            time: Duration::from_millis(200),
            turns: 1,
            workers: 2 * cores,
        },
        false => Plan {
            connections: vec![1, 4, 16, 64, 256, 1024],
            connections_bare: vec![4096],
            offered: vec![0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5],
            time: Duration::from_secs(1),
            turns: 3,
            workers: 2 * cores,
        },
    };
    if !arguments.connections.is_empty() {
        plan.connections.clone_from(&arguments.connections);
        plan.connections_bare.clear();
    }
    if let Some(seconds) = arguments.seconds {
        plan.time = Duration::from_secs_f64(seconds);
    }
    plan
}

fn unwritten(path: &Path, error: &std::io::Error) -> Stop {
    stop::usage(format!("cannot write {}: {error}", path.display()))
}

/// A line for each point. No text has a comma in it.
fn lines(measured: &[Measured]) -> String {
    let mut csv = String::from(
        "experiment,series,load,req_per_s,refused_per_s,p50_us,p99_us,errors,unanswered,rss_kib,threads,switches_per_req,law_req_per_s\n",
    );
    for one in measured {
        for series in &one.series {
            for point in &series.points {
                let Point { load, req_per_s, refused_per_s, p50_us, p99_us, errors, unanswered, .. } = point;
                let law = point.law_req_per_s.map_or_else(String::new, |law| format!("{law:.1}"));
                csv += &format!(
                    "{},{},{load},{req_per_s:.1},{refused_per_s:.1},{p50_us:.1},{p99_us:.1},{errors},{unanswered},{},{},{:.2},{law}\n",
                    one.name, series.name, point.rss_kib, point.threads, point.switches_per_req
                );
            }
        }
    }
    csv
}

fn text(document: &Document) -> String {
    let tables = document.experiments.iter().map(of_experiment);
    let tables: String = tables.collect();
    format!("{tables}{}\n", console::wrapped(document.compared, ""))
}

fn of_experiment(measured: &Measured) -> String {
    let is_overload = measured.capacity_per_s.is_some();
    let heads: &[&str] = match is_overload {
        true => &["", "load", "answered/s", "refused/s", "p50", "p99", "waiting", "lost", "MiB"],
        false => {
            &["", "N", "requests/s", "law", "p50", "p99", "MiB", "threads", "switches/request", "errors"]
        }
    };
    let mut heads = heads.to_vec();
    if measured.is_about_stuck_handlers() {
        heads[1] = "stuck";
    }
    let mut rows = Vec::new();
    for series in &measured.series {
        for (index, point) in series.points.iter().enumerate() {
            let name = Cell::new(if index == 0 { series.name } else { "" });
            rows.push(match is_overload {
                true => overload_row(name, point),
                false => sweep_row(name, point),
            });
        }
    }
    let mut text = format!("{} ({})\n", measured.title, measured.name);
    text += &format!("{}\n", console::wrapped(measured.about, "  "));
    if let Some(bytes) = measured.walk_bytes {
        text += &format!("  each thread walks {} KiB\n", bytes / 1024);
    }
    if let (Some(capacity), Some(queue)) = (measured.capacity_per_s, measured.queue_len_max) {
        let workers = measured.workers;
        text += &format!(
            "  {workers} workers answer {capacity:.0} requests/s at most; the queue with an end holds {queue}\n"
        );
    }
    if measured.is_about_stuck_handlers() {
        text += &format!("  {} workers, and as many clients who ask for what takes 2 ms\n", measured.workers);
    }
    text += &format!("\n{}", table::render(&heads, &rows));
    for series in &measured.series {
        if let Some(law) = series.law {
            let peak = match series.law_peak {
                Some(peak) if peak < 1e6 => format!("falls from N = {peak:.0} on"),
                _ => "never falls".to_owned(),
            };
            text += &format!(
                "  {}: λ {:.0}/s, σ {:.3}, κ {:.1e}, R² {:.2}; {peak}\n",
                series.name, law.lambda, law.sigma, law.kappa, law.r_squared
            );
        }
    }
    text + "\n"
}

fn time(us: f64) -> Cell {
    match us > 0.0 {
        true => Cell::number(table::time(Duration::from_secs_f64(us / 1e6))),
        false => Cell::number("–"),
    }
}

fn mebibytes(kib: u64) -> Cell {
    Cell::number(format!("{:.1}", kib as f64 / 1024.0))
}

fn per_s(value: f64) -> Cell {
    Cell::number(table::count(value.round() as u64))
}

fn sweep_row(name: Cell, point: &Point) -> Vec<Cell> {
    vec![
        name,
        Cell::number(table::count(point.load as u64)),
        per_s(point.req_per_s),
        point.law_req_per_s.map_or_else(|| Cell::number("–"), per_s),
        time(point.p50_us),
        time(point.p99_us),
        mebibytes(point.rss_kib),
        Cell::number(point.threads.to_string()),
        Cell::number(format!("{:.2}", point.switches_per_req)),
        Cell::number(point.errors.to_string()),
    ]
}

fn overload_row(name: Cell, point: &Point) -> Vec<Cell> {
    vec![
        name,
        Cell::number(format!("{:.2}", point.load)),
        per_s(point.req_per_s),
        per_s(point.refused_per_s),
        time(point.p50_us),
        time(point.p99_us),
        Cell::number(point.unanswered.to_string()),
        Cell::number(point.errors.to_string()),
        mebibytes(point.rss_kib),
    ]
}
