//! The bytes of a connection on their way between the socket and who uses them.

use std::io::{self, IoSlice, Read, Write};

use crate::{net::TcpStream, sync::Arc};

/// The socket.
pub(super) struct Link {
    stream: Arc<TcpStream>,
}

impl Link {
    pub(super) fn new(stream: Arc<TcpStream>) -> Self {
        Link { stream }
    }

    pub(super) fn stream(&self) -> &Arc<TcpStream> {
        &self.stream
    }

    /// As the socket's.
    pub(super) fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        (&*self.stream).read(room)
    }

    /// As the socket's.
    pub(super) fn write(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match slices {
            [slice] => (&*self.stream).write(slice),
            slices => (&*self.stream).write_vectored(slices),
        }
    }
}
