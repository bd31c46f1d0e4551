//! Two locks, taken in both orders.
//!
//! # The symptom
//!
//! The program stops. No processor is busy, nothing is logged, and the requests that touch the two accounts pile up. After a
//! restart it runs for weeks.
//!
//! # The story
//!
//! A transfer takes money from one account and puts it into another. Nobody may see the state in between, so it locks both.
//! It locks the account that pays first, since that is the order in which one thinks of it.
//!
//! Two people who pay each other at the same time lock the same two accounts in opposite orders. If each has its first lock
//! before the other asks for its second, each waits for a lock that the other gives back only after it got its own.
//!
//! Four things must come together (Coffman's conditions): a lock has one owner; an owner waits for more; nobody can take a
//! lock away; and the waiting closes to a circle. Taking away one of the four is enough.
//!
//! # The bad interleaving
//!
//! ```text
//! ada pays ben              ben pays ada
//! lock ada's account
//!                           lock ben's account
//! lock ben's account
//!   waits for ben           lock ada's account
//!                             waits for ada
//! ```
//!
//! # The fix
//!
//! All threads take the locks in one order, whatever the direction of the payment: here by account number. Then the thread
//! that has the higher lock already has the lower one, and a circle cannot close. (`Havender's ordering`, used in the
//! Linux kernel as lock classes and by databases as sorted keys.)
//!
//! # Questions
//!
//! - Why did the tests with one clerk pass? One thread cannot be in two orders at once. It takes two transfers in opposite
//!   directions at the same time.
//! - Which orders would do? By account number, by address in memory, by time of opening. Any order that everybody
//!   knows and nobody changes.
//! - Would one lock for the whole bank be wrong? No, only slow: transfers between four accounts would wait for each other.
//!
//! # Reading
//!
//! - Edward Coffman, Michael Elphick and Arie Shoshani, "System deadlocks", ACM Computing Surveys 3(2), 1971: the four
//!   conditions.
//! - James Havender, "Avoiding deadlock in multitasking systems", IBM Systems Journal 7(2), 1968: the order.
//! - Remzi and Andrea Arpaci-Dusseau, "Operating Systems: Three Easy Pieces", chapter 32 (common concurrency problems).

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("transfer.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "transfer",
    title: "Two accounts",
    concept: "lock order",
    summary: "Two transfers in opposite directions wait for each other",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: text::questions!(SOURCE, "Questions"),
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Account {
    number: u32,
    balance: Mutex<i64>,
}

fn buggy() {
    pay_each_other(|from, to, amount| {
        let mut paid = from.balance.lock();
        let mut got = to.balance.lock();
        *paid -= amount;
        *got += amount;
    });
}

fn fixed() {
    pay_each_other(|from, to, amount| {
        let (mut paid, mut got);
        if from.number < to.number {
            paid = from.balance.lock();
            got = to.balance.lock();
        } else {
            got = to.balance.lock();
            paid = from.balance.lock();
        }
        *paid -= amount;
        *got += amount;
    });
}

fn pay_each_other(transfer: fn(&Account, &Account, i64)) {
    let ada = Account { number: 1, balance: Mutex::new(100).named("ada's account") };
    let ben = Account { number: 2, balance: Mutex::new(100).named("ben's account") };
    thread::scope(|scope| {
        spawn(scope, "ada", || transfer(&ada, &ben, 10));
        spawn(scope, "ben", || transfer(&ben, &ada, 30));
    });
    assert_eq!((*ada.balance.lock(), *ben.balance.lock()), (120, 80));
}
