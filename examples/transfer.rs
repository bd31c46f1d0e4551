//! A transfer between two accounts that takes its locks in the order of its arguments, and the report about it.
//!
//! `cargo run --example transfer --features model`

use unsnarl::{
    Named,
    check::{Checker, FindingKind},
    parking_lot::Mutex,
    report::terminal::{self, Style},
    sync::Arc,
    thread,
};

fn transfer(from: &Mutex<i64>, to: &Mutex<i64>, amount: i64) {
    let mut from = from.lock();
    let mut to = to.lock();
    *from -= amount;
    *to += amount;
}

fn main() {
    let verdict = Checker::new("transfer").regressions(false).run(|| {
        let alice = Arc::new(Mutex::new(100).named("alice's account"));
        let bob = Arc::new(Mutex::new(100).named("bob's account"));
        let (alice2, bob2) = (Arc::clone(&alice), Arc::clone(&bob));
        let clerk = thread::Builder::new()
            .name("clerk".to_owned())
            .spawn(move || transfer(&bob2, &alice2, 20))
            .expect("a model always has room for a thread");
        transfer(&alice, &bob, 10);
        clerk.join().expect("the clerk does not panic");
    });
    let finding = verdict.finding().expect("the two transfers lock in opposite orders");
    assert_eq!(finding.kind, FindingKind::Deadlock);
    print!("{}", terminal::finding(finding, &Style::of_stdout()));
}
