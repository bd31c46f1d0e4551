//! Who listens where. One lock for the whole network: binding, connecting and accepting must be steps that the checker sees.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use super::{
    address::Address,
    stream::{Stream, pair},
};
use crate::{
    Named,
    backend::{TIMEOUTS_FIRE, plain::Plain, world},
    fault::{self, Kind},
    parking_lot::{Condvar, Mutex},
};

/// Bytes that one direction of a connection holds, unless set otherwise: so many that small models never wait to write.
const BUFFER_BYTES_DEFAULT: usize = 64 * 1024;
/// Connections that wait to be accepted, unless set otherwise.
const BACKLOG_CONNECTIONS_DEFAULT: usize = 128;
/// The first port that is given to whoever asks for any.
const ANY_PORT_FIRST: u16 = 40_000;
/// The first port of clients.
const CLIENT_PORT_FIRST: u16 = 50_000;

/// What can happen to a connect or an accept.
#[derive(Clone, Copy)]
enum Fault {
    Refused,
    Aborted,
    NoDescriptor,
    Interrupted,
}

impl Fault {
    fn words(self) -> String {
        match self {
            Fault::Refused => "refused",
            Fault::Aborted => "connection aborted",
            Fault::NoDescriptor => "too many open files",
            Fault::Interrupted => "interrupted",
        }
        .to_owned()
    }
}

struct Network<A: Address> {
    state: Mutex<State<A>>,
}

struct State<A: Address> {
    listeners: BTreeMap<A::Key, Backlog<A>>,
    /// Names that are free: ports of listeners, and of clients.
    next_port: u16,
    next_client: u16,
}

struct Backlog<A: Address> {
    connections: VecDeque<Stream<A>>,
    /// For accepts and connects together: a backlog cannot be full and empty.
    changed: Arc<Condvar>,
    waiting: usize,
}

/// What is set from outside of the program.
pub(super) struct Settings {
    pub(super) buffer: Plain<usize>,
    backlog: Plain<usize>,
}

pub(super) fn settings() -> Arc<Settings> {
    world::part(|| Settings {
        buffer: Plain::new(BUFFER_BYTES_DEFAULT),
        backlog: Plain::new(BACKLOG_CONNECTIONS_DEFAULT),
    })
}

fn network<A: Address>() -> Arc<Network<A>> {
    world::part(|| Network {
        state: Mutex::new(State {
            listeners: BTreeMap::new(),
            next_port: ANY_PORT_FIRST,
            next_client: CLIENT_PORT_FIRST,
        })
        .named("backlog"),
    })
}

/// Sets how many bytes each direction of later connections holds (at least 1). A small buffer makes writers wait. This is no
/// step of the checker: set it before the connections are made.
pub fn set_buffer(bytes: usize) {
    settings().buffer.with(|buffer| *buffer = bytes.max(1));
}

/// Sets how many connections of a listener may wait to be accepted (at least 1). This is no step of the checker.
pub fn set_backlog(connections: usize) {
    settings().backlog.with(|backlog| *backlog = connections.max(1));
}

/// Starts to listen and returns where; port 0 is any that is free.
#[track_caller]
pub(super) fn bind(mut address: SocketAddr) -> io::Result<SocketAddr> {
    let network = network::<SocketAddr>();
    let mut state = network.state.lock();
    if address.port() == 0 {
        address.set_port(state.next_port);
        state.next_port += 1;
    }
    state.add(address)?;
    Ok(address)
}

/// Starts to listen under a key that nobody has.
#[cfg(unix)]
#[track_caller]
pub(super) fn bind_new<A: Address>(key: A::Key) {
    network::<A>().state.lock().add(key).expect("the key is new");
}

/// Stops to listen. Connections that were not accepted end.
#[track_caller]
pub(super) fn unbind<A: Address>(key: A::Key) {
    let network = network::<A>();
    let backlog = network.state.lock().listeners.remove(&key);
    if let Some(backlog) = backlog {
        if backlog.waiting > 0 {
            backlog.changed.notify_all();
        }
        // Without the network's lock: their ends take locks of their own.
        drop(backlog.connections);
    }
}

/// Connects to who listens at `key`, which is the address `server`.
#[track_caller]
pub(super) fn connect<A: Address>(
    key: A::Key,
    server: A,
    timeout: Option<Duration>,
) -> io::Result<Stream<A>> {
    let menu = [(Kind::Refused, Fault::Refused), (Kind::Descriptors, Fault::NoDescriptor)];
    match fault::at("connect", menu, Fault::words) {
        Some(Fault::Refused) => return Err(ErrorKind::ConnectionRefused.into()),
        Some(_) => return Err(fault::too_many_files()),
        None => {}
    }
    let limit = settings().backlog.with(|backlog| *backlog);
    let network = network::<A>();
    let mut state = network.state.lock();
    let listener = loop {
        let listener = state.listener(key).ok_or(ErrorKind::ConnectionRefused)?;
        let backlog = state.listeners.get_mut(&listener).expect("found above");
        if backlog.connections.len() < limit {
            break listener;
        }
        backlog.waiting += 1;
        let changed = Arc::clone(&backlog.changed);
        let timed_out = match timeout {
            Some(timeout) if TIMEOUTS_FIRE => changed.wait_for(&mut state, timeout).timed_out(),
            _ => {
                changed.wait(&mut state);
                false
            }
        };
        state.end_wait(listener);
        if timed_out {
            return Err(ErrorKind::TimedOut.into());
        }
    };
    let client = A::of_client(state.next_client);
    state.next_client = state.next_client.wrapping_add(1).max(CLIENT_PORT_FIRST);
    let (ours, theirs) = pair(client, server);
    let backlog = state.listeners.get_mut(&listener).expect("found above");
    backlog.connections.push_back(theirs);
    let wake = (backlog.waiting > 0).then(|| Arc::clone(&backlog.changed));
    drop(state);
    if let Some(changed) = wake {
        changed.notify_all();
    }
    Ok(ours)
}

#[track_caller]
pub(super) fn accept<A: Address>(listener: A::Key, nonblocking: bool) -> io::Result<Stream<A>> {
    let network = network::<A>();
    let mut state = network.state.lock();
    loop {
        // Present as long as the listener that calls is.
        let backlog = state.listeners.get_mut(&listener).ok_or(ErrorKind::InvalidInput)?;
        if !backlog.connections.is_empty() {
            let menu = [(Kind::Descriptors, Fault::NoDescriptor), (Kind::Aborted, Fault::Aborted)]
                .into_iter()
                .chain((!nonblocking).then_some((Kind::Interrupted, Fault::Interrupted)));
            let fault = fault::at("accept", menu, Fault::words);
            match fault {
                Some(Fault::NoDescriptor) => return Err(fault::too_many_files()),
                Some(Fault::Interrupted) => return Err(ErrorKind::Interrupted.into()),
                _ => {}
            }
            let stream = backlog.connections.pop_front().expect("looked at above");
            let wake = (backlog.waiting > 0).then(|| Arc::clone(&backlog.changed));
            drop(state);
            if let Some(changed) = wake {
                changed.notify_all();
            }
            if matches!(fault, Some(Fault::Aborted)) {
                stream.break_off();
                return Err(ErrorKind::ConnectionAborted.into());
            }
            return Ok(stream);
        }
        if nonblocking {
            return Err(ErrorKind::WouldBlock.into());
        }
        backlog.waiting += 1;
        let changed = Arc::clone(&backlog.changed);
        changed.wait(&mut state);
        state.end_wait(listener);
    }
}

impl<A: Address> State<A> {
    #[track_caller]
    fn add(&mut self, key: A::Key) -> io::Result<()> {
        if self.listener(key).is_some() {
            return Err(ErrorKind::AddrInUse.into());
        }
        let changed = Arc::new(Condvar::new().named("backlog"));
        self.listeners.insert(key, Backlog { connections: VecDeque::new(), changed, waiting: 0 });
        Ok(())
    }

    /// The listener that a connection to `sought` comes to.
    fn listener(&self, sought: A::Key) -> Option<A::Key> {
        self.listeners.keys().copied().find(|listener| A::reaches(sought, *listener))
    }

    fn end_wait(&mut self, listener: A::Key) {
        if let Some(backlog) = self.listeners.get_mut(&listener) {
            backlog.waiting -= 1;
        }
    }
}

impl Address for SocketAddr {
    const STREAM: &'static str = "TcpStream";
    const LISTENER: &'static str = "TcpListener";
    type Key = SocketAddr;

    fn reaches(sought: SocketAddr, listener: SocketAddr) -> bool {
        let any = |address: SocketAddr| address.ip().is_unspecified();
        let is_same_host = sought.ip() == listener.ip() || any(sought) || any(listener);
        sought.port() == listener.port() && is_same_host
    }

    fn of_client(number: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), number)
    }
}
