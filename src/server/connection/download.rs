//! The content of a response that a function writes as it goes.
//!
//! 1. *The function's thread waits in the socket* while the client has no room: only a thread that may block runs it.
//! 2. *What it writes is gathered* and sent in pieces of [`STREAM_BYTES`], or when it flushes.

use std::{
    io::{self, ErrorKind, IoSlice, Write},
    mem,
};

use super::{link::Link, output::chunk_line, pace::Pace};
use crate::{
    server::limits::STREAM_BYTES,
    time::{Duration, Instant},
};

/// What such a function writes to.
pub(super) struct Download<'a> {
    link: &'a mut Link,
    pace: &'a mut Pace,
    is_chunked: bool,
    gathered: Vec<u8>,
    written: u64,
}

impl<'a> Download<'a> {
    pub(super) fn new(link: &'a mut Link, pace: &'a mut Pace, is_chunked: bool) -> io::Result<Self> {
        link.stream().set_nonblocking(false)?;
        Ok(Download { link, pace, is_chunked, gathered: Vec::new(), written: 0 })
    }

    /// Sends what is gathered; how many bytes the socket has got in all, framing included.
    pub(super) fn finish(mut self) -> io::Result<u64> {
        self.flush()?;
        Ok(self.written)
    }

    fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let left = self.pace.left();
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.link.stream().set_write_timeout(Some(left.max(Duration::from_millis(1))))?;
            match self.link.write(&[IoSlice::new(bytes)]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.written += count as u64;
                    self.pace.moved(count as u64, Instant::now());
                    bytes = &bytes[count..];
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Write for Download<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(STREAM_BYTES - self.gathered.len());
        self.gathered.extend_from_slice(&bytes[..taken]);
        if self.gathered.len() == STREAM_BYTES {
            self.flush()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            // A chunk of no bytes would end the content.
            return Ok(());
        }
        let mut gathered = mem::take(&mut self.gathered);
        if self.is_chunked {
            let line = chunk_line(gathered.len() as u64);
            gathered.splice(..0, line);
            gathered.extend_from_slice(b"\r\n");
        }
        self.send(&gathered)?;
        gathered.clear();
        self.gathered = gathered;
        Ok(())
    }
}
