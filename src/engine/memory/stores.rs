//! What was stored in each atomic object, in modification order, and who knows of it.
//!
//! Everything is kept in slots that are used again by the next execution, so that nothing is allocated once the longest
//! execution has been seen.

use crate::engine::{
    clock::VectorClock,
    op::{ObjectIndex, ThreadIndex},
};

/// A history, by its number. An object whose value is changed behind the engine's back gets a new one.
pub(super) type LocationIndex = u32;
pub(super) const NO_LOCATION: LocationIndex = u32::MAX;

/// A store, by its number in the execution.
pub(super) type StoreIndex = u32;
pub(super) const NO_STORE: StoreIndex = u32::MAX;

/// A value that an atomic object had, or has in the eyes of some thread.
#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) value: u64,
    /// Its place in the modification order.
    pub(super) position: usize,
    /// The step that stored it; the value that the object began with was stored by none.
    pub(super) step: Option<usize>,
    /// A read-modify-write operation read it: nothing can come between the two.
    pub(super) updated: bool,
    /// What an acquiring reader learns: empty unless the store heads, or continues, a release sequence.
    pub(super) released: VectorClock,
    /// The epoch in which each thread first read it, or stored it; 0 for threads that did not.
    first_seen: Vec<u32>,
    /// The steps that read it and stored nothing.
    pub(super) readers: Vec<usize>,
}

/// An operation on an atomic object, or a sequentially consistent fence.
#[derive(Debug)]
pub(super) struct Access {
    pub(super) thread: ThreadIndex,
    /// [`NO_LOCATION`] for a fence.
    pub(super) location: LocationIndex,
    /// What it stored, or else what it read.
    pub(super) store: StoreIndex,
    pub(super) only_reads: bool,
    /// It is one of the operations that are in a single total order.
    pub(super) sequential: bool,
    /// The epoch of its thread in which it happened, and the one right after it.
    pub(super) epoch: u32,
    pub(super) epoch_after: u32,
    /// What its thread knew before and after it.
    pub(super) before: VectorClock,
    pub(super) after: VectorClock,
}

/// The histories of one execution.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// The present history of each object.
    location_of: Vec<LocationIndex>,
    /// The stores of each history in modification order. Slots beyond `locations_used` are kept for their memory.
    locations: Vec<Vec<StoreIndex>>,
    locations_used: usize,
    stores: Vec<Store>,
    stores_used: usize,
    accesses: Vec<Access>,
    accesses_used: usize,
    /// Those of the accesses that are in the single total order.
    pub(super) sequential: Vec<u32>,
    pub(super) scratch: super::order::Scratch,
}

impl Memory {
    pub(crate) fn clear(&mut self) {
        self.location_of.clear();
        self.locations_used = 0;
        self.stores_used = 0;
        self.accesses_used = 0;
        self.sequential.clear();
    }

    /// The object's history. It begins with `newest` if there is none, or if somebody changed the value past the engine
    /// (through exclusive access, or a pointer).
    pub(super) fn location(&mut self, object: ObjectIndex, newest: u64) -> LocationIndex {
        let object = object as usize;
        if self.location_of.len() <= object {
            self.location_of.resize(object + 1, NO_LOCATION);
        }
        let known = self.location_of[object];
        if known != NO_LOCATION && self.newest(known).value == newest {
            return known;
        }
        let location = self.locations_used;
        self.locations_used += 1;
        match self.locations.get_mut(location) {
            Some(used) => used.clear(),
            None => self.locations.push(Vec::new()),
        }
        let location = LocationIndex::try_from(location).expect("an execution has fewer than 2^32 objects");
        self.location_of[object] = location;
        self.insert(location, 0, newest, None);
        location
    }

    /// Puts a store at a place in the modification order.
    pub(super) fn insert(
        &mut self,
        location: LocationIndex,
        position: usize,
        value: u64,
        step: Option<usize>,
    ) -> StoreIndex {
        let index = StoreIndex::try_from(self.stores_used).expect("an execution has fewer than 2^32 stores");
        if self.stores_used == self.stores.len() {
            self.stores.push(Store::default());
        }
        self.stores_used += 1;
        let store = &mut self.stores[index as usize];
        store.value = value;
        store.step = step;
        store.updated = false;
        store.released.clear();
        store.first_seen.clear();
        store.readers.clear();
        let order = &mut self.locations[location as usize];
        order.insert(position, index);
        for (place, later) in order.iter().enumerate().skip(position) {
            self.stores[*later as usize].position = place;
        }
        index
    }

    /// The modification order.
    pub(super) fn order(&self, location: LocationIndex) -> &[StoreIndex] {
        &self.locations[location as usize]
    }

    pub(super) fn newest(&self, location: LocationIndex) -> &Store {
        let last = self.order(location).last().expect("a history begins with the first value");
        &self.stores[*last as usize]
    }

    pub(super) fn store(&self, index: StoreIndex) -> &Store {
        &self.stores[index as usize]
    }

    pub(super) fn store_mut(&mut self, index: StoreIndex) -> &mut Store {
        &mut self.stores[index as usize]
    }

    /// The store at a place in the modification order.
    pub(super) fn at(&self, location: LocationIndex, position: usize) -> (StoreIndex, &Store) {
        let index = self.order(location)[position];
        (index, &self.stores[index as usize])
    }

    /// Notes that the thread saw the store in this epoch of its clock.
    pub(super) fn see(&mut self, index: StoreIndex, thread: ThreadIndex, epoch: u32) {
        let seen = &mut self.stores[index as usize].first_seen;
        if seen.len() <= thread {
            seen.resize(thread + 1, 0);
        }
        if seen[thread] == 0 {
            seen[thread] = epoch;
        }
    }

    /// The place of the newest store that was stored or read before what the thread with this clock does next (coherence:
    /// it can neither read an older one nor store before it). Looks no further back than `most` stores.
    pub(super) fn floor(&self, location: LocationIndex, clock: &VectorClock, most: usize) -> usize {
        let order = self.order(location);
        let last = order.len() - 1;
        let oldest = last.saturating_sub(most - 1);
        let knows = |index: &StoreIndex| {
            let seen = &self.stores[*index as usize].first_seen;
            seen.iter().enumerate().any(|(thread, epoch)| *epoch != 0 && *epoch <= clock.get(thread))
        };
        (oldest + 1..=last).rev().find(|place| knows(&order[*place])).unwrap_or(oldest)
    }

    /// Records an access; the caller says what its thread knew before and after it.
    pub(super) fn record(&mut self, access: &Access) {
        let Access { thread, location, store, only_reads, sequential, epoch, epoch_after, .. } = *access;
        let index = self.accesses_used;
        if index == self.accesses.len() {
            self.accesses.push(Access { before: VectorClock::new(), after: VectorClock::new(), ..*access });
        }
        self.accesses_used += 1;
        let slot = &mut self.accesses[index];
        slot.before.copy_from(&access.before);
        slot.after.copy_from(&access.after);
        slot.thread = thread;
        slot.location = location;
        slot.store = store;
        slot.only_reads = only_reads;
        slot.sequential = sequential;
        slot.epoch = epoch;
        slot.epoch_after = epoch_after;
        if sequential {
            self.sequential.push(u32::try_from(index).expect("an execution has fewer than 2^32 steps"));
        }
    }

    /// The accesses, in the order of the execution.
    pub(super) fn accesses(&self) -> &[Access] {
        &self.accesses[..self.accesses_used]
    }

    pub(super) fn locations(&self) -> usize {
        self.locations_used
    }
}
