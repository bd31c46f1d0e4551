//! The thread of a loop: takes connections out of its parking, serves what can be served at once, and gives the rest away.
//!
//! 1. *It never blocks but in the poller*: what may block goes to the pool without waiting, and what the pool does not take
//!    is answered with 503 by one write that may not block. Otherwise one slow client would stop all deadlines.
//! 2. *One batch, one lock*: connections that became ready together are queued together, which saves a lock and often a
//!    wake-up each.
//! 3. *What it can answer at once it answers itself*: that costs less than waking somebody to do it.
//! 4. *It shares what would wait*: of a batch that is long enough it gives a part to a worker that sleeps, if there is one, so
//!    that all cores serve. (A thread that serves alone takes more than its part of its core, and is preempted by each client
//!    of that core that it wakes.) The worker serves it as the loop does, at once: one wake-up for many connections, and none
//!    of them waits for what another one waits for. A busy pool is given nothing, since its workers may be blocked.

use std::collections::VecDeque;

use super::Job;
use crate::{
    server::{
        connection::{Connection, Next, Scratch, Turn},
        core::{Core, Workers},
        parking::{Due, Guest},
    },
    sync::Arc,
};

/// Runs until the parking stops. With `shares` the workers serve a part of large batches.
pub(super) fn run(core: &Arc<Core>, home: usize, workers: Option<&Workers>, shares: bool) {
    let parking = &core.loops[home];
    let share_count_min = core.sites.present().limits.share_count_min.max(1);
    let (mut due, mut scratch) = (Due::new(), Scratch::default());
    let mut batch: VecDeque<Box<Connection>> = VecDeque::new();
    let mut jobs: VecDeque<Job> = VecDeque::new();
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
        if let Some(workers) = workers.filter(|_| shares) {
            share(workers, &mut batch, share_count_min);
        }
        // Those who have had their turn come again after the next look at the others.
        for _ in 0..batch.len() {
            let Some(connection) = batch.pop_front() else { break };
            let mut turn = Turn::at_once(due.now, &mut scratch);
            serve(core, connection, &mut turn, |mut connection, next| match next {
                Next::Thread => {
                    connection.queue();
                    jobs.push_back(Job::One(connection));
                }
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

/// Gives parts of `batch`, of no fewer than `part_min`, to workers that sleep.
///
/// The loop keeps less than it gives, four fifths of an equal part: it has waited for all of them and taken them out, and what is
/// too little to be shared it serves alone.
fn share(workers: &Workers, batch: &mut VecDeque<Box<Connection>>, part_min: usize) {
    let parts = (1 + workers.helpers()).min(batch.len() / part_min);
    if parts < 2 {
        return;
    }
    let kept = (batch.len() * 4 / (5 * parts)).max(1);
    let part = (batch.len() - kept) / (parts - 1);
    for _ in 1..parts {
        let shared = batch.split_off(batch.len() - part);
        if let Err(Job::Batch(mut back)) = workers.try_submit_to_idle(Job::Batch(shared)) {
            return batch.append(&mut back);
        }
    }
}

/// Queues `jobs`; those for whom there is no room are turned away.
fn submit(workers: &Workers, jobs: &mut VecDeque<Job>) {
    if !jobs.is_empty() {
        workers.try_submit_all(jobs);
        jobs.drain(..).for_each(Job::shed);
    }
}

/// Lets `connection` go on as far as it can on a thread that must not block; `left` gets it if it then needs a thread that
/// may, or was long enough at it.
pub(super) fn serve(
    core: &Core,
    mut connection: Box<Connection>,
    turn: &mut Turn<'_>,
    left: impl FnOnce(Box<Connection>, Next),
) {
    loop {
        match connection.advance(turn) {
            Next::Read | Next::Write => match connection.park(core, turn.now()) {
                Some(back) => connection = back,
                None => return,
            },
            next @ (Next::Thread | Next::Others) => return left(connection, next),
            Next::Leave => return connection.leave(),
            Next::Close => return,
        }
    }
}
