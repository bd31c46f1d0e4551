//! One thread guards a counter with one lock, seven others guard it with another.
//!
//! Any increment of the others between the first thread's reads shows. Repaired, there is one lock.

use unsnarl::{
    parking_lot::Mutex,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

const OTHERS: usize = 7;

#[derive(Debug)]
struct Counter {
    locks: [Mutex<()>; 2],
    /// Which lock the others take.
    others: usize,
    value: AtomicU32,
    oracle: Oracle,
}

fn increment_and_check(counter: &Counter) {
    let _guard = counter.locks[0].lock();
    let before = counter.value.load(SeqCst);
    counter.value.fetch_add(1, SeqCst);
    counter.oracle.require(counter.value.load(SeqCst) == before + 1, "somebody else counted under the lock");
}

fn increment(counter: &Counter) {
    let _guard = counter.locks[counter.others].lock();
    counter.value.fetch_add(1, SeqCst);
}

fn run(oracle: Oracle, others: usize) {
    let locks = [Mutex::new(()), Mutex::new(())];
    let counter = Counter { locks, others, value: AtomicU32::new(0), oracle };
    let bodies = std::iter::once(increment_and_check as fn(&_));
    together(counter, bodies.chain(std::iter::repeat_n(increment as fn(&_), OTHERS)));
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, 1);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, 0);
}
