//! Operations on paths.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::metadata::{Metadata, ReadDir};
use crate::{backend::in_model, fs::sim};

/// Makes functions of one path that only hand on.
macro_rules! of_path {
    ($($(#[doc = $doc:literal])* $name:ident -> $ret:ty;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        ///
        /// As `std`'s function of this name.
        #[track_caller]
        pub fn $name<P: AsRef<Path>>(path: P) -> io::Result<$ret> {
            if in_model() { sim::$name(path) } else { fs::$name(path) }
        }
    )*};
}

of_path! {
    /// All bytes of the file at `path`.
    read -> Vec<u8>;
    /// All of the text of the file at `path`.
    read_to_string -> String;
    /// Makes a folder.
    create_dir -> ();
    /// Makes a folder and those that it lies in, as far as they are not there.
    create_dir_all -> ();
    /// Removes a file.
    remove_file -> ();
    /// Removes an empty folder.
    remove_dir -> ();
    /// Removes a folder and all that lies in it.
    remove_dir_all -> ();
    /// Whether there is something at `path`.
    exists -> bool;
    /// The absolute form of `path`, without `.`, `..` and links.
    canonicalize -> PathBuf;
}

/// Makes the file at `path`, or replaces its bytes.
///
/// # Errors
///
/// As [`std::fs::write`].
#[track_caller]
pub fn write<P: AsRef<Path>, C: AsRef<[u8]>>(path: P, contents: C) -> io::Result<()> {
    if in_model() { sim::write(path, contents) } else { fs::write(path, contents) }
}

/// Moves a file or a folder; what was at `to` is replaced in the same step.
///
/// # Errors
///
/// As [`std::fs::rename`].
#[track_caller]
pub fn rename<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<()> {
    if in_model() { sim::rename(from, to) } else { fs::rename(from, to) }
}

/// Copies a file; returns the number of bytes.
///
/// # Errors
///
/// As [`std::fs::copy`].
#[track_caller]
pub fn copy<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<u64> {
    if in_model() { sim::copy(from, to) } else { fs::copy(from, to) }
}

/// What kind of thing is at `path`, and how long it is.
///
/// # Errors
///
/// As [`std::fs::metadata`].
#[track_caller]
pub fn metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    if in_model() { sim::metadata(path).map(Metadata::Sim) } else { fs::metadata(path).map(Metadata::Os) }
}

/// What lies in a folder.
///
/// # Errors
///
/// As [`std::fs::read_dir`].
#[track_caller]
pub fn read_dir<P: AsRef<Path>>(path: P) -> io::Result<ReadDir> {
    if in_model() { sim::read_dir(path).map(ReadDir::Sim) } else { fs::read_dir(path).map(ReadDir::Os) }
}
