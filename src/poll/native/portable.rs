//! The poller over what other systems than Linux have, through the `polling` crate.

#![allow(clippy::disallowed_types, reason = "this poller watches the operating system's sockets")]

use std::{io, net::TcpStream, time::Duration};

use polling::{Event as OsEvent, Events, PollMode};

use crate::poll::{Event, Interest};

/// Waits until streams can be read (or have been closed by the peer).
///
/// Interest is one-shot or edge-triggered: a stream that was [`add`](Self::add)ed and reported is not watched again until it
/// is added anew; a stream under [`watch`](Self::watch) is reported each time that something happens to it.
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
        self.register(stream, OsEvent::readable(key), PollMode::Oneshot)
    }

    /// Reports `key` now if what `interest` names is the case already, and from now on each time that it comes about anew.
    ///
    /// Replaces what the stream was watched for before. After a write that would have blocked, call it anew.
    ///
    /// The stream must be [`remove`](Self::remove)d before it is dropped.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn watch(&self, stream: &TcpStream, key: usize, interest: Interest) -> io::Result<()> {
        let is_read = interest == Interest::Read;
        self.register(stream, OsEvent::new(key, is_read, !is_read), PollMode::Edge)
    }

    fn register(&self, stream: &TcpStream, event: OsEvent, mode: PollMode) -> io::Result<()> {
        // SAFETY: the contract above: callers remove the stream before they drop it, so the poller never holds a
        // descriptor that was closed.
        match unsafe { self.inner.add_with_mode(stream, event, mode) } {
            // A stream that was added before.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.inner.modify_with_mode(stream, event, mode)
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

    /// Blocks until something happens to a stream, [`notify`](Self::notify) is called or `timeout` has passed, and appends
    /// what happened to `events`.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn wait(&self, events: &mut Vec<Event>, timeout: Option<Duration>) -> io::Result<()> {
        let mut happened = Events::new();
        self.inner.wait(&mut happened, timeout)?;
        events.extend(happened.iter().map(|event| Event { key: event.key, closed: true }));
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
