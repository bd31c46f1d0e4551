//! The body of a request that its handler reads as it arrives.
//!
//! 1. *The handler's thread waits in the socket*, which blocks for that time: whoever reads in the handler needs the bytes
//!    there. Only a thread that may block gets here.
//! 2. *`100 Continue` is sent when the handler first has to wait for a byte*, so a handler that refuses by the head alone spares
//!    the client its body (RFC 9110 section 10.1.1).
//! 3. *An error is final*, since where the next request would begin is unknown: each later read repeats it, and the connection
//!    is closed after the answer.

use std::{
    cell::RefCell,
    io::{self, ErrorKind, IoSlice},
};

use super::{input::Input, link::Link, pace::Pace};
use crate::{
    server::{
        handler::BodySource,
        http::{Reject, body::BodyReader},
        limits::STREAM_BYTES,
        table::BlockingStep,
    },
    time::{Duration, Instant},
};

/// What a handler reads from.
pub(super) struct Upload<'a> {
    state: RefCell<State<'a>>,
    enter: &'a dyn Fn(BlockingStep),
}

struct State<'a> {
    link: &'a mut Link,
    input: &'a mut Input,
    reader: BodyReader,
    pace: Pace,
    /// The client waits for `100 Continue`.
    is_awaited: bool,
    /// The socket blocks by now.
    blocks: bool,
    failure: Option<Failure>,
    bytes_in: u64,
}

#[derive(Debug, Clone, Copy)]
enum Failure {
    /// What the client has sent, or has not sent in time, is to be refused.
    Reject(Reject),
    /// The connection has ended.
    Gone(ErrorKind),
}

/// What is left of an upload when the handler has returned.
pub(super) struct Rest {
    pub(super) reader: BodyReader,
    /// Whether the client may send a next request: it got what it waits for, and nothing has failed.
    pub(super) is_sound: bool,
    /// The socket was made to block.
    pub(super) blocks: bool,
    pub(super) bytes_in: u64,
}

impl<'a> Upload<'a> {
    pub(super) fn new(
        link: &'a mut Link,
        input: &'a mut Input,
        reader: BodyReader,
        pace: Pace,
        expects_continue: bool,
        enter: &'a dyn Fn(BlockingStep),
    ) -> Self {
        let state = State {
            is_awaited: expects_continue && input.is_empty(),
            link,
            input,
            reader,
            pace,
            blocks: false,
            failure: None,
            bytes_in: 0,
        };
        Upload { state: RefCell::new(state), enter }
    }

    pub(super) fn finish(self) -> Rest {
        let State { reader, is_awaited, blocks, failure, bytes_in, .. } = self.state.into_inner();
        let is_sound = failure.is_none() && (reader.is_done() || !is_awaited);
        Rest { reader, is_sound, blocks, bytes_in }
    }
}

impl BodySource for Upload<'_> {
    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        // A handler that reads while it reads, which no safe code does.
        let mut state = self.state.try_borrow_mut().map_err(io::Error::other)?;
        match state.read(room, self.enter) {
            Ok(count) => Ok(count),
            Err(failure) => {
                state.failure = Some(failure);
                Err(match failure {
                    Failure::Reject(reject) => io::Error::new(kind_of(reject), reject),
                    Failure::Gone(kind) => kind.into(),
                })
            }
        }
    }
}

fn kind_of(reject: Reject) -> ErrorKind {
    match reject.status {
        408 => ErrorKind::TimedOut,
        413 => ErrorKind::FileTooLarge,
        _ => ErrorKind::InvalidData,
    }
}

impl State<'_> {
    fn read(&mut self, room: &mut [u8], enter: &dyn Fn(BlockingStep)) -> Result<usize, Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        while !room.is_empty() && !self.reader.is_done() {
            if self.input.is_empty() {
                enter(BlockingStep::Read);
                let received = self.receive();
                enter(BlockingStep::Handle);
                received?;
            }
            let (used, given) = self.reader.read_into(self.input.bytes(), room).map_err(Failure::Reject)?;
            self.input.consume(used);
            if given > 0 {
                return Ok(given);
            }
        }
        Ok(0)
    }

    /// Waits for bytes.
    fn receive(&mut self) -> Result<(), Failure> {
        let gone = |error: io::Error| Failure::Gone(error.kind());
        if std::mem::take(&mut self.is_awaited) {
            // Fits any socket's buffer, of which nothing is used: answers to earlier requests have been taken in full.
            self.link.write(&[IoSlice::new(super::CONTINUE)]).map_err(gone)?;
        }
        if !std::mem::replace(&mut self.blocks, true) {
            self.link.stream().set_nonblocking(false).map_err(gone)?;
        }
        loop {
            let left = self.pace.left();
            if left.is_zero() {
                return Err(Failure::Reject(super::LATE));
            }
            self.link.stream().set_read_timeout(Some(left.max(Duration::from_millis(1)))).map_err(gone)?;
            match self.link.read(self.input.room(STREAM_BYTES)) {
                Ok(0) => return Err(Failure::Gone(ErrorKind::UnexpectedEof)),
                Ok(count) => {
                    self.input.received(count);
                    self.bytes_in += count as u64;
                    self.pace.moved(count as u64, Instant::now());
                    return Ok(());
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(gone(error)),
            }
        }
    }
}
