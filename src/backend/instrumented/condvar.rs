//! The raw condition variable.

use std::{mem::ManuallyDrop, time::Duration};

use super::{RawMutex, identity::Identity};
#[cfg(feature = "model")]
use crate::engine::{
    Handle,
    object::State,
    op::{ObjectIndex, Op, OpKind},
    trace::Outcome,
};

pub(crate) struct RawCondvar {
    identity: Identity,
    native: parking_lot::Condvar,
}

impl RawCondvar {
    #[track_caller]
    pub(crate) const fn new() -> Self {
        RawCondvar { identity: Identity::new(), native: parking_lot::Condvar::new() }
    }

    pub(crate) fn set_name(&mut self, name: &'static str) {
        self.identity.name = Some(name);
    }

    #[cfg(feature = "model")]
    fn index(&self, handle: &Handle) -> ObjectIndex {
        self.identity.index(handle, "condvar", || State::Condvar { waiters: Vec::new() })
    }

    /// Waits with `mutex`, which is released meanwhile; true when time ran out.
    ///
    /// # Safety
    ///
    /// The caller holds `mutex`.
    #[track_caller]
    pub(crate) unsafe fn wait(&self, mutex: &RawMutex, timeout: Option<Duration>) -> bool {
        in_model!(handle => {
            let kind = if timeout.is_some() { OpKind::WaitTimed } else { OpKind::Wait };
            let mutex = mutex.index(&handle);
            let mut op = Op::new(kind, self.index(&handle), mutex, std::panic::Location::caller());
            if handle.visible_releases() {
                op.second = mutex;
            }
            handle.step(op, timeout) == Outcome::TimedOut
        });
        // SAFETY: the caller holds the lock; the guard is never dropped, so the caller goes on holding it.
        let mut guard = ManuallyDrop::new(unsafe { mutex.native().make_guard_unchecked() });
        match timeout {
            None => {
                self.native.wait(&mut guard);
                false
            }
            Some(timeout) => self.native.wait_for(&mut guard, timeout).timed_out(),
        }
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) -> bool {
        in_model!(handle => {
            let object = self.index(&handle);
            super::identity::step(&handle, OpKind::NotifyOne, object, None) == Outcome::Done
        });
        self.native.notify_one()
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) -> usize {
        in_model!(handle => {
            let object = self.index(&handle);
            super::identity::step(&handle, OpKind::NotifyAll, object, None);
            handle.with(|world| world.woken)
        });
        self.native.notify_all()
    }
}
