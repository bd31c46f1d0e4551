//! The raw reader-writer lock, on the raw mutex and condition variable.
//!
//! The checkers' own do not serve: loom's aborts the process after a deadlock and panics on a second read lock of one
//! thread, shuttle's loses permits in `try_read`. This one prefers readers: a reader never waits for a waiting writer, so
//! hangs that need a preference for writers are not found here (our own engine explores both).

use std::{cell::Cell, time::Duration};

use super::{condvar::RawCondvar, execution, mutex::RawMutex, per_execution::PerExecution};
use crate::backend::Access;

/// The raw lock of [`RwLock`](crate::parking_lot::RwLock).
pub struct RawRwLock {
    lock: RawMutex,
    /// Signalled with `notify_all`, since readers and writers wait on it together.
    freed: RawCondvar,
    /// Read and written under `lock`.
    state: PerExecution<Cell<State>>,
}

#[derive(Clone, Copy, Default)]
struct State {
    readers: usize,
    upgradable: bool,
    written: bool,
}

impl State {
    /// With one more holder; `None` where that is not possible now.
    fn with(self, access: Access) -> Option<Self> {
        let state = match access {
            Access::Read | Access::ReadRecursive => State { readers: self.readers + 1, ..self },
            Access::Upgradable => State { upgradable: true, ..self },
            Access::Write => State { written: true, ..self },
        };
        let possible = match access {
            Access::Read | Access::ReadRecursive => !self.written,
            Access::Upgradable => !self.written && !self.upgradable,
            Access::Write => !self.written && !self.upgradable && self.readers == 0,
        };
        possible.then_some(state)
    }

    fn without(self, access: Access) -> Self {
        match access {
            Access::Read | Access::ReadRecursive => State { readers: self.readers.saturating_sub(1), ..self },
            Access::Upgradable => State { upgradable: false, ..self },
            Access::Write => State { written: false, ..self },
        }
    }

    /// With the upgradable lock turned into the write lock; `None` while others read.
    fn upgraded(self) -> Option<Self> {
        (self.readers == 0).then_some(State { upgradable: false, written: true, ..self })
    }
}

impl RawRwLock {
    pub(crate) const fn new() -> Self {
        RawRwLock { lock: RawMutex::new(), freed: RawCondvar::new(), state: PerExecution::new() }
    }

    pub(crate) const fn somewhere() -> Self {
        Self::new()
    }

    #[expect(clippy::unused_self, reason = "the checker's objects have no names")]
    pub(crate) fn renamed(&self, _name: &'static str) -> Self {
        Self::new()
    }

    #[track_caller]
    pub(crate) fn lock(&self, access: Access) {
        self.acquire(|state| state.with(access));
    }

    #[track_caller]
    pub(crate) fn try_lock(&self, access: Access) -> bool {
        self.try_acquire(|state| state.with(access))
    }

    #[expect(clippy::unused_self, reason = "the raw interface has it")]
    #[track_caller]
    pub(crate) fn lock_timeout(&self, _access: Access, _timeout: Duration) -> bool {
        execution::refuse_timeout()
    }

    /// # Safety
    ///
    /// The calling thread holds the lock in this way.
    #[track_caller]
    pub(crate) unsafe fn unlock(&self, access: Access) {
        self.release(|state| state.without(access));
    }

    /// # Safety
    ///
    /// The calling thread holds the lock in this way.
    #[track_caller]
    pub(crate) unsafe fn unlock_fair(&self, access: Access) {
        self.release(|state| state.without(access));
    }

    /// # Safety
    ///
    /// The calling thread holds the lock as `from` says, and `to` is one of those that let others read.
    #[track_caller]
    pub(crate) unsafe fn downgrade(&self, from: Access, to: Access) {
        self.release(|state| {
            let given_back = state.without(from);
            given_back.with(to).unwrap_or(given_back)
        });
    }

    /// # Safety
    ///
    /// The calling thread holds the upgradable lock.
    #[track_caller]
    pub(crate) unsafe fn upgrade(&self) {
        self.acquire(State::upgraded);
    }

    /// # Safety
    ///
    /// The calling thread holds the upgradable lock.
    #[track_caller]
    pub(crate) unsafe fn try_upgrade(&self) -> bool {
        self.try_acquire(State::upgraded)
    }

    /// # Safety
    ///
    /// The calling thread holds the upgradable lock.
    #[expect(clippy::unused_self, reason = "the raw interface has it")]
    #[track_caller]
    pub(crate) unsafe fn upgrade_timeout(&self, _timeout: Duration) -> bool {
        execution::refuse_timeout()
    }

    /// Takes the lock by the transition `take`; waits while it has no result.
    #[track_caller]
    fn acquire(&self, take: impl Fn(State) -> Option<State>) {
        if !execution::alive() {
            return;
        }
        self.lock.lock();
        while !self.transition(&take) {
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
    fn try_acquire(&self, take: impl Fn(State) -> Option<State>) -> bool {
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
    fn release(&self, give: impl Fn(State) -> State) {
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

    fn transition(&self, take: impl Fn(State) -> Option<State>) -> bool {
        let state = self.state();
        take(state.get()).map(|next| state.set(next)).is_some()
    }

    fn state(&self) -> &Cell<State> {
        self.state.get(|| Cell::new(State::default()))
    }
}
