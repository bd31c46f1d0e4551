//! A balance with a depositor, a withdrawer and a checker, all under one mutex.
//!
//! The checker works out the final balance with the wrong sign. It can tell only if both others have been there: the bug
//! shows exactly when the checker's critical section is the last, without any preemption.

use unsnarl::parking_lot::Mutex;

use crate::{oracle::Oracle, threads::together};

const START: i64 = 1;
const DEPOSIT: i64 = 2;
const WITHDRAWAL: i64 = 4;

#[derive(Debug)]
struct Books {
    balance: i64,
    deposited: bool,
    withdrawn: bool,
}

#[derive(Debug)]
struct Account {
    books: Mutex<Books>,
    /// What the checker takes for the balance at the end.
    at_the_end: i64,
    oracle: Oracle,
}

fn check(account: &Account) {
    let books = account.books.lock();
    if books.deposited && books.withdrawn {
        account.oracle.require(books.balance == account.at_the_end, "the books do not balance");
    }
}

fn deposit(account: &Account) {
    let mut books = account.books.lock();
    books.balance += DEPOSIT;
    books.deposited = true;
}

fn withdraw(account: &Account) {
    let mut books = account.books.lock();
    books.balance -= WITHDRAWAL;
    books.withdrawn = true;
}

fn run(oracle: Oracle, at_the_end: i64) {
    let books = Mutex::new(Books { balance: START, deposited: false, withdrawn: false });
    together(Account { books, at_the_end, oracle }, [check as fn(&_), deposit, withdraw]);
}

pub(super) fn buggy(oracle: Oracle) {
    run(oracle, START - DEPOSIT - WITHDRAWAL);
}

pub(super) fn fixed(oracle: Oracle) {
    run(oracle, START + DEPOSIT - WITHDRAWAL);
}
