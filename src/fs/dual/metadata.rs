//! What is known of files and folders.

use std::{ffi::OsString, fs, io, path::PathBuf, time::SystemTime};

use crate::fs::sim;

/// Makes a type that is the system's or a simulated one.
macro_rules! either {
    ($($(#[doc = $doc:literal])* #[derive($($derive:ident),*)] $name:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive($($derive),*)]
        pub struct $name(Either<fs::$name, sim::$name>);

        #[allow(non_snake_case, reason = "they stand where the variants of an enum would")]
        impl $name {
            pub(super) fn Os(value: fs::$name) -> Self {
                $name(Either::Os(value))
            }

            pub(super) fn Sim(value: sim::$name) -> Self {
                $name(Either::Sim(value))
            }
        }
    )*};
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Either<O, S> {
    Os(O),
    Sim(S),
}

either! {
    /// What is known of a file, as [`std::fs::Metadata`].
    #[derive(Clone, Debug)]
    Metadata;
    /// A file or a folder, as [`std::fs::FileType`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    FileType;
    /// What lies in a folder, as [`std::fs::DirEntry`].
    #[derive(Debug)]
    DirEntry;
    /// The entries of a folder, as [`std::fs::ReadDir`].
    #[derive(Debug)]
    ReadDir;
}

/// Makes methods that only hand on.
macro_rules! handed_on {
    ($($(#[doc = $doc:literal])* $name:ident -> $ret:ty;)*) => {$(
        $(#[doc = $doc])*
        #[must_use]
        pub fn $name(&self) -> $ret {
            match &self.0 {
                Either::Os(real) => real.$name(),
                Either::Sim(simulated) => simulated.$name(),
            }
        }
    )*};
}

#[expect(clippy::len_without_is_empty, reason = "the shape of std")]
impl Metadata {
    handed_on! {
        /// The number of bytes.
        len -> u64;
        /// Whether it is a file.
        is_file -> bool;
        /// Whether it is a folder.
        is_dir -> bool;
    }

    /// What it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        match &self.0 {
            Either::Os(data) => FileType::Os(data.file_type()),
            Either::Sim(data) => FileType::Sim(data.file_type()),
        }
    }

    /// When it was last written.
    ///
    /// # Errors
    ///
    /// As [`std::fs::Metadata::modified`].
    pub fn modified(&self) -> io::Result<SystemTime> {
        match &self.0 {
            Either::Os(data) => data.modified(),
            Either::Sim(data) => data.modified(),
        }
    }
}

impl FileType {
    handed_on! {
        /// Whether it is a file.
        is_file -> bool;
        /// Whether it is a folder.
        is_dir -> bool;
        /// Whether it is a link, which is never so in a model.
        is_symlink -> bool;
    }
}

impl DirEntry {
    handed_on! {
        /// The folder's path as it was asked for, and the name.
        path -> PathBuf;
        /// The name.
        file_name -> OsString;
    }

    /// What is known of it.
    ///
    /// # Errors
    ///
    /// As [`std::fs::DirEntry::metadata`].
    pub fn metadata(&self) -> io::Result<Metadata> {
        match &self.0 {
            Either::Os(entry) => entry.metadata().map(Metadata::Os),
            Either::Sim(entry) => entry.metadata().map(Metadata::Sim),
        }
    }

    /// What it is.
    ///
    /// # Errors
    ///
    /// As [`std::fs::DirEntry::file_type`].
    pub fn file_type(&self) -> io::Result<FileType> {
        match &self.0 {
            Either::Os(entry) => entry.file_type().map(FileType::Os),
            Either::Sim(entry) => entry.file_type().map(FileType::Sim),
        }
    }
}

impl Iterator for ReadDir {
    type Item = io::Result<DirEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Either::Os(entries) => Some(entries.next()?.map(DirEntry::Os)),
            Either::Sim(entries) => Some(entries.next()?.map(DirEntry::Sim)),
        }
    }
}
