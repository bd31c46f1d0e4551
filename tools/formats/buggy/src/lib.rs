//! A package with one bug of each kind that results are made from.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "a user's package")]

use unsnarl::{
    cell::UnsafeCell,
    parking_lot::{Condvar, Mutex},
};

/// Two accounts, whose locks are taken in both orders.
#[derive(Debug, Default)]
pub struct Bank {
    checking: Mutex<i64>,
    savings: Mutex<i64>,
}

impl Bank {
    /// From checking to savings.
    pub fn save(&self, amount: i64) {
        let mut from = self.checking.lock();
        let mut to = self.savings.lock();
        *from -= amount;
        *to += amount;
    }

    /// From savings to checking.
    pub fn spend(&self, amount: i64) {
        let mut from = self.savings.lock();
        let mut to = self.checking.lock();
        *from -= amount;
        *to += amount;
    }
}

/// A flag, and who waits for it.
#[derive(Debug, Default)]
pub struct Flag {
    is_set: Mutex<bool>,
    changed: Condvar,
}

impl Flag {
    /// Waits, but with `if` where `while` is needed.
    pub fn wait(&self) {
        let mut is_set = self.is_set.lock();
        if !*is_set {
            self.changed.wait(&mut is_set);
        }
        assert!(*is_set, "woken, so \"is_set\" & <true>");
    }

    /// Sets it.
    pub fn set(&self) {
        *self.is_set.lock() = true;
        self.changed.notify_one();
    }
}

/// A number that nothing protects.
#[derive(Debug, Default)]
pub struct Bare(UnsafeCell<u32>);

// SAFETY: none; that is the bug.
unsafe impl Sync for Bare {}

impl Bare {
    /// Adds one.
    #[track_caller]
    pub fn add(&self) {
        // SAFETY: none; that is the bug.
        self.0.with_mut(|number| unsafe { *number += 1 });
    }
}

#[cfg(test)]
mod tests {
    use unsnarl::{check::{Checker, FindingKind}, sync::Arc, thread};

    use super::*;

    #[test]
    fn transfers() {
        unsnarl::check(|| {
            let bank = Arc::new(Bank::default());
            let other = Arc::clone(&bank);
            let spender = thread::Builder::new().name("spender".to_owned()).spawn(move || other.spend(5));
            bank.save(3);
            spender.unwrap().join().unwrap();
        });
    }

    #[test]
    fn the_flag_is_seen() {
        unsnarl::check(|| {
            let flag = Arc::new(Flag::default());
            let other = Arc::clone(&flag);
            let setter = thread::spawn(move || other.set());
            flag.wait();
            setter.join().unwrap();
        });
    }

    #[test]
    fn nothing_protects_it() {
        unsnarl::check(|| {
            let bare = Arc::new(Bare::default());
            let other = Arc::clone(&bare);
            let adder = thread::spawn(move || other.add());
            bare.add();
            adder.join().unwrap();
        });
    }

    #[test]
    fn alone() {
        unsnarl::check(|| {
            let bank = Arc::new(Bank::default());
            let other = Arc::clone(&bank);
            let saver = thread::spawn(move || other.save(1));
            bank.save(2);
            saver.join().unwrap();
        });
    }

    #[test]
    fn an_announced_bug_that_does_not_show() {
        Checker::new("not shown").expect(FindingKind::Deadlock).check(|| {
            let number = Arc::new(Mutex::new(0));
            let other = Arc::clone(&number);
            let adder = thread::spawn(move || *other.lock() += 1);
            *number.lock() += 1;
            adder.join().unwrap();
        });
    }
}
