//! Two locks, taken in two orders; repaired, in one.

use unsnarl::parking_lot::Mutex;

use crate::{oracle::Oracle, threads::together};

#[derive(Debug)]
struct Locks {
    a: Mutex<u32>,
    b: Mutex<u32>,
    oracle: Oracle,
}

fn a_then_b(locks: &Locks) {
    let Some(mut a) = locks.oracle.lock(&locks.a) else { return };
    let Some(mut b) = locks.oracle.lock(&locks.b) else { return };
    *a += 1;
    *b += 1;
}

fn b_then_a(locks: &Locks) {
    let Some(mut b) = locks.oracle.lock(&locks.b) else { return };
    let Some(mut a) = locks.oracle.lock(&locks.a) else { return };
    *a += 1;
    *b += 1;
}

fn run(oracle: Oracle, second: fn(&Locks)) {
    together(Locks { a: Mutex::new(0), b: Mutex::new(0), oracle }, [a_then_b, second]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, b_then_a);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, a_then_b);
}
