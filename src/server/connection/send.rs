//! Sends a response, as far as the client has room for it, and goes on later.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind, IoSlice, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{
    After, Connection, Next, Phase,
    download::Download,
    link::Link,
    output::{Output, Progress},
    turn::Turn,
};
use crate::server::{
    http::{Body, Method, Response, Version, response::Context, scan::HeadScanner},
    limits::COPY_BYTES_MAX,
    table::BlockingStep,
};

/// What makes a response's content has panicked.
#[derive(Debug)]
pub(super) struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what makes the content has panicked")
    }
}

impl Error for Panicked {}

impl Connection {
    /// Begins to send `response`.
    pub(super) fn send(
        &mut self,
        response: Response,
        method: Method,
        version: Version,
        after: After,
        turn: &mut Turn<'_>,
    ) -> Result<After, Next> {
        let status = response.status();
        self.answered += 1;
        self.tally.requests += 1;
        self.tally.client_errors += u64::from((400..500).contains(&status));
        self.tally.server_errors += u64::from(status >= 500);
        let mut head = std::mem::take(&mut turn.scratch.head);
        head.clear();
        let keep_alive = after == After::Keep;
        let date = turn.scratch.date.at(turn.moment);
        response.write_head(&mut head, &Context { version, keep_alive, date });
        let sends_body = response.sends_body(method);
        let is_chunked = sends_body && response.is_chunked(version);
        let mut body = if sends_body { response.into_body() } else { Body::Empty };
        if let Some(content) = body.in_memory()
            && content.len() <= COPY_BYTES_MAX
        {
            head.extend_from_slice(content);
            body = Body::Empty;
        }
        if matches!(body, Body::Empty) && !turn.may_block && self.link.is_plain() {
            self.write_at_once(&mut head);
            if head.is_empty() {
                turn.scratch.head = head;
                return Ok(after);
            }
        }
        let mut output = Output::new(head, body, is_chunked, after, &self.site.limits, turn.now());
        if output.may_block() && !turn.may_block {
            self.phase = Phase::Responding(Box::new(output));
            return Err(Next::Thread);
        }
        let sent = self.write(&mut output, turn);
        match sent {
            Err(Next::Write | Next::Thread | Next::Others) => {
                self.phase = Phase::Responding(Box::new(output))
            }
            _ => turn.scratch.head = output.into_head(),
        }
        sent
    }

    /// Goes on sending.
    pub(super) fn go_on(&mut self, turn: &mut Turn<'_>) -> Result<After, Next> {
        let phase = std::mem::replace(&mut self.phase, Phase::Head(HeadScanner::default()));
        let Phase::Responding(mut output) = phase else { return Ok(After::Keep) };
        let sent = self.write(&mut output, turn);
        if matches!(sent, Err(Next::Write | Next::Thread | Next::Others)) {
            self.phase = Phase::Responding(output);
        }
        sent
    }

    /// Writes what the socket takes of an answer that is one piece. As a rule that is all, and nothing need be kept of it. Where
    /// it is not, and where something is wrong, the next write says why.
    fn write_at_once(&mut self, piece: &mut Vec<u8>) {
        let written = self.link.write(&[IoSlice::new(piece)]).unwrap_or(0);
        self.tally.bytes_out += written as u64;
        if written == piece.len() {
            piece.clear();
        } else {
            piece.drain(..written);
        }
    }

    fn write(&mut self, output: &mut Output, turn: &Turn<'_>) -> Result<After, Next> {
        if turn.may_block {
            self.enter(BlockingStep::Write, turn.worker);
        }
        let before = output.written();
        let progress = loop {
            let Connection { row, link, blocking, .. } = self;
            let disk = |begins: bool| {
                row.enter(if begins { BlockingStep::Disk } else { BlockingStep::Write }, turn.worker);
            };
            let progress = output.write(link, blocking.is_some(), turn.may_block, disk);
            let progress = match progress {
                Ok(Progress::Done) => {
                    link.flush().map(|is_sent| if is_sent { Progress::Done } else { Progress::Full })
                }
                progress => progress,
            };
            match progress {
                Ok(Progress::Full) if self.blocking.is_some() => {
                    if !self.may_wait_to_write(output) {
                        break Err(ErrorKind::TimedOut.into());
                    }
                }
                Ok(Progress::Hand(write, is_chunked)) => {
                    let handed = hand(&mut self.link, output, write, is_chunked);
                    self.has_blocked();
                    if let Err(error) = handed {
                        break Err(error);
                    }
                }
                progress => break progress,
            }
        };
        self.tally.bytes_out += output.written() - before;
        match progress {
            Ok(Progress::Done) => {
                if output.after != After::Keep {
                    self.link.close();
                }
                Ok(output.after)
            }
            Ok(Progress::MayBlock) => Err(Next::Thread),
            Ok(Progress::Others) => Err(Next::Others),
            // Handed on above.
            Ok(Progress::Full | Progress::Hand(..)) => Err(Next::Write),
            Err(error) => {
                let has_panicked = error.get_ref().is_some_and(|inner| inner.is::<Panicked>());
                self.core.count(|incidents| match has_panicked {
                    true => incidents.handler_panics += 1,
                    false => incidents.write_failures += 1,
                });
                Err(Next::Close)
            }
        }
    }
}

/// Has `write` write the content that comes next.
fn hand(
    link: &mut Link,
    output: &mut Output,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    is_chunked: bool,
) -> io::Result<()> {
    let mut download = Download::new(link, output.pace(), is_chunked)?;
    catch_unwind(AssertUnwindSafe(|| write(&mut download))).map_err(|_| io::Error::other(Panicked))??;
    let written = download.finish()?;
    output.count(written);
    Ok(())
}
