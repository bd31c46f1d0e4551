//! Files inside the model.
//!
//! Each execution has its own, none at first: a model makes the files that it needs with [`write()`]. A directory is there
//! as long as a file lies in it. Each operation is one step of the checker. An open file keeps the bytes that it was opened
//! with, as a file that is replaced by a rename does.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, ErrorKind, Read, Seek, SeekFrom},
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{Named, backend::world, parking_lot::Mutex};

struct Disk {
    files: Mutex<Files>,
}

#[derive(Default)]
struct Files {
    by_path: BTreeMap<PathBuf, Content>,
    /// Counts writes, for times of modification.
    writes: u64,
}

#[derive(Clone)]
struct Content {
    bytes: Arc<[u8]>,
    modified: SystemTime,
}

/// What the disk has at a path.
enum Found {
    File(Content),
    Directory,
}

fn disk() -> Arc<Disk> {
    world::part(|| Disk { files: Mutex::new(Files::default()).named("disk") })
}

/// Makes the file at `path`, or replaces it.
#[track_caller]
pub fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    let disk = disk();
    let mut files = disk.files.lock();
    files.writes += 1;
    let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(files.writes);
    files.by_path.insert(absolute(path.as_ref()), Content { bytes: bytes.as_ref().into(), modified });
}

/// Removes the file at `path`.
///
/// # Errors
///
/// `NotFound` when there is none.
#[track_caller]
pub fn remove(path: impl AsRef<Path>) -> io::Result<()> {
    match disk().files.lock().by_path.remove(&absolute(path.as_ref())) {
        Some(_) => Ok(()),
        None => Err(ErrorKind::NotFound.into()),
    }
}

/// All bytes of the file at `path`.
///
/// # Errors
///
/// `NotFound` or `IsADirectory`.
#[track_caller]
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    Ok(content(path.as_ref())?.bytes.to_vec())
}

/// What kind of thing is at `path`, and how long it is.
///
/// # Errors
///
/// `NotFound`.
#[track_caller]
pub fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    Ok(Metadata(match find(path.as_ref())? {
        Found::File(content) => Some(content),
        Found::Directory => None,
    }))
}

/// The absolute form of `path`, without `.` and `..`; there are no links.
///
/// # Errors
///
/// `NotFound`.
#[track_caller]
pub fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    find(path.as_ref())?;
    Ok(absolute(path.as_ref()))
}

#[track_caller]
fn find(path: &Path) -> io::Result<Found> {
    let path = absolute(path);
    let disk = disk();
    let files = disk.files.lock();
    if let Some(content) = files.by_path.get(&path) {
        return Ok(Found::File(content.clone()));
    }
    let directory = path == Path::new("/") || files.by_path.keys().any(|file| file.starts_with(&path));
    if directory { Ok(Found::Directory) } else { Err(ErrorKind::NotFound.into()) }
}

#[track_caller]
fn content(path: &Path) -> io::Result<Content> {
    match find(path)? {
        Found::File(content) => Ok(content),
        Found::Directory => Err(ErrorKind::IsADirectory.into()),
    }
}

/// `path` from the root, which is also the working directory, without `.` and `..`.
fn absolute(path: &Path) -> PathBuf {
    let mut absolute = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(name) => absolute.push(name),
            Component::ParentDir => {
                absolute.pop();
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    absolute
}

/// A simulated [`std::fs::File`], for reading.
pub struct File {
    content: Content,
    position: u64,
}

impl File {
    /// Opens the file at `path` for reading.
    ///
    /// # Errors
    ///
    /// `NotFound` or `IsADirectory` (which a real system may report only at the first read).
    #[track_caller]
    pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
        Ok(File { content: content(path.as_ref())?, position: 0 })
    }

    /// How long the file is.
    ///
    /// # Errors
    ///
    /// None.
    pub fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata(Some(self.content.clone())))
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(self.position).unwrap_or(usize::MAX).min(self.content.bytes.len());
        let mut rest = &self.content.bytes[start..];
        let count = rest.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => (self.content.bytes.len() as u64).checked_add_signed(offset),
        };
        self.position = position.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("position", &self.position).finish_non_exhaustive()
    }
}

/// A simulated [`std::fs::Metadata`].
#[derive(Clone)]
pub struct Metadata(
    /// Nothing for a directory.
    Option<Content>,
);

#[expect(clippy::len_without_is_empty, reason = "the shape of std")]
impl Metadata {
    /// The number of bytes; 0 for a directory.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.as_ref().map_or(0, |content| content.bytes.len() as u64)
    }

    /// Whether it is a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.0.is_some()
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.0.is_none()
    }

    /// A time that differs from one write to the next.
    ///
    /// # Errors
    ///
    /// None.
    pub fn modified(&self) -> io::Result<SystemTime> {
        Ok(self.0.as_ref().map_or(SystemTime::UNIX_EPOCH, |content| content.modified))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata").field("is_file", &self.is_file()).field("len", &self.len()).finish()
    }
}
