//! One check on several processor cores: the same executions, and no false alarm from what executions have in common.

use std::{
    sync::atomic::{AtomicUsize as StdAtomicUsize, Ordering as StdOrdering},
    time::Duration,
};

use unsnarl::{
    check::{Checker, FindingKind, Pass, Schedule, Strategy, Verdict},
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

/// Four cores from the first execution on.
fn checker() -> Checker {
    Checker::new("cores").cores(4).steps_alone(1).regressions(false)
}

fn complete(verdict: &Verdict) -> &Pass {
    let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert!(pass.is_complete(), "{pass:?}");
    pass
}

fn increments(threads: usize, counter: &'static AtomicUsize, before: impl Fn() + Send + Copy + 'static) {
    let increment = move || {
        before();
        counter.fetch_add(1, SeqCst);
    };
    let handles: Vec<_> = (0..threads).map(|_| thread::spawn(increment)).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

#[test]
fn a_program_with_a_static_stays_on_one_core() {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let verdict = checker().run(|| {
        increments(3, &COUNTER, || ());
        assert_eq!(COUNTER.load(SeqCst), 3);
    });
    assert_eq!(complete(&verdict).explored.executions, 6);
}

#[test]
fn a_static_that_is_seen_late_sends_the_check_back_to_one_core() {
    static LATE: AtomicUsize = AtomicUsize::new(0);
    let verdict = checker().strategy(Strategy::Exhaustive).run(|| {
        let turns = Arc::new(AtomicUsize::new(0));
        let body = |expected: usize| {
            let turns = Arc::clone(&turns);
            move || {
                if turns.fetch_add(1, SeqCst) != expected {
                    // Not in the first execution, where each thread has the turn that it expects.
                    LATE.fetch_add(1, SeqCst);
                }
            }
        };
        let handles: Vec<_> = (0..3).map(|expected| thread::spawn(body(expected))).collect();
        for handle in handles {
            handle.join().unwrap();
        }
    });
    let alone = checker().cores(1).strategy(Strategy::Exhaustive).run(|| {
        let turns = Arc::new(AtomicUsize::new(0));
        let late = Arc::new(AtomicUsize::new(0));
        let handles: Vec<_> = (0..3)
            .map(|expected| {
                let (turns, late) = (Arc::clone(&turns), Arc::clone(&late));
                thread::spawn(move || {
                    if turns.fetch_add(1, SeqCst) != expected {
                        late.fetch_add(1, SeqCst);
                    }
                })
            })
            .collect();
        for handle in handles {
            handle.join().unwrap();
        }
    });
    let pass = complete(&verdict);
    assert_eq!(pass.explored.executions, complete(&alone).explored.executions);
    let says_why = pass.notes.iter().any(|note| note.starts_with("explored on one core: what is made at"));
    assert!(says_why, "{:?}", pass.notes);
}

#[test]
fn what_executions_have_in_common_behind_the_facade_is_no_false_alarm() {
    // A program that is right if its executions come one after the other, as they do on one core.
    static RUNS: StdAtomicUsize = StdAtomicUsize::new(0);
    let verdict = checker().strategy(Strategy::Exhaustive).run(|| {
        RUNS.store(0, StdOrdering::SeqCst);
        let total = Arc::new(Mutex::new(0));
        let handles: Vec<_> = (0..4)
            .map(|_| {
                let total = Arc::clone(&total);
                thread::spawn(move || {
                    for _ in 0..2 {
                        *total.lock() += 1;
                        RUNS.fetch_add(1, StdOrdering::SeqCst);
                    }
                })
            })
            .collect();
        for handle in handles {
            handle.join().unwrap();
        }
        assert_eq!(RUNS.load(StdOrdering::SeqCst), 8);
    });
    assert_eq!(complete(&verdict).explored.executions, 2_520);
}

#[test]
fn a_bug_in_one_of_many_executions_is_found() {
    let model = || {
        let order = Arc::new(Mutex::new(Vec::new()));
        let handles: Vec<_> = (0..5)
            .map(|index| {
                let order = Arc::clone(&order);
                thread::spawn(move || order.lock().push(index))
            })
            .collect();
        for handle in handles {
            handle.join().unwrap();
        }
        assert_ne!(*order.lock(), [4, 2, 0, 3, 1], "the one bad order of 120");
    };
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::SleepSets, Strategy::Random(3)] {
        let verdict = checker().strategy(strategy.clone()).run(model);
        let finding = verdict.finding().unwrap_or_else(|| panic!("{strategy:?}: {verdict:#?}"));
        assert_eq!(finding.kind, FindingKind::Panic);
        let schedule = Schedule::parse(&finding.schedule).expect("a finding has its schedule");
        let again = checker().replay(schedule).run(model);
        assert_eq!(again.finding().map(|finding| finding.kind), Some(FindingKind::Panic));
    }
}

#[test]
fn bounded_and_unreduced_searches_share_their_work_too() {
    let model = || {
        let cells = Arc::new([const { AtomicUsize::new(0) }; 2]);
        let handles: Vec<_> = (0..3)
            .map(|_| {
                let cells = Arc::clone(&cells);
                thread::spawn(move || cells.iter().for_each(|cell| _ = cell.fetch_add(1, SeqCst)))
            })
            .collect();
        for handle in handles {
            handle.join().unwrap();
        }
    };
    let searches = [
        checker().strategy(Strategy::BruteForce).max_time(Duration::from_secs(100)),
        checker().strategy(Strategy::Exhaustive).preemption_bound(2),
        checker().strategy(Strategy::Exhaustive).delay_bound(3),
    ];
    for search in searches {
        let executions = |cores: usize| {
            let verdict = search.clone().cores(cores).run(model);
            verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}")).explored.executions
        };
        assert_eq!(executions(4), executions(1));
    }
}

#[test]
fn the_time_budget_ends_all_searches() {
    let verdict = checker().max_time(Duration::from_millis(200)).run(|| {
        let total = Arc::new(Mutex::new(0));
        let handles: Vec<_> = (0..6)
            .map(|_| {
                let total = Arc::clone(&total);
                thread::spawn(move || (0..6).for_each(|_| *total.lock() += 1))
            })
            .collect();
        for handle in handles {
            handle.join().unwrap();
        }
    });
    let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert!(pass.bounds.iter().any(|bound| bound.contains("time budget")), "{pass:?}");
    assert!(pass.explored.sampled > 0, "{pass:?}");
}

#[test]
fn no_core_is_refused() {
    let refused = std::panic::catch_unwind(|| Checker::new("none").cores(0));
    let message = refused.expect_err("it cannot be").downcast_ref::<&str>().map(|text| (*text).to_owned());
    assert_eq!(message.as_deref(), Some("cores(0): a check needs at least one processor core"));
}

#[test]
fn a_random_walk_finds_the_same_on_any_number_of_cores() {
    // Five threads come in the one order that is wrong.
    let model = || {
        let turns = Arc::new(AtomicUsize::new(0));
        let handles: Vec<_> = (0..5)
            .map(|place| {
                let turns = Arc::clone(&turns);
                thread::spawn(move || turns.fetch_add(1, SeqCst) == 4 - place)
            })
            .collect();
        let reversed = handles.into_iter().all(|handle| handle.join().unwrap());
        assert!(!reversed, "the last one came first");
    };
    for seed in 0..8 {
        let found = |cores: usize| {
            let checker = checker().strategy(Strategy::Random(seed)).shrink(false).cores(cores);
            let verdict = checker.run(model);
            let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:#?}"));
            (finding.schedule.clone(), finding.explored.executions)
        };
        let alone = found(1);
        assert!(alone.1 > 1, "{alone:?}");
        assert_eq!(found(4), alone);
    }
}
