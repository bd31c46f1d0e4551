//! Serves a folder, through the cache.
//!
//! # What is sent
//!
//! 1. *Nothing outside the root.* The path is normal before it gets here; the file it names is resolved through all
//!    symbolic links and must then lie under the resolved root. (Who can change the folder while it is served can still
//!    swap a link between the check and the read: serve folders whose writers you trust.)
//! 2. *What is on the disk.* Each hit compares length and modification time of what the path names now with the entry's, or
//!    does so at most once in [`Limits::cache_revalidate_after`]. Of those who see that an entry is out of date one loads
//!    anew; others are answered with the old bytes until it has, and no longer. Two versions of the same length within one
//!    tick of the file system's clock cannot be told apart.
//! 3. *The identity of an entry is taken before its bytes are read*, and from the file that was opened. In the other order:
//!    bytes are read; the file is replaced; the new time is noted with the old bytes, which then pass for fresh for ever.
//! 4. *One load for many.* Threads that miss one path share the load (see `cache`). So it is with compression, which is
//!    done once for each version.
//! 5. *That there is nothing is an entry, too*, and is checked like any other: it does not hide a file that appears.
//! 6. *A file beside the file* (`a.js.br`, `.zst`, `.gz`) is sent to those who accept its coding, unless it is older.

mod coded;
mod entry;
mod listing;
mod pages;
mod resolve;
mod send;

use std::{fmt, path::Path};

use self::{entry::Slot, pages::ErrorPages, resolve::Root};
use super::{
    ServerError,
    cache::{Cache, CacheStats},
    handler::{Handler, Request},
    http::{Method, Response},
    limits::Limits,
    router::refused,
    table::BlockingStep,
};
use crate::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

const ALLOW: &str = "GET, HEAD, OPTIONS";

/// A handler that serves the files of one folder.
///
/// # Examples
///
/// ```no_run
/// use unsnarl::server::{Files, Limits, Server};
///
/// let files = Files::new("public", &Limits::default())?.listing(true).error_pages("errors")?;
/// let server = Server::builder().files(files).build()?;
/// # Ok::<(), unsnarl::server::ServerError>(())
/// ```
pub struct Files {
    root: Root,
    /// By path; and for a coding by the path, a NUL, which no path has, and the coding's name.
    cache: Arc<Cache<String, Slot>>,
    entry_bytes_max: usize,
    revalidate_after: Duration,
    started: Instant,
    compresses: bool,
    lists: bool,
    pages: ErrorPages,
}

/// Why a path has no cached entry.
#[derive(Debug)]
enum Miss {
    NotFound,
    Forbidden,
    /// A folder that was asked for without the final slash.
    Folder,
    /// A folder without an index.
    NoIndex,
    /// A file that cannot be read: what the system says.
    Failed(String),
}

impl Files {
    /// Serves the folder `root` with the cache bounds of `limits`: no listings, compressing where the build can.
    ///
    /// # Errors
    ///
    /// When `root` does not exist, cannot be opened or is not a folder.
    pub fn new(root: impl AsRef<Path>, limits: &Limits) -> Result<Self, ServerError> {
        let weigh = |key: &String, slot: &Slot| key.len() + slot.weight();
        // Who asks for files does not know the nanosecond; in a model it is the same in each run.
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seed = started.as_nanos() as u64;
        let cache = Cache::with_seed(limits.cache_bytes_max, limits.cache_shards_count, weigh, seed);
        Ok(Files {
            root: Root::open(root.as_ref())?,
            cache: Arc::new(cache),
            entry_bytes_max: limits.cache_entry_bytes_max,
            revalidate_after: limits.cache_revalidate_after,
            started: Instant::now(),
            compresses: true,
            lists: false,
            pages: ErrorPages::default(),
        })
    }

    /// Whether a folder without `index.html` is answered with a list of what lies in it; otherwise it is 404.
    #[must_use]
    pub fn listing(mut self, lists: bool) -> Self {
        self.lists = lists;
        self
    }

    /// Whether text is compressed for those who accept it, once into the cache; the default, where the feature
    /// `compression` is built in. Files that lie compressed beside theirs are sent in any case.
    #[must_use]
    pub fn compress(mut self, compresses: bool) -> Self {
        self.compresses = compresses;
        self
    }

    /// Answers errors with the pages of a folder: `404.html` for 404, and `4xx.html` and `5xx.html` for those without one of
    /// their own. They are read once, now.
    ///
    /// What the server itself refuses, such as a malformed request, is answered without them.
    ///
    /// # Errors
    ///
    /// When the folder or a page in it cannot be read, or there is no page.
    pub fn error_pages(mut self, folder: impl AsRef<Path>) -> Result<Self, ServerError> {
        self.pages = ErrorPages::read(folder.as_ref())?;
        Ok(self)
    }

    /// A function that tells what the cache holds and has done, for a status page.
    pub(crate) fn cache_stats(&self) -> impl Fn() -> CacheStats + Send + Sync + 'static {
        let cache = Arc::clone(&self.cache);
        move || cache.stats()
    }

    /// What there is at `path`.
    fn slot(&self, request: &Request<'_>, path: &str) -> Result<Arc<Slot>, Miss> {
        let cached = self.cache.get(path);
        if let Some(slot) = &cached
            && self.is_fresh(request, slot, |slot| slot.is_current())
        {
            return Ok(Arc::clone(slot));
        }
        request.enter(BlockingStep::Disk);
        let load = || self.load(path);
        match cached {
            Some(stale) => self.cache.refresh(path.to_owned(), &stale, load),
            None => self.cache.get_or_load(path.to_owned(), load),
        }
    }

    /// Whether the slot was checked a short time ago, or else passes the check now.
    fn is_fresh(&self, request: &Request<'_>, slot: &Slot, check: impl FnOnce(&Slot) -> bool) -> bool {
        if self.revalidate_after.is_zero() {
            return check(slot);
        }
        let since = request.now().saturating_duration_since(self.started);
        let now_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        let after_ms = u64::try_from(self.revalidate_after.as_millis()).unwrap_or(u64::MAX);
        slot.checked().is_within(now_ms, after_ms) || {
            let passes = check(slot);
            if passes {
                slot.checked().note(now_ms);
            }
            passes
        }
    }

    fn respond(&self, request: &Request<'_>) -> Response {
        let path = request.head().path();
        match self.slot(request, path) {
            Ok(slot) => match &*slot {
                Slot::File(entry) => self.send(request, path, entry),
                Slot::Missing { .. } | Slot::NotSmaller { .. } => not_found(),
            },
            Err(Miss::NotFound) => not_found(),
            Err(Miss::Forbidden) => Response::text(403, "403 Forbidden: this file is not served"),
            Err(Miss::Folder) => redirect(request),
            Err(Miss::NoIndex) => {
                request.enter(BlockingStep::Disk);
                self.root.list(path).unwrap_or_else(|_| not_found())
            }
            Err(Miss::Failed(cause)) => {
                Response::text(500, "500 Internal Server Error: the file cannot be read").with_cause(cause)
            }
        }
    }
}

impl Handler for Files {
    fn handle(&self, request: &Request<'_>) -> Response {
        let response = match request.head().method() {
            Method::Get | Method::Head => self.respond(request),
            Method::Options => Response::new(204).with_field("allow", ALLOW),
            method => refused(method, ALLOW),
        };
        self.pages.apply(response)
    }

    /// What is in the cache and fresh, in the coding that the client wants if that is there, too.
    fn handle_now(&self, request: &Request<'_>) -> Option<Response> {
        let head = request.head();
        if !matches!(head.method(), Method::Get | Method::Head) {
            return None;
        }
        let slot = self.cache.get(head.path())?;
        match &*slot {
            Slot::File(entry) if self.is_fresh(request, &slot, |slot| slot.is_current()) => {
                Some(self.pages.apply(self.send_now(request, head.path(), entry)?))
            }
            _ => None,
        }
    }
}

fn not_found() -> Response {
    Response::text(404, "404 Not Found: there is no such file")
}

/// To the same folder with a final slash, so that relative links in its index work.
fn redirect(request: &Request<'_>) -> Response {
    let mut location = listing::encoded(request.head().path());
    location.push('/');
    if let Some(query) = request.head().query() {
        location.push('?');
        location.push_str(query);
    }
    Response::text(301, "301 Moved Permanently: the folder's address ends with a slash")
        .with_field("location", location)
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("root", &self.root).field("cache", &self.cache).finish_non_exhaustive()
    }
}
