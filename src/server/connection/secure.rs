//! TLS between the socket and the connection. `rustls` does no input or output of its own: it is given the bytes that were read
//! from our stream, and gives those to be written to it.
//!
//! 1. *What rustls wants to write goes out before more is read or taken in*, so that what it keeps is bounded, and neither side
//!    waits for the other in a handshake.
//! 2. *A record that is kept is not sent yet*: content counts as written when it is encrypted, and the answer as sent when
//!    [`flush`](Secure::flush) says so.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use rustls::{ServerConfig, ServerConnection};

use crate::{net::TcpStream, sync::Arc};

/// What a client is told that speaks plain HTTP here: an alert of TLS would mean nothing to it.
const SPEAKS_HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n\
    Content-Length: 54\r\n\r\nThis port speaks HTTPS: ask it with an https:// URL.\r\n";

/// The server's side of one TLS connection.
pub(crate) struct Secure {
    /// What rustls says if it cannot even begin.
    connection: Result<Box<ServerConnection>, rustls::Error>,
    /// The first byte that came.
    first: Option<u8>,
}

impl Secure {
    pub(crate) fn new(config: Arc<ServerConfig>) -> Self {
        Secure { connection: ServerConnection::new(config).map(Box::new), first: None }
    }

    /// Whether the client began with a letter, as requests of HTTP do; a record of TLS begins with a small number.
    fn is_spoken_to_in_http(&self) -> bool {
        self.first.is_some_and(|byte| byte.is_ascii_uppercase())
    }

    fn connection(&mut self) -> io::Result<&mut ServerConnection> {
        match &mut self.connection {
            Ok(connection) => Ok(connection),
            Err(error) => Err(invalid(error.clone())),
        }
    }

    /// Content that the client has sent, as reading from the socket would give it; 0 at its end.
    pub(super) fn read(&mut self, mut stream: &TcpStream, room: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.connection()?.reader().read(room) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                // Where a request ends is in the request, so an end without notice cuts nothing off unseen.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                read => return read,
            }
            self.flush(stream)?;
            let mut first = self.first;
            let connection = self.connection()?;
            if connection.read_tls(&mut Noting { stream, first: &mut first })? == 0 {
                return Ok(0);
            }
            let processed = connection.process_new_packets().map(drop);
            self.first = first;
            if let Err(error) = processed {
                // Tells the client why, if there is room for that.
                let _ = if self.is_spoken_to_in_http() {
                    stream.write(SPEAKS_HTTP).map(drop)
                } else {
                    self.flush(stream)
                };
                return Err(invalid(error));
            }
        }
    }

    /// Takes content in if all that was taken in before is sent; as writing to the socket would.
    pub(super) fn write(&mut self, stream: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.flush(stream)?;
        let taken = self.connection()?.writer().write_vectored(slices)?;
        match self.flush(stream) {
            Err(error) if !is_full(&error) => Err(error),
            _ => Ok(taken),
        }
    }

    /// Sends what is encrypted; an error when the socket has no room for all of it.
    pub(super) fn flush(&mut self, mut stream: &TcpStream) -> io::Result<()> {
        let connection = self.connection()?;
        while connection.wants_write() {
            match connection.write_tls(&mut stream) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                written => drop(written?),
            }
        }
        Ok(())
    }

    /// Says that nothing more will come, if there is room for that.
    pub(super) fn close(&mut self, stream: &TcpStream) {
        if let Ok(connection) = &mut self.connection {
            connection.send_close_notify();
            let _ = self.flush(stream);
        }
    }

    /// Whether something is encrypted and not sent.
    pub(super) fn wants_write(&self) -> bool {
        self.connection.as_ref().is_ok_and(|connection| connection.wants_write())
    }
}

/// Reads from the stream and notes the first byte.
struct Noting<'a> {
    stream: &'a TcpStream,
    first: &'a mut Option<u8>,
}

impl Read for Noting<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(room)?;
        *self.first = self.first.or(room[..read].first().copied());
        Ok(read)
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
