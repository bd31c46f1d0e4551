//! Two adders and an observer under one mutex. The observer takes for granted that it is not the last; repaired, it does not.

use unsnarl::parking_lot::Mutex;

use crate::{
    oracle::Oracle,
    threads::{Body, together},
};

const ADDED: [u32; 2] = [1, 2];

#[derive(Debug)]
struct Sum {
    data: Mutex<u32>,
    oracle: Oracle,
}

fn run(oracle: Oracle, limit: u32) {
    let add = |added| Box::new(move |sum: &Sum| *sum.data.lock() += added) as Body<Sum>;
    let observe = move |sum: &Sum| {
        let data = sum.data.lock();
        sum.oracle.require(*data < limit, "the observer came after both adders");
    };
    let sum = Sum { data: Mutex::new(0), oracle };
    together(sum, [add(ADDED[0]), add(ADDED[1]), Box::new(observe)]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, ADDED[0] + ADDED[1]);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, ADDED[0] + ADDED[1] + 1);
}
