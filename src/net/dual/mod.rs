//! Sockets that are the operating system's outside of a model and simulated inside.

#![allow(clippy::disallowed_types, reason = "outside of a model the socket is the operating system's")]

mod udp;

use std::{
    io::{self, Read, Write},
    net::{self, Shutdown, SocketAddr, ToSocketAddrs},
    time::Duration,
};

use super::sim;
use crate::backend::in_model;

pub use udp::UdpSocket;

/// A TCP connection, as [`std::net::TcpStream`]; simulated when it is made in a model.
#[derive(Debug)]
pub struct TcpStream(pub(crate) Stream);

#[derive(Debug)]
pub(crate) enum Stream {
    Os(net::TcpStream),
    Sim(sim::TcpStream),
}

/// A TCP listener, as [`std::net::TcpListener`]; simulated when it is made in a model.
#[derive(Debug)]
pub struct TcpListener(Listener);

#[derive(Debug)]
enum Listener {
    Os(net::TcpListener),
    Sim(sim::TcpListener),
}

/// Runs the same method on either stream.
macro_rules! stream {
    ($self:expr, $stream:ident => $call:expr) => {
        match &$self.0 {
            Stream::Os($stream) => $call,
            Stream::Sim($stream) => $call,
        }
    };
}

/// Runs the same method on either listener.
macro_rules! listener {
    ($self:expr, $listener:ident => $call:expr) => {
        match &$self.0 {
            Listener::Os($listener) => $call,
            Listener::Sim($listener) => $call,
        }
    };
}

/// Makes methods that only hand on to the stream.
macro_rules! handed_on {
    ($($(#[doc = $doc:literal])* $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {$(
        $(#[doc = $doc])*
        ///
        /// # Errors
        ///
        /// As `std`'s method of this name.
        #[track_caller]
        pub fn $name(&self, $($arg: $ty),*) -> $ret {
            stream!(self, stream => stream.$name($($arg),*))
        }
    )*};
}

/// Implements the traits of reading and writing by those of the streams behind.
macro_rules! reads_and_writes {
    ($name:ident) => {
        impl Read for &$name {
            #[track_caller]
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                stream!(self, stream => (&mut &*stream).read(buffer))
            }

            #[track_caller]
            fn read_vectored(&mut self, buffers: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
                stream!(self, stream => (&mut &*stream).read_vectored(buffers))
            }
        }

        impl Write for &$name {
            #[track_caller]
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                stream!(self, stream => (&mut &*stream).write(bytes))
            }

            #[track_caller]
            fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
                stream!(self, stream => (&mut &*stream).write_vectored(slices))
            }

            fn flush(&mut self) -> io::Result<()> {
                stream!(self, stream => (&mut &*stream).flush())
            }
        }

        impl Read for $name {
            #[track_caller]
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                (&*self).read(buffer)
            }

            #[track_caller]
            fn read_vectored(&mut self, buffers: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
                (&*self).read_vectored(buffers)
            }
        }

        impl Write for $name {
            #[track_caller]
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                (&*self).write(bytes)
            }

            #[track_caller]
            fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
                (&*self).write_vectored(slices)
            }

            fn flush(&mut self) -> io::Result<()> {
                (&*self).flush()
            }
        }
    };
}

/// Implements what all listeners have.
macro_rules! accepts {
    ($name:ident, $stream:ident, $address:ty) => {
        impl $name {
            /// Takes a connection; blocks while there is none.
            ///
            /// # Errors
            ///
            /// As `std`'s method of this name.
            #[track_caller]
            pub fn accept(&self) -> io::Result<($stream, $address)> {
                Ok(match &self.0 {
                    Listener::Os(listener) => {
                        let (stream, peer) = listener.accept()?;
                        ($stream(Stream::Os(stream)), peer)
                    }
                    Listener::Sim(listener) => {
                        let (stream, peer) = listener.accept()?;
                        ($stream(Stream::Sim(stream)), peer)
                    }
                })
            }

            /// Accepts one connection after the other.
            pub fn incoming(&self) -> Incoming<'_> {
                Incoming { listener: self }
            }

            /// Where the listener listens.
            ///
            /// # Errors
            ///
            /// As `std`'s method of this name.
            pub fn local_addr(&self) -> io::Result<$address> {
                listener!(self, listener => listener.local_addr())
            }

            /// Another handle to the same listener.
            ///
            /// # Errors
            ///
            /// As `std`'s method of this name.
            pub fn try_clone(&self) -> io::Result<$name> {
                Ok($name(match &self.0 {
                    Listener::Os(listener) => Listener::Os(listener.try_clone()?),
                    Listener::Sim(listener) => Listener::Sim(listener.try_clone()?),
                }))
            }

            /// Makes accepts fail with `WouldBlock` where they would wait.
            ///
            /// # Errors
            ///
            /// As `std`'s method of this name.
            pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
                listener!(self, listener => listener.set_nonblocking(nonblocking))
            }

            /// Takes the error that is pending.
            ///
            /// # Errors
            ///
            /// As `std`'s method of this name.
            pub fn take_error(&self) -> io::Result<Option<io::Error>> {
                listener!(self, listener => listener.take_error())
            }
        }

        /// The connections of a listener, one after the other.
        #[derive(Debug)]
        pub struct Incoming<'a> {
            listener: &'a $name,
        }

        impl Iterator for Incoming<'_> {
            type Item = io::Result<$stream>;

            #[track_caller]
            fn next(&mut self) -> Option<Self::Item> {
                Some(self.listener.accept().map(|(stream, _)| stream))
            }
        }
    };
}

#[cfg(unix)]
pub(crate) mod unix;

impl TcpStream {
    /// Connects to a listener.
    ///
    /// # Errors
    ///
    /// As [`std::net::TcpStream::connect`].
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(address: A) -> io::Result<TcpStream> {
        Ok(TcpStream(if in_model() {
            Stream::Sim(sim::TcpStream::connect(address)?)
        } else {
            Stream::Os(net::TcpStream::connect(address)?)
        }))
    }

    /// Connects to a listener, for at most `timeout`.
    ///
    /// # Errors
    ///
    /// As [`std::net::TcpStream::connect_timeout`].
    #[track_caller]
    pub fn connect_timeout(address: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        Ok(TcpStream(if in_model() {
            Stream::Sim(sim::TcpStream::connect_timeout(address, timeout)?)
        } else {
            Stream::Os(net::TcpStream::connect_timeout(address, timeout)?)
        }))
    }

    /// Another handle to the same end.
    ///
    /// # Errors
    ///
    /// As [`std::net::TcpStream::try_clone`].
    pub fn try_clone(&self) -> io::Result<TcpStream> {
        Ok(TcpStream(match &self.0 {
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
        /// Whether small writes are sent at once.
        set_nodelay(nodelay: bool) -> io::Result<()>;
        /// Whether small writes are sent at once.
        nodelay() -> io::Result<bool>;
        /// Through how many routers what is sent may go.
        set_ttl(ttl: u32) -> io::Result<()>;
        /// Through how many routers what is sent may go.
        ttl() -> io::Result<u32>;
        /// As a read that leaves the bytes where they are.
        peek(buffer: &mut [u8]) -> io::Result<usize>;
        /// Takes the error that is pending.
        take_error() -> io::Result<Option<io::Error>>;
    }
}

reads_and_writes!(TcpStream);

impl From<net::TcpListener> for TcpListener {
    fn from(listener: net::TcpListener) -> Self {
        TcpListener(Listener::Os(listener))
    }
}

impl TcpListener {
    /// Listens at `address`.
    ///
    /// # Errors
    ///
    /// As [`std::net::TcpListener::bind`].
    #[track_caller]
    pub fn bind<A: ToSocketAddrs>(address: A) -> io::Result<TcpListener> {
        Ok(TcpListener(if in_model() {
            Listener::Sim(sim::TcpListener::bind(address)?)
        } else {
            Listener::Os(net::TcpListener::bind(address)?)
        }))
    }

    /// Through how many routers what connections send may go.
    ///
    /// # Errors
    ///
    /// As [`std::net::TcpListener::set_ttl`].
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        listener!(self, listener => listener.set_ttl(ttl))
    }

    /// Through how many routers what connections send may go.
    ///
    /// # Errors
    ///
    /// As [`std::net::TcpListener::ttl`].
    pub fn ttl(&self) -> io::Result<u32> {
        listener!(self, listener => listener.ttl())
    }
}

#[cfg(feature = "poll")]
impl TcpListener {
    /// Whether it was made in a model.
    pub(crate) fn is_simulated(&self) -> bool {
        matches!(self.0, Listener::Sim(_))
    }

    /// The operating system's listener, outside of a model.
    #[cfg(target_os = "linux")]
    pub(crate) fn os(&self) -> Option<&net::TcpListener> {
        match &self.0 {
            Listener::Os(listener) => Some(listener),
            Listener::Sim(_) => None,
        }
    }
}

#[cfg(all(feature = "send-file", target_os = "linux"))]
impl TcpStream {
    /// The operating system's stream, outside of a model.
    pub(crate) fn os(&self) -> Option<&net::TcpStream> {
        match &self.0 {
            Stream::Os(stream) => Some(stream),
            Stream::Sim(_) => None,
        }
    }
}

#[cfg(all(feature = "poll", target_os = "linux"))]
impl From<std::os::fd::OwnedFd> for TcpStream {
    fn from(stream: std::os::fd::OwnedFd) -> Self {
        TcpStream(Stream::Os(stream.into()))
    }
}

accepts!(TcpListener, TcpStream, SocketAddr);
