//! The connection table: who is connected, since when, and in which blocking step.
//!
//! # Locks
//!
//! The table is split into shards. Each shard's `table` lock guards which of its slots are taken; each connection's own
//! `table.row` guards its changing facts (step, counts). Nobody takes a `table` while holding a row. A worker that moves its
//! connection from read to write touches only its row, so connections do not contend with each other; those that come and go
//! do so only within their shard.
//!
//! # Protocol
//!
//! 1. *Looking at the limit and taking a place are one step* on the count of all, which is changed only under the lock of the
//!    shard that the connection is in. Otherwise two acceptors both read "one place left" and both insert. An address's
//!    connections are all in one shard if they are limited, so that they are counted under its lock.
//! 2. *A slot's number is given out again, its generation never is.* Otherwise: an operator reads "slot 5"; 5 leaves and
//!    another connection takes its place; the operator's "close 5" hits the wrong one.
//! 3. *`shut` closes each shard's door under the same lock as it lists the shard's connections.* Otherwise a connection that
//!    is accepted meanwhile is neither listed (so never closed) nor refused, and the server waits for it for ever.
//! 4. *Sockets are closed without any lock held*, since closing may block and a closed connection's worker wants the lock
//!    in order to leave.
//! 5. *Who makes the table empty says so afterwards under the lock `table.empty`*, and whoever waits for that looks under the
//!    same lock before it sleeps. Otherwise: waiter reads "1 left"; the last one leaves and notifies nobody; waiter sleeps for
//!    ever.
//! 6. *A leaving connection's counts are added to its shard's totals as it leaves the shard, in one step*, so that a request
//!    is counted exactly once at every moment.
//! 7. *A snapshot holds the locks of all shards at once, in order*, and nobody else holds two. Otherwise one leaves a shard
//!    that was looked at, another comes into one that was not, and the page shows more connections than may be. While it holds
//!    them it copies pointers only: the rows are read afterwards, each under its own lock. Connections go on all the while;
//!    only who comes or goes waits.

mod row;
mod shard;

use std::{fmt, hash::BuildHasher};

use foldhash::fast::FixedState;

pub use self::row::{BlockingStep, Facts, Row, RowView, SlotId, Tally};
use self::shard::Shard;
use crate::{
    Named,
    net::{Shutdown, SocketAddr, TcpStream},
    parking_lot::{Condvar, Mutex, MutexGuard},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

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

/// The table at one moment: who is in it, and the counts. The facts of each row are of a moment just after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The counts; as many are live as there are rows.
    pub status: TableStatus,
    /// Copies of all rows, by slot.
    pub rows: Vec<RowView>,
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
    shards: Box<[Mutex<Shard<C>>]>,
    /// Connections in all shards.
    live: AtomicUsize,
    /// Of those who wait for an empty table.
    empty: Mutex<()>,
    emptied: Condvar,
    connections_max: usize,
    connections_per_address_max: usize,
}

impl<C> Table<C> {
    /// An empty table for up to `connections_max` connections, in one shard.
    #[must_use]
    pub fn new(connections_max: usize) -> Self {
        Table {
            shards: shards(1, false),
            live: AtomicUsize::new(0),
            empty: Mutex::new(()).named("table.empty"),
            emptied: Condvar::new().named("table.emptied"),
            connections_max,
            connections_per_address_max: connections_max,
        }
    }

    /// Takes no more than `connections_max` connections of one address; without this call as many as in all.
    ///
    /// # Panics
    ///
    /// When somebody is in the table already.
    #[must_use]
    pub fn per_address(mut self, connections_max: usize) -> Self {
        self.connections_per_address_max = connections_max;
        let count = self.shards.len();
        self.shards(count)
    }

    /// Splits the table into `count` parts, each with its own lock.
    ///
    /// # Panics
    ///
    /// When `count` is 0, or somebody is in the table already.
    #[must_use]
    pub fn shards(mut self, count: usize) -> Self {
        assert!(count > 0, "a table has at least one shard");
        assert!(self.is_empty(), "a table is set up before anybody is in it");
        self.shards = shards(count, self.limits_addresses());
        self
    }

    /// Takes `connection` in. It starts in [`BlockingStep::Queued`]. Never blocks for long.
    ///
    /// # Errors
    ///
    /// Gives the connection back when the table is full or closed.
    pub fn insert(&self, connection: C, peer: Option<SocketAddr>) -> Result<Arc<Row<C>>, Refused<C>> {
        let now = Instant::now();
        let number = self.shard_of(peer);
        let mut shard = self.shards[number].lock();
        let reason = if shard.is_closed() {
            Some(RefuseReason::Closed)
        } else if self.limits_addresses()
            && peer.is_some_and(|peer| shard.of_address(peer.ip()) >= self.connections_per_address_max)
        {
            Some(RefuseReason::Address)
        } else if !self.take_place() {
            Some(RefuseReason::Full)
        } else {
            None
        };
        if let Some(reason) = reason {
            shard.refused += 1;
            return Err(Refused { connection, reason });
        }
        let (slot, generation) = shard.free_slot();
        let index = slot * self.shards.len() + number;
        let index = u32::try_from(index).expect("fewer connections than 2^32");
        let row = Row::new(SlotId { index, generation }, connection, peer, now);
        shard.put(slot, Arc::clone(&row));
        Ok(row)
    }

    /// Lets the connection `id` leave; `false` when it has left before.
    pub fn remove(&self, id: SlotId) -> bool {
        let (mut shard, slot) = self.find(id);
        let Some(row) = shard.take(slot, id) else { return false };
        let is_last = self.live.fetch_sub(1, Ordering::SeqCst) == 1;
        drop(shard);
        if is_last {
            drop(self.empty.lock());
            self.emptied.notify_all();
        }
        // The row, and with it perhaps the socket, goes only now: closing may block (rule 4).
        drop(row);
        true
    }

    /// The connection `id`, unless it has left.
    pub fn get(&self, id: SlotId) -> Option<Arc<Row<C>>> {
        let (shard, slot) = self.find(id);
        shard.get(slot, id)
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
        self.live.load(Ordering::SeqCst)
    }

    /// Whether there is no connection.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Who is in the table, and the counts, of one moment. Nobody is stopped but who comes or goes just then.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let (mut status, rows) = self.look();
        let mut rows: Vec<RowView> = rows.iter().map(|row| row.view()).collect();
        rows.iter().for_each(|row| status.tally.add(&row.facts.tally));
        rows.sort_unstable_by_key(|row| row.id);
        Snapshot { status, rows }
    }

    /// Counts, all of one moment.
    #[must_use]
    pub fn status(&self) -> TableStatus {
        let (mut status, rows) = self.look();
        rows.iter().for_each(|row| status.tally.add(&row.facts().tally));
        status
    }

    /// Blocks until no connection is left or `deadline` has come; says whether none is left.
    #[must_use]
    pub fn wait_empty(&self, deadline: Instant) -> bool {
        let mut empty = self.empty.lock();
        while !self.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            self.emptied.wait_for(&mut empty, left);
        }
        true
    }

    /// Panics when the table contradicts itself; for tests, while nobody comes or goes.
    ///
    /// # Panics
    ///
    /// When an invariant does not hold; the message says which.
    pub fn validate(&self) {
        let shards = self.lock_all();
        for (number, shard) in shards.iter().enumerate() {
            shard.validate(|slot| slot * shards.len() + number);
        }
        assert_eq!(shards.iter().map(|shard| shard.live()).sum::<usize>(), self.len(), "each has its place");
        assert!(self.len() <= self.connections_max, "the limit holds");
    }

    /// The part of the table that a connection of `peer` belongs to. By the address alone where it has a limit, so that its
    /// connections are counted under one lock; else with the port, since behind a proxy all have one address.
    fn shard_of(&self, peer: Option<SocketAddr>) -> usize {
        let Some(peer) = peer.filter(|_| self.shards.len() > 1) else { return 0 };
        // Fixed: who chooses addresses so that they meet in one shard has won nothing but that shard's lock.
        let hasher = FixedState::default();
        let hash = match self.limits_addresses() {
            true => hasher.hash_one(peer.ip()),
            false => hasher.hash_one(peer),
        };
        (hash % self.shards.len() as u64) as usize
    }

    fn limits_addresses(&self) -> bool {
        self.connections_per_address_max < self.connections_max
    }

    /// The shard of the connection `id`, and its slot there.
    fn find(&self, id: SlotId) -> (MutexGuard<'_, Shard<C>>, usize) {
        let index = id.index as usize;
        (self.shards[index % self.shards.len()].lock(), index / self.shards.len())
    }

    /// Counts one more if there may be one more. The caller holds a shard's lock (rule 1).
    fn take_place(&self) -> bool {
        let one_more = |live| (live < self.connections_max).then_some(live + 1);
        self.live.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_more).is_ok()
    }

    fn lock_all(&self) -> Vec<MutexGuard<'_, Shard<C>>> {
        self.shards.iter().map(|shard| shard.lock()).collect()
    }

    /// All that is read under the locks of all shards: the counts but for what those did who are in, and who that is (rule 7).
    fn look(&self) -> (TableStatus, Vec<Arc<Row<C>>>) {
        let shards = self.lock_all();
        let mut status = TableStatus {
            live: 0,
            connections_max: self.connections_max,
            admitted: 0,
            refused: 0,
            tally: Tally::default(),
        };
        let mut rows = Vec::with_capacity(self.len());
        for shard in &shards {
            status.live += shard.live();
            status.admitted += shard.admitted;
            status.refused += shard.refused;
            status.tally.add(&shard.gone);
            rows.extend(shard.rows());
        }
        (status, rows)
    }

    /// Everybody, shard by shard: those who are in all the while are among them.
    fn rows(&self) -> Vec<Arc<Row<C>>> {
        let rows = |shard: &Mutex<Shard<C>>| shard.lock().rows().collect::<Vec<_>>();
        self.shards.iter().flat_map(rows).collect()
    }
}

impl<C: Closable> Table<C> {
    /// Cuts the connection `id`; `false` when it has left. Its owner notices and removes it.
    pub fn close(&self, id: SlotId) -> bool {
        let row = self.get(id);
        row.inspect(|row| row.connection().close()).is_some()
    }

    /// Cuts everyone who is in; returns how many. New ones are still taken.
    pub fn close_all(&self) -> usize {
        self.close_where(|_| true)
    }

    /// Cuts every connection that is [`BlockingStep::Idle`]; returns how many. A connection whose next request arrives at
    /// the same moment may lose it, as with any idle timeout (RFC 9112 section 9.5).
    pub fn close_idle(&self) -> usize {
        self.close_where(|row| row.facts.step == BlockingStep::Idle)
    }

    /// Cuts every connection for which `is_meant` says so; returns how many. It may look at anything, since no lock is held.
    pub fn close_where(&self, mut is_meant: impl FnMut(&RowView) -> bool) -> usize {
        let mut rows = self.rows();
        rows.retain(|row| is_meant(&row.view()));
        rows.iter().for_each(|row| row.connection().close());
        rows.len()
    }

    /// Cuts everyone, and refuses new ones from now on; returns how many were cut. Their owners notice and remove them.
    pub fn shut(&self) -> usize {
        let mut rows = Vec::new();
        for shard in &self.shards {
            rows.extend(shard.lock().shut());
        }
        rows.iter().for_each(|row| row.connection().close());
        rows.len()
    }

    /// Ends the reading of every connection that is [`BlockingStep::Idle`]: what has arrived can still be read and answered,
    /// and a thread that waits for more finds the end.
    pub fn stop_reading_idle(&self) {
        let mut rows = self.rows();
        rows.retain(|row| row.facts().step == BlockingStep::Idle);
        rows.iter().for_each(|row| row.connection().stop_reading());
    }
}

fn shards<C>(count: usize, counts_addresses: bool) -> Box<[Mutex<Shard<C>>]> {
    (0..count).map(|_| Mutex::new(Shard::new(counts_addresses)).named("table")).collect()
}

impl<C> fmt::Debug for Table<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("status", &self.status()).finish_non_exhaustive()
    }
}
