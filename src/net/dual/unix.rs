//! Unix sockets that are the operating system's outside of a model and simulated inside.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    os::unix::net::{self, SocketAddr},
    path::Path,
    time::Duration,
};

use crate::{backend::in_model, net::sim};

/// A connection between processes of one machine, as [`std::os::unix::net::UnixStream`]; simulated when it is made in a model.
#[derive(Debug)]
pub struct UnixStream(pub(crate) Stream);

#[derive(Debug)]
pub(crate) enum Stream {
    Os(net::UnixStream),
    Sim(sim::UnixStream),
}

/// A listener, as [`std::os::unix::net::UnixListener`]; simulated when it is made in a model.
#[derive(Debug)]
pub struct UnixListener(Listener);

#[derive(Debug)]
enum Listener {
    Os(net::UnixListener),
    Sim(sim::UnixListener),
}

impl UnixStream {
    /// Connects to who listens at the path.
    ///
    /// # Errors
    ///
    /// As [`std::os::unix::net::UnixStream::connect`].
    #[track_caller]
    pub fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        Ok(UnixStream(if in_model() {
            Stream::Sim(sim::UnixStream::connect(path)?)
        } else {
            Stream::Os(net::UnixStream::connect(path)?)
        }))
    }

    /// Connects to who listens at the address. In a model it must be a path.
    ///
    /// # Errors
    ///
    /// As [`std::os::unix::net::UnixStream::connect_addr`].
    #[track_caller]
    pub fn connect_addr(address: &SocketAddr) -> io::Result<UnixStream> {
        Ok(UnixStream(if in_model() {
            Stream::Sim(sim::UnixStream::connect_addr(address)?)
        } else {
            Stream::Os(net::UnixStream::connect_addr(address)?)
        }))
    }

    /// The two ends of a new connection, both without names.
    ///
    /// # Errors
    ///
    /// As [`std::os::unix::net::UnixStream::pair`].
    #[track_caller]
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        Ok(if in_model() {
            let (one, other) = sim::UnixStream::pair()?;
            (UnixStream(Stream::Sim(one)), UnixStream(Stream::Sim(other)))
        } else {
            let (one, other) = net::UnixStream::pair()?;
            (UnixStream(Stream::Os(one)), UnixStream(Stream::Os(other)))
        })
    }

    /// Another handle to the same end.
    ///
    /// # Errors
    ///
    /// As [`std::os::unix::net::UnixStream::try_clone`].
    pub fn try_clone(&self) -> io::Result<UnixStream> {
        Ok(UnixStream(match &self.0 {
            Stream::Os(stream) => Stream::Os(stream.try_clone()?),
            Stream::Sim(stream) => Stream::Sim(stream.try_clone()?),
        }))
    }

    handed_on! {
        /// The address of this end.
        local_addr() -> io::Result<SocketAddr>;
        /// The address of the other end.
        peer_addr() -> io::Result<SocketAddr>;
        /// Ends one or both directions.
        shutdown(how: Shutdown) -> io::Result<()>;
        /// Makes reads and writes fail with `WouldBlock` where they would wait.
        set_nonblocking(nonblocking: bool) -> io::Result<()>;
        /// Limits how long a read waits.
        set_read_timeout(timeout: Option<Duration>) -> io::Result<()>;
        /// Limits how long a write waits.
        set_write_timeout(timeout: Option<Duration>) -> io::Result<()>;
        /// The limit of reads.
        read_timeout() -> io::Result<Option<Duration>>;
        /// The limit of writes.
        write_timeout() -> io::Result<Option<Duration>>;
        /// Takes the error that is pending.
        take_error() -> io::Result<Option<io::Error>>;
    }
}

reads_and_writes!(UnixStream);

impl UnixListener {
    /// Listens at the path, where it makes a file.
    ///
    /// # Errors
    ///
    /// As [`std::os::unix::net::UnixListener::bind`].
    #[track_caller]
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        Ok(UnixListener(if in_model() {
            Listener::Sim(sim::UnixListener::bind(path)?)
        } else {
            Listener::Os(net::UnixListener::bind(path)?)
        }))
    }

    /// Listens at the address. In a model it must be a path.
    ///
    /// # Errors
    ///
    /// As [`std::os::unix::net::UnixListener::bind_addr`].
    #[track_caller]
    pub fn bind_addr(address: &SocketAddr) -> io::Result<UnixListener> {
        Ok(UnixListener(if in_model() {
            Listener::Sim(sim::UnixListener::bind_addr(address)?)
        } else {
            Listener::Os(net::UnixListener::bind_addr(address)?)
        }))
    }
}

accepts!(UnixListener, UnixStream, SocketAddr);
