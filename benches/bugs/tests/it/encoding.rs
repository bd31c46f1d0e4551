//! The programs have as many behaviours as an independent enumeration of the same programs counted: Mazurkiewicz traces, each
//! once, none given up as redundant.
//!
//! The enumeration stopped at the first failed assertion; here the failures are only recorded and every execution goes on to
//! its end. The traces without a failure are the same ones either way. Those with one are not: what stops in the middle is
//! told apart by how far the other threads have come (`lazy01`: 2 orders in which the observer is last, times 3, since the
//! main thread has joined none, one or two of the others), and does not branch where what goes on would
//! (`circular_buffer`: the rounds after the failure).

#![allow(clippy::disallowed_types, reason = "counters outside of the program under test")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};

use bugs::{Oracle, Program, find};
use unsnarl::check::{Checker, Strategy};

/// Traces to the end of the program: without a failure, and with one.
type Traces = (u64, u64);

/// Runs every execution to its end, and counts them.
fn traces(name: &str) -> Traces {
    let Program { buggy, .. } = *find(name).expect("a program");
    let failed: &'static AtomicBool = Box::leak(Box::default());
    let bad = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&bad);
    let checker = Checker::new(name).strategy(Strategy::Exhaustive).regressions(false);
    let verdict = checker.run(move || {
        failed.store(false, SeqCst);
        buggy(Oracle::Record(failed));
        if failed.load(SeqCst) {
            counted.fetch_add(1, SeqCst);
        }
    });
    let pass = verdict.pass().expect("failures are only recorded");
    assert!(pass.is_complete(), "{name}: {:?}", pass.bounds);
    assert_eq!(pass.explored.redundant, 0, "{name}");
    let bad = bad.load(SeqCst);
    (pass.explored.executions - bad, bad)
}

/// As published: 6 traces of which 2 fail.
#[test]
fn account() {
    assert_eq!(traces("account"), (6 - 2, 2));
}

/// As published: 10 and 1.
#[test]
fn bluetooth_driver() {
    assert_eq!(traces("bluetooth_driver"), (10 - 1, 1));
}

/// Published: 587 and 459. Here all C(14, 7) = 3,432 orders of seven and seven rounds are told apart.
#[test]
fn circular_buffer() {
    assert_eq!(traces("circular_buffer"), (587 - 459, 3_432 - 128));
}

/// Published: 10 and 6, that is 2 times 3 places at which the main thread may stand.
#[test]
fn lazy01() {
    assert_eq!(traces("lazy01"), (10 - 6, 6 / 3));
}

/// Published: 47 and 27, 677 and 317, 15,673 and 5,881.
///
/// With `n` setters the first values are stored in n! orders and the second ones too, and the checker reads each of the two
/// at one of n + 1 places in its order; it is content with the first place of both and with none of both.
#[test]
fn reorder() {
    let traces_of = |n: u64| -> Traces {
        let orders = (1..=n).product::<u64>().pow(2);
        let good = orders * (1 + n * n);
        (good, orders * (n + 1).pow(2) - good)
    };
    for (name, setters, published_good) in
        [("reorder_3", 2, 47 - 27), ("reorder_4", 3, 677 - 317), ("reorder_5", 4, 15_673 - 5_881)]
    {
        let expected = traces_of(setters);
        assert_eq!(expected.0, published_good);
        assert_eq!(traces(name), expected, "{name}");
    }
}

/// Published: 2,249 and 1,297. There an item that is taken twice fails at once, here when all threads have ended.
#[test]
fn work_steal_queue() {
    assert_eq!(traces("WorkStealQueue"), (2_249 - 1_297, 857));
}

/// As published: 3 and 1.
#[test]
fn cve_2015_7550() {
    assert_eq!(traces("CVE-2015-7550"), (3 - 1, 1));
}

/// Published: 4 and 2, the writer being inside or outside of its lock when the reader stops.
#[test]
fn cve_2016_7911() {
    assert_eq!(traces("CVE-2016-7911"), (4 - 2, 2 / 2));
}

/// Published: 4 and 2, the main thread having joined none or one when the writer stops.
#[test]
fn cve_2017_15265() {
    assert_eq!(traces("CVE-2017-15265"), (4 - 2, 2 / 2));
}

/// In how many ways the program deadlocks: who holds and wants what. A check stops at a deadlock, so single executions are
/// drawn.
fn deadlocks(name: &str) -> usize {
    let Program { buggy, .. } = *find(name).expect("a program");
    let mut found = BTreeSet::new();
    for seed in 0..200 {
        let checker = Checker::new(name).strategy(Strategy::Random(seed)).max_executions(1);
        let verdict =
            checker.shrink(false).predict(false).regressions(false).run(move || buggy(Oracle::Panic));
        if let Some(finding) = verdict.finding() {
            let threads = finding.threads.iter().map(|thread| {
                let wants = thread.waits.as_ref().map(|wait| wait.place.clone());
                let holds: Vec<_> = thread.holds.iter().map(|held| held.place.clone()).collect();
                (thread.name.clone(), holds, wants)
            });
            found.insert(threads.collect::<Vec<_>>());
        }
    }
    found.len()
}

/// As published: 1 of 3 traces, and 2 of 4.
#[test]
fn deadlocking_traces() {
    assert_eq!(deadlocks("deadlock01"), 1);
    assert_eq!(deadlocks("carter01"), 2);
}
