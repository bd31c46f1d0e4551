//! A store beside compare-exchanges that succeed only after it: one of them, or none.

use unsnarl::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::{Program, SHUTTLE};
use crate::threads::together;

/// N 2^(N-1) + 1, where a compare-exchange that fails is a read.
pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("wcas(2)", 5, || wcas(2)),
    Program::exact("wcas(3)", 13, || wcas(3)).hopeless_for(SHUTTLE),
    Program::exact("wcas(4)", 33, || wcas(4)).hopeless_for(SHUTTLE),
    Program::exact("wcas(5)", 81, || wcas(5)).hopeless_for(SHUTTLE),
    Program::exact("wcas(6)", 193, || wcas(6)).hopeless_for(SHUTTLE),
];

fn wcas(count: usize) {
    let x = together(AtomicUsize::new(0), count + 1, |x, index| {
        if index == 0 {
            x.store(2, SeqCst);
        } else if let Err(seen) = x.compare_exchange(2, 3, SeqCst, SeqCst) {
            assert!(seen == 0 || seen == 3);
        }
    });
    assert!(x.load(SeqCst) >= 2);
}
