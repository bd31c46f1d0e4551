//! The poller over epoll.
//!
//! A wait is one system call, whatever its timeout, and a notification another one: what wakes the poller is edge-triggered,
//! so it need not be read.

#![allow(clippy::disallowed_types, reason = "this poller watches the operating system's sockets")]

use std::{io, mem::MaybeUninit, net::TcpStream, os::fd::OwnedFd, time::Duration};

use rustix::{
    event::{
        EventfdFlags, Timespec,
        epoll::{self, CreateFlags, EventData, EventFlags},
        eventfd,
    },
    io::Errno,
};

use crate::poll::{Event, Interest};

/// Events that one wait takes.
const EVENTS_MAX: usize = 256;
/// The key of the poller's own wake-ups.
const NOTIFY_KEY: u64 = u64::MAX;

/// Waits until streams can be read (or have been closed by the peer).
///
/// Interest is one-shot or edge-triggered: a stream that was [`add`](Self::add)ed and reported is not watched again until it
/// is added anew; a stream under [`watch`](Self::watch) is reported each time that something happens to it.
/// Any thread may add and remove streams while one thread waits.
#[derive(Debug)]
pub struct Poller {
    epoll: OwnedFd,
    bell: OwnedFd,
}

impl Poller {
    /// Creates a poller.
    ///
    /// # Errors
    ///
    /// What the operating system says, for example when descriptors have run out.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &bell, EventData::new_u64(NOTIFY_KEY), EventFlags::IN | EventFlags::ET)?;
        Ok(Poller { epoll, bell })
    }

    /// Reports `key` once when `stream` can be read without blocking: bytes have come, or the peer has closed.
    ///
    /// The stream must be [`remove`](Self::remove)d before it is dropped.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn add(&self, stream: &TcpStream, key: usize) -> io::Result<()> {
        self.register(stream, key, EventFlags::IN | EventFlags::RDHUP | EventFlags::ONESHOT)
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
        let interest = match interest {
            Interest::Read => EventFlags::IN | EventFlags::RDHUP,
            Interest::Write => EventFlags::OUT,
        };
        self.register(stream, key, interest | EventFlags::ET)
    }

    fn register(&self, stream: &TcpStream, key: usize, flags: EventFlags) -> io::Result<()> {
        let key = EventData::new_u64(key as u64);
        match epoll::add(&self.epoll, stream, key, flags) {
            // A stream that was added before.
            Err(Errno::EXIST) => Ok(epoll::modify(&self.epoll, stream, key, flags)?),
            done => Ok(done?),
        }
    }

    /// Stops watching `stream`.
    ///
    /// # Errors
    ///
    /// `NotFound` when the stream was not added.
    pub fn remove(&self, stream: &TcpStream) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, stream)?)
    }

    /// Blocks until something happens to a stream, [`notify`](Self::notify) is called or `timeout` has passed, and appends
    /// what happened to `events`.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn wait(&self, events: &mut Vec<Event>, timeout: Option<Duration>) -> io::Result<()> {
        // Longer than the call takes is as good as endless: its caller looks again.
        let timeout = timeout.map(|timeout| {
            Timespec::try_from(timeout).unwrap_or(Timespec { tv_sec: i32::MAX.into(), tv_nsec: 0 })
        });
        let mut room = [MaybeUninit::uninit(); EVENTS_MAX];
        let (happened, _) = match epoll::wait(&self.epoll, &mut room, timeout.as_ref()) {
            Err(Errno::INTR) => return Ok(()),
            waited => waited?,
        };
        for event in happened.iter().filter(|event| event.data.u64() != NOTIFY_KEY) {
            let flags = event.flags;
            let closed = flags.intersects(EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR);
            events.push(Event { key: event.data.u64() as usize, closed });
        }
        Ok(())
    }

    /// Makes the present or the next [`wait`](Self::wait) return.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn notify(&self) -> io::Result<()> {
        match rustix::io::write(&self.bell, &1_u64.to_ne_bytes()) {
            // Rung so often that it cannot be rung once more: it has been heard, or will be.
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
