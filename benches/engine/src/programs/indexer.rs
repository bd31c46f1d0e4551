//! `indexer` of Flanagan and Godefroid, "Dynamic Partial-Order Reduction for Model Checking Software", POPL 2005: threads
//! insert into a hash table, and only few of their keys collide.

use unsnarl::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::{Program, SHUTTLE};
use crate::threads::together;

const SLOTS: usize = 128;
const KEYS_PER_THREAD: usize = 4;

/// 8^(N-11): each thread from the twelfth on has three keys that an earlier one inserts, too.
pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("indexer(11)", 1, || indexer(11)).hopeless_for(SHUTTLE),
    Program::exact("indexer(12)", 8, || indexer(12)).hopeless_for(SHUTTLE),
    Program::exact("indexer(13)", 64, || indexer(13)).hopeless_for(SHUTTLE),
    Program::exact("indexer(14)", 512, || indexer(14)).hopeless_for(SHUTTLE),
    Program::exact("indexer(15)", 4_096, || indexer(15)).hopeless_for(SHUTTLE),
];

fn indexer(count: usize) {
    let table: Vec<_> = (0..SLOTS).map(|_| AtomicUsize::new(0)).collect();
    together(table, count, |table, index| {
        for number in 1..=KEYS_PER_THREAD {
            let key = 11 * number + index;
            let mut slot = 7 * key % SLOTS;
            while table[slot].compare_exchange(0, key, SeqCst, SeqCst).is_err() {
                slot = (slot + 1) % SLOTS;
            }
        }
    });
}
