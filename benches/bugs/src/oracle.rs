//! What a program does when it notices that it has gone wrong.

#![allow(
    clippy::disallowed_types,
    reason = "the record lies outside of the program under test: it must not be a step"
)]

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    time::Duration,
};

use unsnarl::parking_lot::{Mutex, MutexGuard};

/// How long a lock is waited for before it counts as never free. Time is virtual: it passes when nothing else can happen.
const NEVER: Duration = Duration::from_secs(3600);

/// Judges an execution. A check wants a panic, which ends the search; who counts executions wants them all to go on.
#[derive(Clone, Copy, Debug)]
pub enum Oracle {
    /// A failed requirement panics.
    Panic,
    /// A failed requirement is remembered here and the program goes on.
    Record(&'static AtomicBool),
}

impl Oracle {
    /// Says what must hold here.
    ///
    /// # Panics
    ///
    /// If it does not, unless failures are recorded.
    #[track_caller]
    pub fn require(self, holds: bool, message: &str) {
        match self {
            Oracle::Panic => assert!(holds, "{message}"),
            Oracle::Record(failed) if !holds => failed.store(true, SeqCst),
            Oracle::Record(_) => {}
        }
    }

    /// Locks a mutex that may be part of a deadlock. Where failures are recorded a lock that can never be had is one, and
    /// gives `None`: the thread is to return.
    #[track_caller]
    pub(crate) fn lock<T>(self, mutex: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
        match self {
            Oracle::Panic => Some(mutex.lock()),
            Oracle::Record(failed) => {
                let guard = mutex.try_lock_for(NEVER);
                if guard.is_none() {
                    failed.store(true, SeqCst);
                }
                guard
            }
        }
    }
}
