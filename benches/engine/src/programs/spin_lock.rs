//! A spin lock whose loop yields.

use unsnarl::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

use super::Program;
use crate::threads::{Body, threads};

pub(super) const PROGRAMS: &[Program] = &[Program::correct("spin lock", spin_lock)];

/// Two threads on a lock that is one flag.
fn spin_lock() {
    let lock: Arc<(AtomicBool, AtomicUsize)> = Arc::default();
    threads((0..2).map(|_| {
        let lock = Arc::clone(&lock);
        Box::new(move || {
            let (is_taken, value) = &*lock;
            while is_taken.swap(true, SeqCst) {
                thread::yield_now();
            }
            value.store(value.load(SeqCst) + 1, SeqCst);
            is_taken.store(false, SeqCst);
        }) as Body
    }));
    assert_eq!(lock.1.load(SeqCst), 2);
}
