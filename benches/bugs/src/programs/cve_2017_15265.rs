//! A port is made while another thread removes the first port of the list.
//!
//! The maker puts the port into the list, leaves the locks, and goes on writing to it; the remover may have freed it by then.
//! The window is short and the remover's way to it is long. Repaired, the port is written before it is in the list.

use unsnarl::{
    parking_lot::Mutex,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
};

use crate::{oracle::Oracle, threads::together};

#[derive(Debug)]
struct Client {
    ports_mutex: Mutex<()>,
    /// Whether the port is in the list.
    ports_lock: Mutex<bool>,
    /// Stands for the freed memory of the port: every use asserts that it is not.
    is_freed: AtomicBool,
    oracle: Oracle,
}

impl Client {
    fn insert(&self) {
        let _outer = self.ports_mutex.lock();
        *self.ports_lock.lock() = true;
    }

    fn write(&self) {
        self.oracle.require(!self.is_freed.load(SeqCst), "a freed port was written to");
    }
}

fn remove(client: &Client) {
    let was_there = {
        let _outer = client.ports_mutex.lock();
        std::mem::take(&mut *client.ports_lock.lock())
    };
    if was_there {
        client.is_freed.store(true, SeqCst);
    }
}

fn insert_then_write(client: &Client) {
    client.insert();
    client.write();
}

fn write_then_insert(client: &Client) {
    client.write();
    client.insert();
}

fn run(oracle: Oracle, create: fn(&Client)) {
    let client = Client {
        ports_mutex: Mutex::new(()),
        ports_lock: Mutex::new(false),
        is_freed: AtomicBool::new(false),
        oracle,
    };
    together(client, [create, remove]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, insert_then_write);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, write_then_insert);
}
