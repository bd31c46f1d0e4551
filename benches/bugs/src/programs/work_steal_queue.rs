//! A work-stealing queue as in Cilk (Frigo, Leiserson, Randall, PLDI 1998): its owner pushes and pops at the tail, mostly
//! without a lock; thieves steal at the head under one.
//!
//! A thief first moves the head and then takes the item, so a slot that looks free may be about to be read. The owner must
//! therefore leave one slot free; the buggy bound does not, and a push overwrites the item that the thief is after. No weak
//! memory is needed. Two programs: one owner and one thief behind a mutex, and one owner and two thieves behind a spin lock.

use unsnarl::{
    hint,
    parking_lot::Mutex,
    sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst},
};

use crate::{
    oracle::Oracle,
    threads::{Body, together},
};

const ITEMS: usize = 4;
const STEALS: usize = 2;
/// Slots at first; the queue doubles when it is full.
const CAPACITY: usize = 2;
/// How often it can double with this many items.
const RINGS: usize = 3;

/// The lock of those who are not on the fast path.
#[derive(Debug)]
enum Lock {
    Mutex(Mutex<()>),
    Spin(AtomicBool),
}

impl Lock {
    fn with<R>(&self, body: impl FnOnce() -> R) -> R {
        match self {
            Lock::Mutex(mutex) => {
                let _guard = mutex.lock();
                body()
            }
            Lock::Spin(is_taken) => {
                while is_taken.compare_exchange(false, true, SeqCst, SeqCst).is_err() {
                    hint::spin_loop();
                }
                let result = body();
                is_taken.store(false, SeqCst);
                result
            }
        }
    }
}

#[derive(Debug)]
struct Queue {
    head: AtomicI64,
    tail: AtomicI64,
    /// The number of slots less one: 1, 3, 7.
    mask: AtomicI64,
    /// The slots, by how often they have doubled.
    rings: [Vec<AtomicUsize>; RINGS],
    foreign: Lock,
    /// How many slots the fast push leaves free: 1, or 0 with the bug.
    margin: i64,
}

impl Queue {
    fn new(foreign: Lock, margin: i64) -> Self {
        let ring = |doubled: usize| (0..CAPACITY << doubled).map(|_| AtomicUsize::new(0)).collect();
        let mask = AtomicI64::new(CAPACITY as i64 - 1);
        let rings = std::array::from_fn(ring);
        Queue { head: AtomicI64::new(0), tail: AtomicI64::new(0), mask, rings, foreign, margin }
    }

    fn slot(&self, mask: i64, at: i64) -> &AtomicUsize {
        let ring = mask.count_ones() - CAPACITY.ilog2();
        &self.rings[ring as usize][usize::try_from(at & mask).expect("a mask is not negative")]
    }

    /// Puts an item at the tail; for the owner.
    fn push(&self, item: usize) {
        let tail = self.tail.load(SeqCst);
        let mask = self.mask.load(SeqCst);
        if tail < self.head.load(SeqCst) + mask + 1 - self.margin {
            self.slot(mask, tail).store(item, SeqCst);
            self.tail.store(tail + 1, SeqCst);
        } else {
            self.foreign.with(|| self.push_or_grow(item));
        }
    }

    /// The push of a queue that may be full, with the thieves locked out.
    fn push_or_grow(&self, item: usize) {
        let (head, mut tail) = (self.head.load(SeqCst), self.tail.load(SeqCst));
        let mut mask = self.mask.load(SeqCst);
        if tail - head >= mask {
            let grown = 2 * mask + 1;
            for at in head..tail {
                let moved = self.slot(mask, at).load(SeqCst);
                self.slot(grown, at - head).store(moved, SeqCst);
            }
            self.mask.store(grown, SeqCst);
            self.head.store(0, SeqCst);
            mask = grown;
            tail -= head;
        }
        self.slot(mask, tail).store(item, SeqCst);
        self.tail.store(tail + 1, SeqCst);
    }

    /// Takes the item at the tail; for the owner.
    fn pop(&self) -> Option<usize> {
        // First claims the item, then looks whether a thief was faster.
        self.claim_tail().or_else(|| self.foreign.with(|| self.claim_tail()))
    }

    fn claim_tail(&self) -> Option<usize> {
        let tail = self.tail.load(SeqCst) - 1;
        self.tail.store(tail, SeqCst);
        if self.head.load(SeqCst) <= tail {
            return Some(self.slot(self.mask.load(SeqCst), tail).load(SeqCst));
        }
        self.tail.store(tail + 1, SeqCst);
        None
    }

    /// Takes the item at the head; for thieves.
    fn steal(&self) -> Option<usize> {
        self.foreign.with(|| {
            let head = self.head.load(SeqCst);
            self.head.store(head + 1, SeqCst);
            if head < self.tail.load(SeqCst) {
                return Some(self.slot(self.mask.load(SeqCst), head).load(SeqCst));
            }
            self.head.store(head, SeqCst);
            None
        })
    }
}

type Items = Vec<usize>;

fn steal(queue: &Queue) -> Items {
    (0..STEALS).filter_map(|_| queue.steal()).collect()
}

fn own(queue: &Queue, pops_after: [usize; ITEMS]) -> Items {
    let mut popped = Vec::new();
    for (item, pops) in pops_after.into_iter().enumerate() {
        queue.push(item);
        popped.extend((0..pops).filter_map(|_| queue.pop()));
    }
    popped
}

fn run(oracle: Oracle, queue: Queue, pops_after: [usize; ITEMS], thieves: usize) {
    let owner = Box::new(move |queue: &Queue| own(queue, pops_after)) as Body<Queue, Items>;
    let thieves = (0..thieves).map(|_| Box::new(steal) as Body<Queue, Items>);
    let (_, taken) = together(queue, std::iter::once(owner).chain(thieves));
    let mut taken: Items = taken.into_iter().flatten().collect();
    taken.sort_unstable();
    oracle.require(taken.into_iter().eq(0..ITEMS), "an item was not taken exactly once");
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, Queue::new(Lock::Mutex(Mutex::new(())), 0), [0, 1, 0, 3], 1);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, Queue::new(Lock::Mutex(Mutex::new(())), 1), [0, 1, 0, 3], 1);
}

pub(super) fn buggy_spinning(oracle: Oracle) {
    run(oracle, Queue::new(Lock::Spin(AtomicBool::new(false)), 0), [0, 0, 0, 4], 2);
}

pub(super) fn fixed_spinning(oracle: Oracle) {
    run(oracle, Queue::new(Lock::Spin(AtomicBool::new(false)), 1), [0, 0, 0, 4], 2);
}
