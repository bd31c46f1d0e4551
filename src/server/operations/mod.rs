//! What operators want of a server beside its answers: an access log, metrics, and probes of health and readiness.

mod access_log;
mod metrics;

use std::fmt;

use self::access_log::AccessEntry;
pub use self::access_log::{ACCESS_LOG_QUEUE_LEN_MAX, AccessLog, AccessLogCounts, AccessLogFormat};
use super::{
    core::Core,
    http::{Body, Head, Response},
    status::Status,
};
use crate::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Instant, SystemTime},
};

/// Whether the process lives: answered as long as it answers at all.
const HEALTH: &str = "/-/health";
/// Whether it wants requests: no while it drains.
const READY: &str = "/-/ready";
/// Numbers for Prometheus.
const METRICS: &str = "/-/metrics";

/// The operators' side of one server.
pub(crate) struct Operations {
    log: Option<Arc<AccessLog>>,
    is_ready: AtomicBool,
}

impl Operations {
    pub(crate) fn new(log: Option<Arc<AccessLog>>) -> Self {
        Operations { log, is_ready: AtomicBool::new(true) }
    }

    /// What `/-/ready` says from now on.
    pub(crate) fn set_ready(&self, is_ready: bool) {
        // ORDERING: relaxed, with the load in `respond`: a probe that comes at the same time may hear either.
        self.is_ready.store(is_ready, Ordering::Relaxed);
    }

    /// When a request began, if that will be asked for.
    pub(crate) fn begin(&self) -> Option<Instant> {
        self.log.is_some().then(Instant::now)
    }

    /// Takes down a request that has been answered.
    pub(crate) fn log(
        &self,
        head: &Head,
        response: &Response,
        peer: Option<SocketAddr>,
        began: Option<Instant>,
    ) {
        let (Some(log), Some(began)) = (&self.log, began) else { return };
        let mut target = head.path().as_bytes().to_vec();
        if let Some(query) = head.query() {
            target.push(b'?');
            target.extend_from_slice(query.as_bytes());
        }
        let field = |name: &str| head.field(name).map(<[u8]>::to_vec);
        log.log(AccessEntry {
            peer: peer.map(|peer| peer.ip()),
            at: SystemTime::now(),
            method: head.method_name().to_owned(),
            target,
            version: head.version().as_str(),
            status: response.status(),
            bytes: if response.sends_body(head.method()) { response.body().len() } else { Some(0) },
            took: began.elapsed(),
            referer: field("referer"),
            user_agent: field("user-agent"),
        });
    }

    /// What became of the log's lines.
    pub(crate) fn log_counts(&self) -> Option<AccessLogCounts> {
        self.log.as_ref().map(|log| log.counts())
    }

    /// The answer to a probe, if the request is one.
    pub(crate) fn respond(
        &self,
        core: &Core,
        head: &Head,
        status: impl FnOnce() -> Status,
    ) -> Option<Response> {
        let text =
            |status: u16, text: &str| Response::text(status, text).with_field("cache-control", "no-store");
        match head.path() {
            HEALTH => Some(text(200, "ok")),
            READY => {
                // ORDERING: relaxed, with the store in `set_ready`.
                let is_ready = self.is_ready.load(Ordering::Relaxed) && !core.is_draining();
                Some(if is_ready { text(200, "ready") } else { text(503, "draining") })
            }
            METRICS => {
                let response = Response::new(200).with_field("cache-control", "no-store");
                let response = response.with_field("content-type", metrics::CONTENT_TYPE);
                Some(response.with_body(Body::Bytes(metrics::text(&status()).into_bytes())))
            }
            _ => None,
        }
    }
}

/// Whether the path is one of these.
pub(crate) fn is_probe(path: &str) -> bool {
    matches!(path, HEALTH | READY | METRICS)
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations").field("log", &self.log).finish_non_exhaustive()
    }
}
