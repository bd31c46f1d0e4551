//! A response on its way: what of it is not written yet.
//!
//! 1. *Nothing large is copied*: content lies in the handler's memory or the cache's until the socket has taken it; the head and
//!    the first content go out in one system call. What is small comes copied behind the head, since the kernel takes longer
//!    over a second slice than that; where the socket takes it at once there is no `Output` (see `send`).
//! 2. *Writing never waits.* Where the socket has no room the response is kept as it is, and somebody goes on when there is.
//! 3. *A client's time grows with what it takes* (see `pace`). So a large answer may take long, but never to one who does not
//!    read.
//! 4. *A file goes from the disk to the socket* without being read here, unless it is encrypted. The disk may have to be waited
//!    for, so only a thread that may block sends it.
//! 5. *A large answer is sent in turns*, so that a fast client's download does not hold a worker that others wait for.
//! 6. *Content of unknown length goes out in chunks.* What is in memory, or in a file, is one chunk; what is read piece by piece,
//!    a chunk for each piece. The last chunk is sent only if making the content has not failed.

use std::{
    io::{self, ErrorKind, IoSlice, Read},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{After, link::Link, pace::Pace, piece::Piece, send::Panicked};
use crate::{
    fs::{self, File},
    server::{
        http::{
            Body,
            stream::{Source, Writes},
        },
        limits::{Limits, STREAM_BYTES},
    },
    sync::Arc,
    time::Instant,
};

/// The rest of a response.
pub(super) struct Output {
    head: Vec<u8>,
    head_at: usize,
    content: Content,
    /// What comes after it.
    later: std::vec::IntoIter<Body>,
    /// What has been written of the content that is in memory.
    at: usize,
    /// Streams of unknown length are sent in chunks.
    is_chunked: bool,
    /// What is written in one turn where it does not wait.
    turn_bytes_max: usize,
    pace: Pace,
    written: u64,
    /// What of it the pace knows.
    paced: u64,
    /// What is to become of the connection when all is written.
    pub(super) after: After,
}

enum Content {
    None,
    Own(Vec<u8>),
    Shared(Arc<[u8]>, Range<usize>),
    /// Read piece by piece: what is left if that is known, and the piece that is in memory.
    Read {
        reader: Box<dyn Read + Send>,
        left: Option<u64>,
        is_chunked: bool,
        has_ended: bool,
        piece: Piece,
    },
    /// Written by a function.
    Write {
        write: Option<Writes>,
        is_chunked: bool,
    },
    /// A part of a file; what is left of it, and, where it is encrypted, the piece that is in memory.
    File {
        file: Arc<File>,
        left: Range<u64>,
        piece: Piece,
    },
}

/// How far a write came.
pub(super) enum Progress {
    Done,
    /// The socket has no room.
    Full,
    /// The next bytes lie where reading them may block.
    MayBlock,
    /// Enough for one turn.
    Others,
    /// The function is to write what comes next, in chunks or not; then the rest can be written.
    Hand(Writes, bool),
}

impl Output {
    pub(super) fn new(
        head: Vec<u8>,
        body: Body,
        is_chunked: bool,
        after: After,
        limits: &Limits,
        now: Instant,
    ) -> Self {
        let (first, later) = match body {
            body if is_chunked => (Body::Empty, chunks(body)),
            Body::Parts(parts) => (Body::Empty, flat(parts)),
            body => (body, Vec::new()),
        };
        let (content, later) = (Content::of(first, is_chunked), later.into_iter());
        let pace = Pace::new(now, limits.write_timeout, limits.write_bytes_per_second_min);
        Output {
            head,
            head_at: 0,
            content,
            later,
            at: 0,
            is_chunked,
            turn_bytes_max: limits.bytes_per_turn_max.max(1),
            pace,
            written: 0,
            paced: 0,
            after,
        }
    }

    /// When the client must have taken more.
    pub(super) fn pace(&mut self) -> &mut Pace {
        if self.paced < self.written {
            self.pace.moved(self.written - self.paced, Instant::now());
            self.paced = self.written;
        }
        &mut self.pace
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// So many bytes were written by another, who has told the pace.
    pub(super) fn count(&mut self, written: u64) {
        self.written += written;
        self.paced += written;
    }

    /// The memory of the head, for the next one.
    pub(super) fn into_head(self) -> Vec<u8> {
        self.head
    }

    /// Whether all that is in memory is written.
    fn is_written(&self) -> bool {
        self.head_at == self.head.len() && self.at == self.content.in_memory().len()
    }

    /// Whether the next thing to do is to write.
    fn writes_next(&self, is_plain: bool) -> bool {
        !self.is_written()
            || is_plain && matches!(&self.content, Content::File { left, .. } if !left.is_empty())
    }

    /// Whether making what comes next may block.
    pub(super) fn may_block(&self) -> bool {
        matches!(&self.content, Content::File { .. } | Content::Read { .. } | Content::Write { .. })
            || self.later.as_slice().iter().any(|body| matches!(body, Body::File(..) | Body::Stream(_)))
    }

    /// Writes to `link`, which `waits` for room or does not, until all is written or the socket has no room; reads from the disk
    /// only if `may_block`, and says so by `disk` before and after.
    pub(super) fn write(
        &mut self,
        link: &mut Link,
        waits: bool,
        may_block: bool,
        mut disk: impl FnMut(bool),
    ) -> io::Result<Progress> {
        let (is_plain, before) = (link.is_plain(), self.written);
        loop {
            // A write that waits may be long without failing.
            if waits
                && self.written > self.paced
                && self.writes_next(is_plain)
                && self.pace().left().is_zero()
            {
                return Err(ErrorKind::TimedOut.into());
            }
            let head = &self.head[self.head_at..];
            let content = &self.content.in_memory()[self.at..];
            let (head_len, content_len) = (head.len(), content.len());
            let in_turn = self.turn_bytes_max.saturating_sub((self.written - before) as usize);
            let written = match (head, content) {
                ([], []) => match &mut self.content {
                    content if !may_block && content.has_more() => return Ok(Progress::MayBlock),
                    content if !waits && in_turn == 0 && content.has_more() => return Ok(Progress::Others),
                    Content::Read { has_ended: false, .. } => {
                        self.content.read_piece()?;
                        self.at = 0;
                        continue;
                    }
                    Content::Write { write, is_chunked } if write.is_some() => match write.take() {
                        Some(write) => return Ok(Progress::Hand(write, *is_chunked)),
                        None => continue,
                    },
                    Content::File { file, left, .. } if is_plain && !left.is_empty() => {
                        // Where it waits, the client's pace is looked at after each piece.
                        let most = if waits { STREAM_BYTES } else { in_turn };
                        let most = usize::try_from(left.end - left.start).unwrap_or(usize::MAX).min(most);
                        disk(!waits);
                        let sent = link.send_file(file, left.start, most);
                        disk(false);
                        match sent {
                            // Shorter than announced: the client must not take what it got for the whole.
                            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                            Ok(count) => left.start += count as u64,
                            Err(_) => {}
                        }
                        sent
                    }
                    Content::File { file, left, piece } if !left.is_empty() => {
                        disk(true);
                        read_piece(file, left, piece)?;
                        disk(false);
                        self.at = 0;
                        continue;
                    }
                    _ => match self.later.next() {
                        Some(body) => {
                            (self.content, self.at) = (Content::of(body, self.is_chunked), 0);
                            continue;
                        }
                        None => return Ok(Progress::Done),
                    },
                },
                ([], content) => link.write(&[IoSlice::new(content)]),
                (head, []) => link.write(&[IoSlice::new(head)]),
                (head, content) => link.write(&[IoSlice::new(head), IoSlice::new(content)]),
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.written += written as u64;
                    let of_head = written.min(head_len);
                    self.head_at += of_head;
                    // What is beyond came out of a file.
                    self.at += (written - of_head).min(content_len);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Ok(Progress::Full);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Content {
    fn of(body: Body, is_chunked: bool) -> Self {
        match body {
            // Parts are taken apart before.
            Body::Empty | Body::Parts(_) => Content::None,
            Body::Bytes(bytes) => Content::Own(bytes),
            Body::Shared(bytes) => {
                let all = 0..bytes.len();
                Content::Shared(bytes, all)
            }
            Body::Slice(bytes, range) => Content::Shared(bytes, range),
            Body::File(file, left) => Content::File { file, left, piece: Piece::default() },
            Body::Stream(stream) => {
                let is_chunked = is_chunked && stream.len.is_none();
                match stream.source {
                    Source::Reader(reader) => Content::Read {
                        reader,
                        left: stream.len,
                        is_chunked,
                        has_ended: stream.len == Some(0),
                        piece: Piece::default(),
                    },
                    Source::Writer(write) => Content::Write { write: Some(write), is_chunked },
                }
            }
        }
    }

    fn in_memory(&self) -> &[u8] {
        match self {
            Content::None | Content::Write { .. } => &[],
            Content::Own(bytes) => bytes,
            Content::Shared(bytes, range) => &bytes[range.clone()],
            Content::File { piece, .. } | Content::Read { piece, .. } => piece.bytes(),
        }
    }

    /// Whether there is more than what is in memory.
    fn has_more(&self) -> bool {
        match self {
            Content::None | Content::Own(_) | Content::Shared(..) => false,
            Content::File { left, .. } => !left.is_empty(),
            Content::Read { has_ended, .. } => !has_ended,
            Content::Write { write, .. } => write.is_some(),
        }
    }

    /// Asks the reader for the next piece.
    fn read_piece(&mut self) -> io::Result<()> {
        let Content::Read { reader, left, is_chunked, has_ended, piece } = self else { return Ok(()) };
        let most =
            left.map_or(STREAM_BYTES, |left| usize::try_from(left).unwrap_or(usize::MAX).min(STREAM_BYTES));
        // The size of the chunk is written in front when it is known, and the end of its line behind.
        let (front, behind): (usize, &[u8]) =
            if *is_chunked { (CHUNK_LINE_BYTES, b"\r\n") } else { (0, b"") };
        let room = piece.room(front + most + behind.len());
        let count = loop {
            let read = catch_unwind(AssertUnwindSafe(|| reader.read(&mut room[front..front + most])));
            match read {
                Ok(Err(error)) if error.kind() == ErrorKind::Interrupted => {}
                Ok(read) => break read?,
                Err(_) => return Err(io::Error::other(Panicked)),
            }
        };
        if count == 0 {
            *has_ended = true;
            // Fewer than announced: the client must not take what it got for the whole.
            return if left.is_some() { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) };
        }
        if *is_chunked {
            room[..front].copy_from_slice(&chunk_line(count as u64));
            room[front + count..][..behind.len()].copy_from_slice(behind);
        }
        piece.filled(front + count + behind.len());
        if let Some(left) = left {
            *left -= count as u64;
            *has_ended = *left == 0;
        }
        Ok(())
    }
}

/// Bytes of a line that [`chunk_line`] makes for a piece.
const CHUNK_LINE_BYTES: usize = 8;

/// The size of a chunk as its first line: of the same length for every piece (zeros in front are allowed, RFC 9112 section 7.1).
pub(super) fn chunk_line(size: u64) -> Vec<u8> {
    format!("{size:06x}\r\n").into_bytes()
}

/// The body as a row of parts that are, or bring, their chunks; with the last chunk.
fn chunks(body: Body) -> Vec<Body> {
    let mut row = Vec::new();
    for part in flat(vec![body]) {
        match part.len() {
            Some(0) => {}
            Some(len) => {
                row.extend([Body::Bytes(chunk_line(len)), part, Body::Bytes(b"\r\n".to_vec())]);
            }
            None => row.push(part),
        }
    }
    row.push(Body::Bytes(b"0\r\n\r\n".to_vec()));
    row
}

/// Parts of parts in one row.
fn flat(parts: Vec<Body>) -> Vec<Body> {
    let one = |part| match part {
        Body::Parts(parts) => flat(parts),
        part => vec![part],
    };
    parts.into_iter().flat_map(one).collect()
}

/// Reads the next piece of `file`, of which `left` is to be sent.
fn read_piece(file: &File, left: &mut Range<u64>, piece: &mut Piece) -> io::Result<()> {
    let wanted = usize::try_from(left.end - left.start).unwrap_or(usize::MAX).min(STREAM_BYTES);
    // Several parts may share the file.
    let read = fs::read_at(file, piece.room(wanted), left.start)?;
    if read == 0 {
        // Shorter than announced: the client must not take what it got for the whole.
        return Err(ErrorKind::UnexpectedEof.into());
    }
    piece.filled(read);
    left.start += read as u64;
    Ok(())
}
