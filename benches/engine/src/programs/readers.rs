//! One writer and many readers of one variable: each reader comes before the writer or after it.

use unsnarl::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::{Program, SHUTTLE};
use crate::threads::together;

/// 2^N, where a search by persistent sets without optimality executes (3^N + 1) / 2 (Abdulla et al., POPL 2014).
pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("readers(8)", 256, || readers(8)).hopeless_for(SHUTTLE),
    Program::exact("readers(13)", 8_192, || readers(13)).hopeless_for(SHUTTLE),
];

fn readers(count: usize) {
    together(AtomicUsize::new(0), count + 1, |x, index| {
        if index == 0 {
            x.store(1, SeqCst);
        } else {
            assert!(x.load(SeqCst) <= 1);
        }
    });
}
