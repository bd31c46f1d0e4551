//! A scanner looks at a list of memory areas while their owner exits.
//!
//! The scanner looks whether the list has an entry *before* it takes the lock under which it takes the first one. If the
//! exit removes the entry in between, the "first entry" is the list's own head, which has no owner. Repaired, it looks
//! under the lock.

use unsnarl::{
    parking_lot::Mutex,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

/// What the head of an empty list points to: itself.
const HEAD: usize = 0;
const ENTRY: usize = 1;

#[derive(Debug)]
struct List {
    lock: Mutex<()>,
    /// Read without the lock by who has the bug.
    first: AtomicUsize,
    oracle: Oracle,
}

fn exit(list: &List) {
    let _guard = list.lock.lock();
    list.first.store(HEAD, SeqCst);
}

fn look_then_lock(list: &List) {
    if list.first.load(SeqCst) != HEAD {
        let _guard = list.lock.lock();
        list.oracle.require(list.first.load(SeqCst) != HEAD, "the owner of the list's head was asked for");
    }
}

fn lock_then_look(list: &List) {
    let _guard = list.lock.lock();
    if list.first.load(SeqCst) != HEAD {
        list.oracle.require(list.first.load(SeqCst) != HEAD, "the owner of the list's head was asked for");
    }
}

fn run(oracle: Oracle, scan: fn(&List)) {
    together(List { lock: Mutex::new(()), first: AtomicUsize::new(ENTRY), oracle }, [scan, exit]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, look_then_lock);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, lock_then_look);
}
