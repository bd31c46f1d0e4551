//! Replays traces on the server's cache, moka and quick_cache, side by side, and prints one JSON document.
//!
//! Without an argument it prints the traces' names; with a name it measures that trace. Each request is one call that loads
//! what is missing, once for all who ask (`get_or_load`, `get_with`, `get_or_insert_with`). Values are shared (`Arc`). The
//! caches take turns, each on an empty one; the best time counts: what else the machine does only adds to it.

mod caches;
mod traces;

use std::time::{Duration, Instant};

use caches::Subject;
use serde::Serialize;
use traces::Trace;

/// How often each cache replays a trace.
const ROUNDS: usize = 5;

/// What a trace measured.
#[derive(Serialize)]
struct Measured {
    trace: String,
    requests: usize,
    capacity: u64,
    /// Of the second time.
    threads: usize,
    caches: Vec<Row>,
}

/// What a cache did.
#[derive(Serialize)]
struct Row {
    cache: &'static str,
    /// Of requests, by one thread.
    hit_ratio: f64,
    /// Of weights, by one thread.
    weight_hit_ratio: f64,
    /// By one thread, and by several at once.
    ops_per_s: f64,
    ops_per_s_threads: f64,
}

fn main() {
    let asked = std::env::args().nth(1).unwrap_or_default();
    let traces = traces::all();
    if asked.is_empty() {
        let names: Vec<_> = traces.iter().map(|trace| &trace.name).collect();
        println!("{}", serde_json::to_string(&names).expect("names are JSON"));
    } else if let Some(trace) = traces.iter().find(|trace| trace.name == asked) {
        println!("{}", serde_json::to_string(&measure(trace)).expect("numbers are JSON"));
    } else {
        eprintln!("there is no trace `{asked}`");
        std::process::exit(2);
    }
}

fn measure(trace: &Trace) -> Measured {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).max(2);
    let mut rows: Vec<Row> = caches::NAMES.map(|cache| ratios(trace, cache)).into();
    for _ in 0..ROUNDS {
        for row in &mut rows {
            let alone = time(trace, row.cache, 1);
            row.ops_per_s = row.ops_per_s.max(trace.requests.len() as f64 / alone.as_secs_f64());
            let together = time(trace, row.cache, threads);
            row.ops_per_s_threads =
                row.ops_per_s_threads.max(trace.requests.len() as f64 / together.as_secs_f64());
        }
    }
    Measured {
        trace: trace.name.clone(),
        requests: trace.requests.len(),
        capacity: trace.capacity,
        threads,
        caches: rows,
    }
}

fn ratios(trace: &Trace, cache: &'static str) -> Row {
    let subject = Subject::new(cache, trace);
    let (mut hits, mut weight_hits, mut weights) = (0_u64, 0_u64, 0_u64);
    for request in &trace.requests {
        weights += u64::from(request.weight);
        if subject.request(*request) {
            hits += 1;
            weight_hits += u64::from(request.weight);
        }
    }
    Row {
        cache,
        hit_ratio: hits as f64 / trace.requests.len() as f64,
        weight_hit_ratio: weight_hits as f64 / weights as f64,
        ops_per_s: 0.0,
        ops_per_s_threads: 0.0,
    }
}

/// The threads take the requests by turns.
fn time(trace: &Trace, cache: &'static str, threads: usize) -> Duration {
    let subject = &Subject::new(cache, trace);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                trace.requests.iter().skip(thread).step_by(threads).for_each(|request| {
                    subject.request(*request);
                });
            });
        }
    });
    started.elapsed()
}
