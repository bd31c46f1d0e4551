//! The state of synchronisation objects inside a model: when an operation can proceed, and what it does.

use std::panic::Location;

use super::{
    clock::VectorClock,
    op::{FORCES, MEETS, ObjectIndex, OpKind, ThreadIndex},
    published::Threads,
};

/// A place in the program under test.
pub(crate) type Place = &'static Location<'static>;

/// What kind of object it is, with its state.
#[derive(Debug)]
pub(crate) enum State {
    Mutex {
        owner: Option<ThreadIndex>,
    },
    RwLock(RwLock),
    Condvar {
        waiters: Vec<ThreadIndex>,
    },
    Semaphore {
        permits: usize,
        closed: bool,
    },
    Barrier {
        size: usize,
        arrived: Vec<ThreadIndex>,
        generation: u32,
    },
    Channel(Channel),
    Queue(Queue),
    /// Stands for all channels together, where programs select among them.
    Selects,
    /// Its value, as [`mark_of`] has it.
    Atomic {
        value: u32,
    },
    Cell(Box<CellHistory>),
    Thread {
        index: ThreadIndex,
    },
    Fence,
}

/// Who has a reader-writer lock, and how.
#[derive(Debug, Default)]
pub(crate) struct RwLock {
    pub(crate) writer: Option<ThreadIndex>,
    pub(crate) readers: Vec<ThreadIndex>,
    /// Who reads, and may become the writer without a moment at which another could.
    pub(crate) upgradable: Option<ThreadIndex>,
    /// The writers that wait for readers to leave, where new readers wait behind them.
    pub(crate) queued: Vec<ThreadIndex>,
}

/// The argument of a read lock that does not wait behind queued writers.
pub(crate) const RECURSIVE: u32 = 1;

impl RwLock {
    /// Whether an operation that takes the lock, with its argument, can proceed. Who upgrades has it upgradably.
    pub(crate) fn is_free_for(&self, kind: OpKind, arg: u32) -> bool {
        use OpKind::{
            Read, ReadTimed, TryRead, TryUpgradable, TryUpgrade, Upgradable, UpgradableTimed, Upgrade,
            UpgradeTimed,
        };
        let no_writer = self.writer.is_none();
        match kind {
            Read | ReadTimed | TryRead => no_writer && (self.queued.is_empty() || arg == RECURSIVE),
            Upgradable | UpgradableTimed | TryUpgradable => {
                no_writer && self.upgradable.is_none() && self.queued.is_empty()
            }
            Upgrade | UpgradeTimed | TryUpgrade => self.readers.is_empty(),
            _ => no_writer && self.upgradable.is_none() && self.readers.is_empty(),
        }
    }

    /// The threads that an operation without a time limit waits for, as [`is_free_for`](Self::is_free_for) has it.
    pub(crate) fn in_the_way_of(&self, kind: OpKind, arg: u32) -> impl Iterator<Item = ThreadIndex> {
        let RwLock { writer, readers, upgradable, queued } = self;
        let only = |counts: bool, threads: &[ThreadIndex]| if counts { threads.to_vec() } else { Vec::new() };
        let reads = kind == OpKind::Read;
        let wants_upgradable = kind == OpKind::Upgradable;
        let writes = kind == OpKind::Write;
        let upgrades = kind == OpKind::Upgrade;
        only(reads || wants_upgradable || writes, writer.as_slice())
            .into_iter()
            .chain(only(wants_upgradable || writes, upgradable.as_slice()))
            .chain(only(writes || upgrades, readers))
            .chain(only(reads && arg != RECURSIVE || wants_upgradable, queued))
    }

    /// Takes a lock that [is free for](Self::is_free_for) the operation.
    pub(crate) fn take(&mut self, thread: ThreadIndex, kind: OpKind) {
        use OpKind::{Read, ReadTimed, TryRead, TryUpgradable, Upgradable, UpgradableTimed};
        match kind {
            Read | ReadTimed | TryRead => self.readers.push(thread),
            Upgradable | UpgradableTimed | TryUpgradable => self.upgradable = Some(thread),
            _ => {
                if kind.upgrades() {
                    self.upgradable = None;
                }
                self.queued.retain(|queued| *queued != thread);
                self.writer = Some(thread);
            }
        }
    }

    /// Turns what the thread has into something that lets others read.
    pub(crate) fn downgrade(&mut self, thread: ThreadIndex, kind: OpKind) {
        self.writer = None;
        match kind {
            OpKind::DowngradeToUpgradable => self.upgradable = Some(thread),
            _ => {
                self.upgradable = self.upgradable.filter(|upgradable| *upgradable != thread);
                self.readers.push(thread);
            }
        }
    }

    /// Gives back a lock of the kind that the release says. A guard may have been sent to another thread than it was made in.
    pub(crate) fn release(&mut self, thread: ThreadIndex, release: OpKind) {
        match release {
            OpKind::UnlockRead => {
                let own = self.readers.iter().rposition(|reader| *reader == thread);
                if let Some(position) = own.or_else(|| self.readers.len().checked_sub(1)) {
                    self.readers.remove(position);
                }
            }
            OpKind::UnlockUpgradable => self.upgradable = None,
            _ => self.writer = None,
        }
    }
}

/// The counts of a channel; its values are kept by the facade.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) len: usize,
    /// `None` for an unbounded channel, 0 for a rendezvous.
    pub(crate) capacity: Option<usize>,
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    /// Room that selects have reserved for messages that are not there yet.
    pub(crate) reserved: usize,
    /// Meetings so far, where it has no room: the number of the next message.
    pub(crate) meetings: u32,
    /// Which channel of the execution it is.
    pub(crate) number: usize,
}

/// The counts of a lock-free queue; its values are kept by the facade.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Queue {
    pub(crate) len: usize,
    /// `None` for an unbounded queue.
    pub(crate) capacity: Option<usize>,
    /// How often something was taken out.
    pub(crate) removals: u32,
}

impl Queue {
    pub(crate) fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.len < capacity)
    }

    /// What a thread that has looked at the queue expects, so that it takes nothing if another came between.
    pub(crate) fn expectation(&self) -> u32 {
        self.removals.wrapping_add(1).max(1)
    }
}

impl Channel {
    pub(crate) fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.len + self.reserved < capacity)
    }

    /// Whether each message is handed from one thread to another.
    pub(crate) fn is_rendezvous(&self) -> bool {
        self.capacity == Some(0)
    }
}

/// What decides whether an operation on a semaphore, a channel or a thread's token can proceed, as bits of one number: so
/// that a search can ask the same of a state that is past.
pub(crate) mod facts {
    /// The semaphore is closed; the number of permits stands above this bit.
    pub(crate) const CLOSED: u64 = 1;
    pub(crate) const PERMITS_SHIFT: u32 = 1;
    /// The channel: room for one more, something to receive, nobody to receive, nobody to send.
    pub(crate) const ROOM: u64 = 1;
    pub(crate) const FILLED: u64 = 2;
    pub(crate) const NO_RECEIVERS: u64 = 4;
    pub(crate) const NO_SENDERS: u64 = 8;
    /// Somebody waits to hand a message over, or to be handed one.
    pub(crate) const SENDER_WAITS: u64 = 16;
    pub(crate) const RECEIVER_WAITS: u64 = 32;
    /// What of a queue is expected by a pop with an argument stands above this bit; the queue has `ROOM` and is `FILLED`
    /// as a channel.
    pub(crate) const EXPECTATION_SHIFT: u32 = 32;
    /// The thread has its park token.
    pub(crate) const TOKEN: u64 = 1;
}

/// A number that stands for a value of an atomic object where only equality matters. It is never 0.
pub(crate) fn mark_of(value: u64) -> u32 {
    // The high bits of a product with an odd number (Fibonacci hashing) differ wherever the factors do, but for chance.
    (value.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32 | 1
}

/// Whether the operation, with its argument, can proceed where its object is as the [`facts`] say. For the kinds named here
/// only.
pub(crate) fn proceeds(kind: OpKind, arg: u32, facts: u64) -> bool {
    use OpKind::{
        Acquire, AcquireTimed, Park, ParkTimed, Pop, Push, Recv, RecvTimed, Send, SendTimed, TryAcquire,
        TryRecv, TrySend,
    };
    match kind {
        Push => arg == FORCES || facts & facts::ROOM != 0,
        Pop if arg != 0 => facts >> facts::EXPECTATION_SHIFT == u64::from(arg),
        Pop => facts & facts::FILLED != 0,
        TrySend if arg == MEETS => facts & (facts::RECEIVER_WAITS | facts::NO_RECEIVERS) != 0,
        TryRecv if arg == MEETS => facts & (facts::SENDER_WAITS | facts::NO_SENDERS) != 0,
        Acquire | AcquireTimed | TryAcquire => {
            facts & facts::CLOSED != 0 || facts >> facts::PERMITS_SHIFT >= u64::from(arg)
        }
        Send | SendTimed | TrySend => facts & (facts::ROOM | facts::NO_RECEIVERS) != 0,
        Recv | RecvTimed | TryRecv => facts & (facts::FILLED | facts::NO_SENDERS) != 0,
        Park | ParkTimed => facts & facts::TOKEN != 0,
        _ => true,
    }
}

impl State {
    /// See [`facts`]. A thread's token is not kept here.
    #[inline]
    pub(crate) fn facts(&self) -> u64 {
        let bit = |is_set: bool, fact: u64| if is_set { fact } else { 0 };
        match self {
            State::RwLock(lock) => lock.queued.len() as u64,
            State::Condvar { waiters } => waiters.len() as u64,
            State::Atomic { value } => u64::from(*value),
            State::Semaphore { permits, closed } => {
                (*permits as u64) << facts::PERMITS_SHIFT | u64::from(*closed)
            }
            State::Queue(queue) => {
                bit(queue.has_room(), facts::ROOM)
                    | bit(queue.len > 0, facts::FILLED)
                    | u64::from(queue.expectation()) << facts::EXPECTATION_SHIFT
            }
            State::Channel(channel) => {
                bit(channel.has_room(), facts::ROOM)
                    | bit(channel.len > 0, facts::FILLED)
                    | bit(channel.receivers == 0, facts::NO_RECEIVERS)
                    | bit(channel.senders == 0, facts::NO_SENDERS)
            }
            _ => 0,
        }
    }
}

impl State {
    /// What the object holds, as a number: states that differ in it lead to different things.
    pub(crate) fn fingerprint(&self) -> u64 {
        match self {
            State::Mutex { owner } => u64::from(owner.is_some()),
            State::RwLock(RwLock { writer, readers, upgradable, queued }) => {
                let waits = (queued.len() as u64) << 32 | (readers.len() as u64) << 2;
                waits | u64::from(writer.is_some()) << 1 | u64::from(upgradable.is_some())
            }
            State::Barrier { arrived, .. } => arrived.len() as u64,
            State::Channel(channel) => channel.len as u64,
            State::Queue(queue) => queue.len as u64,
            state => state.facts(),
        }
    }
}

/// The accesses to a cell of plain memory, for race detection.
#[derive(Debug, Default)]
pub(crate) struct CellHistory {
    pub(crate) write: Option<Access>,
    /// The latest read of each thread since the last write.
    pub(crate) reads: Vec<Access>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub(crate) thread: ThreadIndex,
    pub(crate) count: u32,
    pub(crate) place: Place,
}

/// An object: its state, its name and what happened before its last release.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) state: State,
    pub(crate) name: Option<&'static str>,
    pub(crate) created: Place,
    /// What happened before the last release (unlock, release store, send …): joined by the next acquirer.
    pub(crate) released: VectorClock,
    /// What happened before the releases of read locks: joined by the next writer, not by other readers.
    pub(crate) read_released: VectorClock,
    /// The threads that are about to lock this mutex, or to join this thread.
    pub(super) asked_by: Threads,
}

impl Object {
    pub(crate) fn kind_word(&self) -> &'static str {
        match self.state {
            State::Mutex { .. } => "mutex",
            State::RwLock(_) => "rwlock",
            State::Condvar { .. } => "condvar",
            State::Semaphore { .. } => "semaphore",
            State::Barrier { .. } => "barrier",
            State::Channel(_) => "channel",
            State::Queue(_) => "queue",
            State::Selects => "channels",
            State::Atomic { .. } => "atomic",
            State::Cell(_) => "cell",
            State::Thread { .. } => "thread",
            State::Fence => "fence",
        }
    }
}

/// The objects of one execution. Slots are kept from one execution to the next, so that their memory is used again.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    slots: Vec<Object>,
    used: usize,
}

impl Objects {
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    pub(crate) fn register(
        &mut self,
        state: State,
        name: Option<&'static str>,
        created: Place,
    ) -> ObjectIndex {
        let index = self.used;
        self.used += 1;
        if let Some(slot) = self.slots.get_mut(index) {
            slot.state = state;
            slot.name = name;
            slot.created = created;
            slot.released.clear();
            slot.read_released.clear();
            slot.asked_by = Threads::default();
        } else {
            self.slots.push(Object {
                state,
                name,
                created,
                released: VectorClock::new(),
                read_released: VectorClock::new(),
                asked_by: Threads::default(),
            });
        }
        ObjectIndex::try_from(index).expect("an execution has fewer than 2^32 objects")
    }

    pub(crate) fn len(&self) -> usize {
        self.used
    }

    #[inline]
    pub(crate) fn get(&self, index: ObjectIndex) -> &Object {
        debug_assert!((index as usize) < self.used, "object of another execution");
        &self.slots[index as usize]
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: ObjectIndex) -> &mut Object {
        debug_assert!((index as usize) < self.used, "object of another execution");
        &mut self.slots[index as usize]
    }
}
