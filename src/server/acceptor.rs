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

use std::io::{self, Write};

use super::{
    connection::Connection,
    core::{Core, Workers},
    limits::{ACCEPT_PAUSE_MS, RETRY_AFTER_S},
    parking::Guest,
};
use crate::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// How often a shutdown tries to reach the acceptor while descriptors have run out.
const WAKE_TRIES_MAX: usize = 100;

/// Accepts until the server drains.
pub(crate) fn run(core: &Arc<Core>, workers: &Workers, listener: &TcpListener) {
    while !core.is_draining() {
        match listener.accept() {
            Ok((stream, peer)) => admit(core, workers, stream, peer),
            Err(error) if is_about_one_client(&error) => {}
            Err(_) => {
                core.count(|incidents| incidents.accept_errors += 1);
                thread::sleep(Duration::from_millis(ACCEPT_PAUSE_MS));
            }
        }
    }
    if listener.set_nonblocking(true).is_ok() {
        while let Ok((stream, peer)) = listener.accept() {
            admit(core, workers, stream, peer);
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

fn admit(core: &Arc<Core>, workers: &Workers, stream: TcpStream, peer: SocketAddr) {
    // A socket that cannot be switched has been reset already.
    if stream.set_nonblocking(true).is_err() || stream.set_nodelay(true).is_err() {
        return;
    }
    match core.table.insert(Arc::new(stream), Some(peer)) {
        Ok(row) => {
            if let Err(rejected) = workers.try_submit(Connection::new(Arc::clone(core), row)) {
                rejected.job.shed();
            }
        }
        Err(refused) => {
            core.count(|incidents| incidents.shed += 1);
            turn_away(core, refused.connection, None);
        }
    }
}

const OVERLOADED: &str = "503 Service Unavailable: the server is overloaded, try again\n";

/// Sends 503 without blocking and lets the client leave gently.
pub(crate) fn turn_away(core: &Core, stream: Arc<TcpStream>, place: Option<Connection>) {
    let text = format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: {RETRY_AFTER_S}\r\ncontent-type: text/plain\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{OVERLOADED}",
        OVERLOADED.len()
    );
    // A client without room for these few bytes does not get them: turning away must not cost a thread.
    if (&*stream).write(text.as_bytes()).is_ok() {
        leave(core, stream, place);
    }
}

/// Ends the answer and waits, without a thread, until the client has taken it: closing while its bytes are unread would
/// send a reset that destroys the answer on its way (RFC 9112 section 9.6).
pub(crate) fn leave(core: &Core, stream: Arc<TcpStream>, place: Option<Connection>) {
    if stream.shutdown(Shutdown::Write).is_ok() {
        core.parking
            .park(Guest::Leaving { stream, _place: place }, Instant::now() + core.limits.linger_timeout);
    }
}
