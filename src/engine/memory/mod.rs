//! Weak memory: what an atomic operation can see, by the rules of C++20, which are Rust's.
//!
//! The model is that of the standard (`intro.races`, `atomics.order`), with the corrections of "Repairing sequential
//! consistency in C/C++11" (Lahav, Vafeiadis, Kang, Hur, Dreyer, PLDI 2017) that C++20 took over, and with its rule that no
//! value comes out of thin air: program order and reads-from have no cycle together. An execution of a program is then a
//! graph: which store each load reads from, and in which order the stores to each object stand (its *modification order*).
//! The engine builds the graph one operation at a time, and each operation may
//!
//! 1. *load*: read any store that coherence allows, that is none older than one that was stored or read before it in
//!    happens-before;
//! 2. *store*: stand right after any store that coherence allows, so not only at the end of the modification order;
//! 3. *modify* (read and write as one): both at once, with no store between the two (atomicity). A compare-exchange that
//!    finds another value than the expected one is a load;
//!
//! if the single total order of sequentially consistent operations still exists (see [`order`]). What an acquiring reader
//! learns is kept with the store that it reads, so a stale read draws the edges of the stale store only.
//!
//! # Which choices are explored
//!
//! The graph does not say in which order its operations were executed, and one graph is enough to see once. So a search that
//! tries all orders of dependent operations on one object anyway need not let an operation read past (or store before) a store
//! that was executed before it, when the two could as well be executed the other way round. It is possible only where that
//! order is *forced*: where the operation depends on the store through its own thread's past, or through the store that it
//! reads, or (for one that stores) through an access that precedes it in the modification order. See
//! [`Strategy::orders`](super::strategy::Strategy::orders). No graph is lost: take an execution with the fewest pairs of a
//! store and a later operation that precedes it in coherence order. If one pair is not forced, move the store, and all that
//! depends on it, behind the operation: what is moved reads what it read before, and there is one such pair less.
//!
//! What can be chosen is numbered from the newest store to the oldest, in the whole modification order. So a number means the
//! same whatever independent steps came before, and 0, the newest, is possible always: it is what sequential consistency
//! shows. Programs with sequentially consistent operations only are not touched by any of this; they run in a mode without
//! histories, and an exploration begins again when the first weaker operation is seen. The graphs of a program that shows
//! nothing but sequentially consistent behaviour are its Mazurkiewicz traces, so it has as many executions here as there.
//!
//! Choices in operations on different objects can exclude each other only by the single total order. They are treated as
//! independent nevertheless: whatever was chosen before, the newest store is possible, and a prefix of a possible execution is
//! possible. A combination that the search tries and that is not possible ends the execution as redundant.
//!
//! # What is left out
//!
//! - *Load buffering*: a load never reads a store that is executed later (`r = x; y = 1` beside `s = y; x = 1` never gives
//!   `r = s = 1`, which the standard allows and no processor on the market but some ARM and POWER cores could show).
//! - A loop could read a stale value for ever. Each thread reads the same overwritten value at one place of the program at
//!   most [`Limits::stale_reads`](super::Limits::stale_reads) times; a pass says so if that left something out.
//! - Of a long history only the newest [`STORES_SEEN_MAX`] stores are looked at.

mod order;
mod stores;

use std::sync::atomic::Ordering;

use self::{
    order::Candidate,
    stores::{Access, LocationIndex, NO_LOCATION, NO_STORE, StoreIndex},
};
use super::{
    clock::VectorClock,
    execution::{Stop, World},
    object::Place,
    op::{ObjectIndex, ThreadIndex},
    race::{AtomicAccess, acquires, releases},
    trace::Outcome,
};

pub(crate) use stores::Memory;

/// How many stores of an object an operation can choose from.
pub(crate) const STORES_SEEN_MAX: usize = 128;

/// What came of a read-modify-write operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Update {
    /// The value that it read.
    pub(crate) read: u64,
    /// It wrote; if not, it was a load.
    pub(crate) wrote: bool,
    /// It left everything as it was, and would have wherever else it could have read from.
    pub(crate) only_read: bool,
    /// The value of the object from now on, if it changed.
    pub(crate) newest: Option<u64>,
}

/// How often a thread read one overwritten value at one place, or did not see one store with a read-modify-write.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StaleReads {
    place: Place,
    store: StoreIndex,
    times: u32,
}

/// An operation that is about to choose its place in a history.
#[derive(Clone, Copy, Debug)]
struct Operation {
    thread: ThreadIndex,
    location: LocationIndex,
    access: AtomicAccess,
    /// What a compare-exchange has to find in order to write.
    expected: Option<u64>,
    /// The ordering where it writes, or is a load; and that of a compare-exchange that fails.
    success: Ordering,
    failure: Ordering,
}

impl Operation {
    /// Whether it writes if it reads this value.
    fn writes(&self, read: u64) -> bool {
        match self.access {
            AtomicAccess::Load => false,
            AtomicAccess::Store => true,
            AtomicAccess::ReadWrite => self.expected.is_none_or(|expected| expected == read),
        }
    }

    fn ordering(&self, writes: bool) -> Ordering {
        if writes || self.access == AtomicAccess::Load { self.success } else { self.failure }
    }
}

/// A step's number as outcomes have it: an execution has a limit of steps.
fn numbered(step: usize) -> u32 {
    u32::try_from(step).expect("an execution has fewer than 2^32 steps")
}

impl World {
    /// Loads from an atomic object whose native value is `newest`.
    pub(crate) fn load(&mut self, object: ObjectIndex, newest: u64, ordering: Ordering) -> u64 {
        self.show_atomic(object, newest);
        if !self.has_histories(ordering, ordering) {
            self.atomic_access(object, AtomicAccess::Load, ordering);
            return newest;
        }
        let location = self.memory.location(object, newest);
        let operation = Operation {
            thread: self.current,
            location,
            access: AtomicAccess::Load,
            expected: None,
            success: ordering,
            failure: ordering,
        };
        let position = self.choose_position(&operation);
        self.perform(&operation, position, |read| read).read
    }

    /// Stores into an atomic object whose native value is `newest`. The value that the object has from now on.
    pub(crate) fn store(
        &mut self,
        object: ObjectIndex,
        newest: u64,
        value: u64,
        ordering: Ordering,
    ) -> Option<u64> {
        if !self.has_histories(ordering, ordering) {
            self.atomic_access(object, AtomicAccess::Store, ordering);
            self.set_value(object, value);
            return Some(value);
        }
        let location = self.memory.location(object, newest);
        let operation = Operation {
            thread: self.current,
            location,
            access: AtomicAccess::Store,
            expected: None,
            success: ordering,
            failure: ordering,
        };
        let position = self.choose_position(&operation);
        self.perform_on(object, &operation, position, |_| value).newest
    }

    /// Replaces the value of an atomic object, whose native value is `newest`, by what `make` makes of it; if a value is
    /// expected, only if that is the one.
    pub(crate) fn update(
        &mut self,
        object: ObjectIndex,
        newest: u64,
        expected: Option<u64>,
        (success, failure): (Ordering, Ordering),
        make: impl FnOnce(u64) -> u64,
    ) -> Update {
        if !self.has_histories(success, failure) {
            let wrote = expected.is_none_or(|expected| expected == newest);
            let (access, ordering) =
                if wrote { (AtomicAccess::ReadWrite, success) } else { (AtomicAccess::Load, failure) };
            self.atomic_access(object, access, ordering);
            let value = wrote.then(|| make(newest));
            if let Some(value) = value {
                self.set_value(object, value);
            }
            return Update { read: newest, wrote, only_read: !wrote, newest: value };
        }
        let location = self.memory.location(object, newest);
        let access = AtomicAccess::ReadWrite;
        let operation = Operation { thread: self.current, location, access, expected, success, failure };
        let position = self.choose_position(&operation);
        self.perform_on(object, &operation, position, make)
    }

    /// Whether this execution keeps histories. If not, and the program turns out to need them, the next one will.
    #[inline]
    fn has_histories(&mut self, success: Ordering, failure: Ordering) -> bool {
        let is_weak = success != Ordering::SeqCst || failure != Ordering::SeqCst;
        self.wants.weak_memory |= is_weak && self.limits.weak_memory;
        self.mode.weak_memory && !self.teardown
    }

    /// Records a sequentially consistent fence of the running thread, which knew `before` before it.
    pub(super) fn record_fence(&mut self, before: VectorClock, epoch: u32) {
        let thread = self.current;
        let after = std::mem::take(&mut self.thread_mut(thread).clock);
        let access = Access {
            thread,
            location: NO_LOCATION,
            store: NO_STORE,
            only_reads: true,
            sequential: true,
            epoch,
            epoch_after: after.get(thread),
            before,
            after,
        };
        self.memory.record(&access);
        let Access { before, after, .. } = access;
        self.thread_mut(thread).clock = after;
        self.clock_before = before;
    }

    /// The place in the modification order of what the operation reads, or is to stand after.
    fn choose_position(&mut self, operation: &Operation) -> usize {
        let Operation { thread, location, .. } = *operation;
        let last = self.memory.order(location).len() - 1;
        let floor = self.memory.floor(location, &self.thread(thread).clock, STORES_SEEN_MAX);
        self.histories_cut |= last - floor + 1 == STORES_SEEN_MAX;
        let is_coherent = |world: &World, position: usize| {
            let (_, store) = world.memory.at(location, position);
            !(store.updated && operation.writes(store.value))
        };
        if !(floor..last).any(|position| is_coherent(self, position)) {
            return last;
        }
        let count = last - floor + 1;
        let chosen = match self.strategy.repeat_value() {
            Some(value) => Some(value),
            None => {
                let possible = (1..count)
                    .filter(|value| {
                        let position = last - value;
                        is_coherent(self, position)
                            && self.is_forced(operation, position)
                            && self.keeps_order(operation, position)
                            && self.may_read_again(operation, position)
                    })
                    .fold(1_u128, |set, value| set | 1 << value);
                self.strategy.choose_among(possible)
            }
        };
        let Some(value) = chosen else {
            self.stop_with(Stop::Redundant);
            return last;
        };
        self.note_number(value, count);
        last - value
    }

    /// Whether the strategy wants what it could also have by letting the operation come earlier.
    fn is_forced(&self, operation: &Operation, position: usize) -> bool {
        let memory = &self.memory;
        let order = memory.order(operation.location);
        let (_, chosen) = memory.at(operation.location, position);
        let writes = operation.writes(chosen.value);
        order[position + 1..].iter().all(|later| {
            let Some(later) = memory.store(*later).step else { return false };
            if self.strategy.orders(later, None) {
                return true;
            }
            if !writes {
                return chosen.step.is_some_and(|step| self.strategy.orders(later, Some(step)));
            }
            order[..=position].iter().any(|earlier| {
                let earlier = memory.store(*earlier);
                let mut accesses = earlier.step.iter().chain(&earlier.readers);
                accesses.any(|step| self.strategy.orders(later, Some(*step)))
            })
        })
    }

    /// Whether the single total order of sequentially consistent operations still exists with this choice.
    fn keeps_order(&mut self, operation: &Operation, position: usize) -> bool {
        let Operation { thread, location, access, .. } = *operation;
        let (_, store) = self.memory.at(location, position);
        let writes = operation.writes(store.value);
        let ordering = operation.ordering(writes);
        let before = std::mem::take(&mut self.thread_mut(thread).clock);
        let mut after = std::mem::take(&mut self.clock_after);
        after.copy_from(&before);
        if access != AtomicAccess::Store && acquires(ordering) {
            after.join(&self.memory.at(location, position).1.released);
        }
        let sequential = ordering == Ordering::SeqCst;
        let candidate =
            Candidate { thread, location, position, writes, sequential, before: &before, after: &after };
        let keeps = self.memory.keeps_order(&candidate);
        self.clock_after = after;
        self.thread_mut(thread).clock = before;
        keeps
    }

    /// Whether the thread may read this overwritten value, which it may have read here before. A read-modify-write that is
    /// repeated reads its own value the next time, so of these it counts which newer store they do not see.
    fn may_read_again(&mut self, operation: &Operation, position: usize) -> bool {
        let (index, store) = self.memory.at(operation.location, position);
        let index = match operation.access {
            AtomicAccess::Store => return true,
            AtomicAccess::ReadWrite if operation.writes(store.value) => {
                self.memory.at(operation.location, position + 1).0
            }
            _ => index,
        };
        let place = self.steps.last().expect("a step is being taken").op.place;
        let reads = &self.thread(operation.thread).stale_reads;
        let times = reads.iter().find(|reads| reads.store == index && reads.place == place);
        let may = times.is_none_or(|reads| reads.times < self.limits.stale_reads);
        self.stale_reads_bounded |= !may;
        may
    }

    /// As [`perform`](Self::perform), and gives the object its value.
    fn perform_on(
        &mut self,
        object: ObjectIndex,
        operation: &Operation,
        position: usize,
        make: impl FnOnce(u64) -> u64,
    ) -> Update {
        let update = self.perform(operation, position, make);
        if let Some(value) = update.newest {
            self.set_value(object, value);
        }
        update
    }

    /// Lets the operation read the store at `position`, or stand right after it, or both.
    fn perform(&mut self, operation: &Operation, position: usize, make: impl FnOnce(u64) -> u64) -> Update {
        let Operation { thread, location, access, .. } = *operation;
        let step = self.steps.len() - 1;
        let is_newest = position + 1 == self.memory.order(location).len();
        let (source, store) = self.memory.at(location, position);
        let read = store.value;
        let wrote = operation.writes(read);
        let ordering = operation.ordering(wrote);
        self.take_down_ordering(ordering);
        let before = self.take_clock_before(thread);
        let epoch = before.get(thread);
        if access != AtomicAccess::Store {
            self.read_from(thread, source, acquires(ordering));
            self.memory.see(source, thread, epoch);
        }
        let mut record = Access {
            thread,
            location,
            store: source,
            only_reads: !wrote,
            sequential: ordering == Ordering::SeqCst,
            epoch,
            epoch_after: epoch,
            before,
            after: VectorClock::new(),
        };
        let mut newest = None;
        if wrote {
            let value = make(read);
            record.store = self.memory.insert(location, position + 1, value, Some(step));
            self.write_to(thread, record.store, releases(ordering));
            if access == AtomicAccess::ReadWrite {
                self.continue_sequence(source, record.store);
            }
            self.memory.see(record.store, thread, epoch);
            newest = is_newest.then_some(value);
            if !is_newest {
                let (next, store) = self.memory.at(location, position + 2);
                let later = store.step.expect("nothing can be stored before the first value");
                self.steps[step].outcome = Outcome::StoredBefore { later: numbered(later) };
                if access == AtomicAccess::ReadWrite {
                    self.count_stale_read(thread, next, step);
                }
            }
        } else {
            self.memory.store_mut(source).readers.push(step);
            if !is_newest {
                self.steps[step].outcome =
                    Outcome::Stale { store: self.memory.store(source).step.map(numbered) };
                self.count_stale_read(thread, source, step);
            }
        }
        record.epoch_after = self.thread(thread).clock.get(thread);
        record.after = std::mem::take(&mut self.thread_mut(thread).clock);
        self.memory.record(&record);
        let Access { before, after, .. } = record;
        self.thread_mut(thread).clock = after;
        self.clock_before = before;
        Update { read, wrote, only_read: false, newest }
    }

    pub(super) fn take_clock_before(&mut self, thread: ThreadIndex) -> VectorClock {
        let mut before = std::mem::take(&mut self.clock_before);
        before.copy_from(&self.thread(thread).clock);
        before
    }

    /// The thread learns what the store publishes, at once or at its next acquire fence.
    fn read_from(&mut self, thread: ThreadIndex, source: StoreIndex, at_once: bool) {
        let released = std::mem::take(&mut self.memory.store_mut(source).released);
        let state = self.thread_mut(thread);
        let clock = if at_once { &mut state.clock } else { &mut state.fence_acquire };
        clock.join(&released);
        self.memory.store_mut(source).released = released;
    }

    /// The store publishes what the thread knows, or what it knew at its last release fence.
    fn write_to(&mut self, thread: ThreadIndex, store: StoreIndex, releases: bool) {
        let mut released = std::mem::take(&mut self.memory.store_mut(store).released);
        let state = self.thread(thread);
        released.copy_from(if releases { &state.clock } else { &state.fence_release });
        self.memory.store_mut(store).released = released;
        if releases {
            self.tick(thread);
        }
    }

    /// A read-modify-write operation continues the release sequences that the store it read from belongs to.
    fn continue_sequence(&mut self, source: StoreIndex, store: StoreIndex) {
        let released = std::mem::take(&mut self.memory.store_mut(source).released);
        self.memory.store_mut(store).released.join(&released);
        self.memory.store_mut(source).released = released;
        self.memory.store_mut(source).updated = true;
    }

    fn count_stale_read(&mut self, thread: ThreadIndex, store: StoreIndex, step: usize) {
        let place = self.steps[step].op.place;
        let reads = &mut self.thread_mut(thread).stale_reads;
        match reads.iter_mut().find(|reads| reads.store == store && reads.place == place) {
            Some(reads) => reads.times += 1,
            None => reads.push(StaleReads { place, store, times: 1 }),
        }
    }
}
