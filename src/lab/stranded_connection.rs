//! A pool that counts sleepers, of whom one is already spoken for.
//!
//! # The symptom
//!
//! Of 64 clients that connect at the same moment one or two get no answer, until some other client hangs up. The server is
//! idle.
//!
//! # The story
//!
//! An elastic thread pool serves each connection on a thread as long as it is open. A new connection goes into the queue if a
//! worker is asleep, and wakes it; if none is asleep, a new worker is started for it. To know which, the pool counts its
//! sleepers: a worker adds itself before it sleeps and subtracts itself when it has woken up.
//!
//! A worker that was notified is still counted until it runs. Two connections that come in that moment both see one sleeper.
//! Both go into the queue, for a worker that serves one of them. The other one waits until that connection is closed,
//! and with keep-alive that may be never. Here the first visitor waits for the second one to come, so neither is ever done.
//!
//! This was found in a published HTTP server; a load test loses a few connections in a thousand and looks like a slow
//! network.
//!
//! # The bad interleaving
//!
//! ```text
//! acceptor                        worker 1
//!                                 sleepers = 1, wait
//! ada: sleepers is 1: queue
//!   notify                     -> (woken, does not run yet)
//! ben: sleepers is 1: queue
//!   notify                        <- nobody waits
//!                                 sleepers = 0
//!                                 take ada, serve until ben comes
//! (queue: ben, workers: none)       for ever
//! ```
//!
//! # The fix
//!
//! Compare like with like: a connection may be queued only if there are more sleepers than connections in the queue, since
//! each of those is for one of the sleepers. Sleepers and queue are under one lock, so the comparison is exact.
//!
//! # Questions
//!
//! - Two connections came. Why is one wake-up not enough? It says that there is work, not how much. One sleeper takes one
//!   connection and the other one sleeps on.
//! - Is `notify_all` the only cure? No: each queued connection can have its own notification, whoever is busy.
//!
//! # Reading
//!
//! - Matt Welsh, David Culler and Eric Brewer, "SEDA: an architecture for well-conditioned, scalable internet services", SOSP
//!   2001: why pools are bounded and queues visible.
//! - Butler Lampson and David Redell, "Experience with processes and monitors in Mesa", Communications of the ACM 23(2), 1980: a
//!   woken thread is not a running one.
//! - Brian Goetz et al., "Java Concurrency in Practice", section 8.1: tasks that depend on each other in a pool.

use std::collections::VecDeque;

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    sync::Semaphore,
    thread::{self, Scope},
};

const SOURCE: &str = include_str!("stranded_connection.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "stranded-connection",
    title: "The stranded connection",
    concept: "counting who is free",
    summary: "Two connections are queued for one sleeper, since it is counted until it has woken up",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("Two connections and a pool that begins with one worker were checked."),
};

fn buggy() {
    two_connections(|pool| pool.sleepers > 0);
}

fn fixed() {
    two_connections(|pool| pool.sleepers > pool.queue.len());
}

#[derive(Clone, Copy)]
enum Connection {
    Ada,
    Ben,
}

#[derive(Default)]
struct Pool {
    queue: VecDeque<Connection>,
    sleepers: usize,
    closed: bool,
}

struct Server {
    pool: Mutex<Pool>,
    changed: Condvar,
    ben_is_served: Semaphore,
    /// Whether a worker is free for one more connection.
    has_free_worker: fn(&Pool) -> bool,
}

impl Server {
    fn accept<'scope>(&'scope self, connection: Connection, scope: &'scope Scope<'scope, '_>, worker: &str) {
        let mut pool = self.pool.lock();
        if (self.has_free_worker)(&pool) {
            pool.queue.push_back(connection);
            self.changed.notify_one();
        } else {
            drop(pool);
            spawn(scope, worker, move || {
                self.serve(connection);
                self.work();
            });
        }
    }

    fn work(&self) {
        while let Some(connection) = self.next() {
            self.serve(connection);
        }
    }

    fn next(&self) -> Option<Connection> {
        let mut pool = self.pool.lock();
        loop {
            if let Some(connection) = pool.queue.pop_front() {
                return Some(connection);
            }
            if pool.closed {
                return None;
            }
            pool.sleepers += 1;
            self.changed.wait(&mut pool);
            pool.sleepers -= 1;
        }
    }

    /// Ada's page waits for Ben: a chat, a long poll, or a connection that is kept alive.
    fn serve(&self, connection: Connection) {
        match connection {
            Connection::Ada => self.ben_is_served.acquire().expect("nobody closes it").forget(),
            Connection::Ben => self.ben_is_served.add_permits(1),
        }
    }
}

fn two_connections(has_free_worker: fn(&Pool) -> bool) {
    let server = Server {
        pool: Mutex::new(Pool::default()).named("pool"),
        changed: Condvar::new().named("changed"),
        ben_is_served: Semaphore::new(0).named("ben is served"),
        has_free_worker,
    };
    thread::scope(|scope| {
        spawn(scope, "worker 1", || server.work());
        server.accept(Connection::Ada, scope, "worker 2");
        server.accept(Connection::Ben, scope, "worker 3");
        server.pool.lock().closed = true;
        server.changed.notify_all();
    });
}
