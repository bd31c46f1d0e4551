//! The settings of the server: flags, and under the same names `[serve]` in `unsnarl.toml`.
//!
//! ```toml
//! [serve]
//! root = "public"
//! addr = "0.0.0.0:8080"
//! access-log = "/var/log/unsnarl/access.log"
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    cli::{Result, config, stop},
    server::{
        AccessLogFormat, FrontEnd, Limits,
        limits::{HEADERS_COUNT_LIMIT, WORKERS_COUNT_MAX},
    },
    time::Duration,
};

/// What says which files are served and how.
pub(super) const OF_FILES: [&str; 7] =
    ["root", "list", "no-compression", "error-pages", "revalidate-after", "cache-mib", "cache-entry-kib"];

/// What holds from the next start on: of sockets and threads, and the sizes of what was made at the start.
const OF_THE_START: [&str; 12] = [
    "addr",
    "workers",
    "front-end",
    "queue",
    "connections",
    "connections-per-address",
    "lingering",
    "status-page",
    "access-log",
    "access-log-format",
    "tls-cert",
    "tls-key",
];

/// What is not said is left to the file, and then to the default.
#[derive(Clone, Debug, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Settings {
    /// The folder to serve [default: the present one]
    #[arg(value_name = "DIR")]
    pub(super) root: Option<PathBuf>,
    /// Where to listen; port 0 takes any free port [default: 127.0.0.1:8080, or the socket that systemd passes]
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) addr: Option<String>,
    /// Speak TLS with this certificate, followed by those of its issuers (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(super) tls_key: Option<PathBuf>,
    /// Threads that answer requests [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=WORKERS_COUNT_MAX as i64))]
    pub(super) workers: Option<u32>,
    /// Who serves connections: a bounded pool, a thread for each, or an event loop for each core [default: pool]
    #[arg(long, value_name = "KIND", value_parser = ["pool", "threads", "events"])]
    pub(super) front_end: Option<String>,
    /// List folders that have no index.html
    #[arg(long, help_heading = "Files", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(super) list: Option<bool>,
    /// Never compress; files that lie compressed beside theirs are sent all the same
    #[arg(long, help_heading = "Files", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(super) no_compression: Option<bool>,
    /// Answer errors with the pages of this folder: 404.html, 4xx.html, 5xx.html
    #[arg(long, value_name = "DIR", help_heading = "Files")]
    pub(super) error_pages: Option<PathBuf>,
    /// Milliseconds for which a cached file is not compared with the disk again [default: 0]
    #[arg(long, value_name = "MILLISECONDS", help_heading = "Files")]
    pub(super) revalidate_after: Option<u32>,
    /// Whether /-/status, /-/metrics, /-/health and /-/ready are answered [default: true]
    #[arg(long, value_name = "BOOL", help_heading = "Operations")]
    pub(super) status_page: Option<bool>,
    /// Append a line for each response to this file; `-` is standard output
    #[arg(long, value_name = "FILE", help_heading = "Operations")]
    pub(super) access_log: Option<PathBuf>,
    /// How these lines look: common, combined or json [default: combined]
    #[arg(long, value_name = "FORMAT", help_heading = "Operations")]
    pub(super) access_log_format: Option<AccessLogFormat>,
    /// Seconds for which /-/ready says no before a drain begins, so that a load balancer looks elsewhere [default: 0]
    #[arg(long, value_name = "SECONDS", help_heading = "Operations")]
    pub(super) drain_delay: Option<u32>,
    /// Seconds that requests which have begun get to finish after SIGTERM or Ctrl-C [default: 10]
    #[arg(long, value_name = "SECONDS", help_heading = "Operations")]
    pub(super) drain_timeout: Option<u32>,
    /// Connections that may wait for a worker; more get 503 [default: 1024]
    #[arg(long, value_name = "N", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) queue: Option<u32>,
    /// Connections that may be open; more get 503 [default: 16384]
    #[arg(long, value_name = "N", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) connections: Option<u32>,
    /// Connections of one address that may be open; more get 503 [default: as many as of all]
    #[arg(long, value_name = "N", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) connections_per_address: Option<u32>,
    /// Requests that are answered on one connection before it is closed
    #[arg(long, value_name = "N", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) requests_per_connection: Option<u32>,
    /// Refused connections that are still being closed gently [default: 256]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    pub(super) lingering: Option<u32>,
    /// Bytes of a request head; more gets 431 [default: 16384]
    #[arg(long, value_name = "BYTES", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(64..))]
    pub(super) header_bytes: Option<u32>,
    /// Bytes of a request target; more gets 414 [default: 8192]
    #[arg(long, value_name = "BYTES", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(16..))]
    pub(super) uri_bytes: Option<u32>,
    /// Fields of a request head; more gets 431 [default: 64]
    #[arg(long, value_name = "N", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(1..=HEADERS_COUNT_LIMIT as i64))]
    pub(super) header_count: Option<u32>,
    /// Bytes of a request body; more gets 413 [default: 1048576]
    #[arg(long, value_name = "BYTES", help_heading = "Limits")]
    pub(super) body_bytes: Option<u32>,
    /// Seconds a request head may take to arrive [default: 10]
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    pub(super) header_timeout: Option<u32>,
    /// Seconds a request body may take beside the time its bytes need at the slowest rate [default: 30]
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    pub(super) body_timeout: Option<u32>,
    /// Bytes a second of the slowest request body that is heard to the end [default: 1024]
    #[arg(long, value_name = "BYTES", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) body_rate: Option<u32>,
    /// Seconds a connection may wait between two requests [default: 60]
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    pub(super) idle_timeout: Option<u32>,
    /// Seconds a response may take beside the time its bytes need at the slowest rate [default: 10]
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    pub(super) write_timeout: Option<u32>,
    /// Bytes a second of the slowest reader of a response that is served to the end [default: 16384]
    #[arg(long, value_name = "BYTES", help_heading = "Limits", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) write_rate: Option<u32>,
    /// Seconds for which the bytes of a refused client are read and dropped [default: 2]
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    pub(super) linger_timeout: Option<u32>,
    /// Memory for cached files [default: 64]
    #[arg(long, value_name = "MIB", help_heading = "Limits")]
    pub(super) cache_mib: Option<u16>,
    /// A larger file is not cached [default: 1024]
    #[arg(long, value_name = "KIB", help_heading = "Limits")]
    pub(super) cache_entry_kib: Option<u32>,
}

impl Settings {
    /// What the command line says, and for the rest the file; with the file's name, if there is one.
    pub(super) fn with_file(&self, file: Option<&Path>) -> Result<(Settings, Option<PathBuf>)> {
        let path = file.unwrap_or(Path::new(config::FILE));
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if file.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                return Ok((self.clone(), None));
            }
            Err(error) => return Err(stop::usage(format!("cannot read {}: {error}", path.display()))),
        };
        let wrong = |what: &str| stop::usage(format!("{}: {}", path.display(), what.trim_end()));
        let table: toml::Table = toml::from_str(&text).map_err(|error| wrong(&error.to_string()))?;
        let mut all = match table.get("serve").cloned() {
            None => toml::Table::new(),
            Some(toml::Value::Table(serve)) => serve,
            Some(_) => return Err(wrong("`serve` is not a table: write `[serve]`")),
        };
        let from_file: Settings = all
            .clone()
            .try_into()
            .map_err(|error: toml::de::Error| wrong(&format!("[serve]: {}", error.message())))?;
        from_file.check().map_err(|error| wrong(&format!("[serve]: {error}")))?;
        // Paths are meant relative to the file.
        let folder = path.parent().unwrap_or(Path::new(""));
        for name in ["root", "access-log", "error-pages", "tls-cert", "tls-key"] {
            if let Some(toml::Value::String(value)) = all.get_mut(name)
                && value != "-"
            {
                *value = folder.join(&*value).to_string_lossy().into_owned();
            }
        }
        // A flag comes before the file.
        all.extend(toml::Table::try_from(self).map_err(stop::fault)?);
        Ok((all.try_into().map_err(stop::fault)?, Some(path.to_owned())))
    }

    /// What flags cannot say, but a file can.
    fn check(&self) -> std::result::Result<(), String> {
        let least = [
            ("workers", self.workers, 1),
            ("queue", self.queue, 1),
            ("connections", self.connections, 1),
            ("connections-per-address", self.connections_per_address, 1),
            ("requests-per-connection", self.requests_per_connection, 1),
            ("header-bytes", self.header_bytes, 64),
            ("uri-bytes", self.uri_bytes, 16),
            ("header-count", self.header_count, 1),
            ("body-rate", self.body_rate, 1),
            ("write-rate", self.write_rate, 1),
        ];
        let most = [
            ("workers", self.workers, WORKERS_COUNT_MAX),
            ("header-count", self.header_count, HEADERS_COUNT_LIMIT),
        ];
        match (&self.tls_cert, &self.tls_key) {
            (Some(_), None) => return Err("tls-cert needs tls-key, the file with the private key".to_owned()),
            (None, Some(_)) => return Err("tls-key needs tls-cert, the file with the certificate".to_owned()),
            _ => {}
        }
        if let Some(front_end) = &self.front_end {
            front_end.parse::<FrontEnd>().map_err(|error| error.to_string())?;
        }
        for (name, value, least) in least {
            if let Some(value) = value.filter(|value| *value < least) {
                return Err(format!("{name} = {value}, but at least {least} is needed"));
            }
        }
        for (name, value, most) in most {
            if let Some(value) = value.filter(|value| *value as usize > most) {
                return Err(format!("{name} = {value}, but at most {most} is possible"));
            }
        }
        Ok(())
    }

    /// The bounds of the server.
    pub(super) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(mib) = self.cache_mib {
            limits.cache_bytes_max = usize::from(mib) * 1024 * 1024;
        }
        let set = |bound: &mut usize, value: Option<u32>| {
            if let Some(value) = value {
                *bound = value as usize;
            }
        };
        set(&mut limits.queue_len_max, self.queue);
        set(&mut limits.connections_max, self.connections);
        set(&mut limits.connections_per_address_max, self.connections_per_address);
        set(&mut limits.lingering_count_max, self.lingering);
        set(&mut limits.header_bytes_max, self.header_bytes);
        set(&mut limits.uri_bytes_max, self.uri_bytes);
        set(&mut limits.headers_count_max, self.header_count);
        set(&mut limits.body_bytes_max, self.body_bytes);
        set(&mut limits.cache_entry_bytes_max, self.cache_entry_kib.map(|kib| kib.saturating_mul(1024)));
        let set = |bound: &mut Duration, value: Option<u32>| {
            if let Some(value) = value {
                *bound = Duration::from_secs(value.into());
            }
        };
        set(&mut limits.header_timeout, self.header_timeout);
        set(&mut limits.body_timeout, self.body_timeout);
        set(&mut limits.idle_timeout, self.idle_timeout);
        set(&mut limits.write_timeout, self.write_timeout);
        set(&mut limits.linger_timeout, self.linger_timeout);
        set(&mut limits.drain_timeout, self.drain_timeout);
        let set = |bound: &mut u64, value: Option<u32>| {
            if let Some(value) = value {
                *bound = value.into();
            }
        };
        set(&mut limits.body_bytes_per_second_min, self.body_rate);
        set(&mut limits.write_bytes_per_second_min, self.write_rate);
        set(&mut limits.requests_per_connection_max, self.requests_per_connection);
        if let Some(milliseconds) = self.revalidate_after {
            limits.cache_revalidate_after = Duration::from_millis(milliseconds.into());
        }
        limits
    }

    /// Whether a running server takes on a change of the setting.
    pub(super) fn is_taken_on(name: &str) -> bool {
        !OF_THE_START.contains(&name)
    }

    /// As `now`, but what is of the start as it is here.
    pub(super) fn with_taken_on(&self, now: &Settings) -> Settings {
        let (Ok(mut all), Ok(here)) = (toml::Table::try_from(now), toml::Table::try_from(self)) else {
            return self.clone();
        };
        all.retain(|name, _| Settings::is_taken_on(name));
        all.extend(here.into_iter().filter(|(name, _)| !Settings::is_taken_on(name)));
        all.try_into().unwrap_or_else(|_| self.clone())
    }

    /// The names of the settings that differ.
    pub(super) fn differences(&self, other: &Settings) -> Vec<String> {
        let (Ok(one), Ok(other)) = (toml::Table::try_from(self), toml::Table::try_from(other)) else {
            return Vec::new();
        };
        let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
        names.into_iter().filter(|name| one.get(*name) != other.get(*name)).cloned().collect()
    }
}
