//! Operations on paths.

use std::{
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::{
    disk::{self, BROKEN, Node, Nodes, OPENS, absolute},
    file::File,
    metadata::{DirEntry, Metadata, ReadDir},
};

/// Makes the file at `path`, and the folders that it lies in, or replaces its bytes. It never fails by a fault: for what is
/// there before the program under test begins.
///
/// # Panics
///
/// If there is a folder at `path`, or a file where a folder would have to be.
#[track_caller]
pub fn put(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
    let path = absolute(path.as_ref());
    let disk = disk::disk();
    let mut nodes = disk.lock();
    let folders = path.parent().map_or(Ok(()), |folder| nodes.add_folders(folder));
    if let Err(error) = folders.and_then(|()| set_content(&mut nodes, &path, bytes.as_ref())) {
        panic!("unsnarl::fs::sim::put at {}: {error}", path.display());
    }
}

fn set_content(nodes: &mut Nodes, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let inode = match nodes.file(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => nodes.add_file(path)?,
        found => found?,
    };
    nodes.change(&inode, |content| *content = bytes.to_vec());
    Ok(())
}

/// All bytes of the file at `path`.
///
/// # Errors
///
/// `NotFound` or `IsADirectory`.
#[track_caller]
pub fn read<P: AsRef<Path>>(path: P) -> io::Result<Vec<u8>> {
    let path = absolute(path.as_ref());
    disk::with("read", OPENS, |nodes| Ok(nodes.file(&path)?.with(|content| content.bytes.as_ref().clone())))
}

/// All of the text of the file at `path`.
///
/// # Errors
///
/// As [`read`], and `InvalidData` when it is not UTF-8.
#[track_caller]
pub fn read_to_string<P: AsRef<Path>>(path: P) -> io::Result<String> {
    let invalid = |_| io::Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8");
    String::from_utf8(read(path)?).map_err(invalid)
}

/// Makes the file at `path`, or empties it, and writes its bytes: not in one step, so others can see it half written.
///
/// # Errors
///
/// As [`File::create`] and writes; the file may then be there, and empty.
#[track_caller]
pub fn write<P: AsRef<Path>, C: AsRef<[u8]>>(path: P, contents: C) -> io::Result<()> {
    let (mut file, mut rest) = (File::create(path)?, contents.as_ref());
    // As `write_all`, with the caller's place in reports.
    while !rest.is_empty() {
        match file.write(rest) {
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes a folder.
///
/// # Errors
///
/// `AlreadyExists`; `NotFound` or `NotADirectory` where there is no such folder to make it in.
#[track_caller]
pub fn create_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = absolute(path.as_ref());
    disk::with("create-dir", BROKEN, |nodes| nodes.add(&path, Node::Directory))
}

/// Makes a folder and those that it lies in, as far as they are not there.
///
/// # Errors
///
/// `NotADirectory` where a file is in the way.
#[track_caller]
pub fn create_dir_all<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = absolute(path.as_ref());
    disk::with("create-dir", BROKEN, |nodes| nodes.add_folders(&path))
}

/// Removes a file; who has it open keeps it.
///
/// # Errors
///
/// `NotFound` or `IsADirectory`.
#[track_caller]
pub fn remove_file<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = absolute(path.as_ref());
    disk::with("remove", BROKEN, |nodes| {
        if matches!(nodes.get(&path)?, Node::Directory) {
            return Err(ErrorKind::IsADirectory.into());
        }
        nodes.remove(&path);
        Ok(())
    })
}

/// Removes an empty folder.
///
/// # Errors
///
/// `NotFound`, `NotADirectory` or `DirectoryNotEmpty`.
#[track_caller]
pub fn remove_dir<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = absolute(path.as_ref());
    disk::with("remove", BROKEN, |nodes| {
        nodes.require_directory(&path)?;
        if !nodes.inside(&path, false).is_empty() {
            return Err(ErrorKind::DirectoryNotEmpty.into());
        }
        nodes.remove(&path);
        Ok(())
    })
}

/// Removes a folder and all that lies in it, in one step.
///
/// # Errors
///
/// `NotFound` or `NotADirectory`.
#[track_caller]
pub fn remove_dir_all<P: AsRef<Path>>(path: P) -> io::Result<()> {
    let path = absolute(path.as_ref());
    disk::with("remove", BROKEN, |nodes| {
        nodes.require_directory(&path)?;
        for below in nodes.inside(&path, true) {
            nodes.remove(&below);
        }
        nodes.remove(&path);
        Ok(())
    })
}

/// Moves a file or a folder; what was at `to` is replaced in the same step.
///
/// # Errors
///
/// `NotFound`; `IsADirectory`, `NotADirectory` or `DirectoryNotEmpty` where what is at `to` cannot be replaced;
/// `InvalidInput` for a folder into itself.
#[track_caller]
pub fn rename<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<()> {
    let (from, to) = (absolute(from.as_ref()), absolute(to.as_ref()));
    disk::with("rename", BROKEN, |nodes| nodes.rename(&from, &to))
}

/// Copies a file, as a [`read`] and a [`write()`] do; returns the number of bytes.
///
/// # Errors
///
/// As [`read`] and [`write()`].
#[track_caller]
pub fn copy<P: AsRef<Path>, Q: AsRef<Path>>(from: P, to: Q) -> io::Result<u64> {
    let bytes = read(from)?;
    write(to, &bytes)?;
    Ok(bytes.len() as u64)
}

/// What kind of thing is at `path`, and how long it is.
///
/// # Errors
///
/// `NotFound`.
#[track_caller]
pub fn metadata<P: AsRef<Path>>(path: P) -> io::Result<Metadata> {
    let path = absolute(path.as_ref());
    disk::with("metadata", BROKEN, |nodes| Ok(Metadata::of(&nodes.get(&path)?)))
}

/// Whether there is something at `path`.
///
/// # Errors
///
/// None but those of faults.
#[track_caller]
pub fn exists<P: AsRef<Path>>(path: P) -> io::Result<bool> {
    let path = absolute(path.as_ref());
    disk::with("metadata", BROKEN, |nodes| Ok(nodes.get(&path).is_ok()))
}

/// What lies in a folder at this moment, by name.
///
/// # Errors
///
/// `NotFound` or `NotADirectory`.
#[track_caller]
pub fn read_dir<P: AsRef<Path>>(path: P) -> io::Result<ReadDir> {
    let folder = absolute(path.as_ref());
    disk::with("read-dir", OPENS, |nodes| {
        nodes.require_directory(&folder)?;
        let entry = |found: PathBuf| {
            let metadata = Metadata::of(&nodes.get(&found).ok()?);
            Some(DirEntry::new(path.as_ref(), &found, metadata))
        };
        Ok(ReadDir::new(nodes.inside(&folder, false).into_iter().filter_map(entry).collect()))
    })
}

/// The absolute form of `path`, without `.` and `..`; there are no links.
///
/// # Errors
///
/// `NotFound`.
#[track_caller]
pub fn canonicalize<P: AsRef<Path>>(path: P) -> io::Result<PathBuf> {
    let path = absolute(path.as_ref());
    disk::with("metadata", BROKEN, |nodes| nodes.get(&path).map(|_| path.clone()))
}
