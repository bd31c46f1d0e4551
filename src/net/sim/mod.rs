//! A network inside the model.
//!
//! Each execution has its own, empty at first. Differences from a real one:
//!
//! - Unix sockets have files on the simulated disk as names, and no abstract names;
//! - names of hosts are not simulated: an address is looked up as by `std`;
//! - a write to a peer that is gone fails at once (a real first write may seem to succeed);
//! - a `connect` waits while the listener's backlog is full;
//! - nothing is lost, cut or delayed but where [`fault`](crate::fault) allows it: a read returns what is there.

mod address;
mod listener;
mod network;
mod pipe;
mod stream;
mod udp;
#[cfg(unix)]
mod unix;

pub use address::Address;
pub use listener::{Incoming, Listener, TcpListener};
pub use network::{set_backlog, set_buffer};
#[cfg(feature = "poll")]
pub(crate) use pipe::Wake;
pub use stream::{Stream, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixListener, UnixStream};
