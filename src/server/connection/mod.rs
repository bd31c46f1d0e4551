//! One connection: reads requests, has them answered, in order, whichever front end drives it.
//!
//! # Life
//!
//! ```text
//! accept → read what is there → complete? → handle → write ────────→ read again ┐
//!             ↑                    │ no        │ may     │ no room               │ nothing there
//!             │                    │           │ block   │                       │
//!             └── wait: parked, ←──┴───────────┼─────────┴───────────────────────┘
//!                 with a deadline              └→ queue → a worker goes on here
//! ```
//!
//! [`Connection::advance`] goes on until something is missing and says what: bytes, room, a thread that may block. What is then
//! done about it is all in which the front ends differ (see `front_end`).
//!
//! # Protocol
//!
//! 1. *A connection is a value with one owner* (queue, worker, loop or parking), so its requests are answered in order without
//!    a lock.
//! 2. *Neither reading nor writing blocks a worker.* The socket is non-blocking; a request that is incomplete, and an answer
//!    that the client has no room for, wait in the parking. A pool whose workers wait for clients is stopped by as many slow
//!    clients as it has workers. (With a thread for each connection the socket is blocking, and the thread waits in it.)
//! 3. *A deadline belongs to a request, not to a read*: it is set by the request's first byte (or accept) and again at the
//!    end of its head, and survives parking. A client that sends a byte a second gains nothing.
//! 4. *What may block is not done by who must not*: a loop answers what the handler can answer at once
//!    ([`Handler::handle_now`](super::Handler::handle_now)) and gives the rest away, with the request as far as it is read.
//! 5. *A turn ends*: after [`REQUESTS_PER_TURN_MAX`] requests the connection goes to the end of the queue, so that one
//!    client with a full pipeline does not keep the others waiting.
//! 6. *A connection leaves the table when it is dropped*, wherever that happens, a panic included.
//! 7. *The server's own close is gentle* (see `leaving`) unless the client asked for it and has sent all it will.
//! 8. *A read that gave less than was asked for has emptied the socket*, so the next one is saved: whatever comes later is
//!    reported to the seat. But the end of the stream may have come with these very bytes, and is reported only once: after a
//!    report that the client has closed its side, reading goes on to the end.

mod blocking;
mod input;
mod leaving;
mod output;
mod turn;

use std::{
    io::{ErrorKind, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
};

use self::{
    input::Input,
    output::{Output, Progress},
};
pub(crate) use self::{
    leaving::{Leaving, turn_away},
    turn::{Scratch, Turn},
};
use super::{
    core::Core,
    handler::Request,
    http::{
        Body, Head, Method, Reject, Response, Version, body::BodyReader, response::Context, scan::HeadScanner,
    },
    limits::REQUESTS_PER_TURN_MAX,
    parking::{Guest, Parked, Seat},
    status,
    table::{BlockingStep, Row, SlotId, Tally},
};
use crate::{net::TcpStream, poll::Interest, sync::Arc, time::Instant};

/// A client's connection and what has been received of its next request.
pub(crate) struct Connection {
    core: Arc<Core>,
    row: Arc<Row<Arc<TcpStream>>>,
    /// Where it parks; from the first time on.
    seat: Option<Seat>,
    /// The number of the loop where it parks.
    home: usize,
    input: Input,
    phase: Phase,
    /// When the present wait ends.
    deadline: Instant,
    /// Counted and not yet noted in the table's row: saves a lock.
    tally: Tally,
    /// Requests answered. Until the first the header deadline holds, later the idle one.
    answered: u64,
    /// The socket was emptied, so there is nothing to read before something is reported.
    is_drained: bool,
    /// The client has ended its side, so the end is to be read.
    has_client_closed: bool,
    /// Reads and writes wait in the socket, if they do.
    blocking: Option<blocking::Waits>,
}

enum Phase {
    Head(HeadScanner),
    Body(Box<Head>, BodyReader),
    /// All of the request is there.
    Complete(Box<Head>, Vec<u8>),
    Responding(Box<Output>),
}

/// What became of the connection after a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Keep,
    /// Cut it: the client has all it asked for, or is gone.
    Close,
    /// Let it leave gently.
    Leave,
}

/// What is missing for a connection to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Bytes of the client.
    Read,
    /// Room for what is to be written.
    Write,
    /// A thread that may block.
    Thread,
    /// Nothing, but it is the others' turn.
    Others,
    /// Nobody: it has to leave gently.
    Leave,
    /// Nobody: it has ended.
    Close,
}

impl Connection {
    pub(crate) fn new(core: Arc<Core>, row: Arc<Row<Arc<TcpStream>>>, home: usize) -> Box<Self> {
        let deadline = Instant::now() + core.limits.header_timeout;
        Box::new(Connection {
            core,
            row,
            seat: None,
            home,
            input: Input::default(),
            phase: Phase::Head(HeadScanner::default()),
            deadline,
            tally: Tally::default(),
            answered: 0,
            is_drained: false,
            has_client_closed: false,
            blocking: None,
        })
    }

    /// Its name in the table.
    pub(crate) fn id(&self) -> SlotId {
        self.row.id()
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        self.row.connection()
    }

    /// Whether a part of a request has come and is not answered in full.
    pub(crate) fn has_begun(&self) -> bool {
        match &self.phase {
            Phase::Head(scanner) => !scanner.is_before_request(),
            Phase::Body(..) | Phase::Complete(..) | Phase::Responding(_) => true,
        }
    }

    /// Something was reported: there may be bytes to read; and whether the client has ended its side.
    pub(crate) fn wake(&mut self, closed: bool) {
        self.is_drained = false;
        self.has_client_closed |= closed;
    }

    /// Notes that it waits for a worker.
    pub(crate) fn queue(&mut self) {
        self.enter(BlockingStep::Queued, None);
    }

    /// Goes on until something is missing.
    pub(crate) fn advance(&mut self, turn: &mut Turn<'_>) -> Next {
        self.input.borrow(&mut turn.scratch.spare);
        if turn.may_block {
            self.enter(BlockingStep::Read, turn.worker);
        }
        let mut answered = 0;
        loop {
            let after = match &mut self.phase {
                Phase::Responding(_) => self.go_on(turn),
                Phase::Complete(..) => self.answer(turn),
                Phase::Head(_) | Phase::Body(..) => match self.read_request() {
                    Ok(true) => continue,
                    Ok(false) => match self.receive() {
                        Ok(()) => continue,
                        Err(next) => Err(next),
                    },
                    Err(reject) => self.refuse(reject, turn),
                },
            };
            match after {
                Err(next) => {
                    self.input.give_back(&mut turn.scratch.spare);
                    return next;
                }
                Ok(After::Close) => return Next::Close,
                Ok(After::Leave) => return Next::Leave,
                Ok(After::Keep) => {
                    answered += 1;
                    if answered >= REQUESTS_PER_TURN_MAX {
                        return Next::Others;
                    }
                }
            }
        }
    }

    /// Waits without a thread until something happens; gives the connection back if something already has.
    pub(crate) fn park(mut self: Box<Self>) -> Option<Box<Self>> {
        let is_writing = matches!(self.phase, Phase::Responding(_));
        let interest = if is_writing { Interest::Write } else { Interest::Read };
        self.note_wait();
        let mut seat = match self.seat.take() {
            Some(seat) => seat,
            None => {
                let parking = Arc::clone(&self.core.loops[self.home]);
                // The system has no room for it: it is closed.
                parking.seat(Arc::clone(self.row.connection())).ok()?
            }
        };
        seat.watch_for(interest).ok()?;
        let (parking, key) = seat.place();
        self.seat = Some(seat);
        let deadline = self.deadline;
        match Seat::park(&parking, key, Guest::Waiting(self), deadline) {
            Parked::Back(Guest::Waiting(mut connection), closed) => {
                connection.wake(closed);
                Some(connection)
            }
            Parked::Kept | Parked::Back(..) | Parked::Refused(_) => None,
        }
    }

    /// Notes what it waits for and until when.
    fn note_wait(&mut self) {
        let step = match &self.phase {
            Phase::Responding(output) => {
                self.deadline = output.deadline(&self.core.limits);
                BlockingStep::Write
            }
            _ if self.has_begun() => BlockingStep::Read,
            _ => {
                if self.answered > 0 {
                    self.deadline = Instant::now() + self.core.limits.idle_timeout;
                }
                BlockingStep::Idle
            }
        };
        self.enter(step, None);
    }

    /// The pool is full: says so and closes.
    pub(crate) fn shed(mut self: Box<Self>) {
        self.core.count(|incidents| incidents.shed += 1);
        self.tally.server_errors += 1;
        self.enter(BlockingStep::Leaving, None);
        let (core, stream) = (Arc::clone(&self.core), Arc::clone(self.row.connection()));
        leaving::turn_away(&core, stream, Some(self));
    }

    /// The deadline has come: tells a client that has begun a request, and closes. Does not block.
    pub(crate) fn expire(mut self: Box<Self>) {
        if matches!(self.phase, Phase::Responding(_)) {
            self.core.count(|incidents| incidents.write_failures += 1);
            return;
        }
        if !self.has_begun() {
            self.core.count(|incidents| incidents.idle_timeouts += 1);
            return;
        }
        self.core.count(|incidents| incidents.header_timeouts += 1);
        let response = Response::of_reject(Reject::new(408, "the request did not arrive in time"));
        let mut bytes = Vec::new();
        let mut date = super::clock::DateText::default();
        response.write_head(
            &mut bytes,
            &Context { version: Version::Http11, keep_alive: false, date: date.now() },
        );
        if let Body::Bytes(body) = response.body() {
            bytes.extend_from_slice(body);
        }
        self.stop_blocking();
        let mut stream: &TcpStream = self.row.connection();
        if stream.write(&bytes).is_ok() {
            self.tally.client_errors += 1;
            self.leave();
        }
    }

    /// Ends its side and waits, without a thread, until the client has taken the answer.
    pub(crate) fn leave(mut self: Box<Self>) {
        self.stop_blocking();
        self.enter(BlockingStep::Leaving, None);
        self.input = Input::default();
        let (core, stream) = (Arc::clone(&self.core), Arc::clone(self.row.connection()));
        Leaving::begin(&core, stream, Some(self));
    }

    /// Takes what has come of the next request; says whether that is all of it.
    fn read_request(&mut self) -> Result<bool, Reject> {
        let limits = &self.core.limits;
        if let Phase::Head(scanner) = &mut self.phase {
            let before = scanner.is_before_request();
            let range = scanner.scan(self.input.bytes(), limits.header_bytes_max, limits.uri_bytes_max)?;
            let Some(range) = range else {
                // The first request's time runs since accept.
                if before && !scanner.is_before_request() && self.answered > 0 {
                    self.deadline = Instant::now() + limits.header_timeout;
                }
                return Ok(false);
            };
            let head = Box::new(Head::parse(self.input.bytes(), range, limits.uri_bytes_max)?);
            self.input.consume(range.end);
            let reader = BodyReader::new(head.framing(), limits.body_bytes_max)?;
            if !reader.is_done() {
                self.deadline = Instant::now() + limits.body_timeout;
                if head.expects_continue() && self.input.is_empty() {
                    // Fits any socket's buffer; a client that has none gets its answer later or not at all.
                    let mut stream: &TcpStream = self.row.connection();
                    let _ = stream.write(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
            }
            self.phase = Phase::Body(head, reader);
        }
        let Phase::Body(_, reader) = &mut self.phase else { return Ok(true) };
        let used = reader.read(self.input.bytes())?;
        self.input.consume(used);
        if !reader.is_done() {
            return Ok(false);
        }
        self.phase = match std::mem::replace(&mut self.phase, Phase::Head(HeadScanner::default())) {
            Phase::Body(head, reader) => Phase::Complete(head, reader.into_content()),
            other => other,
        };
        Ok(true)
    }

    /// Reads what is there; says what is missing if that is nothing.
    fn receive(&mut self) -> Result<(), Next> {
        loop {
            if self.is_drained {
                return Err(Next::Read);
            }
            if !self.may_wait_to_read() {
                return Err(Next::Read);
            }
            let room = self.input.room();
            let len = room.len();
            let mut stream: &TcpStream = self.row.connection();
            match stream.read(room) {
                Ok(0) => return Err(Next::Close),
                Ok(count) => {
                    self.input.received(count);
                    self.tally.bytes_in += count as u64;
                    self.is_drained = count < len && !self.has_client_closed && self.blocking.is_none();
                    self.has_read();
                    return Ok(());
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    match &mut self.blocking {
                        None => return Err(Next::Read),
                        Some(waits) => waits.ended_early(),
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Next::Close),
            }
        }
    }

    fn answer(&mut self, turn: &mut Turn<'_>) -> Result<After, Next> {
        let phase = std::mem::replace(&mut self.phase, Phase::Head(HeadScanner::default()));
        let Phase::Complete(head, body) = phase else { return Ok(After::Keep) };
        let is_status = self.core.status_page && status::is_for(&head);
        if turn.may_block || is_status {
            self.enter(BlockingStep::Handle, turn.worker);
        }
        let began = self.core.operations.begin();
        let response = if is_status {
            Some(status::respond(&self.core, &head))
        } else {
            self.handle(&head, &body, turn)
        };
        let Some(response) = response else {
            self.phase = Phase::Complete(head, body);
            return Err(Next::Thread);
        };
        self.core.operations.log(&head, &response, self.row.peer(), began);
        // The client's wish decides; after that the server may still refuse.
        let wanted = head.keep_alive();
        let is_last = self.answered + 1 >= self.core.limits.requests_per_connection_max;
        let keep = wanted && !is_last && !response.closes() && !self.core.is_draining();
        let after = match keep {
            true => After::Keep,
            false if wanted || !self.input.is_empty() => After::Leave,
            false => After::Close,
        };
        self.send(response, head.method(), head.version(), after, turn)
    }

    /// What the handler says, if it can say it here.
    fn handle(&self, head: &Head, body: &[u8], turn: &Turn<'_>) -> Option<Response> {
        let enter = |step| {
            if turn.may_block {
                self.row.enter(step, turn.worker);
            }
        };
        let request = Request::new(head, body, self.row.peer(), &enter);
        let handler = &self.core.handler;
        let handle = || match turn.may_block {
            true => Some(handler.handle(&request)),
            false => handler.handle_now(&request),
        };
        catch_unwind(AssertUnwindSafe(handle)).unwrap_or_else(|_| {
            self.core.count(|incidents| incidents.handler_panics += 1);
            Some(Response::text(500, "500 Internal Server Error: the handler failed").with_close())
        })
    }

    fn refuse(&mut self, reject: Reject, turn: &mut Turn<'_>) -> Result<After, Next> {
        self.core.count(|incidents| incidents.rejected_requests += 1);
        self.send(Response::of_reject(reject), Method::Get, Version::Http11, After::Leave, turn)
    }

    /// Begins to send `response`.
    fn send(
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
        response.write_head(&mut head, &Context { version, keep_alive, date: turn.scratch.date.now() });
        let sends_body = response.sends_body(method);
        let body = if sends_body { response.into_body() } else { Body::Empty };
        let mut output = Output::new(head, body, after, Instant::now());
        if output.may_block() && !turn.may_block {
            self.phase = Phase::Responding(Box::new(output));
            return Err(Next::Thread);
        }
        let sent = self.write(&mut output, turn);
        match sent {
            Err(Next::Write | Next::Thread) => self.phase = Phase::Responding(Box::new(output)),
            _ => turn.scratch.head = output.into_head(),
        }
        sent
    }

    /// Goes on sending.
    fn go_on(&mut self, turn: &mut Turn<'_>) -> Result<After, Next> {
        let phase = std::mem::replace(&mut self.phase, Phase::Head(HeadScanner::default()));
        let Phase::Responding(mut output) = phase else { return Ok(After::Keep) };
        let sent = self.write(&mut output, turn);
        if matches!(sent, Err(Next::Write | Next::Thread)) {
            self.phase = Phase::Responding(output);
        }
        sent
    }

    fn write(&mut self, output: &mut Output, turn: &Turn<'_>) -> Result<After, Next> {
        let row = Arc::clone(&self.row);
        if turn.may_block {
            self.enter(BlockingStep::Write, turn.worker);
        }
        let disk = |begins: bool| {
            row.enter(if begins { BlockingStep::Disk } else { BlockingStep::Write }, turn.worker);
        };
        let before = output.written();
        let progress = loop {
            let mut stream: &TcpStream = row.connection();
            let progress = output.write(
                |slices| match slices {
                    [slice] => stream.write(slice),
                    slices => stream.write_vectored(slices),
                },
                turn.may_block,
                disk,
            );
            match progress {
                Ok(Progress::Full) if self.blocking.is_some() => {
                    if !self.may_wait_to_write(output) {
                        break Err(ErrorKind::TimedOut.into());
                    }
                }
                progress => break progress,
            }
        };
        self.tally.bytes_out += output.written() - before;
        match progress {
            Ok(Progress::Done) => Ok(output.after),
            Ok(Progress::Full) => Err(Next::Write),
            Ok(Progress::MayBlock) => Err(Next::Thread),
            Err(_) => {
                self.core.count(|incidents| incidents.write_failures += 1);
                Err(Next::Close)
            }
        }
    }

    /// Notes the step, and with it what has been counted since the last one.
    fn enter(&mut self, step: BlockingStep, worker: Option<usize>) {
        let tally = std::mem::take(&mut self.tally);
        self.row.update(|facts| {
            facts.step = step;
            facts.worker = worker;
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
