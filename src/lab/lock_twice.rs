//! A method that takes the lock calls another one that does.
//!
//! # The symptom
//!
//! The program stops in the middle of a line that has nothing to do with other threads. A debugger shows one thread that
//! waits for a mutex, and no thread that has it but this one.
//!
//! # The story
//!
//! `withdraw` takes the account's lock, looks at the balance, and takes the money. Later somebody writes `balance`, which
//! takes the lock, since callers from outside need that, and uses it in `withdraw`, since that is shorter.
//!
//! The mutex does not count how often its thread has it. The second `lock` waits until the lock is free. That would be
//! when `withdraw` returns.
//!
//! One thread is enough. This is the smallest circle: it waits for itself.
//!
//! # The bad interleaving
//!
//! ```text
//! ada
//! lock account          (in withdraw)
//!   lock account        (in balance)
//!     waits: ada
//!
//! ```
//!
//! # The fix
//!
//! Two layers: public methods take the lock, private ones get what is under it as an argument. A guard or a `&mut Account`
//! as an argument says in the type that the lock is held.
//!
//! # Questions
//!
//! - Would a reentrant mutex be better? It would not hang. But code under such a lock can no longer know whether it is the
//!   first to change something or in the middle of another change.
//! - Why does the compiler not find it? The lock is behind a shared reference; borrowing `&self` twice is fine.
//!
//! # Reading
//!
//! - The documentation of `std::sync::Mutex::lock`: it may deadlock or panic if the thread has the lock already.
//! - David Butenhof, "Recursive mutexes", comp.programming.threads, 2005: why they were a dare.
//! - Boqin Qin et al., "Understanding memory and thread safety practices and issues in real-world Rust programs", PLDI
//!   2020: double locks are the most frequent blocking bug.

use super::{Lesson, Stage, spawn, text};
use crate::{
    Named,
    check::{FindingKind, show},
    parking_lot::Mutex,
    thread,
};

const SOURCE: &str = include_str!("lock_twice.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "lock-twice",
    title: "Locked twice",
    concept: "a mutex is not reentrant",
    summary: "A method holds the lock and calls another one that takes it",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Account {
    money: Mutex<u32>,
}

impl Account {
    fn balance(&self) -> u32 {
        *self.money.lock()
    }

    fn withdraw_twice_locked(&self, amount: u32) {
        let mut money = self.money.lock();
        if self.balance() >= amount {
            *money -= amount;
        }
        show("money", *money);
    }

    fn withdraw(&self, amount: u32) {
        let mut money = self.money.lock();
        if *money >= amount {
            *money -= amount;
        }
        show("money", *money);
    }
}

fn buggy() {
    two_withdrawals(Account::withdraw_twice_locked);
}

fn fixed() {
    two_withdrawals(Account::withdraw);
}

fn two_withdrawals(withdraw: fn(&Account, u32)) {
    let account = Account { money: Mutex::new(10).named("account") };
    thread::scope(|scope| {
        spawn(scope, "ada", || withdraw(&account, 7));
        spawn(scope, "ben", || withdraw(&account, 7));
    });
    assert_eq!(account.balance(), 3, "only one of them gets the money");
}
