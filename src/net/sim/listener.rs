//! Accepting connections.

use std::{
    fmt,
    io::{self, ErrorKind},
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
};

use super::{
    address::Address,
    network,
    stream::{Stream, TTL_DEFAULT},
};
use crate::backend::{execution_id, plain::Plain};

/// A simulated [`std::net::TcpListener`].
pub type TcpListener = Listener<SocketAddr>;

/// A socket that connections come to. It listens until the last clone is dropped.
pub struct Listener<A: Address> {
    socket: Arc<Socket<A>>,
}

struct Socket<A: Address> {
    /// Destructors that run after the end of their execution must not touch its objects.
    execution: u64,
    key: A::Key,
    address: A,
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
                Ok(address) => return Ok(Listener::at(address, address)),
                Err(error) => last = error,
            }
        }
        Err(last)
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
}

impl<A: Address> Listener<A> {
    /// Of somebody who is known to the network under `key`.
    pub(super) fn at(key: A::Key, address: A) -> Self {
        Listener {
            socket: Arc::new(Socket {
                execution: execution_id(),
                key,
                address,
                nonblocking: Plain::new(false),
                ttl: Plain::new(TTL_DEFAULT),
            }),
        }
    }

    /// Takes a connection; blocks while there is none.
    ///
    /// # Errors
    ///
    /// `WouldBlock` when there is none and the listener is non-blocking.
    #[track_caller]
    pub fn accept(&self) -> io::Result<(Stream<A>, A)> {
        let stream = network::accept(self.socket.key, self.socket.nonblocking.with(|value| *value))?;
        let peer = stream.peer_addr()?;
        Ok((stream, peer))
    }

    /// Accepts one connection after the other.
    pub fn incoming(&self) -> Incoming<'_, A> {
        Incoming { listener: self }
    }

    /// Where the listener listens.
    ///
    /// # Errors
    ///
    /// None.
    pub fn local_addr(&self) -> io::Result<A> {
        Ok(self.socket.address.clone())
    }

    /// Another handle to the same listener.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Listener { socket: Arc::clone(&self.socket) })
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

    /// No error is ever pending.
    ///
    /// # Errors
    ///
    /// None.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(None)
    }
}

impl<A: Address> Drop for Socket<A> {
    #[track_caller]
    fn drop(&mut self) {
        if self.execution == execution_id() {
            network::unbind::<A>(self.key);
        }
    }
}

impl<A: Address> fmt::Debug for Listener<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(A::LISTENER).field("addr", &self.socket.address).finish()
    }
}

/// See [`Listener::incoming`].
#[derive(Debug)]
pub struct Incoming<'a, A: Address> {
    listener: &'a Listener<A>,
}

impl<A: Address> Iterator for Incoming<'_, A> {
    type Item = io::Result<Stream<A>>;

    #[track_caller]
    fn next(&mut self) -> Option<Self::Item> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}
