//! One connection: reads requests, has them answered, in order, and never holds a worker while it waits for bytes.
//!
//! # Life
//!
//! ```text
//! accept → queue → worker: read what is there → complete? → handle → write → read again ┐
//!             ↑                                  │ no                                   │ nothing there
//!             └──────── parked, with a deadline ←┴──────────────────────────────────────┘
//! ```
//!
//! # Protocol
//!
//! 1. *A connection is a value with one owner* (queue, worker or parking), so its requests are answered in order without
//!    a lock.
//! 2. *Reading never blocks a worker.* The socket is non-blocking; a request that is incomplete goes to the parking with
//!    what has come so far. A pool whose workers wait for bytes is stopped by as many slow clients as it has workers.
//! 3. *A deadline belongs to a request, not to a read*: it is set by the request's first byte (or accept) and again at the
//!    end of its head, and survives parking. A client that sends a byte a second gains nothing.
//! 4. *Writing may block a worker*, for a time bounded by the response's length, since that is where the client's
//!    slowness must be felt.
//! 5. *A turn ends*: after [`REQUESTS_PER_TURN_MAX`] requests the connection goes to the end of the queue, so that one
//!    client with a full pipeline does not keep the others waiting.
//! 6. *A connection leaves the table when it is dropped*, wherever that happens, a panic included.
//! 7. *The server's own close is gentle* (see `acceptor::leave`) unless the client asked for it and has sent all it will.

use std::{
    io::{self, ErrorKind, IoSlice, Read, Seek, SeekFrom, Write},
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::{
    acceptor,
    clock::DateText,
    core::Core,
    handler::Request,
    http::{
        Body, Head, Method, Reject, Response, Version, body::BodyReader, response::Context, scan::HeadScanner,
    },
    limits::{READ_BYTES, REQUESTS_PER_TURN_MAX, STREAM_BYTES, WRITE_BYTES_PER_SECOND_MIN},
    parking::Guest,
    pool::Worker,
    status,
    table::{BlockingStep, Row, Tally},
};
use crate::{
    fs::File,
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

/// A client's connection and what has been received of its next request.
pub(crate) struct Connection {
    core: Arc<Core>,
    row: Arc<Row<Arc<TcpStream>>>,
    /// Received and not yet used.
    bytes: Vec<u8>,
    phase: Phase,
    /// When the present wait for bytes ends.
    deadline: Instant,
    /// Counted and not yet noted in the table's row: saves a lock.
    tally: Tally,
    date: DateText,
    /// Whether this is not the first request: until then the header deadline holds, later the idle one.
    has_answered: bool,
}

enum Phase {
    Head(HeadScanner),
    Body(Box<Head>, BodyReader),
}

/// A whole request: its head and its decoded body.
type Complete = (Box<Head>, Vec<u8>);

/// What became of the connection after a response.
#[derive(PartialEq, Eq)]
enum After {
    Keep,
    /// Cut it: the client has all it asked for, or is gone.
    Close,
    /// Let it leave gently.
    Leave,
}

impl Connection {
    pub(crate) fn new(core: Arc<Core>, row: Arc<Row<Arc<TcpStream>>>) -> Self {
        let deadline = Instant::now() + core.limits.header_timeout;
        Connection {
            core,
            row,
            bytes: Vec::new(),
            phase: Phase::Head(HeadScanner::default()),
            deadline,
            tally: Tally::default(),
            date: DateText::default(),
            has_answered: false,
        }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.row.connection()
    }

    /// Whether a part of a request has come.
    pub(crate) fn has_begun(&self) -> bool {
        match &self.phase {
            Phase::Head(scanner) => !scanner.is_before_request(),
            Phase::Body(..) => true,
        }
    }

    /// Notes that it is readable and waits for a worker.
    pub(crate) fn queue(&mut self) {
        self.enter(BlockingStep::Queued, None);
    }

    /// One turn on a worker.
    pub(crate) fn serve(mut self, worker: &Worker<'_, Connection>) {
        self.enter(BlockingStep::Read, Some(worker));
        let mut answered = 0;
        loop {
            let after = match self.next_request() {
                Ok(Some((head, body))) => {
                    answered += 1;
                    self.answer(&head, &body, worker)
                }
                Ok(None) => match self.receive() {
                    Ok(0) => return,
                    Ok(_) => continue,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return self.park(),
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => return,
                },
                Err(reject) => self.refuse(reject, Some(worker)),
            };
            match after {
                After::Close => return,
                After::Leave => return self.leave(),
                After::Keep if answered < REQUESTS_PER_TURN_MAX => {}
                After::Keep => {
                    answered = 0;
                    self.queue();
                    match worker.try_submit(self) {
                        Ok(()) => return,
                        // No room: nobody who waits is served later if this worker goes on.
                        Err(rejected) => self = rejected.job,
                    }
                    self.enter(BlockingStep::Read, Some(worker));
                }
            }
        }
    }

    /// The pool is full: says so and closes.
    pub(crate) fn shed(mut self) {
        self.core.count(|incidents| incidents.shed += 1);
        self.tally.server_errors += 1;
        self.note();
        let (core, stream) = (Arc::clone(&self.core), Arc::clone(self.row.connection()));
        acceptor::turn_away(&core, stream, Some(self));
    }

    /// The deadline has come: tells a client that has begun a request, and closes. Called by the poller's thread.
    pub(crate) fn expire(mut self) {
        if !self.has_begun() {
            self.core.count(|incidents| incidents.idle_timeouts += 1);
            return;
        }
        self.core.count(|incidents| incidents.header_timeouts += 1);
        let response = Response::of_reject(Reject::new(408, "the request did not arrive in time"));
        let bytes = self.small_bytes(&response);
        // One write that may not block: see the rules of the poller's thread.
        let mut stream: &TcpStream = self.row.connection();
        if stream.write(&bytes).is_ok() {
            self.tally.client_errors += 1;
            self.leave();
        }
    }

    /// The next request, if all of it has come.
    fn next_request(&mut self) -> Result<Option<Complete>, Reject> {
        let limits = &self.core.limits;
        if let Phase::Head(scanner) = &mut self.phase {
            let before = scanner.is_before_request();
            let range = scanner.scan(&self.bytes, limits.header_bytes_max, limits.uri_bytes_max)?;
            let Some(range) = range else {
                // The first request's time runs since accept.
                if before && !scanner.is_before_request() && self.has_answered {
                    self.deadline = Instant::now() + limits.header_timeout;
                }
                return Ok(None);
            };
            let head = Box::new(Head::parse(&self.bytes, range, limits.uri_bytes_max)?);
            self.bytes.drain(..range.end);
            let reader = BodyReader::new(head.framing(), limits.body_bytes_max)?;
            if !reader.is_done() {
                self.deadline = Instant::now() + limits.body_timeout;
                if head.expects_continue() && self.bytes.is_empty() {
                    // Fits any socket's buffer; a client that has none gets its answer later or not at all.
                    let mut stream: &TcpStream = self.row.connection();
                    let _ = stream.write(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
            }
            self.phase = Phase::Body(head, reader);
        }
        let Phase::Body(_, reader) = &mut self.phase else { return Ok(None) };
        let used = reader.read(&self.bytes)?;
        self.bytes.drain(..used);
        if !reader.is_done() {
            return Ok(None);
        }
        match std::mem::replace(&mut self.phase, Phase::Head(HeadScanner::default())) {
            Phase::Body(head, reader) => Ok(Some((head, reader.into_content()))),
            Phase::Head(_) => Ok(None),
        }
    }

    /// Reads what is there, without blocking.
    fn receive(&mut self) -> io::Result<usize> {
        let used = self.bytes.len();
        self.bytes.resize(used + READ_BYTES, 0);
        let mut stream: &TcpStream = self.row.connection();
        let received = stream.read(&mut self.bytes[used..]);
        self.bytes.truncate(used + *received.as_ref().unwrap_or(&0));
        self.tally.bytes_in += *received.as_ref().unwrap_or(&0) as u64;
        received
    }

    /// Gives the worker back until more bytes come.
    fn park(mut self) {
        let step = if self.has_begun() {
            BlockingStep::Read
        } else {
            if self.has_answered {
                self.deadline = Instant::now() + self.core.limits.idle_timeout;
            }
            BlockingStep::Idle
        };
        if self.bytes.is_empty() {
            // A parked connection keeps no buffer.
            self.bytes = Vec::new();
        }
        self.enter(step, None);
        let (core, deadline) = (Arc::clone(&self.core), self.deadline);
        core.parking.park(Guest::Waiting(self), deadline);
    }

    fn answer(&mut self, head: &Head, body: &[u8], worker: &Worker<'_, Connection>) -> After {
        self.enter(BlockingStep::Handle, Some(worker));
        let response = if self.core.status_page && status::is_for(head) {
            status::respond(&self.core, head, worker.pool_status())
        } else {
            let row = &self.row;
            let enter = |step| row.enter(step, Some(worker.index()));
            let peer = row.peer();
            let request = Request::new(head, body, peer, &enter);
            let handler = &self.core.handler;
            catch_unwind(AssertUnwindSafe(|| handler.handle(&request))).unwrap_or_else(|_| {
                self.core.count(|incidents| incidents.handler_panics += 1);
                Response::text(500, "500 Internal Server Error: the handler failed").with_close()
            })
        };
        // The client's wish decides; after that the server may still refuse.
        let wanted = head.keep_alive();
        let keep = wanted && !response.closes() && !self.core.is_draining();
        match self.send(response, head.method(), head.version(), keep, Some(worker)) {
            Err(_) => After::Close,
            Ok(()) if keep => After::Keep,
            Ok(()) if wanted || !self.bytes.is_empty() => After::Leave,
            Ok(()) => After::Close,
        }
    }

    fn refuse(&mut self, reject: Reject, worker: Option<&Worker<'_, Connection>>) -> After {
        self.core.count(|incidents| incidents.rejected_requests += 1);
        match self.send(Response::of_reject(reject), Method::Get, Version::Http11, false, worker) {
            Ok(()) => After::Leave,
            Err(_) => After::Close,
        }
    }

    fn leave(mut self) {
        self.bytes = Vec::new();
        self.enter(BlockingStep::Read, None);
        let (core, stream) = (Arc::clone(&self.core), Arc::clone(self.row.connection()));
        acceptor::leave(&core, stream, Some(self));
    }

    /// Sends `response`. Blocks up to the write timeout.
    fn send(
        &mut self,
        response: Response,
        method: Method,
        version: Version,
        keep_alive: bool,
        worker: Option<&Worker<'_, Connection>>,
    ) -> io::Result<()> {
        self.enter(BlockingStep::Write, worker);
        let status = response.status();
        self.has_answered = true;
        self.tally.requests += 1;
        self.tally.client_errors += u64::from((400..500).contains(&status));
        self.tally.server_errors += u64::from(status >= 500);
        let mut head = Vec::with_capacity(512);
        let context = Context { version, keep_alive, date: self.date.now() };
        response.write_head(&mut head, &context);
        let sends_body = response.sends_body(method);
        let body = if sends_body { response.into_body() } else { Body::Empty };
        let mut writer = Writer::new(&self.row, &self.core, head.len() as u64 + body.len());
        let enter = |step| self.row.enter(step, worker.map(Worker::index));
        let sent = write_body(&mut writer, &head, &body, &enter);
        let sent = sent.and(writer.finish());
        self.tally.bytes_out += writer.written;
        if sent.is_err() {
            self.core.count(|incidents| incidents.write_failures += 1);
        }
        sent
    }

    fn small_bytes(&mut self, response: &Response) -> Vec<u8> {
        let mut bytes = Vec::new();
        let context = Context { version: Version::Http11, keep_alive: false, date: self.date.now() };
        response.write_head(&mut bytes, &context);
        if let Body::Bytes(body) = response.body() {
            bytes.extend_from_slice(body);
        }
        bytes
    }

    /// Notes the step, and with it what has been counted since the last one.
    fn enter(&mut self, step: BlockingStep, worker: Option<&Worker<'_, Connection>>) {
        let tally = std::mem::take(&mut self.tally);
        self.row.update(|facts| {
            facts.step = step;
            facts.worker = worker.map(Worker::index);
            facts.tally.add(&tally);
        });
    }

    fn note(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        self.row.update(|facts| facts.tally.add(&tally));
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.tally != Tally::default() {
            self.note();
        }
        self.core.table.remove(self.row.id());
    }
}

/// Writes to a non-blocking socket as if it blocked, up to a deadline.
struct Writer<'a> {
    stream: &'a TcpStream,
    timeout: Duration,
    /// Set by the first write that would have blocked; from then on the socket is in blocking mode.
    deadline: Option<Instant>,
    written: u64,
}

impl<'a> Writer<'a> {
    fn new(row: &'a Row<Arc<TcpStream>>, core: &Core, bytes: u64) -> Self {
        let timeout = core.limits.write_timeout + Duration::from_secs(bytes / WRITE_BYTES_PER_SECOND_MIN);
        Writer { stream: row.connection(), timeout, deadline: None, written: 0 }
    }

    /// Writes both parts, in one system call if the socket takes them.
    fn write(&mut self, mut first: &[u8], mut second: &[u8]) -> io::Result<()> {
        while !first.is_empty() || !second.is_empty() {
            let written = match (first, second) {
                (first, []) => self.stream.write(first),
                ([], second) => self.stream.write(second),
                (first, second) => self.stream.write_vectored(&[IoSlice::new(first), IoSlice::new(second)]),
            };
            match written {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.written += written as u64;
                    let of_first = written.min(first.len());
                    first = &first[of_first..];
                    second = &second[written - of_first..];
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.block()?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Lets the next write block for what is left of the time.
    fn block(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let deadline = match self.deadline {
            Some(deadline) => deadline,
            None => {
                self.stream.set_nonblocking(false)?;
                *self.deadline.insert(now + self.timeout)
            }
        };
        let left = deadline.saturating_duration_since(now);
        if left.is_zero() {
            return Err(ErrorKind::TimedOut.into());
        }
        self.stream.set_write_timeout(Some(left))
    }

    /// Makes the socket non-blocking again.
    fn finish(&self) -> io::Result<()> {
        match self.deadline {
            Some(_) => self.stream.set_nonblocking(true),
            None => Ok(()),
        }
    }
}

/// Sends `before` and then the content.
fn write_body(
    writer: &mut Writer<'_>,
    before: &[u8],
    body: &Body,
    enter: &dyn Fn(BlockingStep),
) -> io::Result<()> {
    match body {
        Body::Empty => writer.write(before, &[]),
        Body::Bytes(bytes) => writer.write(before, bytes),
        Body::Shared(bytes) => writer.write(before, bytes),
        Body::Slice(bytes, range) => {
            let bytes = bytes.get(range.clone()).ok_or(ErrorKind::InvalidInput)?;
            writer.write(before, bytes)
        }
        Body::File(file, range) => {
            writer.write(before, &[])?;
            stream_file(writer, file, range.clone(), enter)
        }
        Body::Parts(parts) => {
            writer.write(before, &[])?;
            parts.iter().try_for_each(|part| write_body(writer, &[], part, enter))
        }
    }
}

/// Sends `range` of `file`, a piece at a time.
fn stream_file(
    writer: &mut Writer<'_>,
    mut file: &File,
    range: Range<u64>,
    enter: &dyn Fn(BlockingStep),
) -> io::Result<()> {
    enter(BlockingStep::Disk);
    file.seek(SeekFrom::Start(range.start))?;
    let mut left = range.end.saturating_sub(range.start);
    let mut piece = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(STREAM_BYTES)];
    while left > 0 {
        enter(BlockingStep::Disk);
        let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(STREAM_BYTES);
        let read = file.read(&mut piece[..wanted])?;
        if read == 0 {
            // Shorter than announced: the client must not take what it got for the whole.
            return Err(ErrorKind::UnexpectedEof.into());
        }
        enter(BlockingStep::Write);
        writer.write(&piece[..read], &[])?;
        left -= read as u64;
    }
    Ok(())
}
