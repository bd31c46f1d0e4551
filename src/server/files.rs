//! Serves a folder, through the cache.
//!
//! # What is sent
//!
//! 1. *Nothing outside the root.* The path is normal before it gets here; the file it names is resolved through all
//!    symbolic links and must then lie under the resolved root. (Who can change the folder while it is served can still
//!    swap a link between the check and the read: serve folders whose writers you trust.)
//! 2. *Never stale bytes.* Each hit compares length and modification time with the disk: one system call and no shared
//!    state, where a re-check at most once a second would need a clock and a lock on each hit. Two versions of the same
//!    length within one tick of the file system's clock cannot be told apart.
//! 3. *The identity of an entry is taken before its bytes are read.* In the other order: bytes are read; the file is
//!    replaced; the new time is noted with the old bytes, which then pass for fresh for ever.
//! 4. *One load for many.* Threads that miss one path share the load (see `cache`).

use std::{
    fmt,
    io::{self, ErrorKind, Read},
    path::{Component, Path, PathBuf},
};

use super::{
    ServerError,
    cache::{Cache, CacheStats},
    handler::{Handler, Request},
    http::{Body, Method, Response, conditional},
    limits::Limits,
    table::BlockingStep,
};
use crate::{
    fs::{self, File, Metadata},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

const ALLOW: &str = "GET, HEAD, OPTIONS";
const INDEX: &str = "index.html";
/// What an entry costs beside its bytes and its key: fields, bookkeeping.
const ENTRY_OVERHEAD_BYTES: usize = 512;

/// A handler that serves the files of one folder.
pub struct Files {
    root: PathBuf,
    cache: Arc<Cache<String, Entry>>,
    entry_bytes_max: usize,
}

struct Entry {
    file: PathBuf,
    identity: Identity,
    bytes: Arc<[u8]>,
}

/// What tells one version of a file from another, and the fields that follow from it.
struct Identity {
    len: u64,
    modified: Option<SystemTime>,
    etag: String,
    fields: Arc<str>,
}

/// Why a path has no cached entry.
enum Miss {
    NotFound,
    Forbidden,
    /// A folder that was asked for without the final slash.
    Folder,
    /// A file that is too large for the cache.
    Large(PathBuf, Identity),
    Failed,
}

impl Files {
    /// Serves the folder `root` with the cache bounds of `limits`.
    ///
    /// # Errors
    ///
    /// When `root` does not exist, cannot be opened or is not a folder.
    pub fn new(root: impl AsRef<Path>, limits: &Limits) -> Result<Self, ServerError> {
        let path = root.as_ref();
        let missing = |error| ServerError::root_missing(path.to_owned(), error);
        let root = fs::canonicalize(path).map_err(missing)?;
        if !fs::metadata(&root).map_err(missing)?.is_dir() {
            return Err(ServerError::root_not_a_directory(path.to_owned()));
        }
        let weigh = |key: &String, entry: &Entry| key.len() + entry.bytes.len() + ENTRY_OVERHEAD_BYTES;
        let cache = Cache::new(limits.cache_bytes_max, limits.cache_shards_count, weigh);
        Ok(Files { root, cache: Arc::new(cache), entry_bytes_max: limits.cache_entry_bytes_max })
    }

    /// A function that tells what the cache holds and has done, for a status page.
    pub(crate) fn cache_stats(&self) -> impl Fn() -> CacheStats + Send + Sync + 'static {
        let cache = Arc::clone(&self.cache);
        move || cache.stats()
    }

    fn entry(&self, request: &Request<'_>) -> Result<Arc<Entry>, Miss> {
        let path = request.head().path();
        if let Some(entry) = self.cache.get(path) {
            if fs::metadata(&entry.file).is_ok_and(|metadata| entry.identity.is_of(&metadata)) {
                return Ok(entry);
            }
            self.cache.remove_if_same(path, &entry);
        }
        request.enter(BlockingStep::Disk);
        self.cache.get_or_load(path.to_owned(), || self.load(path))
    }

    fn load(&self, path: &str) -> Result<Entry, Miss> {
        let (file, metadata) = self.resolve(path)?;
        let identity = Identity::of(&file, &metadata);
        if metadata.len() > self.entry_bytes_max as u64 {
            return Err(Miss::Large(file, identity));
        }
        // The file may grow while it is read: the limit holds all the same.
        let mut bytes = Vec::new();
        let read = File::open(&file)?.take(self.entry_bytes_max as u64 + 1).read_to_end(&mut bytes)?;
        if read > self.entry_bytes_max {
            return Err(Miss::Failed);
        }
        Ok(Entry { file, identity, bytes: bytes.into() })
    }

    /// The file that `path` names.
    fn resolve(&self, path: &str) -> Result<(PathBuf, Metadata), Miss> {
        let (file, metadata) = self.resolve_exact(path)?;
        match (metadata.is_dir(), path.ends_with('/')) {
            (true, true) => {
                let (file, metadata) = self.resolve_exact(&format!("{path}{INDEX}"))?;
                if metadata.is_file() { Ok((file, metadata)) } else { Err(Miss::NotFound) }
            }
            (true, false) => Err(Miss::Folder),
            (false, true) => Err(Miss::NotFound),
            (false, false) if metadata.is_file() => Ok((file, metadata)),
            // A device or a pipe, which might block for ever.
            (false, false) => Err(Miss::Forbidden),
        }
    }

    fn resolve_exact(&self, path: &str) -> Result<(PathBuf, Metadata), Miss> {
        let relative = Path::new(path.trim_start_matches('/'));
        // What is an ordinary name in a URL need not be one on every system: `C:` on Windows.
        if !relative.components().all(|component| matches!(component, Component::Normal(_))) {
            return Err(Miss::NotFound);
        }
        let file = fs::canonicalize(self.root.join(relative))?;
        if !file.starts_with(&self.root) {
            return Err(Miss::Forbidden);
        }
        let metadata = fs::metadata(&file)?;
        Ok((file, metadata))
    }

    fn respond(&self, request: &Request<'_>) -> Response {
        let entry = match self.entry(request) {
            Ok(entry) => entry,
            Err(Miss::NotFound) => return Response::text(404, "404 Not Found: there is no such file"),
            Err(Miss::Forbidden) => return Response::text(403, "403 Forbidden: this file is not served"),
            Err(Miss::Folder) => return redirect(request),
            Err(Miss::Failed) => {
                return Response::text(500, "500 Internal Server Error: the file cannot be read");
            }
            Err(Miss::Large(file, identity)) => {
                if identity.is_held_by(request) {
                    return identity.response(304);
                }
                let Ok(file) = File::open(file) else {
                    return Response::text(404, "404 Not Found: there is no such file");
                };
                let len = identity.len;
                return identity.response(200).with_body(Body::File(file, len));
            }
        };
        if entry.identity.is_held_by(request) {
            return entry.identity.response(304);
        }
        entry.identity.response(200).with_body(Body::Shared(Arc::clone(&entry.bytes)))
    }
}

impl Handler for Files {
    fn handle(&self, request: &Request<'_>) -> Response {
        match request.head().method() {
            Method::Get | Method::Head if request.head().path() != "*" => self.respond(request),
            Method::Options => Response::new(204).with_field("allow", ALLOW),
            _ => {
                Response::text(405, format!("405 Method Not Allowed: use {ALLOW}")).with_field("allow", ALLOW)
            }
        }
    }
}

impl Identity {
    fn of(file: &Path, metadata: &Metadata) -> Self {
        let (len, modified) = (metadata.len(), metadata.modified().ok());
        let since =
            modified.and_then(|modified| modified.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let etag = format!("\"{len:x}-{:x}\"", since.as_nanos());
        let mime = mime_guess::from_path(file).first_or_octet_stream();
        let charset =
            if mime.type_() == "text" || mime.subtype() == "javascript" { "; charset=utf-8" } else { "" };
        let mut fields =
            format!("content-type: {mime}{charset}\r\nx-content-type-options: nosniff\r\netag: {etag}\r\n");
        if let Some(modified) = modified {
            fields += &format!("last-modified: {}\r\n", httpdate::fmt_http_date(modified));
        }
        Identity { len, modified, etag, fields: fields.into() }
    }

    fn is_of(&self, metadata: &Metadata) -> bool {
        metadata.is_file() && metadata.len() == self.len && metadata.modified().ok() == self.modified
    }

    /// Whether the client has this version already.
    fn is_held_by(&self, request: &Request<'_>) -> bool {
        // Dates on the wire have no fractions.
        let whole = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).ok()?;
            Some(UNIX_EPOCH + Duration::from_secs(since.as_secs()))
        };
        conditional::is_not_modified(request.head(), &self.etag, self.modified.and_then(whole))
    }

    fn response(&self, status: u16) -> Response {
        Response::new(status).with_shared_fields(Arc::clone(&self.fields))
    }
}

/// To the same folder with a final slash, so that relative links in its index work.
fn redirect(request: &Request<'_>) -> Response {
    const KEEP: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let mut location = percent_encoding::utf8_percent_encode(request.head().path(), KEEP).to_string();
    location.push('/');
    if let Some(query) = request.head().query() {
        location.push('?');
        location.push_str(query);
    }
    Response::text(301, "301 Moved Permanently: the folder's address ends with a slash")
        .with_field("location", location)
}

impl From<io::Error> for Miss {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A name that is too long names nothing.
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename => Miss::NotFound,
            ErrorKind::PermissionDenied => Miss::Forbidden,
            _ => Miss::Failed,
        }
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("root", &self.root).field("cache", &self.cache).finish_non_exhaustive()
    }
}
