//! One end of a connection.

use std::{
    fmt,
    io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write},
    net::{Shutdown, SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use super::{
    address::Address,
    network,
    pipe::{Failed, Patience, Pipe},
};
use crate::backend::{execution_id, plain::Plain};

/// What Linux begins with.
pub(super) const TTL_DEFAULT: u32 = 64;

/// A simulated [`std::net::TcpStream`].
pub type TcpStream = Stream<SocketAddr>;

/// One end of a simulated connection. The connection ends when the last clone is dropped.
pub struct Stream<A: Address> {
    end: Arc<End<A>>,
}

/// What all clones of a stream share.
pub(super) struct End<A> {
    /// Destructors that run after the end of their execution must not touch its objects.
    execution: u64,
    incoming: Arc<Pipe>,
    outgoing: Arc<Pipe>,
    local: A,
    peer: A,
    settings: Plain<Settings>,
}

#[derive(Clone, Copy)]
struct Settings {
    ttl: u32,
    nonblocking: bool,
    nodelay: bool,
    read_timeout: Option<Duration>,
    write_timeout: Option<Duration>,
}

impl Settings {
    const NEW: Settings = Settings {
        ttl: TTL_DEFAULT,
        nonblocking: false,
        nodelay: false,
        read_timeout: None,
        write_timeout: None,
    };
}

/// The two ends of a new connection between `client` and `server`.
#[track_caller]
pub(super) fn pair<A: Address>(client: A, server: A) -> (Stream<A>, Stream<A>) {
    let buffer = network::settings().buffer.with(|bytes| *bytes);
    let to_server = Arc::new(Pipe::new(buffer));
    let to_client = Arc::new(Pipe::new(buffer));
    let end = |incoming: &Arc<Pipe>, outgoing: &Arc<Pipe>, local: &A, peer: &A| Stream {
        end: Arc::new(End {
            execution: execution_id(),
            incoming: Arc::clone(incoming),
            outgoing: Arc::clone(outgoing),
            local: local.clone(),
            peer: peer.clone(),
            settings: Plain::new(Settings::NEW),
        }),
    };
    (end(&to_client, &to_server, &client, &server), end(&to_server, &to_client, &server, &client))
}

impl TcpStream {
    /// Connects to a listener of this execution; blocks while its backlog is full.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` when nobody listens at the address.
    #[track_caller]
    pub fn connect<A: ToSocketAddrs>(address: A) -> io::Result<TcpStream> {
        let mut last = io::Error::new(ErrorKind::InvalidInput, "no address given");
        for address in address.to_socket_addrs()? {
            match network::connect(address, address, None) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// As [`connect`](Self::connect), but waits for at most `timeout`. On the loom and shuttle backends it never ends.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` when nobody listens at the address, `TimedOut` when the backlog stays full, `InvalidInput` for a
    /// timeout of zero.
    #[track_caller]
    pub fn connect_timeout(address: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        check_timeout(Some(timeout))?;
        network::connect(*address, *address, Some(timeout))
    }

    /// Kept and returned by [`nodelay`](Self::nodelay): simulated bytes are never held back.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.end.settings.with(|settings| settings.nodelay = nodelay);
        Ok(())
    }

    /// What was set by [`set_nodelay`](Self::set_nodelay).
    ///
    /// # Errors
    ///
    /// None.
    pub fn nodelay(&self) -> io::Result<bool> {
        Ok(self.settings().nodelay)
    }

    /// Kept and returned by [`ttl`](Self::ttl): there are no routers here.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.end.settings.with(|settings| settings.ttl = ttl);
        Ok(())
    }

    /// What was set by [`set_ttl`](Self::set_ttl).
    ///
    /// # Errors
    ///
    /// None.
    pub fn ttl(&self) -> io::Result<u32> {
        Ok(self.settings().ttl)
    }

    /// As a read that leaves the bytes where they are.
    ///
    /// # Errors
    ///
    /// As a read.
    #[track_caller]
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.end.received(self.end.incoming.read(buffer, self.read_patience(), true))
    }
}

impl<A: Address> Stream<A> {
    /// The address of this end.
    ///
    /// # Errors
    ///
    /// None.
    pub fn local_addr(&self) -> io::Result<A> {
        Ok(self.end.local.clone())
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// None.
    pub fn peer_addr(&self) -> io::Result<A> {
        Ok(self.end.peer.clone())
    }

    /// Another handle to the same end.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Stream { end: Arc::clone(&self.end) })
    }

    /// Ends one or both directions; reads and writes of any clone that wait return.
    ///
    /// # Errors
    ///
    /// None.
    #[track_caller]
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if matches!(how, Shutdown::Read | Shutdown::Both) {
            self.end.incoming.stop_reading();
        }
        if matches!(how, Shutdown::Write | Shutdown::Both) {
            self.end.outgoing.end(false);
        }
        Ok(())
    }

    /// Makes reads and writes of all clones fail with `WouldBlock` where they would wait.
    ///
    /// # Errors
    ///
    /// None.
    pub fn set_nonblocking(&self, nonblocking: bool) -> io::Result<()> {
        self.end.settings.with(|settings| settings.nonblocking = nonblocking);
        Ok(())
    }

    /// Limits how long a read waits; it then fails with `WouldBlock`. On the loom and shuttle backends it never does.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a timeout of zero.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        check_timeout(timeout)?;
        self.end.settings.with(|settings| settings.read_timeout = timeout);
        Ok(())
    }

    /// Limits how long a write waits; it then fails with `WouldBlock`. On the loom and shuttle backends it never does.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a timeout of zero.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        check_timeout(timeout)?;
        self.end.settings.with(|settings| settings.write_timeout = timeout);
        Ok(())
    }

    /// The limit of reads.
    ///
    /// # Errors
    ///
    /// None.
    pub fn read_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.settings().read_timeout)
    }

    /// The limit of writes.
    ///
    /// # Errors
    ///
    /// None.
    pub fn write_timeout(&self) -> io::Result<Option<Duration>> {
        Ok(self.settings().write_timeout)
    }

    /// No error is ever pending.
    ///
    /// # Errors
    ///
    /// None.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(None)
    }

    /// Resets the connection from outside.
    #[track_caller]
    pub(super) fn break_off(&self) {
        self.end.incoming.break_off();
        self.end.outgoing.break_off();
    }

    /// The pipe that this end reads from.
    #[cfg(feature = "poll")]
    pub(crate) fn watch(&self, who: Arc<dyn super::Wake>, key: usize) {
        self.end.incoming.watch(who, key, false);
    }

    /// As [`watch`](Self::watch), each time; or once when there is room to write.
    #[cfg(feature = "poll")]
    #[track_caller]
    pub(crate) fn watch_edges(&self, who: Arc<dyn super::Wake>, key: usize, interest: crate::poll::Interest) {
        match interest {
            crate::poll::Interest::Read => {
                self.end.outgoing.unwatch_room();
                self.end.incoming.watch(who, key, true);
            }
            crate::poll::Interest::Write => {
                // Not watched for bytes before, it is not now.
                let _ = self.end.incoming.unwatch();
                self.end.outgoing.watch_room(who, key);
            }
        }
    }

    #[cfg(feature = "poll")]
    pub(crate) fn unwatch(&self) -> io::Result<()> {
        let for_room = self.end.outgoing.unwatch_room();
        let for_bytes = self.end.incoming.unwatch();
        if for_room { Ok(()) } else { for_bytes }
    }

    fn settings(&self) -> Settings {
        self.end.settings.with(|settings| *settings)
    }

    fn read_patience(&self) -> Patience {
        let settings = self.settings();
        patience(settings.nonblocking, settings.read_timeout)
    }

    fn write_patience(&self) -> Patience {
        let settings = self.settings();
        patience(settings.nonblocking, settings.write_timeout)
    }
}

pub(super) fn patience(nonblocking: bool, timeout: Option<Duration>) -> Patience {
    match timeout {
        _ if nonblocking => Patience::None,
        Some(timeout) => Patience::Timeout(timeout),
        None => Patience::Endless,
    }
}

pub(super) fn check_timeout(timeout: Option<Duration>) -> io::Result<()> {
    if timeout == Some(Duration::ZERO) {
        return Err(io::Error::new(ErrorKind::InvalidInput, "cannot set a 0 duration timeout"));
    }
    Ok(())
}

impl<A: Address> Read for &Stream<A> {
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.end.received(self.end.incoming.read(buffer, self.read_patience(), false))
    }

    /// One read, as the system's call is.
    #[track_caller]
    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let mut whole = vec![0; buffers.iter().map(|buffer| buffer.len()).sum()];
        let count = self.read(&mut whole)?;
        let mut rest = &whole[..count];
        for buffer in buffers {
            let (now, later) = rest.split_at(rest.len().min(buffer.len()));
            buffer[..now.len()].copy_from_slice(now);
            rest = later;
        }
        Ok(count)
    }
}

impl<A: Address> Write for &Stream<A> {
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.end.sent(self.end.outgoing.write(bytes, self.write_patience()))
    }

    /// One write, as the system's call is.
    #[track_caller]
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let whole: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
        self.write(&whole)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<A: Address> Read for Stream<A> {
    #[track_caller]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }

    #[track_caller]
    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self).read_vectored(buffers)
    }
}

impl<A: Address> Write for Stream<A> {
    #[track_caller]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    #[track_caller]
    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<A> End<A> {
    /// What a read came to; where the connection broke off in it, the other direction does, too.
    #[track_caller]
    fn received(&self, result: Result<usize, Failed>) -> io::Result<usize> {
        done(result, &self.outgoing)
    }

    /// As [`received`](Self::received), of a write.
    #[track_caller]
    fn sent(&self, result: Result<usize, Failed>) -> io::Result<usize> {
        done(result, &self.incoming)
    }
}

#[track_caller]
fn done(result: Result<usize, Failed>, other: &Pipe) -> io::Result<usize> {
    result.map_err(|failed| match failed {
        Failed::Error(error) => error,
        Failed::BrokeOff => {
            other.break_off();
            ErrorKind::ConnectionReset.into()
        }
    })
}

impl<A> Drop for End<A> {
    #[track_caller]
    fn drop(&mut self) {
        if self.execution == execution_id() {
            // The peer of an end that has not read everything is told by a reset, as in TCP.
            let unread = self.incoming.close();
            self.outgoing.end(unread);
        }
    }
}

impl<A: Address> fmt::Debug for Stream<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(A::STREAM).field("addr", &self.end.local).field("peer", &self.end.peer).finish()
    }
}
