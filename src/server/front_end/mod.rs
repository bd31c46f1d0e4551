//! Three ways to drive connections; what a connection does is the same in all of them (see `connection`).
//!
//! | front end | who serves | what waits where |
//! |---|---|---|
//! | thread per connection | a thread of its own | in its socket |
//! | pool | the loop what it can at once, the workers the rest | parked at the loop |
//! | events | one of the loops what it can at once, the workers the rest | parked at its loop |
//!
//! Pool and events differ in how many loops there are, and in this: the pool's loop shares what became ready together with
//! workers that have nothing to do, so they serve it on all cores; in the events' loops a connection is served by its loop, and
//! workers do only what may block.

mod event_loop;
mod threads;
mod worker;

use std::{fmt, str::FromStr};

pub(crate) use self::worker::Job;
use super::{
    ServerError, acceptor,
    connection::{Connection, Scratch, Turn, turn_away},
    core::{Core, Workers},
};
use crate::{
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Instant,
};

/// Who serves connections.
///
/// # Examples
///
/// ```
/// use unsnarl::server::FrontEnd;
/// assert_eq!("events".parse(), Ok(FrontEnd::Events));
/// assert_eq!(FrontEnd::default().to_string(), "pool");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum FrontEnd {
    /// A thread for each connection, which blocks in its socket. Simple, and as many threads as clients.
    ThreadPerConnection,
    /// A fixed number of workers; a connection that waits for its client holds none of them.
    #[default]
    Pool,
    /// An event loop for each core, and a pool for what may block.
    Events,
}

impl FrontEnd {
    /// All of them.
    pub const ALL: [FrontEnd; 3] = [FrontEnd::ThreadPerConnection, FrontEnd::Pool, FrontEnd::Events];

    /// The name on a command line: `threads`, `pool` or `events`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FrontEnd::ThreadPerConnection => "threads",
            FrontEnd::Pool => "pool",
            FrontEnd::Events => "events",
        }
    }

    /// How many loops it needs on so many cores.
    pub(super) fn loops(self, cores: usize) -> usize {
        match self {
            FrontEnd::ThreadPerConnection | FrontEnd::Pool => 1,
            FrontEnd::Events => cores,
        }
    }

    /// The name of the thread of the loop `index`.
    pub(super) fn loop_name(self, index: usize) -> String {
        match self {
            FrontEnd::Events => format!("loop-{index}"),
            FrontEnd::Pool | FrontEnd::ThreadPerConnection => "poller".to_owned(),
        }
    }
}

impl fmt::Display for FrontEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FrontEnd {
    type Err = UnknownFrontEnd;

    fn from_str(name: &str) -> Result<Self, UnknownFrontEnd> {
        FrontEnd::ALL.into_iter().find(|front_end| front_end.as_str() == name).ok_or(UnknownFrontEnd)
    }
}

/// A name that is none of a front end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownFrontEnd;

impl fmt::Display for UnknownFrontEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a front end: threads, pool or events")
    }
}

impl std::error::Error for UnknownFrontEnd {}

/// The threads of a server beside the acceptor's.
pub(super) struct Running {
    core: Arc<Core>,
    loops: Vec<thread::JoinHandle<()>>,
    workers: Option<Arc<Workers>>,
    threads: threads::Threads,
}

impl Running {
    /// Starts them.
    pub(super) fn start(core: &Arc<Core>, workers: usize) -> Result<Self, ServerError> {
        let front_end = core.front_end;
        let workers = match front_end {
            FrontEnd::ThreadPerConnection => None,
            FrontEnd::Pool | FrontEnd::Events => Some(worker::start(core, workers)?),
        };
        core.workers.lock().clone_from(&workers);
        let mut running = Running {
            core: Arc::clone(core),
            loops: Vec::new(),
            workers,
            threads: threads::Threads::default(),
        };
        for home in 0..core.loops.len() {
            // What has been started is ended by dropping.
            let started = running.start_loop(home);
            running.loops.push(started.map_err(ServerError::thread)?);
        }
        Ok(running)
    }

    fn start_loop(&self, home: usize) -> std::io::Result<thread::JoinHandle<()>> {
        let (core, workers) = (Arc::clone(&self.core), self.workers.clone());
        let shares = self.core.front_end == FrontEnd::Pool;
        thread::Builder::new()
            .name(self.core.front_end.loop_name(home))
            .spawn(move || event_loop::run(&core, home, workers.as_deref(), shares))
    }

    /// Accepts until the server drains.
    pub(super) fn accept(&self, listener: &TcpListener) {
        let mut scratch = Scratch::default();
        let mut home = 0;
        acceptor::run(&self.core, listener, |stream, peer| {
            self.admit(stream, peer, home, &mut scratch);
            home = (home + 1) % self.core.loops.len();
        });
    }

    fn admit(&self, stream: TcpStream, peer: SocketAddr, home: usize, scratch: &mut Scratch) {
        let core = &self.core;
        let row = match core.table.insert(Arc::new(stream), Some(peer)) {
            Ok(row) => row,
            Err(refused) => {
                core.count(|incidents| incidents.shed += 1);
                return turn_away(core, refused.connection, None);
            }
        };
        let connection = Connection::new(Arc::clone(core), row, home);
        match &self.workers {
            None => self.threads.serve(connection),
            Some(workers) => {
                let mut turn = Turn::at_once(Instant::now(), scratch);
                let mut job = None;
                // Who needs a thread, and who has had his turn: others go first in the queue.
                event_loop::serve(core, connection, &mut turn, |connection, _| job = Some(connection));
                if let Some(mut connection) = job {
                    connection.queue();
                    if let Err(rejected) = workers.try_submit(Job::One(connection)) {
                        rejected.job.shed();
                    }
                }
            }
        }
    }

    /// Asks those who wait for a next request to end.
    pub(super) fn drain(core: &Core) {
        if core.front_end == FrontEnd::ThreadPerConnection {
            core.table.stop_reading_idle();
        }
        core.loops.iter().for_each(|parking| parking.drain());
    }
}

/// Ends all threads: the loops first, since they queue jobs, then the pool, which runs what is queued.
impl Drop for Running {
    fn drop(&mut self) {
        self.core.loops.iter().for_each(|parking| parking.stop());
        for handle in self.loops.drain(..) {
            // An error means a panic, which the hook has printed; the rest must still be ended.
            let _ = handle.join();
        }
        if let Some(workers) = self.workers.take() {
            workers.shutdown();
        }
        self.core.workers.lock().take();
        self.threads.join();
    }
}
