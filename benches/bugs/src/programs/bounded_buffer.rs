//! A ring of three slots with one mutex and two condition variables, in two programs.
//!
//! In the first, two producers and two consumers wait in a loop, as they should, but a consumer that has seen an item gives
//! the lock back and takes it again before it takes the item: another consumer may have been there. Repaired, it keeps the
//! lock. The second, with one producer and one consumer that keeps the lock, is the control: it is correct.

use std::collections::VecDeque;

use unsnarl::parking_lot::{Condvar, Mutex, MutexGuard};

use crate::{
    oracle::Oracle,
    threads::{Body, together},
};

const SLOTS: usize = 3;
const ITEMS_BUGGY: usize = 4;
const ITEMS_CONTROL: usize = 6;

#[derive(Debug, Default)]
struct Ring {
    items: VecDeque<usize>,
    waiting_producers: usize,
    waiting_consumers: usize,
}

/// When a condition variable is notified.
#[derive(Clone, Copy, Debug)]
enum Notify {
    IfWaiting,
    Always,
}

#[derive(Debug)]
struct Buffer {
    ring: Mutex<Ring>,
    filled: Condvar,
    emptied: Condvar,
    notify: Notify,
    /// Whether a consumer gives the lock back between looking and taking.
    lets_go: bool,
    oracle: Oracle,
}

impl Buffer {
    fn put(&self, item: usize) {
        let mut ring = self.ring.lock();
        while ring.items.len() == SLOTS {
            ring.waiting_producers += 1;
            self.emptied.wait(&mut ring);
            ring.waiting_producers -= 1;
        }
        ring.items.push_back(item);
        if matches!(self.notify, Notify::Always) || ring.waiting_consumers > 0 {
            self.filled.notify_one();
        }
    }

    fn take(&self) -> Option<usize> {
        let mut ring = self.ring.lock();
        while ring.items.is_empty() {
            ring.waiting_consumers += 1;
            self.filled.wait(&mut ring);
            ring.waiting_consumers -= 1;
        }
        if self.lets_go {
            MutexGuard::unlocked(&mut ring, || {});
        }
        let item = ring.items.pop_front();
        self.oracle.require(item.is_some(), "an item was taken from an empty buffer");
        if matches!(self.notify, Notify::Always) || ring.waiting_producers > 0 {
            self.emptied.notify_one();
        }
        item
    }
}

fn run(oracle: Oracle, pairs: usize, items: usize, notify: Notify, lets_go: bool) {
    let produce = move |buffer: &Buffer| -> Vec<usize> {
        (0..items).for_each(|item| buffer.put(item));
        Vec::new()
    };
    let consume = move |buffer: &Buffer| (0..items).filter_map(|_| buffer.take()).collect();
    let of = |body: Body<Buffer, Vec<usize>>| body;
    let producers = (0..pairs).map(|_| of(Box::new(produce)));
    let consumers = (0..pairs).map(|_| of(Box::new(consume)));
    let buffer = Buffer {
        ring: Mutex::new(Ring::default()),
        filled: Condvar::new(),
        emptied: Condvar::new(),
        notify,
        lets_go,
        oracle,
    };
    let (_, taken) = together(buffer, producers.chain(consumers));
    let mut taken: Vec<usize> = taken.into_iter().flatten().collect();
    taken.sort_unstable();
    let expected = (0..items).flat_map(|item| std::iter::repeat_n(item, pairs));
    oracle.require(taken.into_iter().eq(expected), "what was taken is not what was put in");
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, 2, ITEMS_BUGGY, Notify::IfWaiting, true);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, 2, ITEMS_BUGGY, Notify::IfWaiting, false);
}

pub(super) fn control(oracle: Oracle) {
    run(oracle, 1, ITEMS_CONTROL, Notify::Always, false);
}
