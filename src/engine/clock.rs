//! Vector clocks (Fidge 1988, Mattern 1989): which events of each thread happened before this point.

use std::time::Duration;

/// How many threads have their counters in the clock itself: most models have no more, and joining two clocks is then a few
/// instructions.
const FEW: usize = 8;

/// One counter per thread. Threads beyond the end count zero.
///
/// The clock also carries virtual time: the latest that any of these events showed. Time thus passes along happens-before
/// only, and what a thread reads from its clock does not depend on the order of steps that have nothing to do with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct VectorClock {
    few: [u32; FEW],
    more: Vec<u32>,
    pub(crate) time: VirtualTime,
}

/// Virtual time in nanoseconds since the execution began: enough for five centuries, and then it stands still.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct VirtualTime(u64);

impl VirtualTime {
    pub(crate) const ZERO: VirtualTime = VirtualTime(0);

    /// So much later.
    pub(crate) fn after(self, duration: Duration) -> VirtualTime {
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        VirtualTime(self.0.saturating_add(nanoseconds))
    }

    /// How long ago the execution began.
    pub(crate) fn since_beginning(self) -> Duration {
        Duration::from_nanos(self.0)
    }
}

impl VectorClock {
    pub(crate) const fn new() -> Self {
        VectorClock { few: [0; FEW], more: Vec::new(), time: VirtualTime::ZERO }
    }

    #[inline]
    pub(crate) fn get(&self, thread: usize) -> u32 {
        match self.few.get(thread) {
            Some(count) => *count,
            None => self.more.get(thread - FEW).copied().unwrap_or(0),
        }
    }

    #[inline]
    pub(crate) fn set(&mut self, thread: usize, count: u32) {
        match self.few.get_mut(thread) {
            Some(own) => *own = count,
            None => self.set_more(thread - FEW, count),
        }
    }

    /// One more event of the thread.
    #[inline]
    pub(crate) fn tick(&mut self, thread: usize) {
        match self.few.get_mut(thread) {
            Some(own) => *own += 1,
            None => self.set_more(thread - FEW, self.get(thread) + 1),
        }
    }

    #[cold]
    fn set_more(&mut self, at: usize, count: u32) {
        if self.more.len() <= at {
            self.more.resize(at + 1, 0);
        }
        self.more[at] = count;
    }

    /// Takes the larger count of each thread.
    #[inline]
    pub(crate) fn join(&mut self, other: &VectorClock) {
        // Made of whole arrays, and of signed numbers, which the least of processors compares four at a time.
        let (mine, theirs) = (self.few, other.few);
        self.few = std::array::from_fn(|at| {
            if (mine[at].cast_signed()) < theirs[at].cast_signed() { theirs[at] } else { mine[at] }
        });
        if !other.more.is_empty() {
            self.join_more(&other.more);
        }
        self.time = self.time.max(other.time);
    }

    /// Apart from the rest, which is short without it.
    #[inline(never)]
    fn join_more(&mut self, other: &[u32]) {
        if self.more.len() < other.len() {
            self.more.resize(other.len(), 0);
        }
        for (mine, theirs) in self.more.iter_mut().zip(other) {
            *mine = (*mine).max(*theirs);
        }
    }

    /// Becomes equal to `other`, keeping its own memory.
    #[inline]
    pub(crate) fn copy_from(&mut self, other: &VectorClock) {
        self.few = other.few;
        if !self.more.is_empty() || !other.more.is_empty() {
            self.more.clone_from(&other.more);
        }
        self.time = other.time;
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.few = [0; FEW];
        self.more.clear();
        self.time = VirtualTime::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_takes_the_larger_count_of_each_thread() {
        let (mut a, mut b) = (VectorClock::new(), VectorClock::new());
        a.set(0, 3);
        b.set(2, 5);
        b.set(0, 1);
        b.set(20, 9);
        a.join(&b);
        assert_eq!((a.get(0), a.get(1), a.get(2), a.get(7)), (3, 0, 5, 0));
        assert_eq!((a.get(8), a.get(19), a.get(20), a.get(21)), (0, 0, 9, 0));
    }

    #[test]
    fn a_copy_forgets_what_was_there() {
        let (mut a, mut b) = (VectorClock::new(), VectorClock::new());
        a.set(12, 7);
        b.set(1, 2);
        a.copy_from(&b);
        assert_eq!((a.get(1), a.get(12)), (2, 0));
        b.set(30, 4);
        a.copy_from(&b);
        assert_eq!((a.get(1), a.get(12), a.get(30)), (2, 0, 4));
        a.clear();
        assert_eq!((a.get(1), a.get(30)), (0, 0));
    }
}
