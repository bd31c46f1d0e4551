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
//! 5. *A turn ends*: after [`REQUESTS_PER_TURN_MAX`] requests, or [`bytes_per_turn_max`](super::Limits::bytes_per_turn_max) bytes
//!    of one large answer, the connection goes to the end of the queue, so that one client with a full pipeline, or one that
//!    downloads as fast as the disk is read, does not keep the others waiting.
//! 6. *A connection leaves the table when it is dropped*, wherever that happens, a panic included.
//! 7. *The server's own close is gentle* (see `leaving`) unless the client asked for it and has sent all it will.
//! 8. *A read that gave less than was asked for has emptied the socket*, so the next one is saved: whatever comes later is
//!    reported to the seat. But the end of the stream may have come with these very bytes, and is reported only once: after a
//!    report that the client has closed its side, reading goes on to the end.

mod blocking;
mod download;
mod input;
#[cfg(not(feature = "tls"))]
mod insecure;
mod leaving;
mod link;
mod output;
mod pace;
mod piece;
#[cfg(feature = "tls")]
mod secure;
mod send;
mod turn;
mod upload;

use std::{
    io::{ErrorKind, IoSlice},
    panic::{AssertUnwindSafe, catch_unwind},
};

#[cfg(not(feature = "tls"))]
pub(crate) use self::insecure::Secure;
#[cfg(feature = "tls")]
pub(crate) use self::secure::Secure;
use self::{input::Input, link::Link, output::Output, pace::Pace, upload::Upload};
pub(crate) use self::{
    leaving::{Leaving, turn_away},
    turn::{Scratch, Turn},
};
use super::{
    core::Core,
    handler::{BodyMode, Request},
    http::{
        Body, Framing, Head, Method, Reject, Response, Version, body::BodyReader, response::Context,
        scan::HeadScanner,
    },
    limits::{READ_BYTES, REQUESTS_PER_TURN_MAX},
    parking::{Guest, Parked, Seat},
    site::Site,
    status,
    table::{BlockingStep, Row, SlotId, Tally},
};
use crate::{net::TcpStream, poll::Interest, sync::Arc, time::Instant};

/// A client's connection and what has been received of its next request.
pub(crate) struct Connection {
    core: Arc<Core>,
    /// What the present request is served by, and its number.
    site: Arc<Site>,
    site_number: u64,
    row: Arc<Row<Arc<TcpStream>>>,
    link: Link,
    /// Where it parks; from the first time on.
    seat: Option<Seat>,
    /// The number of the loop where it parks.
    home: usize,
    input: Input,
    phase: Phase,
    /// What the handler has not read of the body.
    unread: Option<Box<BodyReader>>,
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
    Body(Box<Head>, Box<Arrival>),
    /// All of the request is there.
    Complete(Box<Head>, Vec<u8>),
    /// All is there that the handler needs to begin: it reads the body itself.
    Arriving(Box<Head>, Box<BodyReader>),
    Responding(Box<Output>),
    /// The answer is sent; the rest of the body is read and dropped.
    Unread(Box<BodyReader>),
}

/// A body of which not all is there.
struct Arrival {
    reader: BodyReader,
    pace: Pace,
}

/// Tells the client to send its body.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A request that takes too long.
const LATE: Reject = Reject::new(408, "the request did not arrive in time");

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
        let mut site_number = 0;
        let site = core.sites.renew(&mut site_number).unwrap_or_else(|| core.sites.present());
        let deadline = Instant::now() + site.limits.header_timeout;
        Box::new(Connection {
            link: Link::new(Arc::clone(row.connection()), core.tls.as_ref().map(|tls| tls.secure())),
            core,
            site,
            site_number,
            row,
            seat: None,
            home,
            input: Input::default(),
            phase: Phase::Head(HeadScanner::default()),
            unread: None,
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
            Phase::Body(..)
            | Phase::Complete(..)
            | Phase::Arriving(..)
            | Phase::Responding(_)
            | Phase::Unread(_) => true,
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
        let next = self.proceed(turn);
        self.input.give_back(&mut turn.scratch.spare);
        next
    }

    fn proceed(&mut self, turn: &mut Turn<'_>) -> Next {
        if turn.may_block {
            self.enter(BlockingStep::Read, turn.worker);
        }
        let mut answered = 0;
        loop {
            let after = match &mut self.phase {
                Phase::Responding(_) => self.go_on(turn),
                Phase::Complete(..) => self.answer(turn),
                Phase::Arriving(..) if !turn.may_block => Err(Next::Thread),
                Phase::Arriving(..) => self.answer_arriving(turn),
                Phase::Unread(unread) => match unread.skip(self.input.bytes()) {
                    // It has its answer, so there is nobody to tell.
                    Err(_) => Ok(After::Leave),
                    Ok(used) => {
                        self.input.consume(used);
                        if unread.is_done() {
                            self.phase = Phase::Head(HeadScanner::default());
                            continue;
                        }
                        match self.receive() {
                            Ok(()) => continue,
                            Err(next) => Err(next),
                        }
                    }
                },
                Phase::Head(_) if self.input.is_empty() => match self.receive() {
                    Ok(()) => continue,
                    Err(next) => Err(next),
                },
                Phase::Head(_) | Phase::Body(..) => match self.read_request(turn.scratch) {
                    Ok(true) => continue,
                    Ok(false) => match self.receive() {
                        Ok(()) => continue,
                        Err(next) => Err(next),
                    },
                    Err(reject) => self.refuse(reject, turn),
                },
            };
            match after {
                Err(next) => return next,
                Ok(After::Close) => return Next::Close,
                Ok(After::Leave) => return Next::Leave,
                Ok(After::Keep) => {
                    if let Some(unread) = self.unread.take() {
                        self.phase = Phase::Unread(unread);
                        self.deadline = turn.now() + self.site.limits.body_timeout;
                    }
                    answered += 1;
                    if answered >= REQUESTS_PER_TURN_MAX {
                        return Next::Others;
                    }
                }
            }
        }
    }

    /// Waits without a thread from `now` on until something happens; gives the connection back if something already has. Its
    /// core is lent, since the connection, which has it too, is given away.
    pub(crate) fn park(mut self: Box<Self>, core: &Core, now: Instant) -> Option<Box<Self>> {
        let is_writing = matches!(self.phase, Phase::Responding(_));
        let interest = if is_writing || self.link.wants_write() { Interest::Write } else { Interest::Read };
        self.note_wait(now);
        let mut seat = match self.seat.take() {
            Some(seat) => seat,
            None => {
                let parking = Arc::clone(&self.core.loops[self.home]);
                // The system has no room for it: it is closed.
                parking.seat(Arc::clone(self.row.connection())).ok()?
            }
        };
        seat.watch_for(interest).ok()?;
        let (parking, key) = (&core.loops[self.home], seat.key());
        self.seat = Some(seat);
        let deadline = self.deadline;
        match Seat::park(parking, key, Guest::Waiting(self), deadline) {
            Parked::Back(Guest::Waiting(mut connection), closed) => {
                connection.wake(closed);
                Some(connection)
            }
            Parked::Kept | Parked::Back(..) | Parked::Refused(_) => None,
        }
    }

    /// Notes what it waits for from `now` on, and until when.
    fn note_wait(&mut self, now: Instant) {
        let has_begun = self.has_begun();
        let step = match &mut self.phase {
            Phase::Responding(output) => {
                self.deadline = output.pace().deadline();
                BlockingStep::Write
            }
            _ if has_begun => BlockingStep::Read,
            _ => {
                if self.answered > 0 {
                    self.deadline = now + self.site.limits.idle_timeout;
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
        turn_away(&core, stream, Some(self));
    }

    /// The deadline has come: tells a client that has begun a request, and closes. Does not block.
    pub(crate) fn expire(mut self: Box<Self>) {
        if matches!(self.phase, Phase::Responding(_)) {
            self.core.count(|incidents| incidents.write_failures += 1);
            return;
        }
        if !self.has_begun() || matches!(self.phase, Phase::Unread(_)) {
            self.core.count(|incidents| incidents.idle_timeouts += 1);
            return;
        }
        self.core.count(|incidents| incidents.header_timeouts += 1);
        let response = Response::of_reject(LATE);
        let mut bytes = Vec::new();
        let mut date = super::clock::DateText::default();
        response.write_head(
            &mut bytes,
            &Context { version: Version::Http11, keep_alive: false, date: date.at(None) },
        );
        if let Body::Bytes(body) = response.body() {
            bytes.extend_from_slice(body);
        }
        self.stop_blocking();
        if self.link.write(&[IoSlice::new(&bytes)]).is_ok() {
            self.tally.client_errors += 1;
            self.link.close();
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
    fn read_request(&mut self, scratch: &mut Scratch) -> Result<bool, Reject> {
        if matches!(self.phase, Phase::Head(_))
            && let Some(site) = self.core.sites.renew(&mut self.site_number)
        {
            self.site = site;
        }
        let limits = &self.site.limits;
        if let Phase::Head(scanner) = &mut self.phase {
            let before = scanner.is_before_request();
            let mut head = scratch.request.take().unwrap_or_else(|| Box::new(Head::blank()));
            let Some(end) = head.read_anew(scanner, self.input.bytes(), limits)? else {
                // The first request's time runs since accept.
                if before && !scanner.is_before_request() && self.answered > 0 {
                    self.deadline = Instant::now() + limits.header_timeout;
                }
                scratch.give_back(head);
                return Ok(false);
            };
            self.input.consume(end);
            if head.framing() == Framing::Length(0) {
                self.phase = Phase::Complete(head, Vec::new());
                return Ok(true);
            }
            let mode = self.body_mode(&head)?;
            let bytes_max = match mode {
                BodyMode::Streamed { bytes_max: Some(bytes) } => bytes,
                BodyMode::Streamed { bytes_max: None } | BodyMode::Whole => limits.body_bytes_max,
            };
            let reader = BodyReader::new(head.framing(), bytes_max)?;
            if mode != BodyMode::Whole {
                self.phase = Phase::Arriving(head, Box::new(reader));
                return Ok(true);
            }
            let pace = Pace::new(Instant::now(), limits.body_timeout, limits.body_bytes_per_second_min);
            self.deadline = pace.deadline();
            if head.expects_continue() && self.input.is_empty() {
                // Fits any socket's buffer; a client that has none gets its answer later or not at all.
                let _ = self.link.write(&[IoSlice::new(CONTINUE)]);
            }
            self.phase = Phase::Body(head, Box::new(Arrival { reader, pace }));
        }
        let Phase::Body(_, arrival) = &mut self.phase else { return Ok(true) };
        let Arrival { reader, pace } = &mut **arrival;
        let used = reader.read(self.input.bytes())?;
        self.input.consume(used);
        if !reader.is_done() {
            if used > 0 {
                pace.moved(used as u64, Instant::now());
                self.deadline = pace.deadline();
            }
            return Ok(false);
        }
        self.phase = match std::mem::replace(&mut self.phase, Phase::Head(HeadScanner::default())) {
            Phase::Body(head, arrival) => Phase::Complete(head, arrival.reader.into_content()),
            other => other,
        };
        Ok(true)
    }

    /// How the handler gets the body.
    fn body_mode(&self, head: &Head) -> Result<BodyMode, Reject> {
        if self.core.status_page && status::is_for(head) {
            return Ok(BodyMode::Whole);
        }
        catch_unwind(AssertUnwindSafe(|| self.site.handler.body_mode(head))).map_err(|_| {
            self.core.count(|incidents| incidents.handler_panics += 1);
            Reject::new(500, "the handler failed")
        })
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
            let room = self.input.room(READ_BYTES);
            let len = room.len();
            match self.link.read(room) {
                Ok(0) => return Err(Next::Close),
                Ok(count) => {
                    self.input.received(count);
                    self.tally.bytes_in += count as u64;
                    self.is_drained = count < len
                        && !self.has_client_closed
                        && self.blocking.is_none()
                        && self.link.is_plain();
                    self.has_read();
                    return Ok(());
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    match &mut self.blocking {
                        None if self.link.wants_write() => return Err(Next::Write),
                        None => return Err(Next::Read),
                        Some(waits) => waits.ended_early(),
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    // What no client of TLS would send.
                    if error.kind() == ErrorKind::InvalidData {
                        self.core.count(|incidents| incidents.rejected_requests += 1);
                    }
                    return Err(Next::Close);
                }
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
        let sent = self.finish(&head, response, began, After::Keep, turn);
        turn.scratch.give_back(head);
        sent
    }

    /// Has a request answered whose body the handler reads itself.
    fn answer_arriving(&mut self, turn: &mut Turn<'_>) -> Result<After, Next> {
        let phase = std::mem::replace(&mut self.phase, Phase::Head(HeadScanner::default()));
        let Phase::Arriving(head, reader) = phase else { return Ok(After::Keep) };
        self.enter(BlockingStep::Handle, turn.worker);
        let began = self.core.operations.begin();
        let Connection { site, row, link, input, .. } = self;
        let enter = |step| row.enter(step, turn.worker);
        let limits = &site.limits;
        let pace = Pace::new(Instant::now(), limits.body_timeout, limits.body_bytes_per_second_min);
        let upload = Upload::new(link, input, *reader, pace, head.expects_continue(), &enter);
        let request = Request::new(&head, &[], row.peer(), &enter).with_arriving(&upload);
        let response = catch_unwind(AssertUnwindSafe(|| site.handler.handle(&request)));
        let rest = upload.finish();
        if rest.blocks {
            self.has_blocked();
        }
        self.tally.bytes_in += rest.bytes_in;
        let response = response.unwrap_or_else(|_| self.failed());
        let mut reader = rest.reader;
        let after = match rest.is_sound && reader.missing() <= self.site.limits.unread_bytes_max as u64 {
            true => After::Keep,
            false => After::Leave,
        };
        if !reader.is_done() {
            reader.allow_more(self.site.limits.unread_bytes_max);
            self.unread = Some(Box::new(reader));
        }
        self.finish(&head, response, began, after, turn)
    }

    /// Logs `response`, decides what then becomes of the connection, which can be no better than `at_best`, and begins to send.
    fn finish(
        &mut self,
        head: &Head,
        response: Response,
        began: Option<Instant>,
        at_best: After,
        turn: &mut Turn<'_>,
    ) -> Result<After, Next> {
        self.core.operations.log(head, &response, self.row.peer(), began);
        // The client's wish decides; after that the server may still refuse.
        let wanted = head.keep_alive();
        let is_last = self.answered + 1 >= self.site.limits.requests_per_connection_max;
        let may = at_best == After::Keep && !response.ends_with_connection(head.version());
        let keep = wanted && may && !is_last && !response.closes() && !self.core.is_draining();
        let after = match keep {
            true => After::Keep,
            false if wanted || !self.input.is_empty() || self.unread.is_some() => After::Leave,
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
        let request = Request::new(head, body, self.row.peer(), &enter).at(turn.moment);
        let handler = &self.site.handler;
        let handle = || match turn.may_block {
            true => Some(handler.handle(&request)),
            false => handler.handle_now(&request),
        };
        catch_unwind(AssertUnwindSafe(handle)).unwrap_or_else(|_| Some(self.failed()))
    }

    /// The answer of a handler that has panicked.
    fn failed(&self) -> Response {
        self.core.count(|incidents| incidents.handler_panics += 1);
        Response::text(500, "500 Internal Server Error: the handler failed").with_close()
    }

    fn refuse(&mut self, reject: Reject, turn: &mut Turn<'_>) -> Result<After, Next> {
        self.core.count(|incidents| incidents.rejected_requests += 1);
        self.send(Response::of_reject(reject), Method::Get, Version::Http11, After::Leave, turn)
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
