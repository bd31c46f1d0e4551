//! A thread panics in the middle of a change.
//!
//! # The symptom
//!
//! One request fails with a panic, which the server survives. From then on sums are wrong, or, with locks that poison,
//! every request fails.
//!
//! # The story
//!
//! A lock protects a rule about data: here, that the two accounts have 10 together. In the middle of a transfer the rule
//! does not hold, and nobody sees it, since the lock is held.
//!
//! A panic ends the transfer there. The guard is dropped on the way out, the lock is free, and the next thread finds 3 of
//! the 10.
//!
//! The standard library's mutex remembers that somebody panicked while holding it, and tells each later user by an error:
//! it is poisoned. Who answers with `unwrap` passes the panic on to every thread that comes by. Who ignores it works with
//! half a change.
//!
//! # The bad interleaving
//!
//! ```text
//! clerk                     main
//! lock bank
//!   take 7 from alice
//!   panic: no such account
//! (unlock, poisoned)
//!                           lock bank, ignore the mark
//!                             3 of 10 are there: panic
//! ```
//!
//! # The fix
//!
//! Do what can fail before what must be whole: look the account up first, then change both. Then a panic leaves nothing
//! half done, and the poison mark can be taken off with a clear conscience.
//!
//! # Questions
//!
//! - Why is a poisoned lock an error and not a panic? So that who knows how to repair the data can:
//!   `PoisonError::into_inner` gives the guard.
//! - What do locks without poisoning do here? The auditor finds the wrong sum, and nobody says why.
//! - In the fixed program the clerk still panics. Why is that fine? The panic comes before the change. The rule holds, and
//!   the auditor may ignore the mark.
//!
//! # Reading
//!
//! - The Rustonomicon, "Poisoning": what panic safety means for data behind locks.
//! - The documentation of `std::sync::PoisonError` and of `std::panic::UnwindSafe`.
//! - Bertrand Meyer, "Object-Oriented Software Construction", chapter 12: when a failed routine may return.

use super::{Lesson, Stage, text};
use crate::{
    Named,
    check::FindingKind,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

const SOURCE: &str = include_str!("half_a_change.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "half-a-change",
    title: "Half a change",
    concept: "panics under a lock",
    summary: "A panic ends a change half way, and the lock hands it to the next thread",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

/// Alice's and Bob's money: 10 together.
type Bank = [u32; 2];

const BOB: &str = "bob";

fn account(name: &str) -> usize {
    match name {
        "alice" => 0,
        BOB => 1,
        _ => panic!("no such account: {name}"),
    }
}

fn buggy() {
    transfer_to_nobody(|bank, to| {
        bank[0] -= 7;
        bank[account(to)] += 7;
    });
}

fn fixed() {
    transfer_to_nobody(|bank, to| {
        let to = account(to);
        bank[0] -= 7;
        bank[to] += 7;
    });
}

fn transfer_to_nobody(transfer: fn(&mut Bank, &str)) {
    let bank = Arc::new(Mutex::new([10, 0]).named("bank"));
    let theirs = Arc::clone(&bank);
    let clerk = thread::Builder::new().name("clerk".to_owned()).spawn(move || {
        let mut bank = theirs.lock().unwrap_or_else(PoisonError::into_inner);
        transfer(&mut bank, "carol");
    });
    // `main` is the auditor, and looks at any time.
    audit(&bank);
    let ended = clerk.expect("a thread").join();
    assert!(ended.is_err(), "there is no account of carol's");
    audit(&bank);
}

fn audit(bank: &Mutex<Bank>) {
    let bank = bank.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(bank.iter().sum::<u32>(), 10, "money has gone");
}
