//! A tiny bank: accounts with a lock each, and transfers that take two of them.
//!
//! In production the locks are parking_lot's own; in `tests/models.rs` the same source is run through its interleavings.

use unsnarl::{Named, parking_lot::Mutex};

/// An account.
#[derive(Debug)]
pub struct Account {
    number: u32,
    balance: Mutex<i64>,
}

impl Account {
    /// Opens an account; `name` is what reports call its lock.
    pub fn new(number: u32, name: &'static str, balance: i64) -> Self {
        Account { number, balance: Mutex::new(balance).named(name) }
    }

    /// What is on it.
    pub fn balance(&self) -> i64 {
        *self.balance.lock()
    }
}

/// Moves money, if there is enough; says whether there was.
///
/// Both locks are taken in the order of the account numbers, whichever way the money goes, so two transfers cannot wait
/// for each other.
pub fn transfer(from: &Account, to: &Account, amount: i64) -> bool {
    if from.number == to.number {
        return from.balance() >= amount;
    }
    let (mut source, mut target);
    if from.number < to.number {
        source = from.balance.lock();
        target = to.balance.lock();
    } else {
        target = to.balance.lock();
        source = from.balance.lock();
    }
    if *source < amount {
        return false;
    }
    *source -= amount;
    *target += amount;
    true
}

/// As [`transfer`], with the mistake that everybody makes once: the locks are taken in the order of the arguments.
pub fn transfer_as_it_comes(from: &Account, to: &Account, amount: i64) -> bool {
    let mut source = from.balance.lock();
    let mut target = to.balance.lock();
    if *source < amount {
        return false;
    }
    *source -= amount;
    *target += amount;
    true
}
