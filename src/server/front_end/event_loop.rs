//! The thread of a loop: takes connections out of its parking, serves what can be served at once, and gives the rest away.
//!
//! 1. *It never blocks but in the poller*: what may block goes to the pool without waiting, and what the pool does not take
//!    is answered with 503 by one write that may not block. Otherwise one slow client would stop all deadlines.
//! 2. *One batch, one lock*: connections that became ready together are queued together, which saves a lock and often a
//!    wake-up each.
//! 3. *What it can answer at once it answers itself*: that costs less than waking somebody to do it.
//! 4. *It shares only what would wait*: with a batch as long as [`SHARE_MIN`] it keeps a part and queues the rest, so that all
//!    cores serve; a smaller one it has served before a worker is awake.

use std::collections::VecDeque;

use crate::{
    server::{
        connection::{Connection, Next, Scratch, Turn},
        core::{Core, Workers},
        limits::SHARE_MIN,
        parking::{Due, Guest},
    },
    sync::Arc,
};

/// Runs until the parking stops. With `shares` the workers serve a part of large batches.
pub(super) fn run(core: &Arc<Core>, home: usize, workers: Option<&Workers>, shares: bool) {
    let parking = &core.loops[home];
    let (mut due, mut scratch) = (Due::new(), Scratch::default());
    let mut batch: VecDeque<Box<Connection>> = VecDeque::new();
    let mut jobs: VecDeque<Box<Connection>> = VecDeque::new();
    while parking.wait(&mut due, !batch.is_empty()) {
        for (guest, closed) in due.ready.drain(..) {
            match guest {
                Guest::Waiting(mut connection) => {
                    connection.wake(closed);
                    batch.push_back(connection);
                }
                Guest::Leaving(leaving) => leaving.go_on(),
            }
        }
        if let Some(workers) = workers.filter(|_| shares && batch.len() >= SHARE_MIN) {
            let helpers = workers.helpers();
            let own = batch.len().div_ceil(1 + helpers);
            jobs.extend(batch.drain(own..));
            submit(workers, &mut jobs);
        }
        // Those who have had their turn come again after the next look at the others.
        for _ in 0..batch.len() {
            let Some(connection) = batch.pop_front() else { break };
            let mut turn = Turn::at_once(due.now, &mut scratch);
            serve(connection, &mut turn, |connection, next| match next {
                Next::Thread => jobs.push_back(connection),
                _ => batch.push_back(connection),
            });
        }
        if let Some(workers) = workers {
            submit(workers, &mut jobs);
        }
        for guest in due.expired.drain(..) {
            if let Guest::Waiting(connection) = guest {
                connection.expire();
            }
        }
        due.dismissed.clear();
    }
}

/// Queues `jobs`; those for whom there is no room are turned away.
fn submit(workers: &Workers, jobs: &mut VecDeque<Box<Connection>>) {
    if !jobs.is_empty() {
        jobs.iter_mut().for_each(|job| job.queue());
        workers.try_submit_all(jobs);
        jobs.drain(..).for_each(Connection::shed);
    }
}

/// Lets `connection` go on as far as it can on a thread that must not block; `left` gets it if it then needs a thread that
/// may, or was long enough at it.
pub(super) fn serve(
    mut connection: Box<Connection>,
    turn: &mut Turn<'_>,
    left: impl FnOnce(Box<Connection>, Next),
) {
    loop {
        match connection.advance(turn) {
            Next::Read | Next::Write => match connection.park(turn.now()) {
                Some(back) => connection = back,
                None => return,
            },
            next @ (Next::Thread | Next::Others) => return left(connection, next),
            Next::Leave => return connection.leave(),
            Next::Close => return,
        }
    }
}
