//! Threads that increment under a mutex: one for all, or one for each.

use unsnarl::parking_lot::Mutex;

use super::{GUESTS, Program, SHUTTLE};
use crate::threads::together;

/// (NK)! / (K!)^N orders of the critical sections of N threads with K each; one where every thread has its own mutex.
pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("mutex(2,3)", 20, || mutex(2, 3)),
    Program::exact("mutex(3,2)", 90, || mutex(3, 2)).hopeless_for(SHUTTLE),
    Program::exact("mutex(2,5)", 252, || mutex(2, 5)).hopeless_for(SHUTTLE),
    Program::exact("mutex(3,3)", 1_680, || mutex(3, 3)).hopeless_for(SHUTTLE),
    Program::exact("mutex(4,2)", 2_520, || mutex(4, 2)).hopeless_for(GUESTS),
    Program::exact("mutex(2,10)", 184_756, || mutex(2, 10)).hopeless_for(GUESTS),
    Program::exact("mutex(4,3)", 369_600, || mutex(4, 3)).hopeless_for(GUESTS),
    Program::exact("own mutexes(8)", 1, || own_mutexes(8)).hopeless_for(SHUTTLE),
    Program::exact("own mutexes(12)", 1, || own_mutexes(12)).hopeless_for(SHUTTLE),
];

fn mutex(count: usize, times: usize) {
    let total = together(Mutex::new(0), count, move |total, _| {
        for _ in 0..times {
            *total.lock() += 1;
        }
    });
    assert_eq!(*total.lock(), count * times);
}

/// Five critical sections each.
fn own_mutexes(count: usize) {
    let mutexes: Vec<_> = (0..count).map(|_| Mutex::new(0)).collect();
    let mutexes = together(mutexes, count, |mutexes, index| {
        for _ in 0..5 {
            *mutexes[index].lock() += 1;
        }
    });
    assert!(mutexes.iter().all(|mutex| *mutex.lock() == 5));
}
