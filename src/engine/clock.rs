//! Vector clocks (Fidge 1988, Mattern 1989): which events of each thread happened before this point.

use std::time::Duration;

/// One counter per thread. Threads beyond the end count zero.
///
/// The clock also carries virtual time: the latest that any of these events showed. Time thus passes along happens-before
/// only, and what a thread reads from its clock does not depend on the order of steps that have nothing to do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VectorClock {
    counts: Vec<u32>,
    pub(crate) time: Duration,
}

impl VectorClock {
    pub(crate) const fn new() -> Self {
        VectorClock { counts: Vec::new(), time: Duration::ZERO }
    }

    #[inline]
    pub(crate) fn get(&self, thread: usize) -> u32 {
        self.counts.get(thread).copied().unwrap_or(0)
    }

    #[inline]
    pub(crate) fn set(&mut self, thread: usize, count: u32) {
        if self.counts.len() <= thread {
            self.counts.resize(thread + 1, 0);
        }
        self.counts[thread] = count;
    }

    /// Takes the larger count of each thread.
    #[inline]
    pub(crate) fn join(&mut self, other: &VectorClock) {
        if self.counts.len() < other.counts.len() {
            self.counts.resize(other.counts.len(), 0);
        }
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine = (*mine).max(*theirs);
        }
        self.time = self.time.max(other.time);
    }

    /// Becomes equal to `other`, keeping its own memory.
    #[inline]
    pub(crate) fn copy_from(&mut self, other: &VectorClock) {
        self.counts.clear();
        self.counts.extend_from_slice(&other.counts);
        self.time = other.time;
    }

    #[inline]
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
        self.time = Duration::ZERO;
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
        a.join(&b);
        assert_eq!((a.get(0), a.get(1), a.get(2), a.get(7)), (3, 0, 5, 0));
    }
}
