//! What comes of a thread, from its end to whoever takes it.

use std::{
    cell::UnsafeCell,
    mem::MaybeUninit,
    sync::atomic::{AtomicBool, Ordering},
    thread::Result,
};

/// Where a thread leaves what it returned, or its panic. Not behind a lock, since each thread of each execution has one.
pub(crate) struct Outcome<T> {
    /// The value is there.
    is_there: AtomicBool,
    value: UnsafeCell<MaybeUninit<Result<T>>>,
}

// SAFETY: a value of a type that can be sent goes from the thread that puts it to the one that takes it; nobody has a reference
// to it while it is here. (A panic's payload is `Send`, too.)
unsafe impl<T: Send> Sync for Outcome<T> {}

impl<T> Outcome<T> {
    pub(crate) fn new() -> Outcome<T> {
        Outcome { is_there: AtomicBool::new(false), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// Leaves what came of the thread.
    ///
    /// # Safety
    ///
    /// It is called once, by the thread.
    pub(crate) unsafe fn put(&self, outcome: Result<T>) {
        // SAFETY: nobody else touches the place before the flag is set, and nobody else sets it.
        unsafe { (*self.value.get()).write(outcome) };
        // ORDERING: release, with the acquire in `take`: who sees the flag sees the value.
        self.is_there.store(true, Ordering::Release);
    }

    /// Takes what came of the thread, if it is there: it is not when a model was torn down and the thread with it.
    pub(crate) fn take(&self) -> Option<Result<T>> {
        // ORDERING: acquire, with the release in `put`. Of several that see the flag one takes it down.
        let is_there = self.is_there.load(Ordering::Acquire) && self.is_there.swap(false, Ordering::Acquire);
        // SAFETY: the value was written before the flag was set, and who takes the flag down is the only one to read it.
        is_there.then(|| unsafe { (*self.value.get()).assume_init_read() })
    }

    /// As [`take`](Self::take), for who has joined the thread.
    pub(crate) fn of_joined(&self) -> Result<T> {
        self.take().unwrap_or_else(|| Err(Box::new("the thread was ended together with its execution")))
    }
}

impl<T> Drop for Outcome<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn an_outcome_is_taken_once_or_dropped() {
        let value = Arc::new(());
        let outcome = Outcome::new();
        assert!(outcome.take().is_none());
        // SAFETY: once.
        unsafe { outcome.put(Ok(Arc::clone(&value))) };
        assert!(outcome.take().is_some_and(|outcome| outcome.is_ok()));
        assert!(outcome.take().is_none());
        let other = Outcome::new();
        // SAFETY: once.
        unsafe { other.put(Ok(Arc::clone(&value))) };
        assert_eq!(Arc::strong_count(&value), 2);
        drop((outcome, other));
        assert_eq!(Arc::strong_count(&value), 1);
    }

    #[test]
    fn one_of_several_takes_it() {
        let outcome = Outcome::new();
        // SAFETY: once.
        unsafe { outcome.put(Ok(5)) };
        let taken = std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(|| outcome.take().is_some())).collect();
            all.into_iter().map(|one| usize::from(one.join().unwrap())).sum::<usize>()
        });
        assert_eq!(taken, 1);
    }
}
