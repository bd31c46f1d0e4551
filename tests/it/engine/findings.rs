//! Known bugs are found, and said in words.

use unsnarl::{
    Named,
    check::{Checker, FindingKind, Verdict},
    parking_lot::Mutex,
    sync::Arc,
    thread,
};

pub(crate) fn ab_ba() {
    let a = Arc::new(Mutex::new(0).named("a"));
    let b = Arc::new(Mutex::new(0).named("b"));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let other = thread::Builder::new()
        .name("other".to_owned())
        .spawn(move || {
            let _b = b2.lock();
            let _a = a2.lock();
        })
        .unwrap();
    {
        let _a = a.lock();
        let _b = b.lock();
    }
    other.join().unwrap();
}

fn run(name: &str, model: impl Fn() + Send + Sync + 'static) -> Verdict {
    Checker::new(name).regressions(false).run(model)
}

#[test]
fn ab_ba_is_a_lock_cycle() {
    let verdict = run("ab_ba", ab_ba);
    let finding = verdict.finding().expect("a finding");
    println!("{}", unsnarl::report::terminal::finding(finding, &unsnarl::report::terminal::Style::plain()));
    assert_eq!(finding.kind, FindingKind::Deadlock);
    assert_eq!(finding.cycle.len(), 2);
    assert_eq!(finding.preemptions, 1);
}
