//! A deposit that overwrites another one.
//!
//! # The symptom
//!
//! At the end of the day a deposit is missing. Both customers have a receipt.
//!
//! # The story
//!
//! A deposit reads the balance, adds the amount, and writes the sum. Each of the two is under the account's lock.
//!
//! Between the two locks another deposit does the same, with the same old balance.
//!
//! What is written last is a sum that knows nothing of the other one.
//!
//! # The bad interleaving
//!
//! ```text
//! ada                  ben
//! lock: balance is 0
//!                      lock: balance is 0
//! lock: write 10
//!                      lock: write 20
//! ```
//!
//! # The fix
//!
//! One lock around reading and writing.
//!
//! # Questions
//!
//! - Whose deposit is lost? That of the one who writes first.
//! - Does it help to lock twice as often? No. What must not be interrupted must be under one lock.
//!
//! # Reading
//!
//! - The lesson `check-then-act` of the course.

use unsnarl::{
    Named,
    check::{FindingKind, show},
    lab::{self, Lesson, Stage, text},
    parking_lot::Mutex,
    thread,
};

const SOURCE: &str = include_str!("lost_deposit.rs");

/// Two deposits at the same time.
pub const LESSON: Lesson = Lesson {
    name: "lost-deposit",
    title: "The lost deposit",
    concept: "one lock for one change",
    summary: "A deposit is read under one lock and written under another one",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

fn buggy() {
    deposit_twice(|account, amount| {
        let balance = *account.lock();
        *account.lock() = balance + amount;
    });
}

fn fixed() {
    deposit_twice(|account, amount| *account.lock() += amount);
}

fn deposit_twice(deposit: fn(&Mutex<u32>, u32)) {
    let account = Mutex::new(0).named("account");
    thread::scope(|scope| {
        for (name, amount) in [("ada", 10), ("ben", 20)] {
            let account = &account;
            lab::spawn(scope, name, move || {
                deposit(account, amount);
                show("balance", *account.lock());
            });
        }
    });
    assert_eq!(*account.lock(), 30, "both deposits are there");
}
