//! The content of a response that comes into being while it is sent.

use std::{
    fmt,
    io::{self, Read, Write},
};

/// Where the bytes come from: see [`Body::reader`](super::Body::reader) and its siblings, which make it.
pub struct BodyStream {
    pub(crate) source: Source,
    /// How many bytes there will be, if that is known.
    pub(crate) len: Option<u64>,
}

/// Writes content.
pub(crate) type Writes = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

pub(crate) enum Source {
    Reader(Box<dyn Read + Send>),
    Writer(Writes),
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").field("len", &self.len).finish_non_exhaustive()
    }
}

/// Reads one piece after the other.
pub(crate) struct Pieces<I, P> {
    pieces: I,
    piece: Option<P>,
    at: usize,
}

impl<I, P> Pieces<I, P> {
    pub(crate) fn new(pieces: I) -> Self {
        Pieces { pieces, piece: None, at: 0 }
    }
}

impl<I: Iterator<Item = P>, P: AsRef<[u8]>> Read for Pieces<I, P> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        loop {
            let rest = self.piece.as_ref().map_or(&[][..], |piece| &piece.as_ref()[self.at..]);
            if !rest.is_empty() {
                let count = rest.len().min(room.len());
                room[..count].copy_from_slice(&rest[..count]);
                self.at += count;
                return Ok(count);
            }
            self.piece = self.pieces.next();
            self.at = 0;
            if self.piece.is_none() {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_read_in_order() {
        let mut read = String::new();
        Pieces::new(["ab", "", "c"].into_iter()).read_to_string(&mut read).unwrap();
        assert_eq!(read, "abc");
    }
}
