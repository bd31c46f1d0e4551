//! What is known of files and folders.

use std::{
    collections::VecDeque,
    ffi::OsString,
    fmt, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::disk::{Content, Node};

/// A simulated [`std::fs::Metadata`], of the moment at which it was asked for.
#[derive(Clone)]
pub struct Metadata {
    kind: Kind,
    /// Of a file.
    content: Option<Content>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    File,
    Directory,
    Socket,
}

#[expect(clippy::len_without_is_empty, reason = "the shape of std")]
impl Metadata {
    pub(super) fn of(node: &Node) -> Self {
        match node {
            Node::File(inode) => Metadata::of_file(inode.with(|content| content.clone())),
            Node::Directory => Metadata { kind: Kind::Directory, content: None },
            Node::Socket(_) => Metadata { kind: Kind::Socket, content: None },
        }
    }

    pub(super) fn of_file(content: Content) -> Self {
        Metadata { kind: Kind::File, content: Some(content) }
    }

    /// The number of bytes; 0 for a folder and a socket.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.content.as_ref().map_or(0, |content| content.bytes.len() as u64)
    }

    /// Whether it is a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.file_type().is_file()
    }

    /// Whether it is a folder.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.file_type().is_dir()
    }

    /// What it is.
    #[must_use]
    pub fn file_type(&self) -> FileType {
        FileType(self.kind)
    }

    /// A time that differs from one change to the next; that of a folder never changes.
    ///
    /// # Errors
    ///
    /// None.
    pub fn modified(&self) -> io::Result<SystemTime> {
        Ok(self.content.as_ref().map_or(SystemTime::UNIX_EPOCH, |content| content.modified))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata").field("is_file", &self.is_file()).field("len", &self.len()).finish()
    }
}

/// A simulated [`std::fs::FileType`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileType(Kind);

impl FileType {
    /// Whether it is a file.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.0 == Kind::File
    }

    /// Whether it is a folder.
    #[must_use]
    pub fn is_dir(&self) -> bool {
        self.0 == Kind::Directory
    }

    /// Never: there are no links.
    #[must_use]
    pub fn is_symlink(&self) -> bool {
        false
    }
}

/// A simulated [`std::fs::DirEntry`].
#[derive(Clone, Debug)]
pub struct DirEntry {
    path: PathBuf,
    metadata: Metadata,
}

impl DirEntry {
    /// The entry for `found`, in a folder that was asked for as `folder`.
    pub(super) fn new(folder: &Path, found: &Path, metadata: Metadata) -> Self {
        DirEntry { path: folder.join(found.file_name().unwrap_or_default()), metadata }
    }

    /// The folder's path as it was asked for, and the name.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// The name.
    #[must_use]
    pub fn file_name(&self) -> OsString {
        self.path.file_name().unwrap_or_default().to_owned()
    }

    /// What it was when the folder was read.
    ///
    /// # Errors
    ///
    /// None.
    pub fn metadata(&self) -> io::Result<Metadata> {
        Ok(self.metadata.clone())
    }

    /// What it was when the folder was read.
    ///
    /// # Errors
    ///
    /// None.
    pub fn file_type(&self) -> io::Result<FileType> {
        Ok(self.metadata.file_type())
    }
}

/// A simulated [`std::fs::ReadDir`]: by name, as things were when it was asked for.
#[derive(Debug)]
pub struct ReadDir(VecDeque<DirEntry>);

impl ReadDir {
    pub(super) fn new(entries: VecDeque<DirEntry>) -> Self {
        ReadDir(entries)
    }
}

impl Iterator for ReadDir {
    type Item = io::Result<DirEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.pop_front().map(Ok)
    }
}
