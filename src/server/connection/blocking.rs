//! A connection whose thread waits in its socket.
//!
//! 1. *The system's time limit of a read or write is changed only where it would end too late*: one that ends early costs a
//!    look at the clock, while setting it for each request would cost each a system call.
//! 2. *Who is about to wait for a next request says so in the table first, and looks at the draining flag second*; a shutdown
//!    sets the flag first and ends the idle ones' reading second. Otherwise: the thread sees no shutdown; the shutdown finds
//!    the connection busy and leaves it alone; the thread waits for a request until its idle time is over, and the drain
//!    with it.
//! 3. *Only reading is ended*, so that a request which has arrived already is still read and answered.

use std::io;

use super::{Connection, Output};
use crate::{
    net::Shutdown,
    server::table::BlockingStep,
    time::{Duration, Instant},
};

/// How long the socket waits.
pub(super) struct Waits {
    /// The limit that the system has now.
    read_timeout: Duration,
    /// The last wait ended by that limit, which may have been too early.
    has_ended_early: bool,
    /// What is waited for has been noted.
    is_noted: bool,
}

impl Waits {
    pub(super) fn ended_early(&mut self) {
        self.has_ended_early = true;
    }
}

impl Connection {
    /// Serves the client from now on by waiting in its socket.
    ///
    /// An error when the client has gone already.
    pub(crate) fn start_blocking(&mut self) -> io::Result<()> {
        let limits = &self.site.limits;
        let read_timeout = limits.header_timeout.min(limits.idle_timeout).max(Duration::from_millis(1));
        self.stream().set_nonblocking(false)?;
        self.stream().set_read_timeout(Some(read_timeout))?;
        // Else the first write would wait for a client that does not read as long as it likes.
        self.stream().set_write_timeout(Some(limits.write_timeout.max(Duration::from_millis(1))))?;
        self.blocking = Some(Waits { read_timeout, has_ended_early: false, is_noted: false });
        Ok(())
    }

    /// No operation on the socket waits any more.
    pub(super) fn stop_blocking(&mut self) {
        if self.blocking.take().is_some() {
            // Fails only on a socket that has gone; then the next operation says so.
            let _ = self.stream().set_nonblocking(true);
        }
    }

    /// A handler has waited in the socket: it waits no more if it did not before, and its time limit is an unknown one.
    pub(super) fn has_blocked(&mut self) {
        match &mut self.blocking {
            Some(waits) => waits.read_timeout = Duration::MAX,
            // Fails only on a socket that has gone; then the next operation says so.
            None => drop(self.stream().set_nonblocking(true)),
        }
        self.is_drained = false;
    }

    /// Prepares a read; false when it would have to wait and the time is up.
    pub(super) fn may_wait_to_read(&mut self) -> bool {
        let Some(waits) = &mut self.blocking else { return true };
        if !std::mem::replace(&mut waits.is_noted, true) {
            self.note_wait(Instant::now());
            if !self.has_begun() && self.core.is_draining() {
                // What has arrived can still be read, then comes the end.
                let _ = self.stream().shutdown(Shutdown::Read);
            }
        }
        let left = self.deadline.saturating_duration_since(Instant::now());
        let Some(waits) = &mut self.blocking else { return true };
        if left.is_zero() {
            return false;
        }
        if left < waits.read_timeout || waits.has_ended_early {
            (waits.read_timeout, waits.has_ended_early) = (left, false);
            let _ = self.stream().set_read_timeout(Some(left));
        }
        true
    }

    /// Notes that bytes have come.
    pub(super) fn has_read(&mut self) {
        if let Some(waits) = &mut self.blocking {
            waits.is_noted = false;
            self.enter(BlockingStep::Read, None);
        }
    }

    /// Prepares a write that waits; false when the time is up.
    pub(super) fn may_wait_to_write(&self, output: &mut Output) -> bool {
        let left = output.pace().left();
        !left.is_zero() && self.stream().set_write_timeout(Some(left)).is_ok()
    }
}
