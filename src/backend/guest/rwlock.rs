//! The raw reader-writer lock, on the raw mutex and condition variable.
//!
//! The checkers' own do not serve: loom's aborts the process after a deadlock and panics on a second read lock of one
//! thread, shuttle's loses permits in `try_read`. This one prefers readers: a reader never waits for a waiting writer, so
//! hangs that need a preference for writers are not found here (our own engine explores both).

use std::{cell::Cell, time::Duration};

use super::{condvar::RawCondvar, execution, mutex::RawMutex, per_execution::PerExecution};

pub(crate) struct RawRwLock {
    lock: RawMutex,
    /// Signalled with `notify_all`, since readers and writers wait on it together.
    freed: RawCondvar,
    /// Read and written under `lock`.
    state: PerExecution<Cell<State>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Read(usize),
    Written,
}

impl RawRwLock {
    pub(crate) const fn new() -> Self {
        RawRwLock { lock: RawMutex::new(), freed: RawCondvar::new(), state: PerExecution::new() }
    }

    #[expect(clippy::unused_self, reason = "the checker's objects have no names")]
    pub(crate) fn set_name(&mut self, _name: &'static str) {}

    #[track_caller]
    pub(crate) fn read(&self) {
        self.acquire(Self::one_more_reader);
    }

    #[track_caller]
    pub(crate) fn try_read(&self) -> bool {
        self.try_acquire(Self::one_more_reader)
    }

    #[expect(clippy::unused_self, reason = "the raw interface has it")]
    #[track_caller]
    pub(crate) fn read_timeout(&self, _timeout: Duration) -> bool {
        execution::refuse_timeout()
    }

    /// # Safety
    ///
    /// The calling thread has the lock for reading.
    #[track_caller]
    pub(crate) unsafe fn unlock_read(&self) {
        self.release(|state| match state {
            State::Read(readers) => State::Read(readers.saturating_sub(1)),
            State::Written => State::Written,
        });
    }

    #[track_caller]
    pub(crate) fn write(&self) {
        self.acquire(Self::only_writer);
    }

    #[track_caller]
    pub(crate) fn try_write(&self) -> bool {
        self.try_acquire(Self::only_writer)
    }

    #[expect(clippy::unused_self, reason = "the raw interface has it")]
    #[track_caller]
    pub(crate) fn write_timeout(&self, _timeout: Duration) -> bool {
        execution::refuse_timeout()
    }

    /// # Safety
    ///
    /// The calling thread has the lock for writing.
    #[track_caller]
    pub(crate) unsafe fn unlock_write(&self) {
        self.release(|_| State::Read(0));
    }

    /// # Safety
    ///
    /// The calling thread has the lock for writing.
    #[track_caller]
    pub(crate) unsafe fn downgrade(&self) {
        self.release(|_| State::Read(1));
    }

    fn one_more_reader(state: State) -> Option<State> {
        match state {
            State::Read(readers) => Some(State::Read(readers + 1)),
            State::Written => None,
        }
    }

    fn only_writer(state: State) -> Option<State> {
        (state == State::Read(0)).then_some(State::Written)
    }

    /// Takes the lock by the transition `take`; waits while it has no result.
    #[track_caller]
    fn acquire(&self, take: fn(State) -> Option<State>) {
        if !execution::alive() {
            return;
        }
        self.lock.lock();
        while !self.transition(take) {
            // SAFETY: locked above by this thread.
            unsafe { self.freed.wait(&self.lock, None) };
            if execution::failed() {
                return;
            }
        }
        // SAFETY: locked above by this thread.
        unsafe { self.lock.unlock() };
    }

    #[track_caller]
    fn try_acquire(&self, take: fn(State) -> Option<State>) -> bool {
        if !execution::alive() {
            return true;
        }
        self.lock.lock();
        let taken = self.transition(take);
        // SAFETY: locked above by this thread.
        unsafe { self.lock.unlock() };
        taken
    }

    #[track_caller]
    fn release(&self, give: fn(State) -> State) {
        if execution::failed() {
            return;
        }
        self.lock.lock();
        let state = self.state();
        state.set(give(state.get()));
        // SAFETY: locked above by this thread.
        unsafe { self.lock.unlock() };
        self.freed.notify_all();
    }

    fn transition(&self, take: fn(State) -> Option<State>) -> bool {
        let state = self.state();
        take(state.get()).map(|next| state.set(next)).is_some()
    }

    fn state(&self) -> &Cell<State> {
        self.state.get(|| Cell::new(State::Read(0)))
    }
}
