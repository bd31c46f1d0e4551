//! Datagram sockets.

use std::{
    io,
    net::{self, SocketAddr, ToSocketAddrs},
    time::Duration,
};

use crate::{backend::in_model, net::sim};

/// A UDP socket, as [`std::net::UdpSocket`]; simulated when it is made in a model.
#[derive(Debug)]
pub struct UdpSocket(Socket);

#[derive(Debug)]
enum Socket {
    Os(net::UdpSocket),
    Sim(sim::UdpSocket),
}

/// Runs the same method on either socket.
macro_rules! socket {
    ($self:expr, $socket:ident => $call:expr) => {
        match &$self.0 {
            Socket::Os($socket) => $call,
            Socket::Sim($socket) => $call,
        }
    };
}

/// Makes methods that only hand on.
macro_rules! handed_on {
    ($($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        ///
        /// As `std`'s method of this name.
        #[track_caller]
        pub fn $name(&self, $($arg: $ty),*) -> io::Result<$ret> {
            socket!(self, socket => socket.$name($($arg),*))
        }
    )*};
}

impl UdpSocket {
    /// Binds a socket to `address`.
    ///
    /// # Errors
    ///
    /// As [`std::net::UdpSocket::bind`].
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(address: A) -> io::Result<UdpSocket> {
        Ok(UdpSocket(if in_model() {
            Socket::Sim(sim::UdpSocket::bind(address)?)
        } else {
            Socket::Os(net::UdpSocket::bind(address)?)
        }))
    }

    /// Sends a datagram.
    ///
    /// # Errors
    ///
    /// As [`std::net::UdpSocket::send_to`].
    #[track_caller]
    pub fn send_to<A: ToSocketAddrs>(&self, bytes: &[u8], address: A) -> io::Result<usize> {
        socket!(self, socket => socket.send_to(bytes, address))
    }

    /// Makes [`send`](Self::send) go to this address, and hears from nobody else.
    ///
    /// # Errors
    ///
    /// As [`std::net::UdpSocket::connect`].
    pub fn connect<A: ToSocketAddrs>(&self, address: A) -> io::Result<()> {
        socket!(self, socket => socket.connect(address))
    }

    /// Another handle to the same socket.
    ///
    /// # Errors
    ///
    /// As [`std::net::UdpSocket::try_clone`].
    pub fn try_clone(&self) -> io::Result<UdpSocket> {
        Ok(UdpSocket(match &self.0 {
            Socket::Os(socket) => Socket::Os(socket.try_clone()?),
            Socket::Sim(socket) => Socket::Sim(socket.try_clone()?),
        }))
    }

    handed_on! {
        /// Receives a datagram and where it came from; waits while there is none.
        recv_from(buffer: &mut [u8]) -> (usize, SocketAddr);
        /// As a receive that leaves the datagram where it is.
        peek_from(buffer: &mut [u8]) -> (usize, SocketAddr);
        /// Sends a datagram to the address that the socket is connected to.
        send(bytes: &[u8]) -> usize;
        /// Receives a datagram from the address that the socket is connected to.
        recv(buffer: &mut [u8]) -> usize;
        /// As a receive that leaves the datagram where it is.
        peek(buffer: &mut [u8]) -> usize;
        /// Where the socket is bound.
        local_addr() -> SocketAddr;
        /// The address that the socket is connected to.
        peer_addr() -> SocketAddr;
        /// Makes receives fail with `WouldBlock` where they would wait.
        set_nonblocking(nonblocking: bool) -> ();
        /// Limits how long a receive waits.
        set_read_timeout(timeout: Option<Duration>) -> ();
        /// Limits how long a send waits.
        set_write_timeout(timeout: Option<Duration>) -> ();
        /// The limit of receives.
        read_timeout() -> Option<Duration>;
        /// The limit of sends.
        write_timeout() -> Option<Duration>;
        /// Whether datagrams may go to all at once.
        set_broadcast(broadcast: bool) -> ();
        /// Whether datagrams may go to all at once.
        broadcast() -> bool;
        /// Through how many routers what is sent may go.
        set_ttl(ttl: u32) -> ();
        /// Through how many routers what is sent may go.
        ttl() -> u32;
        /// Takes the error that is pending.
        take_error() -> Option<io::Error>;
    }
}
