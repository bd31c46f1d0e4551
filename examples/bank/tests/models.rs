//! The models: `cargo test` runs them under unsnarl's engine, `cargo unsnarl check` also under loom and shuttle.

use bank::{Account, transfer, transfer_as_it_comes};
use unsnarl::{
    check::{Checker, FindingKind},
    sync::Arc,
    thread,
};

/// Two accounts and two threads that move money in opposite directions.
fn opposite_ways(transfer: fn(&Account, &Account, i64) -> bool) {
    let alice = Arc::new(Account::new(1, "alice", 10));
    let bob = Arc::new(Account::new(2, "bob", 10));
    let (alice2, bob2) = (Arc::clone(&alice), Arc::clone(&bob));
    let other = thread::spawn(move || transfer(&bob2, &alice2, 3));
    assert!(transfer(&alice, &bob, 5));
    assert!(other.join().unwrap());
    assert_eq!((alice.balance(), bob.balance()), (8, 12));
}

#[test]
fn transfers_both_ways() {
    unsnarl::check(|| opposite_ways(transfer));
}

#[test]
fn transfers_as_they_come() {
    Checker::new("transfers_as_they_come")
        .expect(FindingKind::Deadlock)
        .check(|| opposite_ways(transfer_as_it_comes));
}

#[test]
fn an_overdraft_is_refused() {
    // Not a model: an ordinary test, on ordinary locks, in the same binary.
    let (rich, poor) = (Account::new(1, "rich", 10), Account::new(2, "poor", 0));
    assert!(!transfer(&poor, &rich, 1));
}
