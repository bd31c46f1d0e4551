//! A run-once helper whose last waiter frees the lock.
//!
//! Who finds the work undone counts itself as a waiter, with a load and a store, takes the lock, works, and counts itself
//! out; who comes to zero frees the lock. A second thread that has looked but not counted itself yet enters a freed lock.
//! Repaired, the lock is freed by its owner, when both threads have ended.

use unsnarl::{
    parking_lot::Mutex,
    sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

const THREADS: usize = 2;

#[derive(Debug)]
struct Once {
    is_done: AtomicBool,
    waiters: AtomicI64,
    lock: Mutex<()>,
    /// Stands for the freed memory of the lock: every use asserts that it is not.
    is_freed: AtomicBool,
    /// Whether the last waiter frees the lock.
    last_frees: bool,
    oracle: Oracle,
}

impl Once {
    fn use_lock(&self) {
        self.oracle.require(!self.is_freed.load(SeqCst), "a freed lock was used");
    }
}

fn call_once(once: &Once) {
    if once.is_done.load(SeqCst) {
        return;
    }
    once.waiters.store(once.waiters.load(SeqCst) + 1, SeqCst);
    once.use_lock();
    let guard = once.lock.lock();
    if !once.is_done.load(SeqCst) {
        once.is_done.store(true, SeqCst);
    }
    once.use_lock();
    drop(guard);
    let left = once.waiters.load(SeqCst) - 1;
    once.waiters.store(left, SeqCst);
    if left == 0 && once.last_frees {
        once.is_freed.store(true, SeqCst);
    }
}

fn run(oracle: Oracle, last_frees: bool) {
    let once = Once {
        is_done: AtomicBool::new(false),
        waiters: AtomicI64::new(0),
        lock: Mutex::new(()),
        is_freed: AtomicBool::new(false),
        last_frees,
        oracle,
    };
    together(once, [call_once as fn(&_); THREADS]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, true);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, false);
}
