//! The connection table: who is connected, since when, and in which blocking step.
//!
//! # Locks
//!
//! `table` guards which slots are taken; each connection's own `table.row` guards its changing facts (step, counts). The
//! order is `table` before `table.row`; nobody takes `table` while holding a row. A worker that moves its connection from
//! read to write touches only its row, so connections do not contend with each other.
//!
//! # Protocol
//!
//! 1. *Counting and inserting are one step* under `table`. Otherwise two acceptors both read "one place left" and both
//!    insert.
//! 2. *A slot's number is given out again, its generation never is.* Otherwise: an operator reads "slot 5"; 5 leaves and
//!    another connection takes its place; the operator's "close 5" hits the wrong one.
//! 3. *`close_all` closes the door under the same lock as it lists the connections.* Otherwise a connection that is
//!    accepted meanwhile is neither listed (so never closed) nor refused, and the server waits for it for ever.
//! 4. *Sockets are closed without any lock held*, since closing may block and a closed connection's worker wants the lock
//!    in order to leave.
//! 5. *Leaving and telling "empty" are one step*, and whoever waits for an empty table checks under the lock before it
//!    sleeps. Otherwise: waiter reads "1 left"; the last one leaves and notifies nobody; waiter sleeps for ever.
//! 6. *A leaving connection's counts are added to the totals under `table`*, so that a request is counted exactly once at
//!    every moment.

use std::{collections::BTreeMap, fmt};

use crate::{
    Named,
    net::{IpAddr, Shutdown, SocketAddr, TcpStream},
    parking_lot::{Condvar, Mutex},
    sync::Arc,
    time::Instant,
};

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
    /// Parked between two requests; holds no thread.
    Idle,
    /// In the handler's own code.
    Handle,
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
        }
    }
}

/// What the table needs of a connection: that another thread can cut it.
pub trait Closable {
    /// Cuts the connection, so that a thread blocked on it returns. Must be harmless the second time.
    fn close(&self);

    /// Ends its reading, so that a thread which waits for bytes finds the end; what has arrived can still be read.
    fn stop_reading(&self) {
        self.close();
    }
}

impl Closable for TcpStream {
    fn close(&self) {
        // Fails only when the peer was faster, which is what is wanted.
        let _ = self.shutdown(Shutdown::Both);
    }

    fn stop_reading(&self) {
        let _ = self.shutdown(Shutdown::Read);
    }
}

impl<C: Closable + ?Sized> Closable for Arc<C> {
    fn close(&self) {
        (**self).close();
    }

    fn stop_reading(&self) {
        (**self).stop_reading();
    }
}

/// Names one connection for good: the slot's number and how often it had been given out before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId {
    index: u32,
    generation: u32,
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
        let now = Instant::now();
        let mut facts = self.facts.lock();
        let before = facts.step;
        change(&mut facts);
        if facts.step != before {
            facts.since = now;
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

/// Counts of a table, all of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableStatus {
    /// Connections in the table.
    pub live: usize,
    /// Connections that fit.
    pub connections_max: usize,
    /// Connections inserted so far.
    pub admitted: u64,
    /// Connections refused so far.
    pub refused: u64,
    /// What all connections, past and present, have done.
    pub tally: Tally,
}

/// A connection that the table did not take.
pub struct Refused<C> {
    /// The connection, unchanged.
    pub connection: C,
    /// Why it was not taken.
    pub reason: RefuseReason,
}

/// Why a table did not take a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefuseReason {
    /// The table is at its limit; later there may be room.
    Full,
    /// The peer's address has as many connections as one may have.
    Address,
    /// The table takes no more connections, ever.
    Closed,
}

impl<C> fmt::Debug for Refused<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// Who is connected. `C` is the connection; a model may use a dummy.
///
/// # Examples
///
/// ```
/// use unsnarl::server::table::{Closable, Table};
///
/// struct Dummy;
/// impl Closable for Dummy {
///     fn close(&self) {}
/// }
///
/// let table = Table::new(1);
/// let row = table.insert(Dummy, None).expect("the table is empty");
/// assert!(table.insert(Dummy, None).is_err());
/// assert!(table.remove(row.id()));
/// assert!(!table.remove(row.id()));
/// ```
pub struct Table<C> {
    slots: Mutex<Slots<C>>,
    emptied: Condvar,
    connections_max: usize,
    connections_per_address_max: usize,
}

struct Slots<C> {
    slots: Vec<Slot<C>>,
    /// Numbers of slots without a row; the last one given back is the first given out, since its memory is warm.
    free: Vec<u32>,
    live: usize,
    /// Live connections whose peer is known, by its address; those without are not in it.
    by_address: BTreeMap<IpAddr, usize>,
    closed: bool,
    admitted: u64,
    refused: u64,
    /// What connections that have left did.
    gone: Tally,
}

struct Slot<C> {
    generation: u32,
    row: Option<Arc<Row<C>>>,
}

impl<C> Table<C> {
    /// An empty table for up to `connections_max` connections.
    #[must_use]
    pub fn new(connections_max: usize) -> Self {
        let slots = Slots {
            slots: Vec::new(),
            free: Vec::new(),
            live: 0,
            by_address: BTreeMap::new(),
            closed: false,
            admitted: 0,
            refused: 0,
            gone: Tally::default(),
        };
        Table {
            slots: Mutex::new(slots).named("table"),
            emptied: Condvar::new().named("table.emptied"),
            connections_max,
            connections_per_address_max: connections_max,
        }
    }

    /// Takes no more than `connections_max` connections of one address; without this call as many as in all.
    #[must_use]
    pub fn per_address(mut self, connections_max: usize) -> Self {
        self.connections_per_address_max = connections_max;
        self
    }

    /// Takes `connection` in. It starts in [`BlockingStep::Queued`]. Never blocks for long.
    ///
    /// # Errors
    ///
    /// Gives the connection back when the table is full or closed.
    pub fn insert(&self, connection: C, peer: Option<SocketAddr>) -> Result<Arc<Row<C>>, Refused<C>> {
        let now = Instant::now();
        let mut slots = self.slots.lock();
        let reason = if slots.closed {
            Some(RefuseReason::Closed)
        } else if slots.live >= self.connections_max {
            Some(RefuseReason::Full)
        } else if peer.is_some_and(|peer| slots.of_address(peer.ip()) >= self.connections_per_address_max) {
            Some(RefuseReason::Address)
        } else {
            None
        };
        if let Some(reason) = reason {
            slots.refused += 1;
            return Err(Refused { connection, reason });
        }
        let id = slots.take_slot();
        let facts = Facts { step: BlockingStep::Queued, since: now, worker: None, tally: Tally::default() };
        let facts = Mutex::new(facts).named("table.row");
        let row = Arc::new(Row { id, connection, peer, opened: now, facts });
        slots.slots[id.index as usize].row = Some(Arc::clone(&row));
        slots.live += 1;
        if let Some(peer) = peer {
            *slots.by_address.entry(peer.ip()).or_default() += 1;
        }
        slots.admitted += 1;
        Ok(row)
    }

    /// Lets the connection `id` leave; `false` when it has left before.
    pub fn remove(&self, id: SlotId) -> bool {
        let mut slots = self.slots.lock();
        let Some(slot) = slots.slots.get_mut(id.index as usize) else { return false };
        if slot.generation != id.generation {
            return false;
        }
        let Some(row) = slot.row.take() else { return false };
        slot.generation = slot.generation.wrapping_add(1);
        slots.gone.add(&row.facts().tally);
        slots.free.push(id.index);
        slots.live -= 1;
        if let Some(peer) = row.peer {
            slots.forget_address(peer.ip());
        }
        let empty = slots.live == 0;
        drop(slots);
        if empty {
            self.emptied.notify_all();
        }
        // The row, and with it perhaps the socket, goes only now: closing may block (rule 4).
        drop(row);
        true
    }

    /// The connection `id`, unless it has left.
    pub fn get(&self, id: SlotId) -> Option<Arc<Row<C>>> {
        let slots = self.slots.lock();
        let slot = slots.slots.get(id.index as usize)?;
        slot.row.as_ref().filter(|row| row.id == id).cloned()
    }

    /// Notes that the connection `id` is now in `step`; `false` when it has left. Who holds the [`Row`] saves the
    /// look-up by [`Row::enter`].
    pub fn set_step(&self, id: SlotId, step: BlockingStep) -> bool {
        match self.get(id) {
            Some(row) => {
                row.update(|facts| facts.step = step);
                true
            }
            None => false,
        }
    }

    /// The number of connections.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.lock().live
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies of all rows, by slot. Which connections are listed is of one moment; each row's facts are of its own.
    #[must_use]
    pub fn snapshot(&self) -> Vec<RowView> {
        let rows = self.slots.lock().rows();
        let view = |row: &Arc<Row<C>>| RowView {
            id: row.id,
            peer: row.peer,
            opened: row.opened,
            facts: row.facts(),
        };
        rows.iter().map(view).collect()
    }

    /// Counts, all of one moment.
    #[must_use]
    pub fn status(&self) -> TableStatus {
        let slots = self.slots.lock();
        let mut tally = slots.gone;
        for row in slots.slots.iter().filter_map(|slot| slot.row.as_ref()) {
            tally.add(&row.facts().tally);
        }
        TableStatus {
            live: slots.live,
            connections_max: self.connections_max,
            admitted: slots.admitted,
            refused: slots.refused,
            tally,
        }
    }

    /// Blocks until no connection is left or `deadline` has come; says whether none is left.
    #[must_use]
    pub fn wait_empty(&self, deadline: Instant) -> bool {
        let mut slots = self.slots.lock();
        while slots.live > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            self.emptied.wait_for(&mut slots, left);
        }
        true
    }

    /// Refuses connections from now on and keeps those that are in.
    pub fn refuse(&self) {
        self.slots.lock().closed = true;
    }

    /// Panics when the table contradicts itself; for tests.
    ///
    /// # Panics
    ///
    /// When an invariant does not hold; the message says which.
    pub fn validate(&self) {
        let slots = self.slots.lock();
        let taken = slots.slots.iter().filter(|slot| slot.row.is_some()).count();
        assert_eq!(taken, slots.live, "as many rows as live connections");
        assert_eq!(slots.slots.len(), slots.live + slots.free.len(), "each slot is taken or free");
        assert!(slots.live <= self.connections_max, "the limit holds");
        for (index, slot) in slots.slots.iter().enumerate() {
            if let Some(row) = &slot.row {
                assert_eq!(row.id.index as usize, index, "a row knows its slot");
                assert_eq!(row.id.generation, slot.generation, "a row knows its generation");
            }
        }
        let known = slots.slots.iter().filter_map(|slot| slot.row.as_ref()?.peer).count();
        assert_eq!(slots.by_address.values().sum::<usize>(), known, "each connection counts for its address");
        assert!(slots.by_address.values().all(|count| *count > 0), "who is not there is not counted");
        let mut free = slots.free.clone();
        free.sort_unstable();
        free.dedup();
        assert_eq!(free.len(), slots.free.len(), "no slot is free twice");
    }
}

impl<C: Closable> Table<C> {
    /// Cuts every connection and refuses new ones from now on; returns how many were cut. Their owners notice and remove
    /// them.
    pub fn close_all(&self) -> usize {
        let mut slots = self.slots.lock();
        slots.closed = true;
        let rows = slots.rows();
        drop(slots);
        rows.iter().for_each(|row| row.connection.close());
        rows.len()
    }

    /// Ends the reading of every connection that is [`BlockingStep::Idle`]: what has arrived can still be read and answered,
    /// and a thread that waits for more finds the end.
    pub fn stop_reading_idle(&self) {
        let mut rows = self.slots.lock().rows();
        rows.retain(|row| row.facts().step == BlockingStep::Idle);
        rows.iter().for_each(|row| row.connection.stop_reading());
    }

    /// Cuts every connection that is [`BlockingStep::Idle`]; returns how many. A connection whose next request arrives at
    /// the same moment may lose it, as with any idle timeout (RFC 9112 section 9.5).
    pub fn close_idle(&self) -> usize {
        let mut rows = self.slots.lock().rows();
        rows.retain(|row| row.facts().step == BlockingStep::Idle);
        rows.iter().for_each(|row| row.connection.close());
        rows.len()
    }
}

impl<C> Slots<C> {
    fn of_address(&self, address: IpAddr) -> usize {
        self.by_address.get(&address).copied().unwrap_or(0)
    }

    /// One connection of the address has left. An address without connections takes no memory.
    fn forget_address(&mut self, address: IpAddr) {
        match self.by_address.get_mut(&address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                self.by_address.remove(&address);
            }
        }
    }

    fn take_slot(&mut self) -> SlotId {
        if let Some(index) = self.free.pop() {
            return SlotId { index, generation: self.slots[index as usize].generation };
        }
        let index = u32::try_from(self.slots.len()).expect("fewer connections than 2^32");
        self.slots.push(Slot { generation: 0, row: None });
        SlotId { index, generation: 0 }
    }

    fn rows(&self) -> Vec<Arc<Row<C>>> {
        self.slots.iter().filter_map(|slot| slot.row.clone()).collect()
    }
}

impl<C> fmt::Debug for Table<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("status", &self.status()).finish_non_exhaustive()
    }
}
