//! The files by which Unix sockets are known.

use std::{
    io::{self, ErrorKind},
    path::Path,
};

use super::disk::{self, BROKEN, Node, absolute};

/// Makes the file of a socket, and returns its number, which no other has.
///
/// # Errors
///
/// `AddrInUse`, `NotFound` or `NotADirectory`.
#[track_caller]
pub(crate) fn make(path: &Path) -> io::Result<u64> {
    let path = absolute(path);
    disk::with("bind", BROKEN, |nodes| {
        let number = nodes.next_number();
        nodes.add(&path, Node::Socket(number)).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => ErrorKind::AddrInUse.into(),
            _ => error,
        })?;
        Ok(number)
    })
}

/// The number of the socket whose file is at the path.
///
/// # Errors
///
/// `NotFound`; `ConnectionRefused` for a file that is no socket's.
#[track_caller]
pub(crate) fn find(path: &Path) -> io::Result<u64> {
    let path = absolute(path);
    disk::with("find", BROKEN, |nodes| match nodes.get(&path)? {
        Node::Socket(number) => Ok(number),
        Node::File(_) | Node::Directory => Err(ErrorKind::ConnectionRefused.into()),
    })
}
