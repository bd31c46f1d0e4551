//! The state of synchronisation objects inside a model: when an operation can proceed, and what it does.

use std::panic::Location;

use super::{
    clock::VectorClock,
    op::{ObjectIndex, ThreadIndex},
};

/// A place in the program under test.
pub(crate) type Place = &'static Location<'static>;

/// What kind of object it is, with its state.
#[derive(Debug)]
pub(crate) enum State {
    Mutex { owner: Option<ThreadIndex> },
    RwLock { writer: Option<ThreadIndex>, readers: Vec<ThreadIndex> },
    Condvar { waiters: Vec<ThreadIndex> },
    Semaphore { permits: usize, closed: bool },
    Barrier { size: usize, arrived: Vec<ThreadIndex>, generation: u32 },
    Channel(Channel),
    Atomic,
    Cell(Box<CellHistory>),
    Thread { index: ThreadIndex },
    Fence,
}

/// The counts of a channel; its values are kept by the facade.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) len: usize,
    /// `None` for an unbounded channel, 0 for a rendezvous.
    pub(crate) capacity: Option<usize>,
    pub(crate) senders: usize,
    pub(crate) receivers: usize,
    /// How many values were received so far, so that a rendezvous sender knows when its own was.
    pub(crate) received: u32,
    pub(crate) sent: u32,
}

impl Channel {
    pub(crate) fn has_room(&self) -> bool {
        self.capacity.is_none_or(|capacity| self.len < capacity.max(1))
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
}

impl Object {
    pub(crate) fn kind_word(&self) -> &'static str {
        match self.state {
            State::Mutex { .. } => "mutex",
            State::RwLock { .. } => "rwlock",
            State::Condvar { .. } => "condvar",
            State::Semaphore { .. } => "semaphore",
            State::Barrier { .. } => "barrier",
            State::Channel(_) => "channel",
            State::Atomic => "atomic",
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
        } else {
            self.slots.push(Object {
                state,
                name,
                created,
                released: VectorClock::new(),
                read_released: VectorClock::new(),
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
