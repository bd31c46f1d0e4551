//! A condition variable without a loop around the wait.

use unsnarl::{
    parking_lot::{Condvar, Mutex},
    sync::Arc,
};

use super::Program;
use crate::threads::{Body, threads};

pub(super) const PROGRAMS: &[Program] = &[Program::deadlocks("lost wake-up", lost_wake_up)];

/// The waiter looks, lets the lock go, and waits without looking again.
fn lost_wake_up() {
    let state = Arc::new((Mutex::new(false), Condvar::new()));
    let waiter = Arc::clone(&state);
    threads([
        Box::new(move || {
            let (ready, changed) = &*waiter;
            let is_ready = *ready.lock();
            if !is_ready {
                changed.wait(&mut ready.lock());
            }
        }) as Body,
        Box::new(move || {
            let (ready, changed) = &*state;
            *ready.lock() = true;
            changed.notify_one();
        }) as Body,
    ]);
}
