//! `lastzero` of Abdulla, Aronis, Jonsson, Sagonas, "Optimal Dynamic Partial Order Reduction", POPL 2014: a scan over an array
//! while other threads fill it.

use unsnarl::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::{Program, SHUTTLE};
use crate::threads::together;

/// (N + 3) 2^(N-2).
pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("lastzero(5)", 64, || last_zero(5)).hopeless_for(SHUTTLE),
    Program::exact("lastzero(10)", 3_328, || last_zero(10)).hopeless_for(SHUTTLE),
    Program::exact("lastzero(15)", 147_456, || last_zero(15)).hopeless_for(SHUTTLE),
];

/// The first thread looks for the last zero, from the end on; each other one writes its element, one more than the one before.
fn last_zero(count: usize) {
    let array: Vec<_> = (0..=count).map(|_| AtomicUsize::new(0)).collect();
    together(array, count + 1, move |array, index| {
        if index == 0 {
            let is_zero = |at: &usize| array[*at].load(SeqCst) == 0;
            assert!((0..=count).rev().any(|at| is_zero(&at)), "the first element stays zero");
        } else {
            array[index].store(array[index - 1].load(SeqCst) + 1, SeqCst);
        }
    });
}
