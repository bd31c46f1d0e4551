//! The poller's thread: takes parked connections out and sends each where it belongs.
//!
//! 1. *It never blocks but in the poller*: it hands readable connections to the pool without waiting, and what the pool
//!    does not take is answered with 503 by one write that may not block. Otherwise one slow client would stop all
//!    deadlines.
//! 2. *One batch, one lock*: connections that became readable together are queued together, which saves a lock and often
//!    a wake-up each.

use std::{collections::VecDeque, io::Read};

use super::{
    connection::Connection,
    core::{Core, Workers},
    limits::READ_BYTES,
    parking::Guest,
};
use crate::{sync::Arc, time::Instant};

/// Runs until the parking stops.
pub(crate) fn run(core: &Arc<Core>, workers: &Workers) {
    let mut jobs: VecDeque<Connection> = VecDeque::new();
    while let Some(due) = core.parking.wait() {
        for (deadline, guest) in due.ready {
            match guest {
                Guest::Waiting(mut connection) => {
                    connection.queue();
                    jobs.push_back(connection);
                }
                Guest::Leaving { .. } => drain_leaving(core, guest, deadline),
            }
        }
        if !jobs.is_empty() {
            workers.try_submit_all(&mut jobs);
            jobs.drain(..).for_each(Connection::shed);
        }
        for guest in due.expired {
            if let Guest::Waiting(connection) = guest {
                connection.expire();
            }
        }
    }
}

/// Drops what a leaving client sent; keeps it until it has closed its side.
fn drain_leaving(core: &Core, guest: Guest, deadline: Instant) {
    let mut bytes = [0; READ_BYTES];
    let mut stream = guest.stream();
    match stream.read(&mut bytes) {
        Ok(0) => {}
        Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => {}
        // One read a turn, so that a flood does not hold the poller's thread.
        _ => core.parking.park(guest, deadline),
    }
}
