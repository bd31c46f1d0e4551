//! Who listens where. One lock for the whole network: binding, connecting and accepting must be steps that the checker sees.

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use super::stream::{TcpStream, pair};
use crate::{
    Named,
    backend::world,
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

struct Network {
    state: Mutex<State>,
}

struct State {
    listeners: BTreeMap<SocketAddr, Backlog>,
    next_port: u16,
    next_client: u16,
    buffer: usize,
    backlog: usize,
}

struct Backlog {
    connections: VecDeque<TcpStream>,
    /// For accepts and connects together: a backlog cannot be full and empty.
    changed: Arc<Condvar>,
    waiting: usize,
}

fn network() -> Arc<Network> {
    world::part(|| Network {
        state: Mutex::new(State {
            listeners: BTreeMap::new(),
            next_port: ANY_PORT_FIRST,
            next_client: CLIENT_PORT_FIRST,
            buffer: BUFFER_BYTES_DEFAULT,
            backlog: BACKLOG_CONNECTIONS_DEFAULT,
        })
        .named("backlog"),
    })
}

/// Sets how many bytes each direction of later connections holds (at least 1). A small buffer makes writers wait.
#[track_caller]
pub fn set_buffer(bytes: usize) {
    network().state.lock().buffer = bytes.max(1);
}

/// Sets how many connections of a listener may wait to be accepted (at least 1).
#[track_caller]
pub fn set_backlog(connections: usize) {
    network().state.lock().backlog = connections.max(1);
}

/// Starts to listen and returns where.
#[track_caller]
pub(super) fn bind(mut address: SocketAddr) -> io::Result<SocketAddr> {
    let network = network();
    let mut state = network.state.lock();
    if address.port() == 0 {
        address.set_port(state.next_port);
        state.next_port += 1;
    }
    if state.listener(address).is_some() {
        return Err(ErrorKind::AddrInUse.into());
    }
    let changed = Arc::new(Condvar::new().named("backlog"));
    state.listeners.insert(address, Backlog { connections: VecDeque::new(), changed, waiting: 0 });
    Ok(address)
}

/// Stops to listen. Connections that were not accepted end.
#[track_caller]
pub(super) fn unbind(address: SocketAddr) {
    let network = network();
    let backlog = network.state.lock().listeners.remove(&address);
    if let Some(backlog) = backlog {
        if backlog.waiting > 0 {
            backlog.changed.notify_all();
        }
        // Without the network's lock: their ends take locks of their own.
        drop(backlog.connections);
    }
}

#[track_caller]
pub(super) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let menu = [(Kind::Refused, Fault::Refused), (Kind::Descriptors, Fault::NoDescriptor)];
    match fault::at("connect", menu, Fault::words) {
        Some(Fault::Refused) => return Err(ErrorKind::ConnectionRefused.into()),
        Some(_) => return Err(fault::too_many_files()),
        None => {}
    }
    let network = network();
    let mut state = network.state.lock();
    let listener = loop {
        let listener = state.listener(address).ok_or(ErrorKind::ConnectionRefused)?;
        let limit = state.backlog;
        let backlog = state.listeners.get_mut(&listener).expect("found above");
        if backlog.connections.len() < limit {
            break listener;
        }
        backlog.waiting += 1;
        let changed = Arc::clone(&backlog.changed);
        changed.wait(&mut state);
        state.end_wait(listener);
    };
    let client = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), state.next_client);
    state.next_client = state.next_client.wrapping_add(1).max(CLIENT_PORT_FIRST);
    let (ours, theirs) = pair(client, address, state.buffer);
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
pub(super) fn accept(listener: SocketAddr, nonblocking: bool) -> io::Result<TcpStream> {
    let network = network();
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

impl State {
    /// The address of the listener that a connection to `address` comes to.
    fn listener(&self, address: SocketAddr) -> Option<SocketAddr> {
        let any = |ip: IpAddr| ip.is_unspecified();
        self.listeners.keys().copied().find(|l| {
            l.port() == address.port() && (l.ip() == address.ip() || any(l.ip()) || any(address.ip()))
        })
    }

    fn end_wait(&mut self, listener: SocketAddr) {
        if let Some(backlog) = self.listeners.get_mut(&listener) {
            backlog.waiting -= 1;
        }
    }
}
