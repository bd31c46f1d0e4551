//! Open files.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::Path,
    sync::Arc,
};

use super::{
    disk::{self, BROKEN, Content, Fault, Inode, OPENS, absolute},
    metadata::Metadata,
};
use crate::{
    backend::plain::Plain,
    fault::{self, Kind},
};

/// A simulated [`std::fs::File`]. It stays open until the last clone is dropped.
pub struct File {
    handle: Arc<Handle>,
}

/// What all clones of a file share.
struct Handle {
    source: Source,
    options: OpenOptions,
    cursor: Plain<Cursor>,
}

#[derive(Default)]
struct Cursor {
    position: u64,
    /// There are clones, perhaps of other threads: then each use of the position is a step.
    is_shared: bool,
}

/// Where reads take their bytes from.
enum Source {
    /// What there was at the open: of a file that is only read.
    Kept(Content),
    Live(Inode),
}

/// A simulated [`std::fs::OpenOptions`].
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions {
    read: bool,
    write: bool,
    append: bool,
    truncate: bool,
    create: bool,
    create_new: bool,
}

/// Makes the methods that set one option.
macro_rules! options {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        pub fn $name(&mut self, $name: bool) -> &mut Self {
            self.$name = $name;
            self
        }
    )*};
}

impl OpenOptions {
    /// Nothing is allowed at first.
    #[must_use]
    pub fn new() -> Self {
        OpenOptions::default()
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

    /// Opens the file at `path`, in one step.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for options that contradict each other; `NotFound`, `AlreadyExists`, `IsADirectory`, `NotADirectory`.
    #[track_caller]
    pub fn open<P: AsRef<Path>>(&self, path: P) -> io::Result<File> {
        let writes = self.write || self.append;
        let makes = self.create || self.create_new;
        let contradict = if writes {
            self.truncate && self.append && !self.create_new
        } else {
            !self.read || self.truncate || makes
        };
        if contradict {
            return Err(io::Error::new(
                ErrorKind::InvalidInput,
                "the options of the open contradict each other",
            ));
        }
        let path = absolute(path.as_ref());
        disk::with("open", OPENS, |nodes| {
            let inode = match nodes.get(&path) {
                Ok(_) if self.create_new => return Err(ErrorKind::AlreadyExists.into()),
                Err(error) if makes && error.kind() == ErrorKind::NotFound => nodes.add_file(&path)?,
                _ => nodes.file(&path)?,
            };
            if self.truncate {
                nodes.change(&inode, Vec::clear);
            }
            let source = if writes {
                Source::Live(inode)
            } else {
                Source::Kept(inode.with(|content| content.clone()))
            };
            let handle = Handle { source, options: *self, cursor: Plain::new(Cursor::default()) };
            Ok(File { handle: Arc::new(handle) })
        })
    }
}

impl File {
    /// Opens the file at `path` for reading.
    ///
    /// # Errors
    ///
    /// `NotFound` or `IsADirectory`.
    #[track_caller]
    pub fn open<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().read(true).open(path)
    }

    /// Opens the file at `path` for writing, made or emptied.
    ///
    /// # Errors
    ///
    /// As [`OpenOptions::open`].
    #[track_caller]
    pub fn create<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)
    }

    /// Makes the file at `path`, which must not be there, for reading and writing.
    ///
    /// # Errors
    ///
    /// As [`OpenOptions::open`].
    #[track_caller]
    pub fn create_new<P: AsRef<Path>>(path: P) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(path)
    }

    /// Options, none of them set.
    #[must_use]
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// How long the file is.
    ///
    /// # Errors
    ///
    /// None.
    #[track_caller]
    pub fn metadata(&self) -> io::Result<Metadata> {
        match &self.handle.source {
            Source::Kept(content) => Ok(Metadata::of_file(content.clone())),
            Source::Live(inode) => {
                disk::with("metadata", &[], |_| Ok(Metadata::of_file(inode.with(|content| content.clone()))))
            }
        }
    }

    /// Cuts the file off, or fills it up with zeros.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when it is not open for writing.
    #[track_caller]
    pub fn set_len(&self, size: u64) -> io::Result<()> {
        let Source::Live(inode) = &self.handle.source else { return Err(ErrorKind::InvalidInput.into()) };
        let size = usize::try_from(size).map_err(|_| ErrorKind::FileTooLarge)?;
        disk::with("set-len", BROKEN, |nodes| {
            nodes.change(inode, |bytes| bytes.resize(size, 0));
            Ok(())
        })
    }

    /// A step that can fail where the disk may: nothing that was written is ever lost.
    ///
    /// # Errors
    ///
    /// None but those of faults.
    #[track_caller]
    pub fn sync_all(&self) -> io::Result<()> {
        disk::with("sync", BROKEN, |_| Ok(()))
    }

    /// As [`sync_all`](Self::sync_all).
    ///
    /// # Errors
    ///
    /// None but those of faults.
    #[track_caller]
    pub fn sync_data(&self) -> io::Result<()> {
        self.sync_all()
    }

    /// Another handle to the same open file: they share the position.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<File> {
        self.handle.cursor.with(|cursor| cursor.is_shared = true);
        Ok(File { handle: Arc::clone(&self.handle) })
    }

    /// Runs `access` as a step of the checker, if others could see it.
    #[track_caller]
    fn step<R>(&self, access: impl FnOnce(Option<&mut disk::Nodes>) -> io::Result<R>) -> io::Result<R> {
        let is_alone = !self.handle.cursor.with(|cursor| cursor.is_shared);
        if is_alone && matches!(self.handle.source, Source::Kept(_)) {
            return access(None);
        }
        disk::with("", &[], |nodes| access(Some(nodes)))
    }

    fn content(&self) -> Arc<Vec<u8>> {
        match &self.handle.source {
            Source::Kept(content) => Arc::clone(&content.bytes),
            Source::Live(inode) => inode.with(|content| Arc::clone(&content.bytes)),
        }
    }
}

/// The error of a read or write of a file that was not opened for it.
fn not_open_for_it() -> io::Error {
    // `EBADF`, which has no kind of its own.
    io::Error::from_raw_os_error(if cfg!(windows) { 5 } else { 9 })
}

impl File {
    /// Reads from `offset` on, as `std::os::unix::fs::FileExt::read_at`: where the file stands does not matter, and stays.
    ///
    /// # Errors
    ///
    /// As [`std::fs::File`]'s reads, and what a fault says.
    #[track_caller]
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.read_from(buffer, Some(offset))
    }

    /// Reads from `offset` on, or else from where the file stands, which then moves on.
    #[track_caller]
    fn read_from(&self, buffer: &mut [u8], offset: Option<u64>) -> io::Result<usize> {
        if !self.handle.options.read {
            return Err(not_open_for_it());
        }
        self.step(|_| {
            let bytes = self.content();
            let position = offset.unwrap_or_else(|| self.handle.cursor.with(|cursor| cursor.position));
            let start = usize::try_from(position).unwrap_or(usize::MAX).min(bytes.len());
            let mut count = buffer.len().min(bytes.len() - start);
            let menu = fault::shorter(count)
                .map(|short| (Kind::ShortRead, Fault::Short(short)))
                .chain([(Kind::DiskError, Fault::Broken), (Kind::Interrupted, Fault::Interrupted)]);
            match fault::at("read", menu, |fault| fault.words(count)) {
                None => {}
                Some(Fault::Short(short)) => count = short,
                Some(fault) => return Err(fault.error()),
            }
            buffer[..count].copy_from_slice(&bytes[start..start + count]);
            if offset.is_none() {
                self.handle.cursor.with(|cursor| cursor.position += count as u64);
            }
            Ok(count)
        })
    }
}

impl Read for &File {
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_from(buffer, None)
    }
}

impl Write for &File {
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Source::Live(inode) = &self.handle.source else { return Err(not_open_for_it()) };
        self.step(|nodes| {
            let mut count = bytes.len();
            let menu = fault::shorter(count).map(|short| (Kind::ShortWrite, Fault::Short(short))).chain([
                (Kind::DiskError, Fault::Broken),
                (Kind::NoSpace, Fault::Full),
                (Kind::Interrupted, Fault::Interrupted),
            ]);
            match fault::at("write", menu, |fault| fault.words(count)) {
                None => {}
                Some(Fault::Short(short)) => count = short,
                Some(fault) => return Err(fault.error()),
            }
            let position = if self.handle.options.append {
                inode.with(|content| content.bytes.len())
            } else {
                usize::try_from(self.handle.cursor.with(|cursor| cursor.position))
                    .map_err(|_| ErrorKind::FileTooLarge)?
            };
            let nodes = nodes.expect("what is written is live");
            nodes.change(inode, |content| {
                let end = position + count;
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[position..end].copy_from_slice(&bytes[..count]);
            });
            self.handle.cursor.with(|cursor| cursor.position = (position + count) as u64);
            Ok(count)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for &File {
    #[track_caller]
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.step(|_| {
            let now = self.handle.cursor.with(|cursor| cursor.position);
            let position = match to {
                SeekFrom::Start(position) => Some(position),
                SeekFrom::Current(offset) => now.checked_add_signed(offset),
                SeekFrom::End(offset) => (self.content().len() as u64).checked_add_signed(offset),
            };
            let position = position.ok_or(ErrorKind::InvalidInput)?;
            self.handle.cursor.with(|cursor| cursor.position = position);
            Ok(position)
        })
    }
}

impl Read for File {
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }
}

impl Write for File {
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    #[track_caller]
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        (&*self).seek(to)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.handle.cursor.with(|cursor| cursor.position);
        f.debug_struct("File").field("position", &position).finish_non_exhaustive()
    }
}
