//! Happens-before for atomics and plain memory: data races by vector clocks (FastTrack, Flanagan and Freund, PLDI 2009).
//!
//! The *ordering* arguments of atomic operations decide what they order, so a missing acquire or release shows as a race on
//! the data that it should have published. Here are the edges where a load sees the latest store; where it may see others, in
//! programs with operations weaker than sequentially consistent, they are those of [`memory`](super::memory).

use std::sync::atomic::Ordering;

use super::{
    execution::{Race, Stop, World},
    lock_log::Flow,
    object::{Access, Place, State},
    op::ObjectIndex,
    thread::Thread,
};

/// What an atomic operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtomicAccess {
    Load,
    Store,
    /// Read and write as one; continues the release sequence that it read from.
    ReadWrite,
}

pub(super) fn acquires(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

pub(super) fn releases(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}

impl World {
    /// Draws the happens-before edges of an atomic operation that the running thread has performed (C++20 atomics.order).
    #[inline(always)]
    pub(crate) fn atomic_access(&mut self, object: ObjectIndex, access: AtomicAccess, ordering: Ordering) {
        let thread = self.current;
        let is_weak = ordering != Ordering::SeqCst;
        if is_weak {
            self.weak_atomics = true;
            self.take_down_ordering(ordering);
        }
        let learns = access != AtomicAccess::Store && (!is_weak || acquires(ordering));
        let leaves = access != AtomicAccess::Load && (!is_weak || releases(ordering));
        let World { threads, objects, .. } = self;
        let Thread { clock, fence_acquire, fence_release, .. } = &mut threads[thread];
        let released = &mut objects.get_mut(object).released;
        match access {
            AtomicAccess::Store => {}
            _ if learns => clock.join(released),
            _ => fence_acquire.join(released),
        }
        match access {
            AtomicAccess::Load => {}
            // A plain store heads a new release sequence, or none; and who has learnt knows all that was there.
            _ if leaves && (learns || access == AtomicAccess::Store) => released.copy_from(clock),
            _ if leaves => released.join(clock),
            AtomicAccess::Store => released.copy_from(fence_release),
            AtomicAccess::ReadWrite => released.join(fence_release),
        }
        if leaves {
            clock.tick(thread);
        }
        if learns {
            self.log_flow(object, Flow::Learns { thread, object });
        }
        if leaves {
            self.log_flow(object, Flow::Leaves { thread, object });
        }
    }

    /// Draws the edges of a fence.
    pub(crate) fn fence_access(&mut self, ordering: Ordering) {
        let thread = self.current;
        let is_recorded = ordering == Ordering::SeqCst && self.mode.weak_memory && !self.teardown;
        let before = is_recorded.then(|| self.take_clock_before(thread));
        let state = self.thread_mut(thread);
        if acquires(ordering) {
            let clock = std::mem::take(&mut state.fence_acquire);
            state.clock.join(&clock);
            state.fence_acquire = clock;
        }
        if releases(ordering) {
            let mut clock = std::mem::take(&mut state.fence_release);
            clock.copy_from(&state.clock);
            state.fence_release = clock;
            let epoch = state.clock.get(thread);
            self.tick(thread);
            if let Some(before) = before {
                self.record_fence(before, epoch);
            }
        }
    }

    /// Checks an access of the running thread to plain memory against those that nothing orders before it.
    pub(crate) fn plain_access(&mut self, cell: ObjectIndex, writes: bool, place: Place) {
        let thread = self.current;
        self.take_down_access(cell, place);
        let clock = std::mem::take(&mut self.thread_mut(thread).clock);
        let later = Access { thread, count: clock.get(thread), place };
        let State::Cell(history) = &mut self.objects.get_mut(cell).state else {
            unreachable!("plain access to something that is no cell")
        };
        let unordered = |access: &Access| access.thread != thread && access.count > clock.get(access.thread);
        let mut racing = history.write.filter(unordered).map(|earlier| (earlier, true));
        if writes && racing.is_none() {
            racing = history.reads.iter().copied().find(unordered).map(|earlier| (earlier, false));
        }
        if writes {
            history.write = Some(later);
            history.reads.clear();
        } else if let Some(read) = history.reads.iter_mut().find(|read| read.thread == thread) {
            *read = later;
        } else {
            history.reads.push(later);
        }
        self.thread_mut(thread).clock = clock;
        if let Some((earlier, earlier_writes)) = racing {
            self.stop_with(Stop::Race(Race { cell, earlier, earlier_writes, later, later_writes: writes }));
        }
    }
}
