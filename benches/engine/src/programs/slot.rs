//! A buffer of one slot, with two condition variables, and with one that both sides share.

use unsnarl::{
    parking_lot::{Condvar, Mutex},
    sync::Arc,
};

use super::{GUESTS, Program};
use crate::threads::{Body, threads};

pub(super) const PROGRAMS: &[Program] = &[
    Program::deadlocks("shared condvar", shared_condvar),
    Program::correct("bounded buffer, 2+2", bounded_buffer).hopeless_for(GUESTS),
];

/// A buffer of one slot, which notifies when it has given the lock back. With one condition variable for both sides, a
/// notification meant for one may wake the other.
struct Slot {
    item: Mutex<Option<usize>>,
    filled: Condvar,
    emptied: Option<Condvar>,
}

impl Slot {
    fn new(is_shared: bool) -> Arc<Self> {
        let emptied = (!is_shared).then(Condvar::new);
        Arc::new(Slot { item: Mutex::new(None), filled: Condvar::new(), emptied })
    }

    fn emptied(&self) -> &Condvar {
        self.emptied.as_ref().unwrap_or(&self.filled)
    }

    fn put(&self, item: usize) {
        let mut slot = self.item.lock();
        while slot.is_some() {
            self.emptied().wait(&mut slot);
        }
        *slot = Some(item);
        drop(slot);
        self.filled.notify_one();
    }

    fn take(&self) -> usize {
        let mut slot = self.item.lock();
        loop {
            if let Some(item) = slot.take() {
                drop(slot);
                self.emptied().notify_one();
                return item;
            }
            self.filled.wait(&mut slot);
        }
    }
}

/// Two producers of one item each and a consumer of both, on one condition variable.
fn shared_condvar() {
    let slot = Slot::new(true);
    let (first, second) = (Arc::clone(&slot), Arc::clone(&slot));
    threads([
        Box::new(move || first.put(1)) as Body,
        Box::new(move || second.put(2)) as Body,
        Box::new(move || assert_eq!(slot.take() + slot.take(), 3)) as Body,
    ]);
}

/// Two producers and two consumers of one item each.
fn bounded_buffer() {
    let slot = Slot::new(false);
    threads((0..4).map(|index| {
        let slot = Arc::clone(&slot);
        Box::new(move || {
            if index < 2 {
                slot.put(index);
            } else {
                assert!(slot.take() < 2);
            }
        }) as Body
    }));
}
