//! Open files.

use std::{
    fs,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use super::metadata::Metadata;
use crate::{backend::in_model, fs::sim};

/// An open file, as [`std::fs::File`]; simulated when it is opened in a model.
#[derive(Debug)]
pub struct File(Inner);

#[derive(Debug)]
enum Inner {
    Os(fs::File),
    Sim(sim::File),
}

/// How a file is opened, as [`std::fs::OpenOptions`].
#[derive(Clone, Debug)]
pub struct OpenOptions {
    os: fs::OpenOptions,
    sim: sim::OpenOptions,
}

/// Makes the methods that set one option.
macro_rules! options {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        pub fn $name(&mut self, $name: bool) -> &mut Self {
            self.os.$name($name);
            self.sim.$name($name);
            self
        }
    )*};
}

impl OpenOptions {
    /// Nothing is allowed at first.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "the shape of std")]
    pub fn new() -> Self {
        OpenOptions { os: fs::OpenOptions::new(), sim: sim::OpenOptions::new() }
    }

    options! {
        /// Whether the file can be read.
        read;
        /// Whether the file can be written.
        write;
        /// Whether each write goes to the end of the file.
        append;
        /// Whether the file is emptied.
        truncate;
        /// Whether the file is made if it is not there.
        create;
        /// Whether the file must not be there before.
        create_new;
    }

    /// Opens the file at `path`.
    ///
    /// # Errors
    ///
    /// As [`std::fs::OpenOptions::open`].
    #[track_caller]
    pub fn open<P: AsRef<Path>>(&self, path: P) -> io::Result<File> {
        Ok(File(if in_model() { Inner::Sim(self.sim.open(path)?) } else { Inner::Os(self.os.open(path)?) }))
    }
}

/// Makes methods that only hand on.
macro_rules! handed_on {
    ($($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ty),*);)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        ///
        /// As `std`'s method of this name.
        #[track_caller]
        pub fn $name(&self, $($arg: $ty),*) -> io::Result<()> {
            match &self.0 {
                Inner::Os(file) => file.$name($($arg),*),
                Inner::Sim(file) => file.$name($($arg),*),
            }
        }
    )*};
}

/// Makes functions that open a file in one way.
macro_rules! opens {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        ///
        /// As `std`'s function of this name.
        #[track_caller]
        pub fn $name<P: AsRef<Path>>(path: P) -> io::Result<File> {
            Ok(File(if in_model() {
                Inner::Sim(sim::File::$name(path)?)
            } else {
                Inner::Os(fs::File::$name(path)?)
            }))
        }
    )*};
}

impl File {
    opens! {
        /// Opens the file at `path` for reading.
        open;
        /// Opens the file at `path` for writing, made or emptied.
        create;
        /// Makes the file at `path`, which must not be there, for reading and writing.
        create_new;
    }

    /// Options, none of them set.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Reads from `offset` on, wherever the file stands.
    #[cfg(feature = "send-file")]
    #[track_caller]
    pub(in crate::fs) fn read_from(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match &self.0 {
            Inner::Os(file) => crate::fs::positioned::read_at(file, buffer, offset),
            Inner::Sim(file) => file.read_at(buffer, offset),
        }
    }

    /// The operating system's file, outside of a model.
    #[cfg(all(feature = "send-file", target_os = "linux"))]
    pub(crate) fn os(&self) -> Option<&fs::File> {
        match &self.0 {
            Inner::Os(file) => Some(file),
            Inner::Sim(_) => None,
        }
    }

    /// How long the file is.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::metadata`].
    #[track_caller]
    pub fn metadata(&self) -> io::Result<Metadata> {
        match &self.0 {
            Inner::Os(file) => file.metadata().map(Metadata::Os),
            Inner::Sim(file) => file.metadata().map(Metadata::Sim),
        }
    }

    /// Another handle to the same open file: they share the position.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File::try_clone`].
    pub fn try_clone(&self) -> io::Result<File> {
        Ok(File(match &self.0 {
            Inner::Os(file) => Inner::Os(file.try_clone()?),
            Inner::Sim(file) => Inner::Sim(file.try_clone()?),
        }))
    }

    handed_on! {
        /// Cuts the file off, or fills it up with zeros.
        set_len(size: u64);
        /// Waits until what was written is on the disk, and what is known of the file, too.
        sync_all();
        /// Waits until what was written is on the disk.
        sync_data();
    }
}

/// Implements a trait for files by the one for references to them.
macro_rules! both {
    ($trait:ident { $($(#[$attribute:meta])? $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)* }) => {
        impl $trait for &File {
            $(
                $(#[$attribute])?
                fn $name(&mut self, $($arg: $ty),*) -> io::Result<$ret> {
                    match &self.0 {
                        Inner::Os(file) => (&mut &*file).$name($($arg),*),
                        Inner::Sim(file) => (&mut &*file).$name($($arg),*),
                    }
                }
            )*
        }

        impl $trait for File {
            $(
                $(#[$attribute])?
                fn $name(&mut self, $($arg: $ty),*) -> io::Result<$ret> {
                    (&*self).$name($($arg),*)
                }
            )*
        }
    };
}

both! { Read { #[track_caller] read(buffer: &mut [u8]) -> usize; } }
both! { Write { #[track_caller] write(bytes: &[u8]) -> usize; flush() -> (); } }
both! { Seek { #[track_caller] seek(to: SeekFrom) -> u64; } }
