//! Vyukov's "safe stack": indices handed out and given back without locks, by three threads.
//!
//! To pop, a thread marks the first index's link as taken and then moves the head on. The mark is meant to keep others from
//! going on with a link that they read before, but an index may be popped, pushed and popped again in between, and in the end
//! two threads hold the same one. At least three threads and five preemptions are needed. Repaired, the head carries a count
//! of its changes (Treiber's stack with tags), so that a head that has been away is not the same head.

use unsnarl::{
    hint,
    sync::atomic::{AtomicI64, AtomicU64, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

const THREADS: usize = 3;
const INDICES: usize = 3;
const ROUNDS: usize = 2;

/// What stands in a link that has been taken, and in that of the last index.
const NONE: i64 = -1;

/// Hands out indices, at most one holder for each.
trait Indices: Send + Sync + 'static {
    fn new() -> Self;
    fn pop(&self) -> Option<usize>;
    fn push(&self, index: usize);
}

/// The links at first: each index to the next.
fn chain() -> [AtomicI64; INDICES] {
    std::array::from_fn(|index| AtomicI64::new(if index + 1 < INDICES { index as i64 + 1 } else { NONE }))
}

fn at(links: &[AtomicI64; INDICES], index: i64) -> &AtomicI64 {
    &links[usize::try_from(index).expect("an index is not negative")]
}

#[derive(Debug)]
struct SafeStack {
    head: AtomicI64,
    count: AtomicI64,
    links: [AtomicI64; INDICES],
}

impl Indices for SafeStack {
    fn new() -> Self {
        SafeStack { head: AtomicI64::new(0), count: AtomicI64::new(INDICES as i64), links: chain() }
    }

    fn pop(&self) -> Option<usize> {
        while self.count.load(SeqCst) > 1 {
            let head = self.head.load(SeqCst);
            let next = at(&self.links, head).swap(NONE, SeqCst);
            if next == NONE {
                // Somebody else is popping this index.
                hint::spin_loop();
            } else if self.head.compare_exchange(head, next, SeqCst, SeqCst).is_ok() {
                self.count.fetch_sub(1, SeqCst);
                return usize::try_from(head).ok();
            } else {
                at(&self.links, head).swap(next, SeqCst);
            }
        }
        None
    }

    fn push(&self, index: usize) {
        let mut head = self.head.load(SeqCst);
        loop {
            self.links[index].store(head, SeqCst);
            match self.head.compare_exchange(head, index as i64, SeqCst, SeqCst) {
                Ok(_) => break,
                Err(now) => head = now,
            }
        }
        self.count.fetch_add(1, SeqCst);
    }
}

/// The repaired one. The head is a count of changes and an index, or `INDICES` for none.
#[derive(Debug)]
struct TaggedStack {
    head: AtomicU64,
    links: [AtomicU64; INDICES],
}

const INDEX_BITS: u32 = 8;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;

/// The head that follows this one, with another index.
fn changed(head: u64, index: u64) -> u64 {
    ((head >> INDEX_BITS) + 1) << INDEX_BITS | index
}

impl Indices for TaggedStack {
    fn new() -> Self {
        TaggedStack {
            head: AtomicU64::new(0),
            links: std::array::from_fn(|index| AtomicU64::new(index as u64 + 1)),
        }
    }

    fn pop(&self) -> Option<usize> {
        let mut head = self.head.load(SeqCst);
        loop {
            let index = (head & INDEX_MASK) as usize;
            let next = self.links.get(index)?.load(SeqCst);
            match self.head.compare_exchange(head, changed(head, next), SeqCst, SeqCst) {
                Ok(_) => return Some(index),
                Err(now) => head = now,
            }
        }
    }

    fn push(&self, index: usize) {
        let mut head = self.head.load(SeqCst);
        loop {
            self.links[index].store(head & INDEX_MASK, SeqCst);
            match self.head.compare_exchange(head, changed(head, index as u64), SeqCst, SeqCst) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

/// Takes an index, uses it, and gives it back.
#[derive(Debug)]
struct Users<S> {
    stack: S,
    /// Who uses an index.
    used_by: [AtomicU64; INDICES],
    oracle: Oracle,
}

fn take_turns<S: Indices>(users: &Users<S>, thread: u64) {
    for _ in 0..ROUNDS {
        let index = loop {
            match users.stack.pop() {
                Some(index) => break index,
                None => hint::spin_loop(),
            }
        };
        users.used_by[index].store(thread, SeqCst);
        let user = users.used_by[index].load(SeqCst);
        users.oracle.require(user == thread, "two threads hold the same index");
        users.stack.push(index);
    }
}

fn run<S: Indices>(oracle: Oracle) {
    let users = Users { stack: S::new(), used_by: [const { AtomicU64::new(u64::MAX) }; INDICES], oracle };
    together(users, (0..THREADS as u64).map(|thread| move |users: &Users<S>| take_turns(users, thread)));
}

pub(super) fn buggy(oracle: Oracle) {
    run::<SafeStack>(oracle);
}

pub(super) fn fixed(oracle: Oracle) {
    run::<TaggedStack>(oracle);
}
