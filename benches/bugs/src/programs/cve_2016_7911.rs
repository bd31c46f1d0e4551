//! A task's context is read while the task exits.
//!
//! The reader tests a pointer and loads it a second time to use it; the exit sets it to null in between. Repaired, the reader
//! holds the lock under which it is set.

use unsnarl::{
    parking_lot::Mutex,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

const NULL: usize = 0;
const CONTEXT: usize = 1;

#[derive(Debug)]
struct Task {
    lock: Mutex<()>,
    context: AtomicUsize,
    oracle: Oracle,
}

fn exit(task: &Task) {
    let _guard = task.lock.lock();
    task.context.store(NULL, SeqCst);
}

fn read(task: &Task) {
    if task.context.load(SeqCst) != NULL {
        task.oracle.require(task.context.load(SeqCst) != NULL, "a null pointer was followed");
    }
}

fn read_locked(task: &Task) {
    let _guard = task.lock.lock();
    read(task);
}

fn run(oracle: Oracle, reader: fn(&Task)) {
    together(Task { lock: Mutex::new(()), context: AtomicUsize::new(CONTEXT), oracle }, [reader, exit]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, read);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, read_locked);
}
