//! Decodes request bodies, with a limit on everything.

use super::{Framing, Reject, is_token_byte};
use crate::server::limits::{CHUNK_LINE_BYTES_MAX, TRAILER_BYTES_MAX};

/// Reads one request body out of a connection's bytes, in pieces of any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyReader {
    state: State,
    content: Vec<u8>,
    /// Decoded so far.
    content_bytes: usize,
    content_bytes_max: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// This many bytes are missing.
    Length(u64),
    /// In a chunk's size: its value and digits so far.
    Size {
        size: u64,
        digits: usize,
    },
    /// In a chunk's extension.
    Extension {
        size: u64,
        line_bytes: usize,
    },
    /// After the CR of a chunk-size line.
    SizeEnd {
        size: u64,
    },
    /// This many bytes of the chunk are missing.
    Data(u64),
    /// After a chunk's data: CR, then LF.
    DataCr,
    DataLf,
    /// In the trailer: bytes of it, and where in a line.
    Trailer {
        bytes: usize,
        at: TrailerAt,
    },
    Done,
}

/// Where in a line of the trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TrailerAt {
    Start,
    Name,
    Value,
    /// After the CR of a field's line.
    LineEnd,
    /// After the CR of the empty line that ends the body.
    BodyEnd,
}

const MALFORMED_SIZE: Reject = Reject::bad("malformed chunk size");
const TOO_LARGE: Reject = Reject::new(413, "the request body is too large");

impl BodyReader {
    /// Starts a body that is delimited by `framing`.
    ///
    /// # Errors
    ///
    /// 413 when the length that was announced is above `content_bytes_max`.
    pub fn new(framing: Framing, content_bytes_max: usize) -> Result<Self, Reject> {
        let state = match framing {
            Framing::Length(length) if length > content_bytes_max as u64 => return Err(TOO_LARGE),
            Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Size { size: 0, digits: 0 },
        };
        Ok(BodyReader { state, content: Vec::new(), content_bytes: 0, content_bytes_max })
    }

    /// Takes what belongs to the body from the front of `bytes`; returns how many bytes that were.
    ///
    /// # Errors
    ///
    /// 400 for malformed chunks, 413 and 431 above a limit.
    pub fn read(&mut self, bytes: &[u8]) -> Result<usize, Reject> {
        let mut content = std::mem::take(&mut self.content);
        let read = self.decode(bytes, |piece| {
            content.extend_from_slice(piece);
            piece.len()
        });
        self.content = content;
        read
    }

    /// As [`read`](Self::read), but puts the content into `room` and stops when that is full; returns how many bytes of `bytes`
    /// were used, and how many of `room`.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn read_into(&mut self, bytes: &[u8], room: &mut [u8]) -> Result<(usize, usize), Reject> {
        let mut at = 0;
        let used = self.decode(bytes, |piece| {
            let taken = piece.len().min(room.len() - at);
            room[at..at + taken].copy_from_slice(&piece[..taken]);
            at += taken;
            taken
        })?;
        Ok((used, at))
    }

    /// As [`read`](Self::read), but keeps nothing of the content.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub fn skip(&mut self, bytes: &[u8]) -> Result<usize, Reject> {
        self.decode(bytes, <[u8]>::len)
    }

    /// Whether the body is complete.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The decoded content that [`read`](Self::read) has kept.
    #[must_use]
    pub fn into_content(self) -> Vec<u8> {
        self.content
    }

    /// Bytes of content that are known to be missing: all of them with a length, else those of the present chunk.
    pub(crate) fn missing(&self) -> u64 {
        match self.state {
            State::Length(left) | State::Data(left) => left,
            _ => 0,
        }
    }

    /// Content is no longer refused because it is more than `bytes` from now on, but for more than that.
    pub(crate) fn allow_more(&mut self, bytes: usize) {
        self.content_bytes_max = self.content_bytes.saturating_add(bytes);
    }

    /// Gives the content in `bytes` to `take`, piece by piece, until it takes less than it is given.
    fn decode(&mut self, bytes: &[u8], mut take: impl FnMut(&[u8]) -> usize) -> Result<usize, Reject> {
        let mut at = 0;
        while at < bytes.len() && self.state != State::Done {
            let (left, more, done): (u64, fn(u64) -> State, State) = match self.state {
                State::Length(left) => (left, State::Length, State::Done),
                State::Data(left) => (left, State::Data, State::DataCr),
                _ => {
                    self.state = self.after(bytes[at])?;
                    at += 1;
                    continue;
                }
            };
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
            if self.content_bytes + here > self.content_bytes_max {
                return Err(TOO_LARGE);
            }
            let taken = take(&bytes[at..at + here]);
            at += taken;
            self.content_bytes += taken;
            let left = left - taken as u64;
            self.state = if left == 0 { done } else { more(left) };
            if taken < here {
                break;
            }
        }
        Ok(at)
    }

    /// The state after one byte of chunk framing (RFC 9112 section 7.1).
    fn after(&self, byte: u8) -> Result<State, Reject> {
        Ok(match (&self.state, byte) {
            (&State::Size { size, digits }, _) if byte.is_ascii_hexdigit() => {
                let digit = char::from(byte).to_digit(16).expect("a hexadecimal digit has a value");
                // Checked, since a size that wraps at 2^64 moves the start of the next request.
                let size = size.checked_mul(16).and_then(|size| size.checked_add(u64::from(digit)));
                let size = size.filter(|_| digits < CHUNK_LINE_BYTES_MAX).ok_or(MALFORMED_SIZE)?;
                if size > self.content_bytes_max as u64 {
                    return Err(TOO_LARGE);
                }
                State::Size { size, digits: digits + 1 }
            }
            (State::Size { digits: 0, .. }, _) => return Err(MALFORMED_SIZE),
            (&State::Size { size, .. }, b'\r') => State::SizeEnd { size },
            (&State::Size { size, digits }, b';') => State::Extension { size, line_bytes: digits + 1 },
            (State::Size { .. }, _) => return Err(MALFORMED_SIZE),
            (&State::Extension { size, .. }, b'\r') => State::SizeEnd { size },
            (&State::Extension { size, line_bytes }, b'\t' | b' '..=b'~' | 0x80..) => {
                if line_bytes >= CHUNK_LINE_BYTES_MAX {
                    return Err(Reject::bad("the chunk extension is too long"));
                }
                State::Extension { size, line_bytes: line_bytes + 1 }
            }
            (State::SizeEnd { size: 0 }, b'\n') => State::Trailer { bytes: 0, at: TrailerAt::Start },
            (&State::SizeEnd { size }, b'\n') => State::Data(size),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size { size: 0, digits: 0 },
            (State::Trailer { at: TrailerAt::BodyEnd, .. }, b'\n') => State::Done,
            (State::Trailer { bytes: TRAILER_BYTES_MAX.., .. }, _) => {
                return Err(Reject::new(431, "the trailer is too large"));
            }
            // Trailer fields are read and dropped (RFC 9110 section 6.5.1 allows it), but must be fields.
            (&State::Trailer { bytes, at }, _) => {
                let at = match (at, byte) {
                    (TrailerAt::Start, b'\r') => TrailerAt::BodyEnd,
                    (TrailerAt::Name, b':') => TrailerAt::Value,
                    (TrailerAt::Start | TrailerAt::Name, _) if is_token_byte(byte) => TrailerAt::Name,
                    (TrailerAt::Value, b'\r') => TrailerAt::LineEnd,
                    (TrailerAt::Value, b'\t' | b' '..=b'~' | 0x80..) => TrailerAt::Value,
                    (TrailerAt::LineEnd, b'\n') => TrailerAt::Start,
                    _ => return Err(Reject::bad("malformed trailer")),
                };
                State::Trailer { bytes: bytes + 1, at }
            }
            _ => return Err(Reject::bad("malformed chunked body")),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(framing: Framing, bytes: &[u8]) -> Result<(usize, bool, Vec<u8>), u16> {
        let mut reader = BodyReader::new(framing, 64).map_err(|reject| reject.status)?;
        let taken = reader.read(bytes).map_err(|reject| reject.status)?;
        Ok((taken, reader.is_done(), reader.into_content()))
    }

    #[test]
    fn lengths() {
        assert_eq!(read(Framing::Length(3), b"abcd"), Ok((3, true, b"abc".to_vec())));
        assert_eq!(read(Framing::Length(3), b"ab"), Ok((2, false, b"ab".to_vec())));
        assert_eq!(read(Framing::Length(0), b"ab"), Ok((0, true, Vec::new())));
        assert_eq!(read(Framing::Length(65), b""), Err(413));
    }

    #[test]
    fn chunks() {
        for (bytes, content) in [
            (&b"0\r\n\r\n"[..], &b""[..]),
            (b"3\r\nabc\r\n0\r\n\r\n", b"abc"),
            (b"1\r\na\r\n02;x=\"y\"\r\nbc\r\n0\r\nA: b\r\nC: d\r\n\r\n", b"abc"),
        ] {
            assert_eq!(read(Framing::Chunked, bytes), Ok((bytes.len(), true, content.to_vec())));
        }
        for (bytes, status) in [
            (&b"\r\n"[..], 400),
            (b"0x3\r\nabc", 400),
            (b"+3\r\nabc", 400),
            (b"1_0\r\n", 400),
            (b" 3\r\nabc", 400),
            (b"3 \r\nabc", 400),
            (b"3\nabc", 400),
            (b"3\r\rabc", 400),
            (b"3\r\nabcX", 400),
            (b"3\r\nabc\n0", 400),
            (b"fffffffffffffffff\r\n", 413),
            (b"10000000000000000\r\n", 413),
            (b"41\r\n", 413),
            (b"0\r\nA\n\r\n", 400),
            (b"0\r\nA\r\n\r\n", 400),
            (b"0\r\n: b\r\n\r\n", 400),
            (b"0\r\nA : b\r\n\r\n", 400),
            (b"0\r\nA: b\r\n c\r\n\r\n", 400),
            (b"0\r\nA: b\rc\r\n\r\n", 400),
            (b"0\r\nA\0\r\n", 400),
            (b"0\r\n\r\r\n", 400),
        ] {
            let text = bytes.escape_ascii().to_string();
            assert_eq!(read(Framing::Chunked, bytes).map(|_| ()), Err(status), "{text}");
        }
        let endless = [b"1;".as_slice(), &[b'x'; 1024]].concat();
        assert_eq!(read(Framing::Chunked, &endless).map(|_| ()), Err(400));
        let endless = [b"0\r\nX:".as_slice(), &[b'x'; 8192]].concat();
        assert_eq!(read(Framing::Chunked, &endless).map(|_| ()), Err(431));
        let zeros = [b'0'; 1024];
        assert_eq!(read(Framing::Chunked, &zeros).map(|_| ()), Err(400));
    }

    proptest! {
        #[test]
        fn round_trip_in_pieces(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..12), 0..5),
            piece in 1..9_usize,
        ) {
            let content = chunks.concat();
            let mut bytes = Vec::new();
            for chunk in &chunks {
                bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                bytes.extend_from_slice(chunk);
                bytes.extend_from_slice(b"\r\n");
            }
            bytes.extend_from_slice(b"0\r\n\r\nnext");
            let mut reader = BodyReader::new(Framing::Chunked, 64).unwrap();
            let mut taken = 0;
            for piece in bytes.chunks(piece) {
                taken += reader.read(piece).unwrap();
            }
            prop_assert!(reader.is_done());
            prop_assert_eq!(taken, bytes.len() - 4);
            prop_assert_eq!(reader.into_content(), &content[..]);

            // The same through a little room at a time.
            let mut reader = BodyReader::new(Framing::Chunked, 64).unwrap();
            let (mut taken, mut read, mut room) = (0, Vec::new(), [0; 5]);
            while !reader.is_done() {
                let until = bytes.len().min(taken + piece);
                let (used, given) = reader.read_into(&bytes[taken..until], &mut room).unwrap();
                taken += used;
                read.extend_from_slice(&room[..given]);
            }
            prop_assert_eq!((taken, read), (bytes.len() - 4, content));
        }
    }
}
