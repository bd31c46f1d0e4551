//! A singleton that is counted: the first user makes it, the last one drops it.
//!
//! Count and pointer are two atomics, and the maker raises the count before it publishes the pointer: a second user sees
//! that somebody was there and gets a null pointer. Repaired, both are behind one mutex.

use unsnarl::{
    parking_lot::Mutex,
    sync::atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

const NULL: usize = 0;
const INSTANCE: usize = 1;
const USERS: usize = 2;

#[derive(Debug)]
struct Singleton {
    count: AtomicU32,
    instance: AtomicUsize,
    oracle: Oracle,
}

impl Singleton {
    fn acquire(&self) -> usize {
        if self.count.load(SeqCst) == 0 {
            self.count.fetch_add(1, SeqCst);
            self.instance.store(INSTANCE, SeqCst);
        } else {
            self.count.fetch_add(1, SeqCst);
        }
        self.instance.load(SeqCst)
    }

    fn release(&self) {
        if self.count.fetch_sub(1, SeqCst) == 1 {
            self.instance.store(NULL, SeqCst);
        }
    }
}

fn use_instance(singleton: &Singleton) {
    let instance = singleton.acquire();
    singleton.oracle.require(instance != NULL, "a user got a null pointer");
    singleton.release();
}

#[derive(Debug, Default)]
struct Counted {
    count: u32,
    instance: usize,
}

pub(super) fn buggy(oracle: Oracle) {
    let singleton = Singleton { count: AtomicU32::new(0), instance: AtomicUsize::new(NULL), oracle };
    together(singleton, [use_instance as fn(&_); USERS]);
}

pub(super) fn fixed(oracle: Oracle) {
    let use_guarded = move |singleton: &Mutex<Counted>| {
        let instance = {
            let mut counted = singleton.lock();
            counted.count += 1;
            if counted.count == 1 {
                counted.instance = INSTANCE;
            }
            counted.instance
        };
        oracle.require(instance != NULL, "a user got a null pointer");
        let mut counted = singleton.lock();
        counted.count -= 1;
        if counted.count == 0 {
            counted.instance = NULL;
        }
    };
    together(Mutex::new(Counted::default()), [use_guarded; USERS]);
}
