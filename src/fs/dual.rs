//! Files that are the operating system's outside of a model and simulated inside.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::sim;
use crate::backend::in_model;

/// All bytes of the file at `path`.
///
/// # Errors
///
/// As [`std::fs::read`].
#[track_caller]
pub fn read<P: AsRef<Path>>(path: P) -> io::Result<Vec<u8>> {
    if in_model() { sim::read(path) } else { fs::read(path) }
}

/// What kind of thing is at `path`, and how long it is.
///
/// # Errors
///
/// As [`std::fs::metadata`].
#[track_caller]
pub fn metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    Ok(Metadata(if in_model() { Data::Sim(sim::metadata(path)?) } else { Data::Os(fs::metadata(path)?) }))
}

/// The absolute form of `path`, without `.`, `..` and links.
///
/// # Errors
///
/// As [`std::fs::canonicalize`].
#[track_caller]
pub fn canonicalize<P: AsRef<Path>>(path: P) -> io::Result<PathBuf> {
    if in_model() { sim::canonicalize(path) } else { fs::canonicalize(path) }
}

/// A file that is read, as [`std::fs::File`]; simulated when it is opened in a model.
#[derive(Debug)]
pub struct File(Inner);

#[derive(Debug)]
enum Inner {
    Os(fs::File),
    Sim(sim::File),
}

impl File {
    /// Opens the file at `path` for reading.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::open`].
    #[track_caller]
    pub fn open<P: AsRef<Path>>(path: P) -> io::Result<File> {
        Ok(File(if in_model() {
            Inner::Sim(sim::File::open(path)?)
        } else {
            Inner::Os(fs::File::open(path)?)
        }))
    }

    /// How long the file is.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::metadata`].
    pub fn metadata(&self) -> io::Result<Metadata> {
        Ok(Metadata(match &self.0 {
            Inner::Os(file) => Data::Os(file.metadata()?),
            Inner::Sim(file) => Data::Sim(file.metadata()?),
        }))
    }
}

impl Read for File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Os(file) => file.read(buffer),
            Inner::Sim(file) => file.read(buffer),
        }
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.0 {
            Inner::Os(file) => file.seek(to),
            Inner::Sim(file) => file.seek(to),
        }
    }
}

/// What is known of a file, as [`std::fs::Metadata`].
#[derive(Debug, Clone)]
pub struct Metadata(Data);

#[derive(Debug, Clone)]
enum Data {
    Os(fs::Metadata),
    Sim(sim::Metadata),
}

#[expect(clippy::len_without_is_empty, reason = "the shape of std")]
impl Metadata {
    /// The number of bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.0 {
            Data::Os(data) => data.len(),
            Data::Sim(data) => data.len(),
        }
    }

    /// Whether it is a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        match &self.0 {
            Data::Os(data) => data.is_file(),
            Data::Sim(data) => data.is_file(),
        }
    }

    /// Whether it is a directory.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        match &self.0 {
            Data::Os(data) => data.is_dir(),
            Data::Sim(data) => data.is_dir(),
        }
    }

    /// When it was last written.
    ///
    /// # Errors
    ///
    /// As [`std::fs::Metadata::modified`].
    pub fn modified(&self) -> io::Result<SystemTime> {
        match &self.0 {
            Data::Os(data) => data.modified(),
            Data::Sim(data) => data.modified(),
        }
    }
}
