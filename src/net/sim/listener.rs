//! Accepting connections.

use std::{
    fmt,
    io::{self, ErrorKind},
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
};

use super::{
    network,
    stream::{TTL_DEFAULT, TcpStream},
};
use crate::backend::{execution_id, plain::Plain};

/// A simulated [`std::net::TcpListener`]. It listens until the last clone is dropped.
pub struct TcpListener {
    socket: Arc<Socket>,
}

struct Socket {
    /// Destructors that run after the end of their execution must not touch its objects.
    execution: u64,
    address: SocketAddr,
    nonblocking: Plain<bool>,
    ttl: Plain<u32>,
}

impl TcpListener {
    /// Listens at `address`; port 0 means any.
    ///
    /// # Errors
    ///
    /// `AddrInUse` when somebody listens there in this execution.
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(address: A) -> io::Result<TcpListener> {
        let mut last = io::Error::new(ErrorKind::InvalidInput, "no address given");
        for address in address.to_socket_addrs()? {
            match network::bind(address) {
                Ok(address) => {
                    let socket = Socket {
                        execution: execution_id(),
                        address,
                        nonblocking: Plain::new(false),
                        ttl: Plain::new(TTL_DEFAULT),
                    };
                    return Ok(TcpListener { socket: Arc::new(socket) });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Takes a connection; blocks while there is none.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when there is none and the listener is non-blocking.
    #[track_caller]
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let stream = network::accept(self.socket.address, self.socket.nonblocking.with(|value| *value))?;
        let peer = stream.peer_addr()?;
        Ok((stream, peer))
    }

    /// Accepts one connection after the other.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self }
    }

    /// Where the listener listens.
    ///
    /// # Errors
    ///
    /// None.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.socket.address)
    }

    /// Another handle to the same listener.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<TcpListener> {
        Ok(TcpListener { socket: Arc::clone(&self.socket) })
    }

    /// Makes accepts of all clones fail with `WouldBlock` where they would wait.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.socket.nonblocking.with(|value| *value = nonblocking);
        Ok(())
    }

    /// Kept and returned by [`ttl`](Self::ttl): there are no routers here.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.socket.ttl.with(|value| *value = ttl);
        Ok(())
    }

    /// What was set by [`set_ttl`](Self::set_ttl).
    ///
    /// # Errors
    ///
    /// None.
    pub fn ttl(&self) -> io::Result<u32> {
        Ok(self.socket.ttl.with(|value| *value))
    }

    /// No error is ever pending.
    ///
    /// # Errors
    ///
    /// None.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(None)
    }
}

impl Drop for Socket {
    #[track_caller]
    fn drop(&mut self) {
        if self.execution == execution_id() {
            network::unbind(self.address);
        }
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpListener").field("addr", &self.socket.address).finish()
    }
}

/// See [`TcpListener::incoming`].
#[derive(Debug)]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
}

impl Iterator for Incoming<'_> {
    type Item = io::Result<TcpStream>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}
