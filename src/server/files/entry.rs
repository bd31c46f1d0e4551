//! What the cache keeps of a file.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use super::{
    Files, Miss,
    resolve::{Place, is_nothing},
};
use crate::{
    fs::{self, File, Metadata},
    server::http::{
        coding::Coding,
        conditional::Validators,
        media::{content_type, is_compressible},
    },
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// What an entry costs beside its bytes and its key: fields, bookkeeping.
const ENTRY_OVERHEAD_BYTES: usize = 512;

/// What is known of one path, or of one path in one coding.
#[derive(Debug)]
pub(super) enum Slot {
    File(Entry),
    /// There is nothing of this name.
    Missing {
        named: PathBuf,
        checked: Checked,
    },
    /// In this coding the file of this version is not smaller.
    NotSmaller {
        of: Version,
        checked: Checked,
    },
}

/// One version of a file, ready to be sent.
#[derive(Debug)]
pub(super) struct Entry {
    /// As the path names it.
    pub(super) named: PathBuf,
    pub(super) file: PathBuf,
    pub(super) version: Version,
    pub(super) content: Content,
    pub(super) coding: Option<Coded>,
    pub(super) content_type: String,
    pub(super) etag: String,
    pub(super) modified: Option<SystemTime>,
    /// Field lines of 304 and 412.
    pub(super) validator_lines: Arc<str>,
    /// Field lines of an answer with content.
    pub(super) lines: Arc<str>,
    pub(super) checked: Checked,
}

/// Where the bytes are.
#[derive(Debug)]
pub(super) enum Content {
    Cached(Arc<[u8]>),
    /// In the file: it is too large for the cache.
    OnDisk,
}

/// The coding that an entry's bytes are in.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) coding: Coding,
    /// The version of the plain file.
    pub(super) of: Version,
    /// Whether it lies in a file of its own; else it was made here.
    pub(super) lies_beside: bool,
}

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) len: u64,
    pub(super) modified: Option<SystemTime>,
}

impl Version {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Version { len: metadata.len(), modified: metadata.modified().ok() }
    }

    /// Whether the name still stands for a file of this version.
    pub(super) fn is_at(&self, named: &Path) -> bool {
        fs::metadata(named).is_ok_and(|metadata| metadata.is_file() && Version::of(&metadata) == *self)
    }
}

/// When a slot was last compared with the disk.
#[derive(Debug, Default)]
pub(super) struct Checked(AtomicU64);

impl Checked {
    pub(super) fn is_within(&self, now_ms: u64, after_ms: u64) -> bool {
        // ORDERING: relaxed, as its partner `note`: a time that is seen late costs one more check, and nothing else is
        // concluded from it.
        let at_ms = self.0.load(Ordering::Relaxed);
        at_ms > 0 && now_ms.saturating_sub(at_ms) < after_ms
    }

    pub(super) fn note(&self, now_ms: u64) {
        // ORDERING: relaxed, see its partner `is_within`. 0 stands for never.
        self.0.store(now_ms.max(1), Ordering::Relaxed);
    }
}

impl Slot {
    pub(super) fn missing(named: PathBuf) -> Self {
        Slot::Missing { named, checked: Checked::default() }
    }

    pub(super) fn checked(&self) -> &Checked {
        match self {
            Slot::File(Entry { checked, .. })
            | Slot::Missing { checked, .. }
            | Slot::NotSmaller { checked, .. } => checked,
        }
    }

    /// Whether a plain slot says what is on the disk now.
    pub(super) fn is_current(&self) -> bool {
        match self {
            Slot::File(entry) => entry.version.is_at(&entry.named),
            Slot::Missing { named, .. } => fs::metadata(named).is_err_and(|error| is_nothing(&error)),
            Slot::NotSmaller { .. } => false,
        }
    }

    pub(super) fn weight(&self) -> usize {
        let bytes = match self {
            Slot::File(Entry { content: Content::Cached(bytes), .. }) => bytes.len(),
            Slot::File(_) | Slot::Missing { .. } | Slot::NotSmaller { .. } => 0,
        };
        bytes + ENTRY_OVERHEAD_BYTES
    }
}

impl Files {
    /// Reads a plain file, if it is small enough for the cache.
    pub(super) fn read(&self, place: Place) -> Result<Slot, Miss> {
        let file = File::open(&place.file)?;
        let version = Version::of(&file.metadata()?);
        let content = self.content(file, version)?;
        Ok(Slot::File(Entry::new(place, version, content, None)))
    }

    pub(super) fn content(&self, file: File, version: Version) -> Result<Content, Miss> {
        if version.len > self.entry_bytes_max as u64 {
            return Ok(Content::OnDisk);
        }
        // The file may grow while it is read: the limit holds all the same.
        let mut bytes = Vec::with_capacity(version.len as usize);
        file.take(self.entry_bytes_max as u64 + 1).read_to_end(&mut bytes)?;
        if bytes.len() > self.entry_bytes_max {
            return Err(Miss::Failed("the file grew while it was read".to_owned()));
        }
        Ok(Content::Cached(bytes.into()))
    }
}

impl Entry {
    pub(super) fn new(place: Place, version: Version, content: Content, coding: Option<Coded>) -> Self {
        // The type and the time are those of the plain file.
        let plain = match &coding {
            Some(Coded { coding, lies_beside: true, .. }) => {
                let name = place.named.to_string_lossy();
                PathBuf::from(name.strip_suffix(coding.suffix()).unwrap_or(&name))
            }
            _ => place.named.clone(),
        };
        let content_type = content_type(&plain);
        let modified = coding.as_ref().map_or(version.modified, |coded| coded.of.modified);
        let since = |time: Option<SystemTime>| {
            time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default()
        };
        let mut etag = format!("\"{:x}-{:x}", version.len, since(version.modified).as_nanos());
        let mut validators = String::new();
        let mut lines = format!(
            "content-type: {content_type}\r\nx-content-type-options: nosniff\r\naccept-ranges: bytes\r\n"
        );
        if let Some(coded) = &coding {
            etag = format!("{etag}-{}", coded.coding.name());
            lines += &format!("content-encoding: {}\r\n", coded.coding.name());
        }
        etag.push('"');
        validators += &format!("etag: {etag}\r\n");
        if let Some(modified) = modified {
            validators += &format!("last-modified: {}\r\n", httpdate::fmt_http_date(modified));
        }
        if is_compressible(&content_type) {
            validators += "vary: accept-encoding\r\n";
        }
        lines += &validators;
        Entry {
            named: place.named,
            file: place.file,
            version,
            content,
            coding,
            content_type,
            etag,
            // Dates on the wire have no fractions.
            modified: modified.map(|_| UNIX_EPOCH + Duration::from_secs(since(modified).as_secs())),
            validator_lines: validators.into(),
            lines: lines.into(),
            checked: Checked::default(),
        }
    }

    pub(super) fn len(&self) -> u64 {
        match &self.content {
            Content::Cached(bytes) => bytes.len() as u64,
            Content::OnDisk => self.version.len,
        }
    }

    pub(super) fn validators(&self) -> Validators<'_> {
        Validators { etag: &self.etag, modified: self.modified }
    }
}
