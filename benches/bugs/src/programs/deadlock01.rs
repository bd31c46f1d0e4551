//! Two locks, taken in two orders; repaired, in one.

use unsnarl::parking_lot::Mutex;

use crate::{oracle::Oracle, threads::together};

#[derive(Debug)]
struct Locks {
    a: Mutex<u32>,
    b: Mutex<u32>,
}

fn a_then_b(locks: &Locks) {
    let mut a = locks.a.lock();
    let mut b = locks.b.lock();
    *a += 1;
    *b += 1;
}

fn b_then_a(locks: &Locks) {
    let mut b = locks.b.lock();
    let mut a = locks.a.lock();
    *a += 1;
    *b += 1;
}

fn run(second: fn(&Locks)) {
    together(Locks { a: Mutex::new(0), b: Mutex::new(0) }, [a_then_b, second]);
}

pub(super) fn buggy(_: Oracle) {
    run(b_then_a);
}

pub(super) fn fixed(_: Oracle) {
    run(a_then_b);
}
