//! What comes of a thread, from its end to whoever takes it.

use std::{
    cell::UnsafeCell,
    marker::PhantomData,
    mem::{self, MaybeUninit},
    ptr::NonNull,
    sync::atomic::{AtomicU8, Ordering},
    thread::Result,
};

use super::blocks;

/// Where a thread leaves what it returned, or its panic: one of two owners, the thread and whoever may ask for it. Neither behind
/// a lock nor counted, since each thread of each execution has one.
pub(crate) struct Outcome<T> {
    shared: NonNull<Shared<T>>,
    owns: PhantomData<Shared<T>>,
}

struct Shared<T> {
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<Result<T>>>,
}

/// The value is there.
const IS_THERE: u8 = 1;
/// Both owners are there.
const HAS_BOTH: u8 = 2;

// SAFETY: a value of a type that can be sent goes from the thread that puts it to the one that takes it; nobody has a reference
// to it while it is here. (A panic's payload is `Send`, too.) What else both owners use is atomic.
unsafe impl<T: Send> Send for Outcome<T> {}
// SAFETY: as above; of several that take the value one gets it.
unsafe impl<T: Send> Sync for Outcome<T> {}

impl<T> Outcome<T> {
    /// For the thread, and for whoever may ask.
    pub(crate) fn pair() -> (Outcome<T>, Outcome<T>) {
        let shared = blocks::take();
        let value = UnsafeCell::new(MaybeUninit::uninit());
        // SAFETY: the memory is for this, and nobody else has it yet.
        unsafe { shared.write(Shared { state: AtomicU8::new(HAS_BOTH), value }) };
        let owner = || Outcome { shared, owns: PhantomData };
        (owner(), owner())
    }

    fn shared(&self) -> &Shared<T> {
        // SAFETY: it is there as long as one of its owners is.
        unsafe { self.shared.as_ref() }
    }

    /// Leaves what came of the thread.
    ///
    /// # Safety
    ///
    /// Of the two owners only one ever does.
    pub(crate) unsafe fn put(self, outcome: Result<T>) {
        let Shared { state, value } = self.shared();
        // SAFETY: nobody else touches the place before the flag is set, and nobody else sets it.
        unsafe { (*value.get()).write(outcome) };
        // One step instead of two: the value is there, and this owner leaves.
        // ORDERING: release, with the acquire in `take` and `drop`: who sees the flag sees the value.
        let left = state.compare_exchange(HAS_BOTH, IS_THERE, Ordering::Release, Ordering::Relaxed);
        if left.is_ok() {
            mem::forget(self);
        } else {
            // Nobody will ask.
            // ORDERING: relaxed: `drop`, which sees it, is on this thread.
            state.fetch_or(IS_THERE, Ordering::Relaxed);
        }
    }

    /// Takes what came of the thread, if it is there: it is not when a model was torn down and the thread with it.
    pub(crate) fn take(&self) -> Option<Result<T>> {
        let Shared { state, value } = self.shared();
        // ORDERING: acquire, with the release in `put`. Of several that see the flag one takes it down.
        let is_there = state.load(Ordering::Acquire) & IS_THERE != 0
            && state.fetch_and(!IS_THERE, Ordering::Acquire) & IS_THERE != 0;
        // SAFETY: the value was written before the flag was set, and who takes the flag down is the only one to read it.
        is_there.then(|| unsafe { (*value.get()).assume_init_read() })
    }

    /// As [`take`](Self::take), for who has joined the thread.
    pub(crate) fn of_joined(&self) -> Result<T> {
        self.take().unwrap_or_else(|| Err(Box::new("the thread was ended together with its execution")))
    }
}

impl<T> Drop for Outcome<T> {
    fn drop(&mut self) {
        let state = &self.shared().state;
        // ORDERING: acquire and release: the last owner sees what the other one did before it left.
        let is_last = state.load(Ordering::Acquire) & HAS_BOTH == 0
            || state.fetch_and(!HAS_BOTH, Ordering::AcqRel) & HAS_BOTH == 0;
        if is_last {
            drop(self.take());
            // SAFETY: it was taken for this type, and there is no other owner. What is in it needs no drop.
            unsafe { blocks::give_back(self.shared) };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn an_outcome_is_taken_once_or_dropped() {
        let value = Arc::new(());
        let (thread, asker) = Outcome::pair();
        assert!(asker.take().is_none());
        // SAFETY: once.
        unsafe { thread.put(Ok(Arc::clone(&value))) };
        assert!(asker.take().is_some_and(|outcome| outcome.is_ok()));
        assert!(asker.take().is_none());
        // Whoever leaves last drops what nobody has taken.
        for asker_is_first in [true, false] {
            let (thread, asker) = Outcome::pair();
            let mut asker = Some(asker);
            if asker_is_first {
                asker = None;
            }
            // SAFETY: once.
            unsafe { thread.put(Ok(Arc::clone(&value))) };
            assert_eq!(Arc::strong_count(&value), if asker_is_first { 1 } else { 2 });
            drop(asker);
            assert_eq!(Arc::strong_count(&value), 1);
        }
        // And there may be nothing.
        drop(Outcome::<Arc<()>>::pair());
    }

    #[test]
    fn one_of_several_takes_it() {
        let (thread, asker) = Outcome::pair();
        // SAFETY: once.
        unsafe { thread.put(Ok([5; 20])) };
        let taken = std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| asker.take().is_some())).collect();
            all.into_iter().map(|one| usize::from(one.join().unwrap())).sum::<usize>()
        });
        assert_eq!(taken, 1);
    }

    #[test]
    fn owners_on_two_threads_leave_in_any_order() {
        let value = Arc::new(());
        for _ in 0..1_000 {
            let (thread, asker) = Outcome::pair();
            std::thread::scope(|scope| {
                // SAFETY: once.
                scope.spawn(|| unsafe { thread.put(Ok(Arc::clone(&value))) });
                scope.spawn(|| drop(asker));
            });
        }
        assert_eq!(Arc::strong_count(&value), 1);
    }
}
