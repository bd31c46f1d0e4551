//! A poller that is the operating system's outside of a model and simulated inside.

use std::{io, time::Duration};

use super::{Event, Interest, native, sim};
use crate::{
    backend::in_model,
    net::{TcpStream, dual::Stream},
};

/// Waits until streams can be read (or have been closed by the peer).
///
/// Interest is one-shot or edge-triggered: a stream that was [`add`](Self::add)ed and reported is not watched again until it
/// is added anew; a stream under [`watch`](Self::watch) is reported each time that something happens to it.
/// Any thread may add and remove streams while one thread waits. A poller made in a model watches streams made there, a
/// poller made outside watches those made outside.
#[derive(Debug)]
pub struct Poller(Inner);

#[derive(Debug)]
enum Inner {
    Os(native::Poller),
    Sim(sim::Poller),
}

impl Poller {
    /// Creates a poller.
    ///
    /// # Errors
    ///
    /// What the operating system says, for example when descriptors have run out.
    #[track_caller]
    pub fn new() -> io::Result<Self> {
        Ok(Poller(if in_model() {
            Inner::Sim(sim::Poller::new()?)
        } else {
            Inner::Os(native::Poller::new()?)
        }))
    }

    /// Reports `key` once when `stream` can be read without blocking: bytes have come, or the peer has closed.
    ///
    /// The stream must be [`remove`](Self::remove)d before it is dropped.
    ///
    /// # Errors
    ///
    /// What the operating system says; `InvalidInput` when one of poller and stream was made in a model and the other not.
    #[track_caller]
    pub fn add(&self, stream: &TcpStream, key: usize) -> io::Result<()> {
        match (&self.0, &stream.0) {
            (Inner::Os(poller), Stream::Os(stream)) => poller.add(stream, key),
            (Inner::Sim(poller), Stream::Sim(stream)) => poller.add(stream, key),
            _ => Err(mixed()),
        }
    }

    /// Reports `key` now if what `interest` names is the case already, and from now on each time that it comes about anew.
    ///
    /// Replaces what the stream was watched for before. After a write that would have blocked, call it anew.
    ///
    /// The stream must be [`remove`](Self::remove)d before it is dropped.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    #[track_caller]
    pub fn watch(&self, stream: &TcpStream, key: usize, interest: Interest) -> io::Result<()> {
        match (&self.0, &stream.0) {
            (Inner::Os(poller), Stream::Os(stream)) => poller.watch(stream, key, interest),
            (Inner::Sim(poller), Stream::Sim(stream)) => poller.watch(stream, key, interest),
            _ => Err(mixed()),
        }
    }

    /// Stops watching `stream`.
    ///
    /// # Errors
    ///
    /// `NotFound` when the stream was not added; otherwise as [`add`](Self::add).
    #[track_caller]
    pub fn remove(&self, stream: &TcpStream) -> io::Result<()> {
        match (&self.0, &stream.0) {
            (Inner::Os(poller), Stream::Os(stream)) => poller.remove(stream),
            (Inner::Sim(poller), Stream::Sim(stream)) => poller.remove(stream),
            _ => Err(mixed()),
        }
    }

    /// Blocks until something happens to a stream, [`notify`](Self::notify) is called or `timeout` has passed, and appends
    /// what happened to `events`.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    #[track_caller]
    pub fn wait(&self, events: &mut Vec<Event>, timeout: Option<Duration>) -> io::Result<()> {
        match &self.0 {
            Inner::Os(poller) => poller.wait(events, timeout),
            Inner::Sim(poller) => poller.wait(events, timeout),
        }
    }

    /// Makes the present or the next [`wait`](Self::wait) return.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    #[track_caller]
    pub fn notify(&self) -> io::Result<()> {
        match &self.0 {
            Inner::Os(poller) => poller.notify(),
            Inner::Sim(poller) => poller.notify(),
        }
    }
}

fn mixed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "the stream and the poller are not of the same world (model or not)",
    )
}
