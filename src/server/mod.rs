//! A bounded thread-pool HTTP/1.1 server, written on the facade, so that the source that serves is the source that was
//! checked.
//!
//! # Threads
//!
//! | thread | blocks in | how many |
//! |---|---|---|
//! | acceptor (the caller of [`Server::run`]) | accept | 1 |
//! | loops | until a connection that waits there is ready or its time is up | 1; with [`FrontEnd::Events`] one for each core |
//! | workers ([`pool`]) | the queue, disk, the handler | fixed; none with [`FrontEnd::ThreadPerConnection`] |
//! | connection threads | their client | with [`FrontEnd::ThreadPerConnection`] one for each client, else none |
//!
//! With the pool, the default, and with events a connection that waits for its client holds no thread: see `connection` for
//! its life, `parking` for where it waits and `front_end` for who serves it. So the number of threads does not depend on the
//! number of clients.
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
//! 4. The loops end before the pool does: they are the last that queue jobs.
//! 5. The pool runs what is queued, and its workers end. All threads are joined.
//!
//! A handler that never returns cannot be ended by anyone: step 5 waits for it.
//!
//! # Bodies of any size
//!
//! A handler gets the body of a request in one piece, up to [`Limits::body_bytes_max`]; one that is wrapped in [`Streaming`]
//! reads it as it arrives. The content of a response lies in memory or in a file, or is made while it is sent:
//! [`Body::reader`](http::Body::reader), [`Body::pieces`](http::Body::pieces), [`Body::writer`](http::Body::writer).
//!
//! # Not for
//!
//! HTTP/2: put a proxy in front for that. TLS is behind the feature `tls`.
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
mod builder;
pub mod cache;
mod clock;
mod connection;
mod core;
mod error;
mod files;
mod front_end;
mod handler;
pub mod http;
pub mod limits;
#[cfg(not(feature = "tls"))]
mod no_tls;
mod operations;
mod parking;
pub mod pool;
mod router;
mod site;
mod status;
pub mod table;
#[cfg(feature = "tls")]
mod tls;

use std::fmt;

use self::{
    core::Core,
    table::{RowView, SlotId, Snapshot},
};
use crate::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Instant,
};
pub use builder::ServerBuilder;
pub use error::ServerError;
pub use files::Files;
pub use front_end::{FrontEnd, UnknownFrontEnd};
pub use handler::{BodyMode, Handler, IntoResponse, Request, RequestReader, Streaming};
pub use limits::Limits;
pub use operations::{ACCESS_LOG_QUEUE_LEN_MAX, AccessLog, AccessLogCounts, AccessLogFormat};
pub use router::Router;
#[cfg(feature = "tls")]
pub use tls::Tls;

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
        ServerBuilder::new()
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
        let running = front_end::Running::start(&core, workers)?;
        running.accept(&listener);
        drop(listener);

        let deadline = Instant::now() + core.sites.present().limits.drain_timeout;
        let cut = if core.table.wait_empty(deadline) { 0 } else { core.table.shut() };
        drop(running);
        Ok(Drained { cut })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("addr", &self.addr)
            .field("front_end", &self.core.front_end)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

/// Sees who is connected to a running server, cuts connections, and ends the server. Clones are about the same one.
///
/// Cutting a connection ends it for its client at once, in the middle of an answer, too; whoever serves it notices at its next
/// read or write. A handler that runs is not stopped. New connections are taken as before.
///
/// # Examples
///
/// ```
/// use std::io::Read;
/// use unsnarl::server::{Request, Server, http::Response};
///
/// let server = Server::builder().addr("127.0.0.1:0").handler(|_: &Request<'_>| Response::new(204)).build()?;
/// let handle = server.handle();
/// let running = unsnarl::thread::spawn(move || server.run());
/// let mut client = std::net::TcpStream::connect(handle.local_addr()).expect("the server listens");
/// while handle.connections().status.live == 0 {
///     std::thread::yield_now();
/// }
///
/// let row = handle.connections().rows[0];
/// assert_eq!(row.peer, client.local_addr().ok());
/// assert!(handle.close(row.id));
/// assert_eq!(client.read(&mut [0; 8]).expect("the end of the stream"), 0);
///
/// handle.shutdown();
/// running.join().expect("the server does not panic")?;
/// # Ok::<(), unsnarl::server::ServerError>(())
/// ```
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

    /// Who is connected, and the counts of all connections, of one moment. Stops nobody but who comes or goes just then.
    #[must_use]
    pub fn connections(&self) -> Snapshot {
        self.core.table.snapshot()
    }

    /// Cuts the connection `id`, as [`connections`](Self::connections) names it; `false` when it has left. A later connection
    /// in the same place has another name, and is not cut.
    pub fn close(&self, id: SlotId) -> bool {
        self.core.table.close(id)
    }

    /// Cuts everyone who is connected; returns how many.
    pub fn close_all(&self) -> usize {
        self.core.table.close_all()
    }

    /// Cuts those who wait between two requests; returns how many. Who sends the next one at the same moment loses it, as with
    /// any idle timeout (RFC 9112 section 9.5).
    pub fn close_idle(&self) -> usize {
        self.core.table.close_idle()
    }

    /// Cuts those of whom `is_meant` says so, for example all of one address; returns how many.
    pub fn close_where(&self, is_meant: impl FnMut(&RowView) -> bool) -> usize {
        self.core.table.close_where(is_meant)
    }

    /// Whether `/-/ready` says that requests are wanted; a drain says no by itself. Call it some time before
    /// [`shutdown`](Self::shutdown), so that a load balancer sends its clients elsewhere while all are still served.
    pub fn set_ready(&self, is_ready: bool) {
        self.core.operations.set_ready(is_ready);
    }

    /// Serves by these limits from now on: a connection from its next request. What was made by the old ones stays as it is: the
    /// size of the table and of the queue, how many may be leaving, and the cache of the present handler.
    ///
    /// # Examples
    ///
    /// ```
    /// use unsnarl::server::{Limits, Request, Server};
    ///
    /// let server = Server::builder().addr("127.0.0.1:0").handler(|_: &Request<'_>| "hello").build()?;
    /// server.handle().set_limits(Limits { body_bytes_max: 16, ..Limits::default() });
    /// # Ok::<(), unsnarl::server::ServerError>(())
    /// ```
    pub fn set_limits(&self, limits: Limits) {
        self.core.sites.change(|site| site.limits = limits);
    }

    /// Has requests answered by `handler` from now on; those that have begun are answered by the old one.
    pub fn set_handler(&self, handler: impl Handler) {
        self.core.sites.change(|site| (site.handler, site.cache_stats) = (Arc::new(handler), None));
    }

    /// The same with files, whose cache the status page then shows.
    pub fn set_files(&self, files: Files) {
        let stats: site::Stats = Arc::new(files.cache_stats());
        self.core.sites.change(|site| (site.handler, site.cache_stats) = (Arc::new(files), Some(stats)));
    }

    /// The document of `/-/status.json`: each thread with its blocking step, the queue, the table, the cache, the counters.
    /// Also where [`ServerBuilder::status_page`] does not let clients see it.
    #[must_use]
    pub fn status_json(&self) -> Vec<u8> {
        status::json(&self.core)
    }

    /// Asks the server to drain and end; [`Server::run`] returns when it has. A second call does nothing.
    ///
    /// Returns soon: it connects to the server to wake its acceptor, and waits for nothing else.
    pub fn shutdown(&self) {
        if self.core.start_draining() {
            front_end::Running::drain(&self.core);
            acceptor::wake(self.addr);
        }
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle").field("addr", &self.addr).finish_non_exhaustive()
    }
}
