//! A part of the table: slots, and what is counted under their lock.

use std::collections::BTreeMap;

use super::row::{Row, SlotId, Tally};
use crate::{net::IpAddr, sync::Arc};

pub(super) struct Shard<C> {
    slots: Vec<Slot<C>>,
    /// Numbers of slots without a row; the last one given back is the first given out, since its memory is warm.
    free: Vec<usize>,
    live: usize,
    /// Live connections whose peer is known, by its address; those without are not in it. Nothing where addresses are not
    /// limited.
    by_address: Option<BTreeMap<IpAddr, usize>>,
    closed: bool,
    /// Connections that came in.
    pub(super) admitted: u64,
    /// Connections that did not.
    pub(super) refused: u64,
    /// What connections that have left did.
    pub(super) gone: Tally,
}

struct Slot<C> {
    generation: u32,
    row: Option<Arc<Row<C>>>,
}

impl<C> Shard<C> {
    pub(super) fn new(counts_addresses: bool) -> Self {
        Shard {
            slots: Vec::new(),
            free: Vec::new(),
            live: 0,
            by_address: counts_addresses.then(BTreeMap::new),
            closed: false,
            admitted: 0,
            refused: 0,
            gone: Tally::default(),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn live(&self) -> usize {
        self.live
    }

    pub(super) fn of_address(&self, address: IpAddr) -> usize {
        self.by_address.as_ref().and_then(|counts| counts.get(&address)).copied().unwrap_or(0)
    }

    /// A slot without a row, to be filled by [`put`](Self::put), and its generation.
    pub(super) fn free_slot(&mut self) -> (usize, u32) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, row: None });
            self.slots.len() - 1
        });
        (slot, self.slots[slot].generation)
    }

    pub(super) fn put(&mut self, slot: usize, row: Arc<Row<C>>) {
        if let (Some(counts), Some(peer)) = (&mut self.by_address, row.peer()) {
            *counts.entry(peer.ip()).or_default() += 1;
        }
        debug_assert!(self.slots[slot].row.is_none(), "a slot has one row");
        self.slots[slot].row = Some(row);
        self.live += 1;
        self.admitted += 1;
    }

    pub(super) fn get(&self, slot: usize, id: SlotId) -> Option<Arc<Row<C>>> {
        let row = self.slots.get(slot)?.row.as_ref();
        row.filter(|row| row.id() == id).cloned()
    }

    /// Takes the row out, unless it has left.
    pub(super) fn take(&mut self, slot: usize, id: SlotId) -> Option<Arc<Row<C>>> {
        let place = self.slots.get_mut(slot)?;
        let row = place.row.take_if(|row| row.id() == id)?;
        place.generation = place.generation.wrapping_add(1);
        self.gone.add(&row.facts().tally);
        self.free.push(slot);
        self.live -= 1;
        if let (Some(counts), Some(peer)) = (&mut self.by_address, row.peer()) {
            forget(counts, peer.ip());
        }
        Some(row)
    }

    /// Closes the door, and says who is in.
    pub(super) fn shut(&mut self) -> Vec<Arc<Row<C>>> {
        self.closed = true;
        self.rows().collect()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Arc<Row<C>>> {
        self.slots.iter().filter_map(|slot| slot.row.clone())
    }

    /// Panics when the shard contradicts itself. `index` says which number a slot has outside.
    pub(super) fn validate(&self, index: impl Fn(usize) -> usize) {
        let taken = self.slots.iter().filter(|slot| slot.row.is_some()).count();
        assert_eq!(taken, self.live, "as many rows as live connections");
        assert_eq!(self.slots.len(), self.live + self.free.len(), "each slot is taken or free");
        for (number, slot) in self.slots.iter().enumerate() {
            if let Some(row) = &slot.row {
                assert_eq!(row.id().index as usize, index(number), "a row knows its slot");
                assert_eq!(row.id().generation, slot.generation, "a row knows its generation");
            }
        }
        if let Some(counts) = &self.by_address {
            let known = self.slots.iter().filter_map(|slot| slot.row.as_ref()?.peer()).count();
            assert_eq!(counts.values().sum::<usize>(), known, "each counts for its address");
            assert!(counts.values().all(|count| *count > 0), "who is not there is not counted");
        }
        let mut free = self.free.clone();
        free.sort_unstable();
        free.dedup();
        assert_eq!(free.len(), self.free.len(), "no slot is free twice");
    }
}

/// One connection of the address has left. An address without connections takes no memory.
fn forget(counts: &mut BTreeMap<IpAddr, usize>, address: IpAddr) {
    match counts.get_mut(&address) {
        Some(count) if *count > 1 => *count -= 1,
        _ => {
            counts.remove(&address);
        }
    }
}
