//! A bounded thread-pool HTTP/1.1 server, written on the facade, so that the source that serves is the source that was
//! checked.
//!
//! # Threads
//!
//! | thread | blocks in | how many |
//! |---|---|---|
//! | acceptor (the caller of [`Server::run`]) | accept | 1 |
//! | workers ([`pool`]) | the queue, disk, write, the handler | fixed |
//! | poller | until a parked connection is readable or its time is up | 1 |
//!
//! A connection that waits for its client holds no thread: see `connection` for its life and `parking` for where it waits.
//! So the number of threads does not depend on the number of clients.
//!
//! # Bounds
//!
//! Every queue, table, input and wait has a limit, all in [`limits`]. Above the queue's or the table's limit a client gets
//! `503` with `Retry-After` at once.
//!
//! # Shutdown
//!
//! 1. [`ServerHandle::shutdown`] sets the draining flag. From now on every response says `Connection: close`.
//! 2. The parking sends those home who have not begun a request; the acceptor is woken and ends.
//! 3. [`Server::run`] waits until the table is empty, at most [`Limits::drain_timeout`]; then it cuts who is left.
//! 4. The poller's thread ends before the pool does: it is the last that queues jobs.
//! 5. The pool runs what is queued, and its workers end. All threads are joined.
//!
//! A handler that never returns cannot be ended by anyone: step 5 waits for it.
//!
//! # Not for
//!
//! TLS, HTTP/2 and request bodies of any size: put a proxy in front for those.
//!
//! # Examples
//!
//! ```
//! use unsnarl::server::{Request, Server, http::Response};
//!
//! let hello = |request: &Request<'_>| Response::text(200, format!("hello from {}", request.head().path()));
//! let server = Server::builder().addr("127.0.0.1:0").workers(2).handler(hello).build()?;
//! let handle = server.handle();
//! let running = unsnarl::thread::spawn(move || server.run());
//! // … requests to handle.local_addr() …
//! handle.shutdown();
//! running.join().expect("the server does not panic")?;
//! # Ok::<(), unsnarl::server::ServerError>(())
//! ```

mod acceptor;
pub mod cache;
mod clock;
mod connection;
mod core;
mod error;
mod files;
mod handler;
pub mod http;
pub mod limits;
mod parking;
mod poller;
pub mod pool;
mod router;
mod status;
pub mod table;

use std::{fmt, path::PathBuf};

use self::core::{Core, Incidents};
use crate::{
    Named,
    net::{SocketAddr, TcpListener},
    parking_lot::Mutex,
    sync::Arc,
    thread,
    time::Instant,
};
pub use error::ServerError;
pub use files::Files;
pub use handler::{Handler, IntoResponse, Request};
pub use limits::Limits;
pub use router::Router;

/// How a server is to be: made by [`Server::builder`].
pub struct ServerBuilder {
    addr: String,
    workers: usize,
    limits: Limits,
    source: Source,
    status_page: bool,
}

enum Source {
    None,
    Handler(Box<dyn Handler>),
    Root(PathBuf),
    Files(Box<Files>),
}

impl ServerBuilder {
    /// Where to listen, `host:port`; port 0 is any free one. Default `127.0.0.1:8080`.
    #[must_use]
    pub fn addr(mut self, addr: impl Into<String>) -> Self {
        self.addr = addr.into();
        self
    }

    /// How many workers answer requests; default 4. More than cores pays only when handlers block.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// The bounds.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers every request by `handler`; instead of a root.
    #[must_use]
    pub fn handler(mut self, handler: impl Handler) -> Self {
        self.source = Source::Handler(Box::new(handler));
        self
    }

    /// Serves the files under the folder `root`; instead of a handler.
    #[must_use]
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.source = Source::Root(root.into());
        self
    }

    /// Serves files as they are set up; instead of a handler.
    #[must_use]
    pub fn files(mut self, files: Files) -> Self {
        self.source = Source::Files(Box::new(files));
        self
    }

    /// Whether `/-/status` and `/-/status.json` are answered; default yes. They tell everyone who can reach the server
    /// who else is connected.
    #[must_use]
    pub fn status_page(mut self, status_page: bool) -> Self {
        self.status_page = status_page;
        self
    }

    /// Opens the root and the listening socket. Clients can connect from now on; they are served by [`Server::run`].
    ///
    /// # Errors
    ///
    /// When the address is taken or malformed, the root is missing or not a folder, or descriptors have run out.
    pub fn build(self) -> Result<Server, ServerError> {
        if self.workers == 0 || self.limits.queue_len_max == 0 {
            return Err(ServerError::no_workers());
        }
        let mut cache_stats: Option<Box<dyn Fn() -> cache::CacheStats + Send + Sync>> = None;
        let files = match self.source {
            Source::None => return Err(ServerError::no_handler()),
            Source::Handler(handler) => Err(handler),
            Source::Root(root) => Ok(Files::new(root, &self.limits)?),
            Source::Files(files) => Ok(*files),
        };
        let handler = files.map_or_else(
            |handler| handler,
            |files| {
                cache_stats = Some(Box::new(files.cache_stats()));
                Box::new(files)
            },
        );
        let bind = |error| ServerError::bind(&self.addr, error);
        let listener = TcpListener::bind(self.addr.as_str()).map_err(bind)?;
        let addr = listener.local_addr().map_err(bind)?;
        let parking = parking::Parking::new(self.limits.lingering_count_max).map_err(ServerError::poller)?;
        let incidents = Mutex::new(Incidents::default()).named("incidents");
        let core = Core::new(self.limits, handler, parking, incidents, self.status_page, cache_stats);
        Ok(Server { core: Arc::new(core), listener, addr, workers: self.workers })
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("addr", &self.addr)
            .field("workers", &self.workers)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// A server that listens.
pub struct Server {
    core: Arc<Core>,
    listener: TcpListener,
    addr: SocketAddr,
    workers: usize,
}

/// How a drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Drained {
    /// Connections that were cut because the drain's time had run out.
    pub cut: usize,
}

impl Server {
    /// Starts to describe a server.
    #[must_use]
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            addr: "127.0.0.1:8080".to_owned(),
            workers: 4,
            limits: Limits::default(),
            source: Source::None,
            status_page: true,
        }
    }

    /// The address it listens on, with the port that was chosen.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// A handle that can end the server from another thread.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        ServerHandle { core: Arc::clone(&self.core), addr: self.addr }
    }

    /// Serves until [`ServerHandle::shutdown`], then drains. All threads it started have ended when it returns.
    ///
    /// Blocks: the caller's thread is the acceptor.
    ///
    /// # Errors
    ///
    /// When a thread cannot be started.
    pub fn run(self) -> Result<Drained, ServerError> {
        let Server { core, listener, workers, .. } = self;
        let pool = pool::Pool::new("worker", workers, core.limits.queue_len_max, |worker, connection| {
            connection::Connection::serve(connection, worker);
        });
        let pool = Arc::new(pool.map_err(ServerError::thread)?);
        let polling = {
            let (core, pool) = (Arc::clone(&core), Arc::clone(&pool));
            thread::Builder::new().name("poller".to_owned()).spawn(move || poller::run(&core, &pool))
        };
        let polling = polling.map_err(ServerError::thread)?;

        acceptor::run(&core, &pool, &listener);
        drop(listener);

        let deadline = Instant::now() + core.limits.drain_timeout;
        let cut = if core.table.wait_empty(deadline) { 0 } else { core.table.close_all() };
        core.parking.stop();
        // An error means a panic, which the hook has printed; the rest must still be ended.
        let _ = polling.join();
        pool.shutdown();
        Ok(Drained { cut })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("addr", &self.addr)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

/// Ends a running server. Clones end the same one.
#[derive(Clone)]
pub struct ServerHandle {
    core: Arc<Core>,
    addr: SocketAddr,
}

impl ServerHandle {
    /// The address the server listens on.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.addr
    }

    /// Asks the server to drain and end; [`Server::run`] returns when it has. A second call does nothing.
    ///
    /// Returns soon: it connects to the server to wake its acceptor, and waits for nothing else.
    pub fn shutdown(&self) {
        if self.core.start_draining() {
            self.core.parking.drain();
            acceptor::wake(self.addr);
        }
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle").field("addr", &self.addr).finish_non_exhaustive()
    }
}
