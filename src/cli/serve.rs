//! `unsnarl serve`: a folder over HTTP, with a page that shows what blocks.

use std::{path::PathBuf, process};

use crate::{
    server::{Files, FrontEnd, Limits, Server, ServerError},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};
use clap::Args;

/// Serve a folder with the bounded thread-pool server; /-/status shows what each thread is blocked in.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The folder to serve
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Where to listen; port 0 takes any free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:8080")]
    addr: String,
    /// Who serves connections: a bounded pool, a thread for each, or an event loop for each core
    #[arg(long, value_name = "KIND", default_value = "pool", value_parser = ["pool", "threads", "events"])]
    front_end: String,
    /// Threads that answer requests [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    workers: Option<u32>,
    /// Connections that may wait for a worker; more get 503
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    queue: u32,
    /// Connections that may be open; more get 503
    #[arg(long, value_name = "N", default_value_t = 16384, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// Memory for cached files
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    cache_mib: u16,
    /// Seconds a connection may wait between two requests
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    idle_timeout: u32,
    /// Seconds a request head may take to arrive
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    header_timeout: u32,
    /// List folders that have no index.html
    #[arg(long)]
    list: bool,
    /// Never compress; files that lie compressed beside theirs are sent all the same
    #[arg(long)]
    no_compression: bool,
    /// Answer errors with the pages of this folder: 404.html, 4xx.html, 5xx.html
    #[arg(long, value_name = "DIR")]
    error_pages: Option<PathBuf>,
    /// Milliseconds for which a cached file is not compared with the disk again
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    revalidate_after: u32,
    /// Print nothing but errors
    #[arg(long, short)]
    quiet: bool,
}

/// The status of a process that a second Ctrl-C ended: 128 and the signal's number, as shells have it.
const INTERRUPTED: i32 = 130;

/// Serves until Ctrl-C or SIGTERM, then lets requests that have begun finish. A second signal ends the process at once.
pub(crate) fn run(args: ServeArgs) -> Result<(), ServerError> {
    let workers = args
        .workers
        .map_or_else(|| thread::available_parallelism().map_or(1, usize::from), |workers| workers as usize);
    let limits = Limits {
        queue_len_max: args.queue as usize,
        connections_max: args.connections as usize,
        cache_bytes_max: usize::from(args.cache_mib) * 1024 * 1024,
        idle_timeout: Duration::from_secs(args.idle_timeout.into()),
        header_timeout: Duration::from_secs(args.header_timeout.into()),
        cache_revalidate_after: Duration::from_millis(args.revalidate_after.into()),
        ..Limits::default()
    };
    let mut files = Files::new(args.dir, &limits)?.listing(args.list).compress(!args.no_compression);
    if let Some(folder) = args.error_pages {
        files = files.error_pages(folder)?;
    }
    // The names are checked above.
    let front_end: FrontEnd = args.front_end.parse().unwrap_or_default();
    let server = Server::builder().addr(args.addr).front_end(front_end).workers(workers).limits(limits);
    let server = server.files(files).build()?;
    let url = format!("http://{}/", server.local_addr());
    let handle = server.handle();
    let asked = AtomicBool::new(false);
    let quiet = args.quiet;
    let installed = ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::SeqCst) {
            process::exit(INTERRUPTED);
        }
        if !quiet {
            eprintln!("finishing what has begun; once more to stop at once");
        }
        handle.shutdown();
    });
    if !quiet {
        let threads = match front_end {
            FrontEnd::ThreadPerConnection => "a thread for each connection".to_owned(),
            FrontEnd::Pool => format!("{workers} workers"),
            FrontEnd::Events => format!("event loops and {workers} workers"),
        };
        println!("serving {url} (status: {url}-/status, {threads})");
        if installed.is_err() {
            eprintln!("cannot listen for Ctrl-C: it will stop the server at once");
        }
    }
    let drained = server.run()?;
    if !quiet && drained.cut > 0 {
        eprintln!("{} connections did not finish in time and were cut", drained.cut);
    }
    Ok(())
}
