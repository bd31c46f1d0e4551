//! A sort by several workers: who has partitioned a range hands the left part to an idle colleague and sorts the right part.
//!
//! The buggy hand-over marks the colleague as working *before* it takes the colleague's lock and writes the range. A
//! colleague that is just testing its mark, and not waiting yet, sorts its old range and is idle again, and the new range is
//! lost: the result is not sorted. Repaired, the mark and the range are written under the lock.

use unsnarl::{
    parking_lot::{Condvar, Mutex},
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

const NUMBERS: [usize; 6] = [4, 1, 0, 5, 2, 3];
const WORKERS: usize = 2;
/// The least range that is worth a hand-over.
const HANDED_OVER_MIN: usize = 2;

const IDLE: usize = 0;
const WORKING: usize = 1;
const ENDED: usize = 2;

#[derive(Debug)]
struct Worker {
    lock: Mutex<()>,
    changed: Condvar,
    mark: AtomicUsize,
    start: AtomicUsize,
    length: AtomicUsize,
}

#[derive(Debug)]
struct Sorter {
    numbers: [AtomicUsize; NUMBERS.len()],
    /// How many workers are idle; held to change any mark.
    idle: Mutex<usize>,
    workers: [Worker; WORKERS],
    /// Whether a colleague is marked before its lock is taken.
    marks_early: bool,
}

impl Sorter {
    /// The first worker has the whole range to begin with, the others are idle.
    fn new(marks_early: bool) -> Self {
        let worker = |number| Worker {
            lock: Mutex::new(()),
            changed: Condvar::new(),
            mark: AtomicUsize::new(if number == 0 { WORKING } else { IDLE }),
            start: AtomicUsize::new(0),
            length: AtomicUsize::new(if number == 0 { NUMBERS.len() } else { 0 }),
        };
        Sorter {
            numbers: NUMBERS.map(AtomicUsize::new),
            idle: Mutex::new(WORKERS - 1),
            workers: std::array::from_fn(worker),
            marks_early,
        }
    }

    /// Gives a range to an idle worker; false if there is none.
    fn hand_over(&self, start: usize, length: usize) -> bool {
        let mut idle = self.idle.lock();
        let Some(worker) = self.workers.iter().find(|worker| worker.mark.load(SeqCst) == IDLE) else {
            return false;
        };
        *idle -= 1;
        if self.marks_early {
            worker.mark.store(WORKING, SeqCst);
        }
        let guard = worker.lock.lock();
        if !self.marks_early {
            worker.mark.store(WORKING, SeqCst);
        }
        drop(idle);
        worker.start.store(start, SeqCst);
        worker.length.store(length, SeqCst);
        worker.changed.notify_one();
        drop(guard);
        true
    }

    fn sort(&self, mut start: usize, mut length: usize) {
        while length > 1 {
            let pivot = self.partition(start, length);
            let left = pivot - start;
            if left < HANDED_OVER_MIN || !self.hand_over(start, left) {
                self.sort(start, left);
            }
            start += left + 1;
            length -= left + 1;
        }
    }

    /// Puts the last number of the range where it belongs, smaller ones to its left, and gives its place.
    fn partition(&self, start: usize, length: usize) -> usize {
        let last = start + length - 1;
        let pivot = self.numbers[last].load(SeqCst);
        let mut place = start;
        for at in start..last {
            let number = self.numbers[at].load(SeqCst);
            if number < pivot {
                let other = self.numbers[place].swap(number, SeqCst);
                self.numbers[at].store(other, SeqCst);
                place += 1;
            }
        }
        let other = self.numbers[place].swap(pivot, SeqCst);
        self.numbers[last].store(other, SeqCst);
        place
    }

    /// Marks a worker as idle; the last one ends all the others. Gives whether it was the last.
    fn rest(&self, number: usize) -> bool {
        let mut idle = self.idle.lock();
        self.workers[number].mark.store(IDLE, SeqCst);
        *idle += 1;
        let is_last = *idle == WORKERS;
        if is_last {
            for other in (0..WORKERS).filter(|other| *other != number) {
                let _guard = self.workers[other].lock.lock();
                self.workers[other].mark.store(ENDED, SeqCst);
                self.workers[other].changed.notify_one();
            }
        }
        is_last
    }

    fn work(&self, number: usize) {
        let worker = &self.workers[number];
        loop {
            {
                let mut guard = worker.lock.lock();
                while worker.mark.load(SeqCst) == IDLE {
                    worker.changed.wait(&mut guard);
                }
            }
            if worker.mark.load(SeqCst) == ENDED {
                return;
            }
            self.sort(worker.start.load(SeqCst), worker.length.load(SeqCst));
            if self.rest(number) {
                return;
            }
        }
    }
}

fn run(oracle: Oracle, marks_early: bool) {
    let workers = (0..WORKERS).map(|number| move |sorter: &Sorter| sorter.work(number));
    let (sorter, _) = together(Sorter::new(marks_early), workers);
    let sorted = sorter.numbers.map(AtomicUsize::into_inner);
    oracle.require(sorted.is_sorted(), "the numbers are not sorted");
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, true);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, false);
}
