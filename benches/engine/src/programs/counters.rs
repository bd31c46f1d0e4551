//! Threads that write each of some variables once, in the same order of the variables.

use unsnarl::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::{GUESTS, Program, SHUTTLE};
use crate::threads::together;

/// N! orders for each variable.
pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("writers(4)", 24, || writers(4)).hopeless_for(SHUTTLE),
    Program::exact("writers(6)", 720, || writers(6)).hopeless_for(SHUTTLE),
    Program::exact("incr(4)", 24, || increments::<1>(4)).hopeless_for(SHUTTLE),
    Program::exact("incr(6)", 720, || increments::<1>(6)).hopeless_for(SHUTTLE),
    Program::exact("binc(2)", 4, || increments::<2>(2)),
    Program::exact("binc(3)", 36, || increments::<2>(3)),
    Program::exact("binc(4)", 576, || increments::<2>(4)).hopeless_for(GUESTS),
    Program::exact("binc(5)", 14_400, || increments::<2>(5)).hopeless_for(SHUTTLE),
    Program::exact("cinc(2)", 8, || increments::<3>(2)),
    Program::exact("cinc(3)", 216, || increments::<3>(3)).hopeless_for(SHUTTLE),
    Program::exact("cinc(4)", 13_824, || increments::<3>(4)).hopeless_for(GUESTS),
];

fn writers(count: usize) {
    together(AtomicUsize::new(0), count, |x, index| x.store(index, SeqCst));
}

/// Each thread increments the first variable, then the second, and so on.
fn increments<const VARIABLES: usize>(count: usize) {
    let variables: [AtomicUsize; VARIABLES] = std::array::from_fn(|_| AtomicUsize::new(0));
    let variables = together(variables, count, |variables, _| {
        for variable in variables {
            variable.fetch_add(1, SeqCst);
        }
    });
    assert!(variables.iter().all(|variable| variable.load(SeqCst) == count));
}
