//! Blocking TCP, UDP and Unix sockets in the shape of [`std::net`] and [`std::os::unix::net`].
//!
//! On the native backend every item here *is* the `std` item. In a model sockets are simulated, see [`sim`]: no packet
//! leaves the process, and each read, write, accept and connect is a step of the checker.

pub use std::net::{
    AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6,
    ToSocketAddrs,
};
#[cfg(backend = "native")]
pub use std::net::{TcpListener, TcpStream, UdpSocket};

#[cfg(backend = "instrumented")]
pub(crate) mod dual;
#[cfg(not(backend = "native"))]
pub mod sim;

#[cfg(feature = "send-file")]
mod send_file;

#[cfg(unix)]
pub mod unix {
    //! Sockets between processes of one machine, in the shape of [`std::os::unix::net`]: streams and their listeners.
    //!
    //! In a model their names are files of the simulated disk ([`fs`](crate::fs)).

    pub use std::os::unix::net::SocketAddr;
    #[cfg(backend = "native")]
    pub use std::os::unix::net::{Incoming, UnixListener, UnixStream};

    #[cfg(backend = "instrumented")]
    pub use super::dual::unix::{Incoming, UnixListener, UnixStream};
    #[cfg(any(backend = "loom", backend = "shuttle"))]
    pub use super::sim::{UnixListener, UnixStream};
    #[cfg(any(backend = "loom", backend = "shuttle"))]
    /// The connections of a listener, one after the other.
    pub type Incoming<'a> = super::sim::Incoming<'a, SocketAddr>;
}

#[cfg(backend = "instrumented")]
pub use dual::{Incoming, TcpListener, TcpStream, UdpSocket};
#[cfg(feature = "send-file")]
pub use send_file::send_file;
#[cfg(any(backend = "loom", backend = "shuttle"))]
/// The connections of a listener, one after the other.
pub type Incoming<'a> = sim::Incoming<'a, SocketAddr>;
#[cfg(any(backend = "loom", backend = "shuttle"))]
pub use sim::{TcpListener, TcpStream, UdpSocket};
