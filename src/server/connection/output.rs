//! A response on its way: what of it is not written yet.
//!
//! 1. *Nothing is copied*: content lies in the handler's memory or the cache's until the socket has taken it; the head and the
//!    first content go out in one system call.
//! 2. *Writing never waits.* Where the socket has no room the response is kept as it is, and somebody goes on when there is.
//! 3. *A client's time grows with what it takes*: it has the write timeout, and for each byte that it has taken the time that
//!    this byte needs at the slowest rate which is served. So a large answer may take long, but never to one who does not read.

use std::{
    io::{self, ErrorKind, IoSlice, Read, Seek, SeekFrom},
    ops::Range,
};

use super::After;
use crate::{
    fs::File,
    server::{
        http::Body,
        limits::{Limits, STREAM_BYTES, WRITE_BYTES_PER_SECOND_MIN},
    },
    sync::Arc,
    time::{Duration, Instant},
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
    started: Instant,
    written: u64,
    /// What is to become of the connection when all is written.
    pub(super) after: After,
}

enum Content {
    None,
    Own(Vec<u8>),
    Shared(Arc<[u8]>, Range<usize>),
    /// A part of a file; what is left of it, and the piece that is in memory.
    File {
        file: Arc<File>,
        left: Range<u64>,
        piece: Vec<u8>,
    },
}

/// How far a write came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Done,
    /// The socket has no room.
    Full,
    /// The next bytes lie where reading them may block.
    MayBlock,
}

impl Output {
    pub(super) fn new(head: Vec<u8>, body: Body, after: After, now: Instant) -> Self {
        let (first, later) = match body {
            Body::Parts(parts) => (Body::Empty, flat(parts)),
            body => (body, Vec::new()),
        };
        let (content, later) = (Content::of(first), later.into_iter());
        Output { head, head_at: 0, content, later, at: 0, started: now, written: 0, after }
    }

    /// When the client must have taken more.
    pub(super) fn deadline(&self, limits: &Limits) -> Instant {
        self.started + limits.write_timeout + Duration::from_secs(self.written / WRITE_BYTES_PER_SECOND_MIN)
    }

    pub(super) fn written(&self) -> u64 {
        self.written
    }

    /// The memory of the head, for the next one.
    pub(super) fn into_head(self) -> Vec<u8> {
        self.head
    }

    /// Whether reading what comes next may block.
    pub(super) fn may_block(&self) -> bool {
        let is_file = |body: &Body| matches!(body, Body::File(..));
        matches!(&self.content, Content::File { .. }) || self.later.as_slice().iter().any(is_file)
    }

    /// Writes by `write` until all is written or the socket has no room; reads from the disk only if `may_block`, and says so
    /// by `disk` before and after.
    pub(super) fn write(
        &mut self,
        mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
        may_block: bool,
        mut disk: impl FnMut(bool),
    ) -> io::Result<Progress> {
        loop {
            let head = &self.head[self.head_at..];
            let content = &self.content.in_memory()[self.at..];
            let written = match (head, content) {
                ([], []) => match &mut self.content {
                    Content::File { left, .. } if !left.is_empty() && !may_block => {
                        return Ok(Progress::MayBlock);
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
                            (self.content, self.at) = (Content::of(body), 0);
                            continue;
                        }
                        None => return Ok(Progress::Done),
                    },
                },
                ([], content) => write(&[IoSlice::new(content)]),
                (head, []) => write(&[IoSlice::new(head)]),
                (head, content) => write(&[IoSlice::new(head), IoSlice::new(content)]),
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.written += written as u64;
                    let of_head = written.min(head.len());
                    self.head_at += of_head;
                    self.at += written - of_head;
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
    fn of(body: Body) -> Self {
        match body {
            // Parts are taken apart before.
            Body::Empty | Body::Parts(_) => Content::None,
            Body::Bytes(bytes) => Content::Own(bytes),
            Body::Shared(bytes) => {
                let all = 0..bytes.len();
                Content::Shared(bytes, all)
            }
            Body::Slice(bytes, range) => Content::Shared(bytes, range),
            Body::File(file, left) => Content::File { file, left, piece: Vec::new() },
        }
    }

    fn in_memory(&self) -> &[u8] {
        match self {
            Content::None => &[],
            Content::Own(bytes) => bytes,
            Content::Shared(bytes, range) => &bytes[range.clone()],
            Content::File { piece, .. } => piece,
        }
    }
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
fn read_piece(mut file: &File, left: &mut Range<u64>, piece: &mut Vec<u8>) -> io::Result<()> {
    let wanted = left.end - left.start;
    piece.resize(usize::try_from(wanted).unwrap_or(usize::MAX).min(STREAM_BYTES), 0);
    // Several parts may share the file.
    file.seek(SeekFrom::Start(left.start))?;
    let read = file.read(piece)?;
    if read == 0 {
        // Shorter than announced: the client must not take what it got for the whole.
        return Err(ErrorKind::UnexpectedEof.into());
    }
    piece.truncate(read);
    left.start += read as u64;
    Ok(())
}
