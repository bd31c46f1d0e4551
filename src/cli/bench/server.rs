//! `cargo unsnarl bench server`: our server beside others, in one run.

mod burst;
mod load;
mod servers;
mod tables;

use serde::Serialize;

use self::{
    load::{Load, Measured},
    servers::{Kind, Running},
};
use super::{
    super::{
        Result, console,
        interrupt::Interrupt,
        progress::Progress,
        stop::{Interrupted, Stop},
    },
    programs,
};
use crate::time::Duration;

/// Raised when a field of the document goes or changes its meaning.
const DOCUMENT_VERSION: u32 = 1;
/// Where the servers' package is in the repository.
const PROGRAMS_FOLDER: &str = "benches/server";

const COMPARED: &str = "All servers run at the same time on loopback, with two threads each, and are loaded in turns by wrk, which \
    shares the cores; each figure is the median of its turns. CPU time is that of all processes of the server. unsnarl and \
    nginx (file) serve files, nginx (memory) a body of its configuration, the others bodies in memory. wrk is a closed loop: \
    its percentiles leave out what requests would have waited for that were never sent.";

/// How to compare.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct ServerArgs {
    /// Print one JSON document and nothing else.
    #[arg(long)]
    json: bool,
    /// Fewer cases, one short turn each.
    #[arg(long)]
    quick: bool,
    /// Only cases whose name contains this.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Only servers whose name contains this; nginx (file) is always measured.
    #[arg(long, value_name = "TEXT")]
    server: Option<String>,
}

/// What is asked of every server.
#[derive(Debug, Clone, Copy)]
struct Case {
    name: &'static str,
    connections: usize,
    path: &'static str,
    keep_alive: bool,
    idle: usize,
    is_quick: bool,
}

const CASES: [Case; 9] = [
    Case {
        name: "1 KiB, 64 connections",
        connections: 64,
        path: "1k",
        keep_alive: true,
        idle: 0,
        is_quick: true,
    },
    Case {
        name: "1 KiB, 1 connection",
        connections: 1,
        path: "1k",
        keep_alive: true,
        idle: 0,
        is_quick: false,
    },
    Case {
        name: "1 KiB, 1,000 connections",
        connections: 1000,
        path: "1k",
        keep_alive: true,
        idle: 0,
        is_quick: false,
    },
    Case {
        name: "1 KiB, 64 beside 1,000 idle",
        connections: 64,
        path: "1k",
        keep_alive: true,
        idle: 1000,
        is_quick: true,
    },
    Case {
        name: "1 KiB, 64 beside 10,000 idle",
        connections: 64,
        path: "1k",
        keep_alive: true,
        idle: 10_000,
        is_quick: false,
    },
    Case {
        name: "1 KiB, 64, close",
        connections: 64,
        path: "1k",
        keep_alive: false,
        idle: 0,
        is_quick: true,
    },
    Case {
        name: "64 KiB, 64 connections",
        connections: 64,
        path: "64k",
        keep_alive: true,
        idle: 0,
        is_quick: false,
    },
    Case {
        name: "10 MiB, 64 connections",
        connections: 64,
        path: "10m",
        keep_alive: true,
        idle: 0,
        is_quick: false,
    },
    Case {
        name: "10 MiB, 1 connection",
        connections: 1,
        path: "10m",
        keep_alive: true,
        idle: 0,
        is_quick: false,
    },
];

/// Connects at once, each with a request.
const BURSTS: [usize; 2] = [64, 1000];

/// One server in one case.
#[derive(Debug, Serialize)]
struct Row {
    server: &'static str,
    req_per_s: f64,
    req_per_cpu_s: f64,
    p50_us: f64,
    p99_us: f64,
    p999_us: f64,
    rss_kib: u64,
    /// Connections that broke, and answers that were none.
    errors: u64,
    /// To nginx with files, in this case.
    req_per_cpu_s_ratio_nginx: Option<f64>,
    req_per_s_ratio_nginx: Option<f64>,
}

#[derive(Debug, Serialize)]
struct CaseDocument {
    case: &'static str,
    connections: usize,
    bytes: u64,
    keep_alive: bool,
    idle: usize,
    servers: Vec<Row>,
}

/// Simultaneous connects: how many of them were answered.
#[derive(Debug, Serialize)]
struct Burst {
    case: &'static str,
    server: &'static str,
    connects: usize,
    /// In the worst of the tries.
    answered: usize,
}

#[derive(Debug, Serialize)]
struct Document {
    version: u32,
    compared: &'static str,
    cases: Vec<CaseDocument>,
    bursts: Vec<Burst>,
}

/// Runs the command.
pub(super) fn run(arguments: &ServerArgs) -> Result {
    let project = programs::project(PROGRAMS_FOLDER)?;
    let (nginx, wrk) = servers::tools()?;
    let cases = programs::only(CASES.to_vec(), |case| case.name, arguments.only.as_deref());
    // The bursts are a case, too.
    let with_bursts = arguments.only.as_deref().is_none_or(|only| burst::CASE.contains(only));
    let cases = match cases {
        Err(_) if with_bursts => Vec::new(),
        cases => cases?,
    };
    let cases: Vec<Case> = cases.into_iter().filter(|case| case.is_quick || !arguments.quick).collect();
    let interrupt = Interrupt::listen()?;
    let progress = Progress::spinner(false);
    let executable = programs::build(&project, "the server", |_| {}, &progress, &interrupt)?;
    let folder = servers::Folder::new()?;
    let mut running = Vec::new();
    for kind in Kind::ALL {
        let is_chosen = arguments.server.as_deref().is_none_or(|only| kind.name().contains(only));
        if is_chosen || kind == Kind::NginxFile {
            running.push(Running::start(kind, &executable, &nginx, &folder)?);
        }
    }
    let load = Load::new(wrk, if arguments.quick { Duration::from_secs(1) } else { Duration::from_secs(2) });
    let turns = if arguments.quick { 1 } else { 3 };
    let mut document =
        Document { version: DOCUMENT_VERSION, compared: COMPARED, cases: Vec::new(), bursts: Vec::new() };
    let mut fill = || {
        for case in &cases {
            let measured = measure(case, &running, &load, turns, &progress, &interrupt)?;
            document.cases.push(document_of(case, &measured));
        }
        for connects in BURSTS.into_iter().filter(|_| with_bursts) {
            for server in &running {
                progress.doing(format!("{connects} connects at once: {}", server.kind.name()));
                let answered = burst::worst(server.addr, connects, turns, &interrupt)?;
                document.bursts.push(Burst {
                    case: burst::CASE,
                    server: server.kind.name(),
                    connects,
                    answered,
                });
            }
        }
        Ok(())
    };
    // What was measured is printed, whatever came after it.
    let filled = fill();
    drop(progress);
    if arguments.json {
        console::print_json(&document)?
    } else {
        console::print(tables::text(&document))
    }
    filled
}

/// All servers in one case, in turns.
fn measure<'a>(
    case: &Case,
    running: &'a [Running],
    load: &Load,
    turns: usize,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Vec<(&'a Running, Vec<Measured>)>> {
    let serves = |server: &&Running| {
        let kind = server.kind;
        kind.serves(case.path) && (case.keep_alive || kind.closes()) && kind.holds(case.idle)
    };
    let mut all: Vec<(&Running, Vec<Measured>)> =
        running.iter().filter(serves).map(|server| (server, Vec::new())).collect();
    for turn in 0..turns {
        for (server, measured) in &mut all {
            progress.doing(format!("{}, turn {} of {turns}: {}", case.name, turn + 1, server.kind.name()));
            let idle = burst::hold(server.addr, case.idle)?;
            measured.push(load.run(case, server)?);
            drop(idle);
            if interrupt.happened() {
                return Err(Stop::Interrupted(Interrupted));
            }
        }
    }
    Ok(all)
}

fn document_of(case: &Case, measured: &[(&Running, Vec<Measured>)]) -> CaseDocument {
    let row = |(server, turns): &(&Running, Vec<Measured>)| {
        let median = |value: fn(&Measured) -> f64| {
            let mut values: Vec<f64> = turns.iter().map(value).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        Row {
            server: server.kind.name(),
            req_per_s: median(|turn| turn.requests as f64 / turn.seconds),
            req_per_cpu_s: median(|turn| turn.requests as f64 / turn.cpu_seconds),
            p50_us: median(|turn| turn.p50_us),
            p99_us: median(|turn| turn.p99_us),
            p999_us: median(|turn| turn.p999_us),
            rss_kib: turns.iter().map(|turn| turn.rss_kib).max().unwrap_or(0),
            errors: turns.iter().map(|turn| turn.errors).sum(),
            req_per_cpu_s_ratio_nginx: None,
            req_per_s_ratio_nginx: None,
        }
    };
    let mut servers: Vec<Row> = measured.iter().map(row).collect();
    let nginx = servers.iter().find(|row| row.server == Kind::NginxFile.name());
    if let Some((per_cpu_s, per_s)) = nginx.map(|row| (row.req_per_cpu_s, row.req_per_s)) {
        for row in &mut servers {
            row.req_per_cpu_s_ratio_nginx = Some(row.req_per_cpu_s / per_cpu_s);
            row.req_per_s_ratio_nginx = Some(row.req_per_s / per_s);
        }
    }
    let bytes = servers::size(case.path);
    let Case { name, connections, keep_alive, idle, .. } = *case;
    CaseDocument { case: name, connections, bytes, keep_alive, idle, servers }
}
