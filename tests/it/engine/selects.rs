//! What a model sees of selects, timers and rendezvous.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use unsnarl::{
    channel::{self, Select, bounded, select, select_biased, unbounded},
    check::{Checker, FindingKind, Verdict},
    sync::mpsc,
    thread,
    time::Instant,
};

/// All that `model` returns, over a complete search that finds nothing.
fn outcomes<T: Ord + Send + 'static>(model: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    let seen = Arc::new(StdMutex::new(BTreeSet::new()));
    let into = Arc::clone(&seen);
    let verdict = Checker::new("outcomes").regressions(false).run(move || {
        let outcome = model();
        into.lock().unwrap().insert(outcome);
    });
    assert!(verdict.pass().is_some_and(|pass| pass.is_complete()), "{verdict:?}");
    std::mem::take(&mut *seen.lock().unwrap())
}

fn finding(model: impl Fn() + Send + Sync + 'static) -> (FindingKind, String) {
    match Checker::new("finding").regressions(false).run(model) {
        Verdict::Finding(finding) => (finding.kind, finding.explanation.join(" ")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_possible_case_runs() {
    let model = |biased: bool| {
        let ((to_first, first), (to_second, second)) = (bounded(1), unbounded());
        to_first.send(1).unwrap();
        to_second.send(2).unwrap();
        if biased {
            select_biased! { recv(first) -> one => one.unwrap(), recv(second) -> two => two.unwrap() }
        } else {
            select! { recv(first) -> one => one.unwrap(), recv(second) -> two => two.unwrap() }
        }
    };
    assert_eq!(outcomes(move || model(false)), BTreeSet::from([1, 2]));
    assert_eq!(outcomes(move || model(true)), BTreeSet::from([1]));
}

#[test]
fn a_biased_select_still_takes_what_comes_first() {
    let seen = outcomes(|| {
        let ((to_first, first), (to_second, second)) = (bounded(1), bounded(1));
        let sender = thread::spawn(move || {
            to_second.send(2).unwrap();
            to_first.send(1).unwrap();
            (to_first, to_second)
        });
        let got = select_biased! { recv(first) -> one => one.unwrap(), recv(second) -> two => two.unwrap() };
        sender.join().unwrap();
        got
    });
    assert_eq!(seen, BTreeSet::from([1, 2]));
}

#[test]
fn a_select_that_nobody_serves_is_a_deadlock_with_its_channels() {
    let (kind, explanation) = finding(|| {
        let ((_to_first, first), (to_second, _second)) = (bounded::<u8>(1), bounded(0));
        select! { recv(first) -> _ => {}, send(to_second, 1) -> _ => {} }
    });
    assert_eq!(kind, FindingKind::Deadlock);
    assert!(explanation.contains("waits for one of the channels `channel@selects.rs"), "{explanation}");
}

#[test]
fn a_select_on_nothing_is_a_deadlock() {
    let (kind, _) = finding(|| assert!(channel::never::<u8>().recv().is_err()));
    assert_eq!(kind, FindingKind::Deadlock);
}

#[test]
fn selects_meet_selects() {
    let seen = outcomes(|| {
        let ((to_first, first), (to_second, second)) = (bounded(0), bounded(0));
        let other = thread::spawn(move || {
            select! { send(to_first, 1) -> sent => sent.unwrap(), send(to_second, 2) -> sent => sent.unwrap() }
        });
        let got = select! { recv(first) -> one => one.unwrap(), recv(second) -> two => two.unwrap() };
        other.join().unwrap();
        got
    });
    assert_eq!(seen, BTreeSet::from([1, 2]));
}

#[test]
fn a_thread_does_not_meet_itself() {
    let (kind, _) = finding(|| {
        let (sender, receiver) = bounded(0);
        select! { send(sender, 1) -> _ => {}, recv(receiver) -> _ => {} }
    });
    assert_eq!(kind, FindingKind::Deadlock);
}

#[test]
fn who_waits_in_a_select_is_seen_by_try_send() {
    let seen = outcomes(|| {
        let ((sender, receiver), (to_other, other)) = (bounded(0), bounded(1));
        let waiting = thread::spawn(move || {
            select! { recv(receiver) -> message => message.unwrap(), recv(other) -> _ => 0 }
        });
        let sent = sender.try_send(1).is_ok();
        let _ = to_other.send(());
        (sent, waiting.join().unwrap())
    });
    assert_eq!(seen, BTreeSet::from([(false, 0), (true, 1)]));
}

#[test]
fn a_send_without_a_receiver_gives_up_in_time() {
    let seen = outcomes(|| {
        let (sender, receiver) = bounded(0);
        let taker = thread::spawn(move || receiver.recv_timeout(Duration::from_millis(1)).ok());
        let sent = sender.send_timeout(1, Duration::from_millis(1)).is_ok();
        (sent, taker.join().unwrap())
    });
    assert_eq!(seen, BTreeSet::from([(false, None), (true, Some(1))]));
}

#[test]
fn a_timer_races_with_a_message() {
    let seen = outcomes(|| {
        let (sender, receiver) = bounded(1);
        let (start, limit) = (Instant::now(), Duration::from_millis(5));
        let other = thread::spawn(move || sender.send(1).map(|()| sender));
        let got = select! {
            recv(receiver) -> message => message.unwrap(),
            recv(channel::after(limit)) -> at => {
                assert!(at.unwrap() >= start + limit && start.elapsed() >= limit);
                0
            }
        };
        other.join().unwrap().unwrap();
        got
    });
    assert_eq!(seen, BTreeSet::from([0, 1]));
}

#[test]
fn timers_fire_in_order() {
    let seen = outcomes(|| {
        let late = channel::after(Duration::from_millis(9));
        let ticks = channel::tick(Duration::from_millis(4));
        let mut order = Vec::new();
        for _ in 0..3 {
            select! { recv(late) -> _ => order.push('l'), recv(ticks) -> _ => order.push('t') }
        }
        assert!(late.try_recv().is_err());
        order
    });
    assert_eq!(seen, BTreeSet::from([vec!['t', 't', 'l']]));
}

#[test]
fn a_default_with_a_time_limit() {
    let seen = outcomes(|| {
        let ((sender, receiver), (_kept, silent)) = (bounded(1), bounded::<u8>(0));
        let other = thread::spawn(move || sender.send(1).map(|()| sender));
        let got = select! {
            recv(receiver) -> message => message.unwrap(),
            recv(silent) -> _ => unreachable!("nobody sends"),
            default(Duration::from_millis(2)) => 0,
        };
        other.join().unwrap().unwrap();
        got
    });
    assert_eq!(seen, BTreeSet::from([0, 1]));
}

#[test]
fn a_chosen_operation_keeps_its_message() {
    // Between the choice and its completion another thread receives, and gets the next message.
    let seen = outcomes(|| {
        let (sender, receiver) = bounded(2);
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        let mut select = Select::new();
        select.recv(&receiver);
        let chosen = select.select();
        let other = receiver.clone();
        let second = thread::spawn(move || other.recv().unwrap()).join().unwrap();
        (chosen.recv(&receiver).unwrap(), second)
    });
    assert_eq!(seen, BTreeSet::from([(1, 2)]));
}

#[test]
fn mpsc_in_a_model() {
    let seen = outcomes(|| {
        let (sender, receiver) = mpsc::channel();
        let other = sender.clone();
        let first = thread::spawn(move || other.send(1).unwrap());
        sender.send(2).unwrap();
        drop(sender);
        let got: Vec<_> = receiver.iter().collect();
        first.join().unwrap();
        got
    });
    assert_eq!(seen, BTreeSet::from([vec![1, 2], vec![2, 1]]));
}
