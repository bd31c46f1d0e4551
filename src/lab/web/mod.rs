//! The lab: the lessons as pages, with a checker behind them, served by the package's own server.
//!
//! `cargo unsnarl lab` opens it. With lessons of one's own it is opened from one's own program or test:
//!
//! ```no_run
//! use unsnarl::lab::{Chapter, Lesson, web::Lab};
//!
//! # let my_lessons: &'static [Lesson] = &unsnarl::lab::lessons()[..1];
//! let mine = Chapter { title: "Our own bugs", about: "What we learned the hard way.", lessons: my_lessons };
//! let lab = Lab::new().chapter(mine).build()?;
//! println!("{}", lab.url());
//! lab.run()?;
//! # Ok::<(), unsnarl::lab::web::LabError>(())
//! ```
//!
//! # What it can do, and to whom
//!
//! It runs the programs of its lessons and its own experiments, and nothing else: no code comes in, and no file is read after
//! its start but what the system says of this process. It listens on the loopback unless [`Lab::allow_remote`] says otherwise.
//! Pages of other origins can neither read nor send anything, however the browser is led here; see `guard`. What visitors run
//! is bounded, see [`RunLimits`], and each sees their own checks only. The experiments load servers of their own on the
//! loopback, one at a time, and end by themselves.

mod export;
mod guard;
mod highlight;
mod markup;
mod meltdown;
mod page;
mod routes;
mod runs;
mod traffic;

pub use export::{ExportError, export};
pub use runs::RunLimits;

use std::{fmt, net::ToSocketAddrs};

use self::{guard::Guard, routes::Routes, runs::Runs};
use super::{Chapter, Lesson, chapters, real_bugs};
use crate::server::{Drained, Limits, Request, Server, ServerError, ServerHandle};

/// Bytes of a request's content; moves are all that is sent.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Threads that answer. A step by hand holds one for a few milliseconds.
const WORKERS: usize = 6;
/// Where the lab listens.
const ADDR: &str = "127.0.0.1:8090";

/// The chapters that are shown.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    chapters: Vec<Chapter>,
    /// How many of them are the course; the others are for looking things up.
    taught: usize,
}

impl Course {
    fn lessons(&self) -> impl Iterator<Item = &'static Lesson> {
        self.chapters.iter().flat_map(|chapter| chapter.lessons)
    }

    fn find(&self, name: &str) -> Option<&'static Lesson> {
        self.lessons().find(|lesson| lesson.name == name)
    }
}

/// A lab that is to be: what it teaches, and to whom.
#[derive(Clone, Debug)]
#[must_use = "a lab teaches nothing before it is built and run"]
pub struct Lab {
    addr: String,
    guard: Guard,
    limits: RunLimits,
    own: Vec<Chapter>,
    with_course: bool,
}

impl Default for Lab {
    fn default() -> Self {
        Lab::new()
    }
}

impl Lab {
    /// A lab with the course and the real bugs, on the loopback at port 8090.
    pub fn new() -> Self {
        Lab {
            addr: ADDR.to_owned(),
            guard: Guard::default(),
            limits: RunLimits::default(),
            own: Vec::new(),
            with_course: true,
        }
    }

    /// Where to listen, `host:port`; port 0 is any free one. An address that is not of the loopback needs
    /// [`allow_remote`](Self::allow_remote).
    pub fn addr(mut self, addr: impl Into<String>) -> Self {
        self.addr = addr.into();
        self
    }

    /// Lets other machines in. Whoever can connect can make the lab run its lessons.
    pub fn allow_remote(mut self, allow: bool) -> Self {
        self.guard.allow_remote = allow;
        self
    }

    /// A name by which browsers may call the lab, beside `localhost` and addresses.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.guard.names.push(name.into());
        self
    }

    /// Bounds on what visitors can make it do.
    pub fn limits(mut self, limits: RunLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a chapter of one's own, before the course. Lessons of the same name take the place of the course's.
    pub fn chapter(mut self, chapter: Chapter) -> Self {
        self.own.push(chapter);
        self
    }

    /// Leaves the course and the real bugs out: only [`chapter`](Self::chapter)s are shown.
    pub fn without_course(mut self) -> Self {
        self.with_course = false;
        self
    }

    pub(crate) fn course(&self) -> Course {
        let mut course = self.own.clone();
        let mut taught = course.len();
        if self.with_course {
            course.extend(chapters());
            taught = course.len();
            course.push(Chapter {
                title: "Real bugs",
                about: "Faults of published crates, rebuilt small, each beside its repair.",
                lessons: real_bugs(),
            });
        }
        Course { chapters: course, taught }
    }

    /// Opens the listening socket.
    ///
    /// # Errors
    ///
    /// When the address is taken, malformed, or not of the loopback although remote visitors are not allowed.
    pub fn build(self) -> Result<OpenLab, LabError> {
        if !self.guard.allow_remote {
            // An address that cannot be read is the server's to complain of.
            let mut addresses = self.addr.to_socket_addrs().into_iter().flatten();
            if addresses.any(|address| !address.ip().is_loopback()) {
                return Err(LabError::NotLoopback { addr: self.addr });
            }
        }
        let routes = Routes::new(self.course(), self.guard, Runs::new(self.limits));
        let limits = Limits {
            body_bytes_max: BODY_BYTES_MAX,
            connections_max: 512,
            queue_len_max: 256,
            ..Limits::default()
        };
        let server = Server::builder()
            .addr(self.addr)
            .workers(WORKERS)
            .limits(limits)
            // It would tell a page of another origin who is connected.
            .status_page(false)
            .handler(move |request: &Request<'_>| routes.answer(request))
            .build()
            .map_err(LabError::Server)?;
        Ok(OpenLab { server })
    }
}

/// Why a lab cannot be opened.
#[derive(Debug)]
pub enum LabError {
    /// The address is not of the loopback, and nobody said that other machines may connect.
    NotLoopback {
        /// The address.
        addr: String,
    },
    /// The server cannot be built or run.
    Server(ServerError),
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LabError::NotLoopback { addr } => {
                write!(
                    f,
                    "at {addr} other machines could connect to the lab and make this one run its lessons"
                )
            }
            LabError::Server(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LabError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LabError::NotLoopback { .. } => None,
            LabError::Server(error) => error.source(),
        }
    }
}

/// A lab that listens.
#[derive(Debug)]
pub struct OpenLab {
    server: Server,
}

impl OpenLab {
    /// Where a browser finds it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/", self.server.local_addr())
    }

    /// By which it is ended from another thread.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until [`ServerHandle::shutdown`]. Blocks.
    ///
    /// # Errors
    ///
    /// When a thread cannot be started.
    pub fn run(self) -> Result<Drained, LabError> {
        self.server.run().map_err(LabError::Server)
    }
}
