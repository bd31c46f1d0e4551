//! The servers: how each is started, and what it takes of the machine.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::super::super::{Result, stop};
use crate::{
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

/// Who is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    NginxFile,
    NginxMemory,
    Pool,
    Events,
    Threads,
    Hyper,
    Actix,
    May,
    Tiny,
}

impl Kind {
    pub(super) const ALL: [Kind; 9] = [
        Kind::NginxFile,
        Kind::NginxMemory,
        Kind::Pool,
        Kind::Events,
        Kind::Threads,
        Kind::Hyper,
        Kind::Actix,
        Kind::May,
        Kind::Tiny,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::NginxFile => "nginx-file",
            Kind::NginxMemory => "nginx-memory",
            Kind::Pool => "unsnarl-pool",
            Kind::Events => "unsnarl-events",
            Kind::Threads => "unsnarl-threads",
            Kind::Hyper => "hyper",
            Kind::Actix => "actix-web",
            Kind::May => "may_minihttp",
            Kind::Tiny => "tiny_http",
        }
    }

    fn is_nginx(self) -> bool {
        matches!(self, Kind::NginxFile | Kind::NginxMemory)
    }

    /// Whether it has an answer at this path: a body in nginx's configuration cannot be large.
    pub(super) fn serves(self, path: &str) -> bool {
        self != Kind::NginxMemory || path == "1k"
    }

    /// Whether it closes when it is asked to.
    pub(super) fn closes(self) -> bool {
        self != Kind::May
    }

    /// Whether it can have so many idle connections: tiny_http keeps a thread for each, and ends when there are no more.
    pub(super) fn holds(self, idle: usize) -> bool {
        self != Kind::Tiny || idle <= 1_000
    }
}

const FILES: [(&str, u64); 3] = [("1k", 1024), ("64k", 64 * 1024), ("10m", 10 * 1024 * 1024)];

/// How long the file is.
pub(super) fn size(path: &str) -> u64 {
    FILES.iter().find(|(name, _)| *name == path).map_or(0, |(_, size)| *size)
}

/// nginx and wrk, or who has them.
pub(super) fn tools() -> Result<(PathBuf, PathBuf)> {
    let find = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        // Debian has servers where users do not look.
        let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
        folders.map(|folder| folder.join(name)).find(|path| path.is_file())
    };
    let missing = |name: &str| {
        stop::usage(format!(
            "{name} is not installed, and the comparison needs it; Debian has it as the package `{name}`"
        ))
    };
    Ok((find("nginx").ok_or_else(|| missing("nginx"))?, find("wrk").ok_or_else(|| missing("wrk"))?))
}

/// The files that are served; goes with this value.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("unsnarl-bench-server-{}", std::process::id()));
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&path)?;
            for (name, size) in FILES {
                fs::write(path.join(name), "x".repeat(size as usize))?;
            }
            Ok(())
        };
        write().map_err(|error| stop::fault(format!("cannot write {}: {error}", path.display())))?;
        Ok(Folder(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A server that runs; ended by dropping.
pub(super) struct Running {
    pub(super) kind: Kind,
    pub(super) addr: SocketAddr,
    pub(super) folder: PathBuf,
    child: Child,
}

impl Running {
    pub(super) fn start(kind: Kind, executable: &Path, nginx: &Path, folder: &Folder) -> Result<Self> {
        let fault =
            |error: &dyn std::fmt::Display| stop::fault(format!("cannot start {}: {error}", kind.name()));
        // A port that was free a moment ago.
        let addr = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let addr = addr.map_err(|error| fault(&error))?;
        let mut command = if kind.is_nginx() {
            let configuration = folder.0.join(format!("{}.conf", kind.name()));
            fs::write(&configuration, nginx_configuration(kind, addr, &folder.0))
                .map_err(|error| fault(&error))?;
            let mut command = Command::new(nginx);
            command.arg("-c").arg(configuration).arg("-p").arg(&folder.0).args(["-e", "stderr"]);
            command
        } else {
            let mut command = Command::new(executable);
            command.arg(kind.name()).arg(addr.to_string()).arg(&folder.0);
            command
        };
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|error| fault(&error))?;
        let mut running = Running { kind, addr, folder: folder.0.clone(), child };
        if !kind.is_nginx()
            && let Some(out) = running.child.stdout.take()
        {
            let mut line = String::new();
            let _ = BufReader::new(out).read_line(&mut line);
        }
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(addr).is_err() {
            let has_ended = running.child.try_wait().is_ok_and(|status| status.is_some());
            if has_ended || Instant::now() > deadline {
                return Err(fault(&format!("nobody listens at {addr}")));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(running)
    }

    /// The process and those that it started.
    fn processes(&self) -> Vec<u32> {
        let id = self.child.id();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        std::iter::once(id)
            .chain(children.split_whitespace().filter_map(|child| child.parse().ok()))
            .collect()
    }

    /// CPU time that all processes have taken so far.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        let mut ticks = 0.0;
        for id in self.processes() {
            let stat = fs::read_to_string(format!("/proc/{id}/stat"));
            let stat =
                stat.map_err(|error| stop::fault(format!("{} has ended: {error}", self.kind.name())))?;
            // After the name, which may contain anything: user and system time are the 12th and 13th.
            let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
            ticks += fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum::<f64>();
        }
        // The unit of these files is fixed by the kernel's interface.
        Ok(ticks / 100.0)
    }

    /// Memory of all processes; pages that they share count for each.
    pub(super) fn rss_kib(&self) -> Result<u64> {
        let of = |id: u32| {
            let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        Ok(self.processes().into_iter().filter_map(of).sum())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.kind.is_nginx() {
            // Its workers end with it only when it is asked.
            let asked = Command::new("kill").arg(self.child.id().to_string()).status();
            if asked.is_ok_and(|status| status.success()) {
                let _ = self.child.wait();
                return;
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn nginx_configuration(kind: Kind, addr: SocketAddr, folder: &Path) -> String {
    let answer = match kind {
        Kind::NginxMemory => format!("location / {{ return 200 \"{}\"; }}", "x".repeat(1024)),
        _ => format!("root {};", folder.display()),
    };
    format!(
        "worker_processes 2; daemon off; pid {}/{}.pid; worker_rlimit_nofile 15000;\n\
         events {{ worker_connections 12000; }}\n\
         http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n\
         default_type application/octet-stream;\n\
         open_file_cache max=100; open_file_cache_valid 60s; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; \
         fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;\n\
         server {{ listen {addr} backlog=4096; {answer} }} }}\n",
        folder.display(),
        kind.name(),
        folder = folder.display(),
    )
}
