//! Blocking TCP and UDP in the shape of [`std::net`].
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

#[cfg(backend = "instrumented")]
pub use dual::{Incoming, TcpListener, TcpStream, UdpSocket};
#[cfg(any(backend = "loom", backend = "shuttle"))]
pub use sim::{Incoming, TcpListener, TcpStream, UdpSocket};
