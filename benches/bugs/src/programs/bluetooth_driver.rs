//! A driver that is stopped while a request comes in.
//!
//! A request looks whether the driver is stopping and *then* counts itself as pending. If the whole stop runs between the
//! two, the request uses a driver that has stopped: one preemption, but at one place. The repaired request counts itself
//! first, so the stop sees it or it sees the stop.

use unsnarl::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};

use crate::{oracle::Oracle, threads::together};

#[derive(Debug)]
struct Driver {
    /// Requests under way, and one for the driver itself.
    pending: AtomicI64,
    stopping: AtomicBool,
    /// Set by whoever takes `pending` to zero.
    idle: AtomicBool,
    stopped: AtomicBool,
    oracle: Oracle,
}

impl Driver {
    fn leave(&self) {
        if self.pending.fetch_sub(1, SeqCst) == 1 {
            self.idle.store(true, SeqCst);
        }
    }

    fn work(&self) {
        self.oracle.require(!self.stopped.load(SeqCst), "a request uses a stopped driver");
    }
}

fn stop(driver: &Driver) {
    driver.stopping.store(true, SeqCst);
    driver.leave();
    if driver.idle.load(SeqCst) {
        driver.stopped.store(true, SeqCst);
    }
}

fn look_then_count(driver: &Driver) {
    if !driver.stopping.load(SeqCst) {
        driver.pending.fetch_add(1, SeqCst);
        driver.work();
    }
    // Leaves also if it never entered, as the original does.
    driver.leave();
}

fn count_then_look(driver: &Driver) {
    driver.pending.fetch_add(1, SeqCst);
    if !driver.stopping.load(SeqCst) {
        driver.work();
    }
    driver.leave();
}

fn run(oracle: Oracle, request: fn(&Driver)) {
    let driver = Driver {
        pending: AtomicI64::new(1),
        stopping: AtomicBool::new(false),
        idle: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
        oracle,
    };
    together(driver, [stop as fn(&_), request]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, look_then_count);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, count_then_look);
}
