//! A key is read while it is revoked.
//!
//! The reader looks at the revocation mark *before* it takes the key's lock; the revocation may come between. Repaired, it
//! looks under the lock.

use unsnarl::{
    parking_lot::Mutex,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

#[derive(Debug)]
struct Key {
    is_revoked: AtomicBool,
    payload: Mutex<Option<u32>>,
    oracle: Oracle,
}

fn revoke(key: &Key) {
    let mut payload = key.payload.lock();
    key.is_revoked.store(true, SeqCst);
    *payload = None;
}

fn look_then_lock(key: &Key) {
    if !key.is_revoked.load(SeqCst) {
        let payload = key.payload.lock();
        key.oracle.require(payload.is_some(), "the payload of a revoked key was read");
    }
}

fn lock_then_look(key: &Key) {
    let payload = key.payload.lock();
    if !key.is_revoked.load(SeqCst) {
        key.oracle.require(payload.is_some(), "the payload of a revoked key was read");
    }
}

fn run(oracle: Oracle, read: fn(&Key)) {
    let key = Key { is_revoked: AtomicBool::new(false), payload: Mutex::new(Some(7)), oracle };
    together(key, [read, revoke]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, look_then_lock);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, lock_then_look);
}
