//! One connection in the table: its name, and the facts that change.

use std::fmt;

use crate::{Named, net::SocketAddr, parking_lot::Mutex, sync::Arc, time::Instant};

/// Where a connection, or the thread that serves it, may be blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlockingStep {
    /// In the pool's queue: all workers are busy.
    Queued,
    /// In `accept`: no client has come.
    Accept,
    /// In `read`: the request has not arrived in full.
    Read,
    /// In `write`: the client reads more slowly than the server writes.
    Write,
    /// On the disk: the file is not in the cache.
    Disk,
    /// Between two requests; holds no thread, but with a thread for each connection.
    Idle,
    /// In the handler's own code.
    Handle,
    /// Answered for the last time; holds no thread until its client has closed, too.
    Leaving,
}

impl BlockingStep {
    /// A lower-case word for reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            BlockingStep::Queued => "queued",
            BlockingStep::Accept => "accept",
            BlockingStep::Read => "read",
            BlockingStep::Write => "write",
            BlockingStep::Disk => "disk",
            BlockingStep::Idle => "idle",
            BlockingStep::Handle => "handle",
            BlockingStep::Leaving => "leaving",
        }
    }
}

/// Names one connection for good: the slot's number and how often it had been given out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId {
    pub(super) index: u32,
    pub(super) generation: u32,
}

impl SlotId {
    /// The slot's number, which a later connection may get again.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    /// How often the slot had been given out before.
    #[must_use]
    pub fn generation(self) -> u32 {
        self.generation
    }
}

impl fmt::Display for SlotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.index, self.generation)
    }
}

/// What a connection has done so far, or all of them together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests answered.
    pub requests: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Answers with a status of 400 to 499.
    pub client_errors: u64,
    /// Answers with a status of 500 to 599.
    pub server_errors: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Tally) {
        self.requests += other.requests;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.client_errors += other.client_errors;
        self.server_errors += other.server_errors;
    }
}

/// The changing facts of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Where it may be blocked now.
    pub step: BlockingStep,
    /// Since when.
    pub since: Instant,
    /// The worker that serves it now.
    pub worker: Option<usize>,
    /// What it has done so far.
    pub tally: Tally,
}

/// One connection in the table.
pub struct Row<C> {
    id: SlotId,
    connection: C,
    peer: Option<SocketAddr>,
    opened: Instant,
    facts: Mutex<Facts>,
}

impl<C> Row<C> {
    pub(super) fn new(id: SlotId, connection: C, peer: Option<SocketAddr>, now: Instant) -> Arc<Self> {
        let facts = Facts { step: BlockingStep::Queued, since: now, worker: None, tally: Tally::default() };
        let facts = Mutex::new(facts).named("table.row");
        Arc::new(Row { id, connection, peer, opened: now, facts })
    }

    /// A copy of it.
    pub(super) fn view(&self) -> RowView {
        RowView { id: self.id, peer: self.peer, opened: self.opened, facts: self.facts() }
    }

    /// The connection's name in the table.
    pub fn id(&self) -> SlotId {
        self.id
    }

    /// The connection itself.
    pub fn connection(&self) -> &C {
        &self.connection
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Notes that the connection is now in `step`, served by `worker` or by none.
    pub fn enter(&self, step: BlockingStep, worker: Option<usize>) {
        self.update(|facts| {
            facts.step = step;
            facts.worker = worker;
        });
    }

    /// Changes several facts in one step and notes the time if the blocking step is another now. `change` runs under the
    /// row's lock and must not block.
    pub fn update(&self, change: impl FnOnce(&mut Facts)) {
        let mut facts = self.facts.lock();
        let before = facts.step;
        change(&mut facts);
        if facts.step != before {
            facts.since = Instant::now();
        }
    }

    /// A copy of the changing facts.
    pub fn facts(&self) -> Facts {
        *self.facts.lock()
    }
}

impl<C> fmt::Debug for Row<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row").field("id", &self.id).field("peer", &self.peer).finish_non_exhaustive()
    }
}

/// A copy of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowView {
    /// The connection's name.
    pub id: SlotId,
    /// Who is at the other end.
    pub peer: Option<SocketAddr>,
    /// When the connection was inserted.
    pub opened: Instant,
    /// Its changing facts.
    pub facts: Facts,
}
