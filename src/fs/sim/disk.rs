//! What lies where. One lock for the whole disk: each operation is a step that the checker sees.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    Named,
    backend::{plain::Plain, world},
    fault::{self, Kind},
    parking_lot::{Mutex, MutexGuard},
};

pub(super) struct Disk {
    state: Mutex<Nodes>,
}

/// Everything on the disk but the root, by absolute path.
#[derive(Default)]
pub(super) struct Nodes {
    by_path: BTreeMap<PathBuf, Node>,
    /// Counts changes, for times of modification.
    changes: u64,
    #[cfg(unix)]
    sockets: u64,
}

#[derive(Clone)]
pub(super) enum Node {
    File(Inode),
    Directory,
    /// The name of a Unix socket, by number.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there are no Unix sockets"))]
    Socket(u64),
}

/// A file, wherever it lies: it stays as long as somebody has it open.
pub(super) type Inode = Arc<Plain<Content>>;

#[derive(Clone)]
pub(super) struct Content {
    pub(super) bytes: Arc<Vec<u8>>,
    pub(super) modified: SystemTime,
}

/// What can happen to an operation on the disk.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    Short(usize),
    Broken,
    Full,
    NoDescriptor,
    Interrupted,
}

impl Fault {
    pub(super) fn words(self, count: usize) -> String {
        match self {
            Fault::Short(short) => format!("short, {short} of {count} bytes"),
            Fault::Broken => "disk error".to_owned(),
            Fault::Full => "no space left on the disk".to_owned(),
            Fault::NoDescriptor => "too many open files".to_owned(),
            Fault::Interrupted => "interrupted".to_owned(),
        }
    }

    pub(super) fn error(self) -> io::Error {
        match self {
            Fault::Broken => fault::disk_error(),
            Fault::Full => fault::no_space(),
            Fault::NoDescriptor => fault::too_many_files(),
            Fault::Short(_) | Fault::Interrupted => ErrorKind::Interrupted.into(),
        }
    }
}

/// Runs `change` on the disk, unless it fails by a fault of `kinds`.
#[track_caller]
pub(super) fn with<R>(
    operation: &'static str,
    kinds: &[(Kind, Fault)],
    change: impl FnOnce(&mut Nodes) -> io::Result<R>,
) -> io::Result<R> {
    let disk = disk();
    let mut nodes = disk.lock();
    match fault::at(operation, kinds.iter().copied(), |fault| fault.words(0)) {
        Some(fault) => Err(fault.error()),
        None => change(&mut nodes),
    }
}

/// The faults of an operation that opens nothing.
pub(super) const BROKEN: &[(Kind, Fault)] = &[(Kind::DiskError, Fault::Broken)];
/// The faults of an open.
pub(super) const OPENS: &[(Kind, Fault)] =
    &[(Kind::Descriptors, Fault::NoDescriptor), (Kind::DiskError, Fault::Broken)];

/// What an open of a socket's file fails with (`ENXIO`).
fn no_such_device() -> io::Error {
    #[cfg(unix)]
    return io::Error::from_raw_os_error(6);
    #[cfg(not(unix))]
    ErrorKind::Unsupported.into()
}

pub(super) fn disk() -> Arc<Disk> {
    world::part(|| Disk { state: Mutex::new(Nodes::default()).named("disk") })
}

impl Disk {
    #[track_caller]
    pub(super) fn lock(&self) -> MutexGuard<'_, Nodes> {
        self.state.lock()
    }
}

impl Nodes {
    /// What is at the absolute path.
    pub(super) fn get(&self, path: &Path) -> io::Result<Node> {
        if path == Path::new("/") {
            return Ok(Node::Directory);
        }
        self.by_path.get(path).cloned().ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(super) fn file(&self, path: &Path) -> io::Result<Inode> {
        match self.get(path)? {
            Node::File(inode) => Ok(inode),
            Node::Directory => Err(ErrorKind::IsADirectory.into()),
            Node::Socket(_) => Err(no_such_device()),
        }
    }

    pub(super) fn require_directory(&self, path: &Path) -> io::Result<()> {
        match self.get(path)? {
            Node::Directory => Ok(()),
            Node::File(_) | Node::Socket(_) => Err(ErrorKind::NotADirectory.into()),
        }
    }

    /// Puts something at a path where nothing is, in a folder that is there.
    pub(super) fn add(&mut self, path: &Path, node: Node) -> io::Result<()> {
        if self.get(path).is_ok() {
            return Err(ErrorKind::AlreadyExists.into());
        }
        self.require_directory(path.parent().unwrap_or(Path::new("/")))?;
        self.by_path.insert(path.to_owned(), node);
        Ok(())
    }

    /// A new, empty file.
    pub(super) fn add_file(&mut self, path: &Path) -> io::Result<Inode> {
        let content = Content { bytes: Arc::default(), modified: self.next_time() };
        let inode = Arc::new(Plain::new(content));
        self.add(path, Node::File(Arc::clone(&inode)))?;
        Ok(inode)
    }

    /// Makes the folder and those that it lies in, as far as they are not there.
    pub(super) fn add_folders(&mut self, path: &Path) -> io::Result<()> {
        let folders: Vec<&Path> = path.ancestors().collect();
        for folder in folders.into_iter().rev() {
            match self.get(folder) {
                Ok(Node::Directory) => {}
                Ok(Node::File(_) | Node::Socket(_)) => return Err(ErrorKind::NotADirectory.into()),
                Err(_) => self.add(folder, Node::Directory)?,
            }
        }
        Ok(())
    }

    /// A number that no other socket has.
    #[cfg(unix)]
    pub(super) fn next_number(&mut self) -> u64 {
        self.sockets += 1;
        self.sockets
    }

    pub(super) fn remove(&mut self, path: &Path) {
        self.by_path.remove(path);
    }

    /// What lies in the folder, and with `deep` also what lies further down: by path.
    pub(super) fn inside(&self, folder: &Path, deep: bool) -> Vec<PathBuf> {
        let below = self.by_path.keys().filter(|path| path.as_path() != folder && path.starts_with(folder));
        below.filter(|path| deep || path.parent() == Some(folder)).cloned().collect()
    }

    /// Changes a file's bytes.
    pub(super) fn change(&mut self, inode: &Inode, change: impl FnOnce(&mut Vec<u8>)) {
        let modified = self.next_time();
        inode.with(|content| {
            change(Arc::make_mut(&mut content.bytes));
            content.modified = modified;
        });
    }

    /// Moves what lies at one path, and all in it, to another; what lay there before is gone.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let moved = self.get(from)?;
        self.require_directory(to.parent().unwrap_or(Path::new("/")))?;
        if from == to {
            return Ok(());
        }
        if to.starts_with(from) {
            return Err(ErrorKind::InvalidInput.into());
        }
        match (&moved, self.get(to)) {
            (_, Err(_)) => {}
            (Node::Directory, Ok(Node::File(_) | Node::Socket(_))) => {
                return Err(ErrorKind::NotADirectory.into());
            }
            (_, Ok(Node::File(_) | Node::Socket(_))) => {}
            (Node::File(_) | Node::Socket(_), Ok(Node::Directory)) => {
                return Err(ErrorKind::IsADirectory.into());
            }
            (Node::Directory, Ok(Node::Directory)) => {
                if !self.inside(to, false).is_empty() {
                    return Err(ErrorKind::DirectoryNotEmpty.into());
                }
            }
        }
        for path in self.inside(from, true) {
            let rest = path.strip_prefix(from).expect("it lies in there").to_owned();
            if let Some(node) = self.by_path.remove(&path) {
                self.by_path.insert(to.join(rest), node);
            }
        }
        self.by_path.remove(from);
        self.by_path.insert(to.to_owned(), moved);
        Ok(())
    }

    /// A time that no change before had.
    fn next_time(&mut self) -> SystemTime {
        self.changes += 1;
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.changes)
    }
}

/// `path` from the root, which is also the working directory, without `.` and `..`.
pub(super) fn absolute(path: &Path) -> PathBuf {
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
