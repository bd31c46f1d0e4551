//! Load by wrk, and what the server took for it.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use serde::Deserialize;

use super::{
    super::super::{Result, stop},
    Case,
    servers::Running,
};
use crate::time::Duration;

/// Prints what was measured as one line of JSON.
const SCRIPT: &str = r#"
done = function(summary, latency, requests)
  local e = summary.errors
  print(string.format('{"requests":%d,"micros":%d,"errors":%d,"p50":%.1f,"p99":%.1f,"p999":%.1f}',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
"#;

pub(super) struct Load {
    wrk: PathBuf,
    time: Duration,
}

/// One turn.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) requests: u64,
    pub(super) seconds: f64,
    pub(super) cpu_seconds: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) p999_us: f64,
    pub(super) rss_kib: u64,
    pub(super) errors: u64,
}

#[derive(Deserialize)]
struct Line {
    requests: u64,
    micros: f64,
    errors: u64,
    p50: f64,
    p99: f64,
    p999: f64,
}

impl Load {
    pub(super) fn new(wrk: PathBuf, time: Duration) -> Self {
        Load { wrk, time }
    }

    /// Loads `server` for the time, after a shorter one to warm up.
    pub(super) fn run(&self, case: &Case, server: &Running) -> Result<Measured> {
        self.wrk(case, server, self.time / 2)?;
        let before = server.cpu_seconds()?;
        let line = self.wrk(case, server, self.time)?;
        let cpu_seconds = server.cpu_seconds()? - before;
        Ok(Measured {
            requests: line.requests,
            seconds: line.micros / 1e6,
            // The clock of CPU time ticks a hundred times a second.
            cpu_seconds: cpu_seconds.max(0.01),
            p50_us: line.p50,
            p99_us: line.p99,
            p999_us: line.p999,
            rss_kib: server.rss_kib()?,
            errors: line.errors,
        })
    }

    fn wrk(&self, case: &Case, server: &Running, time: Duration) -> Result<Line> {
        let fault = |what: &dyn std::fmt::Display| stop::fault(format!("wrk: {what}"));
        let script = server.folder.join("report.lua");
        std::fs::write(&script, SCRIPT).map_err(|error| fault(&error))?;
        let mut command = Command::new(&self.wrk);
        // wrk knows whole seconds only.
        command.arg(format!("-d{}s", time.as_secs().max(1)));
        command.arg(format!("-t{}", case.connections.min(2))).arg(format!("-c{}", case.connections));
        command.arg("--timeout").arg("10s").arg("-s").arg(script);
        if !case.keep_alive {
            command.args(["-H", "Connection: close"]);
        }
        command.arg(format!("http://{}/{}", server.addr, case.path)).stderr(Stdio::null());
        let output = command.output().map_err(|error| fault(&error))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with('{'));
        let line = line.ok_or_else(|| fault(&format!("no figures for {}: {text}", server.kind.name())))?;
        serde_json::from_str(line).map_err(|error| fault(&error))
    }
}
