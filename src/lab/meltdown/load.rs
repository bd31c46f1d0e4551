//! The clients of an experiment: one thread with a poller, so that they take as little of the machine as can be.
//!
//! A *closed* load has N clients who each ask again as soon as they are answered: a slow server is asked less. An *open* load
//! asks so often a second, whatever the server does, as the world outside does; its response times run from when a request was
//! due, so that waiting is never left out.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read, Write},
    net::SocketAddr,
};

use crate::{
    net::TcpStream,
    poll::{Event, Interest, Poller},
    time::{Duration, Instant},
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
const REQUEST_STUCK: &[u8] = b"GET /stuck HTTP/1.1\r\nhost: localhost\r\n\r\n";
/// Bytes of an answer; none is longer.
const ANSWER_BYTES_MAX: usize = 4 * 1024;
/// Connections of an open load; a request that finds none free counts as failed.
const OPEN_CONNECTIONS_MAX: usize = 4096;
/// How often somebody who wants to stop the load is asked.
const LOOK: Duration = Duration::from_millis(20);

/// One answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// When the request was due, since the load began.
    pub(super) due: Duration,
    pub(super) took: Duration,
    pub(super) status: u16,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) answers: Vec<Answer>,
    /// Connections that broke, and answers that were none.
    pub(super) errors: u64,
    /// Requests of the measured time without an answer at its end.
    pub(super) unanswered: u64,
    pub(super) seconds: f64,
}

struct Client {
    stream: TcpStream,
    /// What has come of an answer.
    bytes: Vec<u8>,
    /// When the request that it waits for was due.
    due: Option<Instant>,
}

/// Clients and their poller.
pub(super) struct Clients {
    addr: SocketAddr,
    poller: Poller,
    clients: Vec<Option<Client>>,
    /// How many of them there are.
    open: usize,
    free: Vec<usize>,
    room: Box<[u8]>,
}

impl Clients {
    /// Connects so many.
    pub(super) fn connect(addr: SocketAddr, count: usize) -> io::Result<Self> {
        let room = vec![0; ANSWER_BYTES_MAX].into_boxed_slice();
        let (clients, free) = (Vec::new(), Vec::new());
        let mut all = Clients { addr, poller: Poller::new()?, clients, open: 0, free, room };
        for _ in 0..count {
            let key = all.open()?;
            all.free.push(key);
        }
        Ok(all)
    }

    fn open(&mut self) -> io::Result<usize> {
        let stream = TcpStream::connect(self.addr)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let vacant = self
            .clients
            .iter()
            .position(Option::is_none)
            .filter(|_| self.clients.len() >= OPEN_CONNECTIONS_MAX);
        let key = vacant.unwrap_or(self.clients.len());
        self.poller.watch(&stream, key, Interest::Read)?;
        let client = Some(Client { stream, bytes: Vec::new(), due: None });
        match self.clients.get_mut(key) {
            Some(place) => *place = client,
            None => self.clients.push(client),
        }
        self.open += 1;
        Ok(key)
    }

    /// So many of them ask for what is never answered.
    pub(super) fn ask_in_vain(&mut self, count: usize) {
        let keys = self.free.split_off(self.free.len().saturating_sub(count));
        for key in keys {
            self.ask_for(REQUEST_STUCK, key, Instant::now());
        }
    }

    /// Asks on a connection; whether that went well.
    fn ask(&mut self, key: usize, due: Instant) -> bool {
        self.ask_for(REQUEST, key, due)
    }

    fn ask_for(&mut self, request: &[u8], key: usize, due: Instant) -> bool {
        let Some(Some(client)) = self.clients.get_mut(key) else { return false };
        client.due = Some(due);
        // A request fits the socket's buffer.
        let has_asked = client.stream.write(request).is_ok_and(|count| count == request.len());
        if !has_asked {
            self.close(key);
        }
        has_asked
    }

    fn close(&mut self, key: usize) {
        if let Some(client) = self.clients.get_mut(key).and_then(Option::take) {
            let _ = self.poller.remove(&client.stream);
            self.open -= 1;
        }
    }

    /// Reads what has come; the status and when its request was due, if an answer is complete. An error means that the
    /// connection has ended and is closed.
    fn receive(&mut self, key: usize) -> Result<Option<(u16, Instant)>, Option<Instant>> {
        let Some(Some(client)) = self.clients.get_mut(key) else { return Ok(None) };
        loop {
            match client.stream.read(&mut self.room) {
                Ok(0) => break,
                Ok(count) => client.bytes.extend_from_slice(&self.room[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(_) => break,
            }
            match complete(&client.bytes) {
                Ok(None) => {}
                Ok(Some(status)) => {
                    client.bytes.clear();
                    return Ok(client.due.take().map(|due| (status, due)));
                }
                Err(NoAnswer) => break,
            }
        }
        let due = client.due;
        self.close(key);
        Err(due)
    }

    fn outstanding(&self, since: Instant) -> u64 {
        self.clients.iter().flatten().filter(|client| client.due.is_some_and(|due| due >= since)).count()
            as u64
    }

    /// Every client asks, and asks again when it is answered: for `warm`, then for `time`, whose requests are counted. Between
    /// the two `between` is called. Ends early when `stops` says so.
    pub(super) fn closed(
        &mut self,
        warm: Duration,
        time: Duration,
        between: impl FnOnce(),
        stops: &dyn Fn() -> bool,
    ) -> io::Result<Seen> {
        for key in std::mem::take(&mut self.free) {
            self.ask(key, Instant::now());
        }
        self.closed_for(warm, stops)?;
        between();
        self.closed_for(time, stops)
    }

    fn closed_for(&mut self, time: Duration, stops: &dyn Fn() -> bool) -> io::Result<Seen> {
        let began = Instant::now();
        let mut seen = Seen::default();
        let mut events: Vec<Event> = Vec::new();
        let mut looked = began;
        loop {
            let now = Instant::now();
            if now - began >= time || (now - looked >= LOOK && stops()) {
                break;
            }
            if now - looked >= LOOK {
                looked = now;
            }
            events.clear();
            self.poller.wait(&mut events, Some(LOOK.min(time - (now - began))))?;
            for event in &events {
                match self.receive(event.key) {
                    Ok(None) => {}
                    Ok(Some((status, due))) => {
                        let now = Instant::now();
                        // Those that were asked before are of another time.
                        if due >= began {
                            seen.answers.push(Answer { due: due - began, took: now - due, status });
                        }
                        self.ask(event.key, now);
                    }
                    Err(_) => {}
                }
            }
        }
        seen.seconds = began.elapsed().as_secs_f64();
        // Whenever they were lost: they do not come back.
        seen.errors = self.clients.iter().filter(|client| client.is_none()).count() as u64;
        seen.unanswered =
            self.clients.iter().flatten().filter(|client| client.due.is_some_and(|due| due < began)).count()
                as u64;
        Ok(seen)
    }

    /// Asks `per_s` times a second for `time`, on a free connection or a new one.
    pub(super) fn open_for(
        &mut self,
        per_s: f64,
        time: Duration,
        stops: &dyn Fn() -> bool,
    ) -> io::Result<Seen> {
        let began = Instant::now();
        let mut seen = Seen::default();
        let mut events: Vec<Event> = Vec::new();
        let mut free: VecDeque<usize> = self.free.drain(..).collect();
        let mut asked = 0_u64;
        let due_of = |number: u64| Duration::from_secs_f64(number as f64 / per_s);
        let mut looked = began;
        loop {
            let elapsed = began.elapsed();
            if elapsed >= time || (looked.elapsed() >= LOOK && stops()) {
                break;
            }
            if looked.elapsed() >= LOOK {
                looked = Instant::now();
            }
            while due_of(asked) <= elapsed {
                let due = began + due_of(asked);
                asked += 1;
                let key = match free.pop_front() {
                    Some(key) => Some(key),
                    None if self.open < OPEN_CONNECTIONS_MAX => self.open().ok(),
                    None => None,
                };
                match key {
                    Some(key) if self.ask(key, due) => {}
                    _ => seen.errors += 1,
                }
            }
            events.clear();
            let until_next = due_of(asked).saturating_sub(began.elapsed());
            self.poller.wait(&mut events, Some(until_next.min(LOOK)))?;
            for event in &events {
                match self.receive(event.key) {
                    Ok(None) => {}
                    Ok(Some((status, due))) => {
                        let took = Instant::now().saturating_duration_since(due);
                        seen.answers.push(Answer { due: due - began, took, status });
                        match status {
                            200 => free.push_back(event.key),
                            // The server says that it closes.
                            _ => self.close(event.key),
                        }
                    }
                    // The end of one that was free is no loss.
                    Err(None) => free.retain(|key| *key != event.key),
                    Err(Some(_)) => seen.errors += 1,
                }
            }
        }
        seen.seconds = began.elapsed().as_secs_f64();
        seen.unanswered = self.outstanding(began);
        Ok(seen)
    }
}

struct NoAnswer;

/// The status of a complete answer.
fn complete(bytes: &[u8]) -> Result<Option<u16>, NoAnswer> {
    let mut fields = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut fields);
    match response.parse(bytes) {
        Ok(httparse::Status::Partial) if bytes.len() <= ANSWER_BYTES_MAX => Ok(None),
        Ok(httparse::Status::Complete(head)) => {
            let length =
                response.headers.iter().find(|field| field.name.eq_ignore_ascii_case("content-length"));
            let length =
                length.and_then(|field| std::str::from_utf8(field.value).ok()?.parse::<usize>().ok());
            let is_complete = bytes.len() >= head + length.ok_or(NoAnswer)?;
            Ok(response.code.filter(|_| is_complete))
        }
        Ok(httparse::Status::Partial) | Err(_) => Err(NoAnswer),
    }
}
