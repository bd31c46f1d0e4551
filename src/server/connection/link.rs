//! The bytes of a connection on their way between the socket and who uses them: as they are, or through TLS.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use super::Secure;
use crate::{
    fs::File,
    net::{self, TcpStream},
    sync::Arc,
};

/// The socket, and what encrypts for it.
pub(super) struct Link {
    stream: Arc<TcpStream>,
    secure: Option<Secure>,
}

impl Link {
    pub(super) fn new(stream: Arc<TcpStream>, secure: Option<Secure>) -> Self {
        Link { stream, secure }
    }

    pub(super) fn stream(&self) -> &Arc<TcpStream> {
        &self.stream
    }

    /// Whether what is read and written is what goes through the socket.
    pub(super) fn is_plain(&self) -> bool {
        self.secure.is_none()
    }

    /// As the socket's.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match &mut self.secure {
            None => (&*self.stream).read(room),
            Some(secure) => secure.read(&self.stream, room),
        }
    }

    /// As the socket's; what was taken may have to be [`flush`](Self::flush)ed.
    pub(super) fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match (&mut self.secure, slices) {
            (None, [slice]) => (&*self.stream).write(slice),
            (None, slices) => (&*self.stream).write_vectored(slices),
            (Some(secure), slices) => secure.write(&self.stream, slices),
        }
    }

    /// Sends up to `bytes_max` bytes of `file` from `offset` on, past the memory of this process. The link must be
    /// [plain](Self::is_plain).
    pub(super) fn send_file(&self, file: &File, offset: u64, bytes_max: usize) -> io::Result<usize> {
        debug_assert!(self.is_plain(), "nobody encrypts what the socket takes out of a file");
        net::send_file(&self.stream, file, offset, bytes_max)
    }

    /// Whether the socket has all that was written; false when it has no room.
    pub(super) fn flush(&mut self) -> io::Result<bool> {
        let Some(secure) = &mut self.secure else { return Ok(true) };
        match secure.flush(&self.stream) {
            Ok(()) => Ok(true),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Nothing will be written any more.
    pub(super) fn close(&mut self) {
        if let Some(secure) = &mut self.secure {
            secure.close(&self.stream);
        }
    }

    /// Whether reading has to wait for room to write, as in a handshake.
    pub(super) fn wants_write(&self) -> bool {
        self.secure.as_ref().is_some_and(Secure::wants_write)
    }
}
