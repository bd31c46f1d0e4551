//! `unsnarl serve`: a folder over HTTP, with a page that shows what blocks.
//!
//! # Signals
//!
//! 1. *SIGTERM and Ctrl-C drain*: `/-/ready` says no, after the drain's delay nobody is accepted any more, requests that have
//!    begun finish within the drain's time, and the process ends with 0. A second one ends it at once.
//! 2. *SIGHUP opens the access log anew* and reads the settings again: a mistake in them is said and changes nothing. What
//!    differs is named: what is served and most limits hold from now on, the rest from the next start on.
//! 3. *A thread of its own takes the signals*, one after the other, and never waits for the drain: the next one must be heard.

mod settings;

use std::{
    io,
    path::{Path, PathBuf},
    process,
};

use clap::Args;

use self::settings::Settings;
use super::{
    Result, console,
    signals::{Signal, Signals},
    stop,
};
use crate::{
    server::{AccessLog, Files, FrontEnd, Limits, Server, ServerBuilder, ServerHandle, Tls},
    sync::Arc,
    thread,
    time::Duration,
};

/// Serve a folder with the bounded thread-pool server; /-/status shows what each thread is blocked in.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    settings: Settings,
    /// The file with the table `[serve]`, instead of `unsnarl.toml` in the present folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

/// Serves until Ctrl-C or SIGTERM, then lets requests that have begun finish. A second signal ends the process at once.
pub(crate) fn run(args: ServeArgs) -> Result {
    let signals =
        Signals::listen().map_err(|error| stop::fault(format!("cannot listen for signals: {error}")))?;
    let (settings, file) = args.settings.with_file(args.config.as_deref())?;
    let log = access_log(&settings)?;
    let workers = settings
        .workers
        .map_or_else(|| thread::available_parallelism().map_or(1, usize::from), |workers| workers as usize);
    let limits = settings.limits();
    let files = files(&settings, &limits)?;
    // The names are checked where they come from.
    let front_end: FrontEnd =
        settings.front_end.as_deref().and_then(|name| name.parse().ok()).unwrap_or_default();
    let server = Server::builder().front_end(front_end).workers(workers).limits(limits).files(files);
    let server = server.status_page(settings.status_page.unwrap_or(true));
    let tls = tls(&settings)?;
    let server = tls.iter().fold(server, |server, tls| server.tls(Arc::clone(tls)));
    let server = log.iter().fold(server, |server, log| server.access_log(Arc::clone(log)));
    let server = listens(server, &settings)?.build().map_err(stop::usage)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{}/", server.local_addr());
    let handle = server.handle();
    let operator = Operator { args, settings, file, log: log.clone(), tls, handle };
    if !operator.args.quiet {
        let threads = match front_end {
            FrontEnd::ThreadPerConnection => "a thread for each connection".to_owned(),
            FrontEnd::Pool => format!("{workers} workers"),
            FrontEnd::Events => format!("event loops and {workers} workers"),
        };
        console::print(format!("serving {url} (status: {url}-/status, {threads})\n"));
    }
    let quiet = operator.args.quiet;
    let started = thread::Builder::new().name("signals".to_owned()).spawn(move || operator.obey(signals));
    started.map_err(|error| stop::fault(format!("cannot start a thread: {error}")))?;
    notify(&[sd_notify::NotifyState::Ready]);
    let drained = server.run().map_err(stop::fault)?;
    if let Some(log) = log {
        log.flush();
    }
    if !quiet && drained.cut > 0 {
        console::complain(
            "note",
            &format!("{} connections did not finish in time and were cut", drained.cut),
        );
    }
    Ok(())
}

/// What is served, and how.
fn files(settings: &Settings, limits: &Limits) -> Result<Files> {
    let root = settings.root.clone().unwrap_or_else(|| PathBuf::from("."));
    let mut files = Files::new(root, limits).map_err(stop::usage)?;
    files = files.listing(settings.list == Some(true)).compress(settings.no_compression != Some(true));
    if let Some(folder) = &settings.error_pages {
        files = files.error_pages(folder).map_err(stop::usage)?;
    }
    Ok(files)
}

/// The log that was asked for.
fn access_log(settings: &Settings) -> Result<Option<Arc<AccessLog>>> {
    let Some(path) = &settings.access_log else { return Ok(None) };
    let format = settings.access_log_format.unwrap_or_default();
    let log = if path == Path::new("-") { AccessLog::stdout(format) } else { AccessLog::open(path, format) };
    let log = log.map_err(|error| {
        stop::usage(format!(
            "cannot open the access log {}: {error}: name a file that can be written",
            path.display()
        ))
    })?;
    log.on_failure(|error| match error {
        Some(error) => console::complain(
            "warning",
            &format!("the access log cannot be written: {error}; lines are lost until it can be"),
        ),
        None => console::complain("note", "the access log is written again"),
    });
    Ok(Some(Arc::new(log)))
}

/// The certificate that was asked for.
fn tls(settings: &Settings) -> Result<Option<Arc<Tls>>> {
    let (Some(certificate), Some(key)) = (&settings.tls_cert, &settings.tls_key) else { return Ok(None) };
    Ok(Some(Arc::new(Tls::open(certificate, key).map_err(stop::usage)?)))
}

/// The address that is named, else the socket that systemd passes, else the default.
fn listens(server: ServerBuilder, settings: &Settings) -> Result<ServerBuilder> {
    if let Some(addr) = &settings.addr {
        return Ok(server.addr(addr.clone()));
    }
    let wrong = |error: io::Error| {
        stop::usage(format!(
            "the socket that was passed in LISTEN_FDS cannot be used: {error}: it must be a TCP listener"
        ))
    };
    match listenfd::ListenFd::from_env().take_tcp_listener(0).map_err(wrong)? {
        Some(listener) => Ok(server.listener(listener)),
        None => Ok(server),
    }
}

/// Tells systemd, if it asked. That it does not hear is no reason not to serve.
fn notify(states: &[sd_notify::NotifyState<'_>]) {
    let _ = sd_notify::notify(states);
}

/// Does what signals ask for.
struct Operator {
    args: ServeArgs,
    /// As they are served by now: what waits for the next start is as it was at this one.
    settings: Settings,
    file: Option<PathBuf>,
    log: Option<Arc<AccessLog>>,
    tls: Option<Arc<Tls>>,
    handle: ServerHandle,
}

impl Operator {
    fn obey(mut self, mut signals: Signals) {
        let mut is_asked = false;
        while let Some(signal) = signals.next() {
            match signal {
                Signal::Reload => self.reload(),
                Signal::End if is_asked => process::exit(stop::INTERRUPTED.into()),
                Signal::End => {
                    is_asked = true;
                    self.drain();
                }
            }
        }
    }

    fn drain(&self) {
        notify(&[sd_notify::NotifyState::Stopping]);
        let delay = Duration::from_secs(self.settings.drain_delay.unwrap_or(0).into());
        if !self.args.quiet {
            console::complain("note", "finishing what has begun; once more to stop at once");
        }
        self.handle.set_ready(false);
        let handle = self.handle.clone();
        // Not here: the next signal must be heard.
        let drains = thread::Builder::new().name("drain".to_owned()).spawn(move || {
            thread::sleep(delay);
            handle.shutdown();
        });
        if drains.is_err() {
            self.handle.shutdown();
        }
    }

    /// Serves by what of `now` can change while the server runs.
    fn take_on(&self, now: &Settings) -> Result {
        let differences = now.differences(&self.settings);
        let limits = now.limits();
        // A new cache is empty, so only if something else is to be served.
        if differences.iter().any(|name| settings::OF_FILES.contains(&name.as_str())) {
            self.handle.set_files(files(now, &limits)?);
        }
        self.handle.set_limits(limits);
        Ok(())
    }

    fn reload(&mut self) {
        notify(&[sd_notify::NotifyState::Reloading]);
        if let Some(log) = &self.log {
            log.reopen();
        }
        if let Some(Err(error)) = self.tls.as_ref().map(|tls| tls.reload()) {
            console::complain("error", &format!("{error}; the certificate stays the one before"));
        }
        let file = self.args.config.as_deref().or(self.file.as_deref());
        match self.args.settings.with_file(file) {
            Err(error) => error.print(),
            Ok((now, _)) => match self.take_on(&now) {
                Err(error) => error.print(),
                Ok(()) if self.args.quiet => {}
                Ok(()) => {
                    let log = if self.log.is_some() { "the access log was opened anew; " } else { "" };
                    let differences = now.differences(&self.settings);
                    let (now_hold, later): (Vec<_>, Vec<_>) =
                        differences.into_iter().partition(|name| Settings::is_taken_on(name));
                    let mut what = Vec::new();
                    if !now_hold.is_empty() {
                        what.push(format!("these settings hold from now on: {}", now_hold.join(", ")));
                    }
                    if !later.is_empty() {
                        what.push(format!(
                            "from the next start on other settings hold: {}",
                            later.join(", ")
                        ));
                    }
                    if what.is_empty() {
                        what.push("the settings are as they were".to_owned());
                    }
                    console::complain("note", &format!("{log}{}", what.join("; ")));
                    self.settings = self.settings.with_taken_on(&now);
                }
            },
        }
        notify(&[sd_notify::NotifyState::Ready]);
    }
}
