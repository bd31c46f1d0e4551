//! The acceptor: takes connections in, or turns them away at once.
//!
//! # How it is woken for a shutdown
//!
//! `accept` blocks, and nothing but a connection ends it. So a shutdown sets the draining flag and then connects to the
//! server itself. (A non-blocking `accept` behind the poller would cost two system calls more for each connection, and the
//! poller's thread would do what the acceptor does.)
//!
//! 1. *The flag is set before the connection is made, and read after each `accept`*, so the acceptor that is woken sees it.
//!    The other order would let it go back to sleep.
//! 2. *What `accept` returned is admitted even then*: it may be a client's. If it is the wake-up call, it closes without a
//!    request; until then it has a place like any other, so with a queue of one a client may be refused in its stead.
//! 3. *Then the backlog is taken in without blocking.* These clients were told "connected"; closing the listener would
//!    reset them.
//! 4. *An error that may repeat itself at once, such as running out of descriptors, is followed by a pause.* The connection
//!    stays in the backlog, so `accept` would fail again and again and take a whole core.

use std::io;

use super::{core::Core, limits::ACCEPT_PAUSE_MS};
use crate::{
    Named,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream},
    parking_lot::Mutex,
    poll, thread,
    time::{Duration, Instant},
};

/// How often a shutdown tries to reach the acceptor while descriptors have run out.
const WAKE_TRIES_MAX: usize = 100;

/// What the acceptor is doing, for the status page.
pub(crate) struct Activity(Mutex<(Doing, Instant)>);

/// Where the acceptor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It waits for a client.
    Accept,
    /// It takes a client in, and serves what it can at once.
    Admit,
    /// It waits after an error such as running out of descriptors.
    Pause,
    /// It waits until those who are in have left.
    Drain,
}

impl Doing {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Doing::Accept => "accept",
            Doing::Admit => "admit",
            Doing::Pause => "pause",
            Doing::Drain => "drain",
        }
    }
}

impl Activity {
    pub(crate) fn new() -> Self {
        Activity(Mutex::new((Doing::Accept, Instant::now())).named("acceptor"))
    }

    pub(crate) fn enter(&self, doing: Doing) {
        *self.0.lock() = (doing, Instant::now());
    }

    /// What it does, and since when.
    pub(crate) fn get(&self) -> (Doing, Instant) {
        *self.0.lock()
    }
}

/// Accepts until the server drains; `admit` gets each connection, non-blocking, and must not block.
pub(super) fn run(core: &Core, listener: &TcpListener, mut admit: impl FnMut(TcpStream, SocketAddr)) {
    while !core.is_draining() {
        core.acceptor.enter(Doing::Accept);
        match poll::accept(listener) {
            Ok((stream, peer)) => {
                core.acceptor.enter(Doing::Admit);
                admit(stream, peer);
            }
            Err(error) if is_about_one_client(&error) => {}
            Err(_) => {
                core.count(|incidents| incidents.accept_errors += 1);
                core.acceptor.enter(Doing::Pause);
                thread::sleep(Duration::from_millis(ACCEPT_PAUSE_MS));
            }
        }
    }
    core.acceptor.enter(Doing::Drain);
    if listener.set_nonblocking(true).is_ok() {
        while let Ok((stream, peer)) = poll::accept(listener) {
            admit(stream, peer);
        }
    }
}

/// Makes an acceptor that blocks on `addr` look at the draining flag, which must be set already.
pub(crate) fn wake(addr: SocketAddr) {
    let ip = match addr.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    for _ in 0..WAKE_TRIES_MAX {
        match TcpStream::connect(SocketAddr::new(ip, addr.port())) {
            Ok(_) => return,
            // Nobody listens any more: the acceptor has seen the flag by itself.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return,
            // Out of descriptors, most likely. The drain is closing idle connections, which frees some.
            Err(_) => thread::sleep(Duration::from_millis(ACCEPT_PAUSE_MS)),
        }
    }
}

/// Errors of a connection that died between its handshake and `accept`.
fn is_about_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | WouldBlock)
}
