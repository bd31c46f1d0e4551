//! Datagrams: whole, in order, and lost where nobody listens or too many wait.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    io::{self, ErrorKind},
    net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use super::{
    pipe::Patience,
    stream::{TTL_DEFAULT, check_timeout, patience},
};
use crate::{
    Named,
    backend::{TIMEOUTS_FIRE, execution_id, plain::Plain, world},
    fault::{self, Kind},
    parking_lot::{Condvar, Mutex},
};

/// The most datagrams that wait to be received; more are lost.
const WAITING_DATAGRAMS_MAX: usize = 128;
/// The longest datagram, in bytes: what IPv4 lets through.
const DATAGRAM_BYTES_MAX: usize = 65_507;
/// The first port that is given to whoever asks for any.
const ANY_PORT_FIRST: u16 = 40_000;

/// A simulated [`std::net::UdpSocket`]. It is bound until the last clone is dropped.
///
/// A datagram is lost if nobody is bound where it goes, if 128 wait there, or by a [fault](crate::fault). None is ever doubled
/// or overtaken by another of the same sender.
pub struct UdpSocket {
    socket: Arc<Socket>,
}

struct Socket {
    /// Destructors that run after the end of their execution must not touch its objects.
    execution: u64,
    address: SocketAddr,
    mailbox: Arc<Mailbox>,
    settings: Plain<Settings>,
}

#[derive(Clone, Copy)]
struct Settings {
    peer: Option<SocketAddr>,
    nonblocking: bool,
    broadcast: bool,
    ttl: u32,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

struct Mailbox {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    datagrams: VecDeque<(SocketAddr, Vec<u8>)>,
    receivers: usize,
}

struct Bound {
    state: Mutex<Sockets>,
}

struct Sockets {
    mailboxes: BTreeMap<SocketAddr, Arc<Mailbox>>,
    next_port: u16,
}

fn bound() -> Arc<Bound> {
    world::part(|| Bound {
        state: Mutex::new(Sockets { mailboxes: BTreeMap::new(), next_port: ANY_PORT_FIRST })
            .named("datagrams"),
    })
}

impl UdpSocket {
    /// Binds a socket to `address`; port 0 means any.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when a socket is bound there in this execution.
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(address: A) -> io::Result<UdpSocket> {
        let mut last = io::Error::new(ErrorKind::InvalidInput, "no address given");
        for address in address.to_socket_addrs()? {
            match bind_to(address) {
                Ok(socket) => return Ok(UdpSocket { socket: Arc::new(socket) }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Sends a datagram; it never waits.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when there is no address, and an error of the system's for a datagram that is too long.
    #[track_caller]
    pub fn send_to<A: ToSocketAddrs>(&self, bytes: &[u8], address: A) -> io::Result<usize> {
        let to = address.to_socket_addrs()?.next();
        self.post(
            bytes,
            to.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "no addresses to send data to"))?,
        )
    }

    /// Sends a datagram to the address that the socket is connected to.
    ///
    /// # Errors
    ///
    /// `NotConnected`; as [`send_to`](Self::send_to).
    #[track_caller]
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        self.post(bytes, self.peer_addr()?)
    }

    #[track_caller]
    fn post(&self, bytes: &[u8], to: SocketAddr) -> io::Result<usize> {
        if bytes.len() > DATAGRAM_BYTES_MAX {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the datagram is too long"));
        }
        let mailbox = bound().state.lock().mailbox(to);
        let lost = fault::at("send", [(Kind::Lost, ())], |()| "lost".to_owned()).is_some();
        let Some(mailbox) = mailbox.filter(|_| !lost) else { return Ok(bytes.len()) };
        let mut state = mailbox.state.lock();
        if state.datagrams.len() < WAITING_DATAGRAMS_MAX {
            state.datagrams.push_back((self.from(), bytes.to_vec()));
        }
        let receivers = state.receivers > 0;
        drop(state);
        if receivers {
            mailbox.changed.notify_all();
        }
        Ok(bytes.len())
    }

    /// Where datagrams of this socket seem to come from.
    fn from(&self) -> SocketAddr {
        let address = self.socket.address;
        let is_any = address.ip().is_unspecified();
        if is_any { SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port()) } else { address }
    }

    /// Receives a datagram and where it came from; waits while there is none. What does not fit into `buffer` is lost.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when there is none and the socket does not wait, or no longer.
    #[track_caller]
    pub fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.receive(buffer, false)
    }

    /// As [`recv_from`](Self::recv_from), of a connected socket.
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    #[track_caller]
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.receive(buffer, false)?.0)
    }

    /// As [`recv_from`](Self::recv_from), and leaves the datagram where it is.
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    #[track_caller]
    pub fn peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.receive(buffer, true)
    }

    /// As [`recv`](Self::recv), and leaves the datagram where it is.
    ///
    /// # Errors
    ///
    /// As [`recv_from`](Self::recv_from).
    #[track_caller]
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.receive(buffer, true)?.0)
    }

    #[track_caller]
    fn receive(&self, buffer: &mut [u8], peek: bool) -> io::Result<(usize, SocketAddr)> {
        let settings = self.settings();
        let patience = patience(settings.nonblocking, settings.read_timeout);
        let mailbox = &self.socket.mailbox;
        let mut state = mailbox.state.lock();
        loop {
            // A connected socket hears nobody else.
            state.datagrams.retain(|(from, _)| settings.peer.is_none_or(|peer| peer == *from));
            if let Some((from, bytes)) = state.datagrams.front() {
                let (from, count) = (*from, bytes.len().min(buffer.len()));
                buffer[..count].copy_from_slice(&bytes[..count]);
                if !peek {
                    state.datagrams.pop_front();
                }
                return Ok((count, from));
            }
            state.receivers += 1;
            let in_time = match patience {
                Patience::None => false,
                Patience::Timeout(timeout) if TIMEOUTS_FIRE => {
                    !mailbox.changed.wait_for(&mut state, timeout).timed_out()
                }
                Patience::Timeout(_) | Patience::Endless => {
                    mailbox.changed.wait(&mut state);
                    true
                }
            };
            state.receivers -= 1;
            if !in_time {
                return Err(ErrorKind::WouldBlock.into());
            }
        }
    }

    /// Makes [`send`](Self::send) go to this address, and hears from nobody else.
    ///
    /// # Errors
    ///
    /// `InvalidInput` when there is no address.
    pub fn connect<A: ToSocketAddrs>(&self, address: A) -> io::Result<()> {
        let peer = address.to_socket_addrs()?.next();
        let peer = peer.ok_or_else(|| io::Error::new(ErrorKind::InvalidInput, "no address given"))?;
        self.socket.settings.with(|settings| settings.peer = Some(peer));
        Ok(())
    }

    /// Where the socket is bound.
    ///
    /// # Errors
    ///
    /// None.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.socket.address)
    }

    /// The address that the socket is connected to.
    ///
    /// # Errors
    ///
    /// `NotConnected`.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.settings().peer.ok_or_else(|| ErrorKind::NotConnected.into())
    }

    /// Another handle to the same socket.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<UdpSocket> {
        Ok(UdpSocket { socket: Arc::clone(&self.socket) })
    }

    /// Limits how long a receive waits; it then fails with `WouldBlock`. On the loom and shuttle backends it never does.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a timeout of zero.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        check_timeout(timeout)?;
        self.socket.settings.with(|settings| settings.read_timeout = timeout);
        Ok(())
    }

    /// Kept and returned by [`write_timeout`](Self::write_timeout): a send never waits.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a timeout of zero.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        check_timeout(timeout)?;
        self.socket.settings.with(|settings| settings.write_timeout = timeout);
        Ok(())
    }

    /// No error is ever pending.
    ///
    /// # Errors
    ///
    /// None.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(None)
    }

    fn settings(&self) -> Settings {
        self.socket.settings.with(|settings| *settings)
    }
}

/// Makes methods that keep a setting and return it.
macro_rules! settings {
    ($($(#[doc = $doc:literal])* $set:ident, $get:ident, $field:ident: $ty:ty;)*) => {
        impl UdpSocket {$(
            $(#[doc = $doc])*
            ///
            /// # Errors
            ///
            /// None.
            pub fn $set(&self, $field: $ty) -> io::Result<()> {
                self.socket.settings.with(|settings| settings.$field = $field);
                Ok(())
            }

            settings!(get $get $field $ty);
        )*}
    };
    (get set_only $field:ident $ty:ty) => {};
    (get $get:ident $field:ident $ty:ty) => {
        /// What was set.
        ///
        /// # Errors
        ///
        /// None.
        pub fn $get(&self) -> io::Result<$ty> {
            Ok(self.settings().$field)
        }
    };
}

settings! {
    /// Makes receives of all clones fail with `WouldBlock` where they would wait.
    set_nonblocking, set_only, nonblocking: bool;
    /// Kept and returned by [`broadcast`](Self::broadcast): no datagram has several receivers here.
    set_broadcast, broadcast, broadcast: bool;
    /// Kept and returned by [`ttl`](Self::ttl): there are no routers here.
    set_ttl, ttl, ttl: u32;
}

impl UdpSocket {
    /// The limit of receives.
    ///
    /// # Errors
    ///
    /// None.
    pub fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.settings().read_timeout)
    }

    /// The limit of sends.
    ///
    /// # Errors
    ///
    /// None.
    pub fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.settings().write_timeout)
    }
}

#[track_caller]
fn bind_to(mut address: SocketAddr) -> io::Result<Socket> {
    let bound = bound();
    let mut state = bound.state.lock();
    if address.port() == 0 {
        address.set_port(state.next_port);
        state.next_port += 1;
    }
    if state.mailbox(address).is_some() {
        return Err(ErrorKind::AddrInUse.into());
    }
    let mailbox = Arc::new(Mailbox {
        state: Mutex::new(Waiting::default()).named("mailbox"),
        changed: Condvar::new().named("mailbox"),
    });
    state.mailboxes.insert(address, Arc::clone(&mailbox));
    let settings = Settings {
        peer: None,
        nonblocking: false,
        broadcast: false,
        ttl: TTL_DEFAULT,
        read_timeout: None,
        write_timeout: None,
    };
    Ok(Socket { execution: execution_id(), address, mailbox, settings: Plain::new(settings) })
}

impl Sockets {
    /// The mailbox that a datagram to `address` comes to.
    fn mailbox(&self, address: SocketAddr) -> Option<Arc<Mailbox>> {
        let any = |ip: IpAddr| ip.is_unspecified();
        let mut found = self.mailboxes.iter().filter(|(bound, _)| {
            let same_ip = bound.ip() == address.ip() || any(bound.ip()) || any(address.ip());
            bound.port() == address.port() && same_ip
        });
        found.next().map(|(_, mailbox)| Arc::clone(mailbox))
    }
}

impl Drop for Socket {
    #[track_caller]
    fn drop(&mut self) {
        if self.execution == execution_id() {
            bound().state.lock().mailboxes.remove(&self.address);
        }
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpSocket").field("addr", &self.socket.address).finish()
    }
}
