//! Threads that load and store the same variable, in either order.

use unsnarl::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::{GUESTS, Program};
use crate::threads::together;

/// (N!)^2: the stores are in any order, and so is what the loads see.
pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("load-store(2)", 4, || load_store(2)),
    Program::exact("inc(3)", 36, || load_store(3)),
    Program::exact("inc(4)", 576, || load_store(4)).hopeless_for(GUESTS),
    Program::exact("rw(3)", 36, || store_load(3)),
    Program::exact("rw(4)", 576, || store_load(4)).hopeless_for(GUESTS),
];

fn load_store(count: usize) {
    together(AtomicUsize::new(0), count, |x, index| {
        let seen = x.load(SeqCst);
        assert_ne!(seen, index + 1);
        x.store(index + 1, SeqCst);
    });
}

fn store_load(count: usize) {
    together(AtomicUsize::new(0), count, |x, index| {
        x.store(index + 1, SeqCst);
        assert_ne!(x.load(SeqCst), 0);
    });
}
