//! How a server is described before it listens.

use std::{fmt, path::PathBuf};

#[cfg(not(feature = "tls"))]
use super::no_tls::Tls;
#[cfg(feature = "tls")]
use super::tls::Tls;
use super::{
    AccessLog, Files, FrontEnd, Handler, Limits, Server, ServerError,
    core::{Core, Incidents},
    limits::{WORKERS_COUNT, WORKERS_COUNT_MAX},
    operations::Operations,
    parking::Parking,
    site::{Site, Stats},
};
use crate::{Named, net::TcpListener, parking_lot::Mutex, poll, sync::Arc, thread};

/// How a server is to be: made by [`Server::builder`].
pub struct ServerBuilder {
    addr: String,
    front_end: FrontEnd,
    workers: usize,
    limits: Limits,
    source: Source,
    status_page: bool,
    listener: Option<TcpListener>,
    access_log: Option<Arc<AccessLog>>,
    tls: Option<Arc<Tls>>,
}

enum Source {
    None,
    Handler(Arc<dyn Handler>),
    Root(PathBuf),
    Files(Box<Files>),
}

impl ServerBuilder {
    pub(super) fn new() -> Self {
        ServerBuilder {
            addr: "127.0.0.1:8080".to_owned(),
            front_end: FrontEnd::default(),
            workers: WORKERS_COUNT,
            limits: Limits::default(),
            source: Source::None,
            status_page: true,
            listener: None,
            access_log: None,
            tls: None,
        }
    }

    /// Where to listen, `host:port`; port 0 is any free one. Default `127.0.0.1:8080`.
    #[must_use]
    pub fn addr(mut self, addr: impl Into<String>) -> Self {
        self.addr = addr.into();
        self
    }

    /// Who serves connections; default [`FrontEnd::Pool`].
    #[must_use]
    pub fn front_end(mut self, front_end: FrontEnd) -> Self {
        self.front_end = front_end;
        self
    }

    /// How many workers answer requests that may block; default [`WORKERS_COUNT`], at most [`WORKERS_COUNT_MAX`]. More than cores
    /// pays only when handlers block.
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
        self.source = Source::Handler(Arc::new(handler));
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

    /// Whether `/-/status`, `/-/status.json`, `/-/metrics`, `/-/health` and `/-/ready` are answered; default yes. They tell
    /// everyone who can reach the server who else is connected.
    #[must_use]
    pub fn status_page(mut self, status_page: bool) -> Self {
        self.status_page = status_page;
        self
    }

    /// Serves a socket that listens already, such as one that a service manager passes, instead of an address.
    #[must_use]
    pub fn listener(mut self, listener: impl Into<TcpListener>) -> Self {
        self.listener = Some(listener.into());
        self
    }

    /// Has a line written for each response to a request that could be read.
    #[must_use]
    pub fn access_log(mut self, log: Arc<AccessLog>) -> Self {
        self.access_log = Some(log);
        self
    }

    /// Speaks TLS, and nothing else, with all clients. A client that there is no room for is then closed without an answer.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Arc<Tls>) -> Self {
        self.tls = Some(tls);
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
        if self.workers > WORKERS_COUNT_MAX {
            return Err(ServerError::too_many_workers(self.workers));
        }
        let mut cache_stats: Option<Stats> = None;
        let files = match self.source {
            Source::None => return Err(ServerError::no_handler()),
            Source::Handler(handler) => Err(handler),
            Source::Root(root) => Ok(Files::new(root, &self.limits)?),
            Source::Files(files) => Ok(*files),
        };
        let handler: Arc<dyn Handler> = files.map_or_else(
            |handler| handler,
            |files| {
                cache_stats = Some(Arc::new(files.cache_stats()));
                Arc::new(files)
            },
        );
        let bind = |error| ServerError::bind(&self.addr, error);
        let listener = match self.listener {
            Some(listener) => listener,
            None => TcpListener::bind(self.addr.as_str()).map_err(bind)?,
        };
        let addr = listener.local_addr().map_err(bind)?;
        poll::prepare(&listener).map_err(bind)?;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let parking = |_| Parking::new(self.limits.lingering_count_max).map(Arc::new);
        let loops: Result<_, _> = (0..self.front_end.loops(cores)).map(parking).collect();
        let loops = loops.map_err(ServerError::poller)?;
        let site = Site { limits: self.limits, handler, cache_stats };
        let incidents = Mutex::new(Incidents::default()).named("incidents");
        let mut core = Core::new(self.front_end, site, loops, incidents, self.status_page);
        core.operations = Operations::new(self.access_log);
        core.tls = self.tls;
        Ok(Server { core: Arc::new(core), listener, addr, workers: self.workers })
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder")
            .field("addr", &self.addr)
            .field("front_end", &self.front_end)
            .field("workers", &self.workers)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
