//! Blocking TCP in the shape of [`std::net`].
//!
//! On the native backend every item here *is* the `std` item. In a model sockets are simulated.

pub use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, ToSocketAddrs};
#[cfg(backend = "native")]
pub use std::net::{TcpListener, TcpStream};
