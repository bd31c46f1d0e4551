//! The live page: `/-/status` for people, `/-/status.json` for programs.
//!
//! Every number is read without stopping the server, so parts may be of slightly different moments; who is connected and the
//! counts of connections are of one. The page's script puts every value in as text, never as markup.
//!
//! It shows and changes nothing: whoever reaches the server reaches the page, and may be anyone. Connections are cut by the
//! program that runs the server, through its [`ServerHandle`](super::ServerHandle).

use serde::Serialize;

use super::{
    core::Core,
    front_end::FrontEnd,
    http::{Body, Head, Method, Response},
    operations::{self, AccessLogCounts},
    pool::PoolStatus,
    table::{BlockingStep, RowView, Snapshot},
};
use crate::time::Instant;

const PAGE: &str = include_str!("status.html");
const PATH: &str = "/-/status";
const PATH_JSON: &str = "/-/status.json";
/// Connections that are listed; busy ones first.
const ROWS_COUNT_MAX: usize = 256;
/// The version of the JSON form; raised when a field changes its meaning or goes.
const SCHEMA: u32 = 1;

/// Whether the request is for the status page or a probe.
pub(crate) fn is_for(head: &Head) -> bool {
    let is_read = matches!(head.method(), Method::Get | Method::Head);
    is_read && (head.path() == PATH || head.path() == PATH_JSON || operations::is_probe(head.path()))
}

/// The page, or its data.
pub(crate) fn respond(core: &Core, head: &Head) -> Response {
    if let Some(response) = core.operations.respond(core, head, || Status::gather(core, &core.pool_status()))
    {
        return response;
    }
    let accepts_json = head
        .fields("accept")
        .any(|value| value.windows(16).any(|part| part.eq_ignore_ascii_case(b"application/json")));
    let response = Response::new(200).with_field("cache-control", "no-store").with_field("vary", "accept");
    if head.path() == PATH_JSON || accepts_json {
        return response.with_field("content-type", "application/json").with_body(Body::Bytes(json(core)));
    }
    response
        .with_field("content-type", "text/html; charset=utf-8")
        .with_field(
            "content-security-policy",
            "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
             img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        )
        .with_body(Body::Bytes(PAGE.into()))
}

/// What [`PATH_JSON`] says.
pub(super) fn json(core: &Core) -> Vec<u8> {
    // What is gathered can be written as JSON.
    serde_json::to_vec(&Status::gather(core, &core.pool_status())).unwrap_or_default()
}

#[derive(Serialize)]
pub(super) struct Status {
    schema: u32,
    pub(super) uptime_ms: u64,
    pub(super) draining: bool,
    acceptor: Thread,
    loops: Vec<Thread>,
    pub(super) workers: Vec<Thread>,
    /// With a thread for each connection; as many as rows are listed at most.
    connection_threads: Vec<Thread>,
    pub(super) queue: Gauge,
    pub(super) connections: Gauge,
    pub(super) parked: usize,
    rows: Vec<Row>,
    rows_left_out: usize,
    pub(super) cache: Option<CacheView>,
    pub(super) counters: Counters,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) access_log: Option<AccessLogCounts>,
}

#[derive(Serialize)]
pub(super) struct Thread {
    name: String,
    /// A blocking step of a connection, or: of a worker `free` (it waits for a job) or `busy`; of a loop `poll` (it waits until
    /// something happens) or `serve`; of the acceptor `admit`, `pause` (after an error) or `drain`.
    pub(super) step: &'static str,
    since_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    /// What it has done: connections accepted, waits of a loop, jobs of a worker, requests of a connection's thread.
    jobs: u64,
}

#[derive(Serialize)]
pub(super) struct Gauge {
    pub(super) now: usize,
    pub(super) max: usize,
}

#[derive(Serialize)]
struct Row {
    id: String,
    peer: String,
    step: &'static str,
    since_ms: u64,
    age_ms: u64,
    worker: Option<usize>,
    requests: u64,
    bytes_in: u64,
    bytes_out: u64,
}

#[derive(Serialize)]
pub(super) struct CacheView {
    pub(super) entries: usize,
    pub(super) bytes: usize,
    pub(super) bytes_max: usize,
    pub(super) hits: u64,
    pub(super) misses: u64,
    pub(super) joined: u64,
    pub(super) failed: u64,
    pub(super) evicted: u64,
}

#[derive(Serialize)]
pub(super) struct Counters {
    pub(super) connections: u64,
    pub(super) connections_refused: u64,
    pub(super) requests: u64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) client_errors: u64,
    pub(super) server_errors: u64,
    pub(super) shed: u64,
    pub(super) rejected_requests: u64,
    pub(super) request_timeouts: u64,
    pub(super) idle_timeouts: u64,
    pub(super) write_failures: u64,
    pub(super) handler_panics: u64,
    pub(super) job_panics: u64,
    pub(super) accept_errors: u64,
}

impl Status {
    fn gather(core: &Core, pool: &PoolStatus) -> Self {
        let Snapshot { status: table, rows: mut views } = core.table.snapshot();
        let incidents = *core.incidents.lock();
        let now = Instant::now();
        let workers = pool.workers.iter().enumerate().map(|(index, worker)| {
            // A worker between two steps of a connection belongs to none for a moment: then it is only "busy".
            let row = views.iter().find(|row| row.facts.worker == Some(index)).filter(|_| worker.busy);
            Thread {
                name: format!("worker {index}"),
                step: match row {
                    Some(row) => row.facts.step.as_str(),
                    None if worker.busy => "busy",
                    None => "free",
                },
                since_ms: ms(now, row.map_or(worker.since, |row| row.facts.since)),
                connection: row.map(|row| row.id.to_string()),
                jobs: worker.done,
            }
        });
        let workers = workers.collect();
        let (doing, since) = core.acceptor.get();
        let acceptor = Thread {
            name: "acceptor".to_owned(),
            step: doing.as_str(),
            since_ms: ms(now, since),
            connection: None,
            jobs: table.admitted + table.refused,
        };
        let loops = core.loops.iter().enumerate().map(|(index, parking)| {
            let activity = parking.activity();
            Thread {
                name: core.front_end.loop_name(index),
                step: if activity.is_polling { "poll" } else { "serve" },
                since_ms: ms(now, activity.since),
                connection: None,
                jobs: activity.turns,
            }
        });
        let loops = loops.collect();
        views.sort_by_key(|row| (row.facts.step == BlockingStep::Idle, row.id));
        let has_thread = |row: &&RowView| {
            core.front_end == FrontEnd::ThreadPerConnection && row.facts.step != BlockingStep::Leaving
        };
        let connection_threads = views.iter().filter(has_thread).take(ROWS_COUNT_MAX).map(|row| Thread {
            name: format!("connection {}", row.id),
            step: row.facts.step.as_str(),
            since_ms: ms(now, row.facts.since),
            connection: Some(row.id.to_string()),
            jobs: row.facts.tally.requests,
        });
        let connection_threads = connection_threads.collect();
        let rows_left_out = views.len().saturating_sub(ROWS_COUNT_MAX);
        let cache = core.sites.present().cache_stats.as_ref().map(|stats| {
            let stats = stats();
            CacheView {
                entries: stats.entries,
                bytes: stats.weight,
                bytes_max: stats.weight_max,
                hits: stats.hits,
                misses: stats.misses,
                joined: stats.joined,
                failed: stats.failed,
                evicted: stats.evicted,
            }
        });
        Status {
            schema: SCHEMA,
            uptime_ms: ms(now, core.started),
            draining: core.is_draining(),
            acceptor,
            loops,
            workers,
            connection_threads,
            queue: Gauge { now: pool.queue_len, max: pool.queue_len_max },
            connections: Gauge { now: table.live, max: table.connections_max },
            parked: core.parked(),
            rows: views.iter().take(ROWS_COUNT_MAX).map(|view| Row::of(view, now)).collect(),
            rows_left_out,
            cache,
            counters: Counters {
                connections: table.admitted,
                connections_refused: table.refused,
                requests: table.tally.requests,
                bytes_in: table.tally.bytes_in,
                bytes_out: table.tally.bytes_out,
                client_errors: table.tally.client_errors,
                server_errors: table.tally.server_errors,
                shed: incidents.shed,
                rejected_requests: incidents.rejected_requests,
                request_timeouts: incidents.header_timeouts,
                idle_timeouts: incidents.idle_timeouts,
                write_failures: incidents.write_failures,
                handler_panics: incidents.handler_panics,
                job_panics: pool.panicked,
                accept_errors: incidents.accept_errors,
            },
            access_log: core.operations.log_counts(),
        }
    }
}

impl Row {
    fn of(view: &RowView, now: Instant) -> Self {
        let tally = view.facts.tally;
        Row {
            id: view.id.to_string(),
            peer: view.peer.map_or_else(String::new, |peer| peer.to_string()),
            step: view.facts.step.as_str(),
            since_ms: ms(now, view.facts.since),
            age_ms: ms(now, view.opened),
            worker: view.facts.worker,
            requests: tally.requests,
            bytes_in: tally.bytes_in,
            bytes_out: tally.bytes_out,
        }
    }
}

fn ms(now: Instant, since: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(since).as_millis()).unwrap_or(u64::MAX)
}
