//! The counters of the status page as metrics for Prometheus, at `/-/metrics` (text exposition format 0.0.4).

use std::fmt::Write as _;

use super::super::status::Status;

/// What the format calls itself.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics. Names and labels are those of the fields of `/-/status.json`, with units at the end.
pub(super) fn text(status: &Status) -> String {
    let mut out = Text(String::new());
    let counters = &status.counters;
    out.gauge("uptime_seconds", "Since the server was started.", status.uptime_ms as f64 / 1e3);
    out.gauge("draining", "Whether a shutdown was asked for.", f64::from(u8::from(status.draining)));
    out.gauge("connections", "Open connections.", status.connections.now as f64);
    out.gauge("connections_max", "Connections that may be open.", status.connections.max as f64);
    out.gauge("connections_parked", "Open connections that hold no thread.", status.parked as f64);
    out.gauge("queue", "Connections that wait for a worker.", status.queue.now as f64);
    out.gauge("queue_max", "Connections that may wait for a worker.", status.queue.max as f64);
    out.gauge("workers", "Threads that answer requests.", status.workers.len() as f64);
    let busy = status.workers.iter().filter(|worker| worker.step != "free").count();
    out.gauge("workers_busy", "Of these, those that do.", busy as f64);
    out.counter("connections_total", "Connections that were accepted.", counters.connections);
    out.counter(
        "connections_refused_total",
        "Connections that the table had no room for.",
        counters.connections_refused,
    );
    out.counter("requests_total", "Requests that were answered.", counters.requests);
    out.counter("received_bytes_total", "Bytes that came from clients.", counters.bytes_in);
    out.counter("sent_bytes_total", "Bytes that went to clients.", counters.bytes_out);
    out.family("responses_error_total", "counter", "Responses that said that something was wrong.");
    out.labelled("responses_error_total", "class", "4xx", counters.client_errors);
    out.labelled("responses_error_total", "class", "5xx", counters.server_errors);
    out.family("incidents_total", "counter", "What went wrong, by kind.");
    for (kind, count) in [
        ("shed", counters.shed),
        ("rejected_request", counters.rejected_requests),
        ("request_timeout", counters.request_timeouts),
        ("idle_timeout", counters.idle_timeouts),
        ("write_failure", counters.write_failures),
        ("handler_panic", counters.handler_panics),
        ("job_panic", counters.job_panics),
        ("accept_error", counters.accept_errors),
    ] {
        out.labelled("incidents_total", "kind", kind, count);
    }
    if let Some(cache) = &status.cache {
        out.gauge("cache_entries", "Cached files.", cache.entries as f64);
        out.gauge("cache_bytes", "Bytes of cached files.", cache.bytes as f64);
        out.gauge("cache_bytes_max", "Bytes that cached files may have.", cache.bytes_max as f64);
        out.family("cache_requests_total", "counter", "Requests for files, by what the cache had.");
        for (result, count) in
            [("hit", cache.hits), ("miss", cache.misses), ("joined", cache.joined), ("failed", cache.failed)]
        {
            out.labelled("cache_requests_total", "result", result, count);
        }
        out.counter("cache_evicted_total", "Files that gave way to others.", cache.evicted);
    }
    if let Some(log) = &status.access_log {
        out.family("access_log_lines_total", "counter", "Lines of the access log, by what became of them.");
        for (result, count) in [("written", log.written), ("dropped", log.dropped), ("failed", log.failed)] {
            out.labelled("access_log_lines_total", "result", result, count);
        }
    }
    out.0
}

struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP unsnarl_{name} {help}\n# TYPE unsnarl_{name} {kind}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, "gauge", help);
        let _ = writeln!(self.0, "unsnarl_{name} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.family(name, "counter", help);
        let _ = writeln!(self.0, "unsnarl_{name} {value}");
    }

    fn labelled(&mut self, name: &str, label: &str, of: &str, value: u64) {
        let _ = writeln!(self.0, "unsnarl_{name}{{{label}=\"{of}\"}} {value}");
    }
}
