//! The poller over the operating system's own (epoll on Linux), through the `polling` crate.

#![allow(clippy::disallowed_types, reason = "this poller watches the operating system's sockets")]

use std::{io, net::TcpStream, time::Duration};

use polling::{Event, Events};

/// Waits until streams can be read (or have been closed by the peer).
///
/// Interest is one-shot: a stream that was reported is not watched again until it is [`add`](Self::add)ed anew.
/// Any thread may add and remove streams while one thread waits.
#[derive(Debug)]
pub struct Poller {
    inner: polling::Poller,
}

impl Poller {
    /// Creates a poller.
    ///
    /// # Errors
    ///
    /// What the operating system says, for example when descriptors have run out.
    pub fn new() -> io::Result<Self> {
        Ok(Poller { inner: polling::Poller::new()? })
    }

    /// Reports `key` once when `stream` can be read without blocking: bytes have come, or the peer has closed.
    ///
    /// The stream must be [`remove`](Self::remove)d before it is dropped.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn add(&self, stream: &TcpStream, key: usize) -> io::Result<()> {
        // SAFETY: the contract above: callers remove the stream before they drop it, so the poller never holds a
        // descriptor that was closed.
        match unsafe { self.inner.add(stream, Event::readable(key)) } {
            // A stream that was reported stays known, with no interest, until it is removed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.inner.modify(stream, Event::readable(key))
            }
            done => done,
        }
    }

    /// Stops watching `stream`.
    ///
    /// # Errors
    ///
    /// `NotFound` when the stream was not added.
    pub fn remove(&self, stream: &TcpStream) -> io::Result<()> {
        self.inner.delete(stream)
    }

    /// Blocks until a stream is ready, [`notify`](Self::notify) is called or `timeout` has passed, and appends the keys
    /// of ready streams to `ready`.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn wait(&self, ready: &mut Vec<usize>, timeout: Option<Duration>) -> io::Result<()> {
        let mut events = Events::new();
        self.inner.wait(&mut events, timeout)?;
        ready.extend(events.iter().map(|event| event.key));
        Ok(())
    }

    /// Makes the present or the next [`wait`](Self::wait) return.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn notify(&self) -> io::Result<()> {
        self.inner.notify()
    }
}
