//! The samplers: what they find, how often, and that a seed says it all.

use std::time::Duration;

use unsnarl::{
    check::{Checker, FindingKind, Strategy, choose},
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering::SeqCst},
    },
    thread,
};

type Body = Box<dyn FnOnce() + Send>;

/// Spawns one thread for each body and joins them.
fn threads(bodies: impl IntoIterator<Item = Body>) {
    let handles: Vec<_> = bodies.into_iter().map(thread::spawn).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

fn checker(strategy: Strategy) -> Checker {
    Checker::new("sampled")
        .strategy(strategy)
        .regressions(false)
        .shrink(false)
        .predict(false)
        .max_time(Duration::from_secs(60))
}

/// Every sampler, with this seed.
fn samplers(seed: u64) -> Vec<Strategy> {
    vec![
        Strategy::Random(seed),
        Strategy::Pct { depth: 3, seed },
        Strategy::Pos(seed),
        Strategy::Urw(seed),
        Strategy::Surw(seed),
        Strategy::ReadsFrom(seed),
        Strategy::StateCoverage(seed),
        Strategy::Portfolio(seed),
    ]
}

/// Some threads set two numbers one after the other; one must see both or neither.
fn reorder(setters: usize) {
    let (a, b) = (Arc::new(AtomicI32::new(0)), Arc::new(AtomicI32::new(0)));
    let mut bodies: Vec<Body> = Vec::new();
    for _ in 0..setters {
        let (a, b) = (Arc::clone(&a), Arc::clone(&b));
        bodies.push(Box::new(move || {
            a.store(1, SeqCst);
            b.store(-1, SeqCst);
        }));
    }
    bodies.push(Box::new(move || {
        let seen = (a.load(SeqCst), b.load(SeqCst));
        assert!(seen == (0, 0) || seen == (1, -1), "{seen:?}");
    }));
    threads(bodies);
}

fn deadlock() {
    let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    threads([
        Box::new(move || {
            let _a = a.lock();
            let _b = b.lock();
        }) as Body,
        Box::new(move || {
            let _b = b2.lock();
            let _a = a2.lock();
        }),
    ]);
}

/// A driver is stopped while it begins to work: it looked whether it may before it said that it does.
fn bluetooth_driver() {
    let shared = Arc::new([(); 4].map(|()| AtomicI32::new(0)));
    shared[0].store(1, SeqCst);
    let stopper = Arc::clone(&shared);
    threads([
        Box::new(move || {
            let [pending, stopping, event, stopped] = &*stopper;
            stopping.store(1, SeqCst);
            if pending.fetch_sub(1, SeqCst) == 1 {
                event.store(1, SeqCst);
            }
            if event.load(SeqCst) == 1 {
                stopped.store(1, SeqCst);
            }
        }) as Body,
        Box::new(move || {
            let [pending, stopping, event, stopped] = &*shared;
            if stopping.load(SeqCst) == 0 {
                pending.fetch_add(1, SeqCst);
                assert_eq!(stopped.load(SeqCst), 0, "works although it was stopped");
                if pending.fetch_sub(1, SeqCst) == 1 {
                    event.store(1, SeqCst);
                }
            }
        }),
    ]);
}

/// Two locks in two orders, amid many others.
fn deadlock_amid_others() {
    let locks = Arc::new([(); 3].map(|()| Mutex::new(0)));
    let body = |first: usize, second: usize| {
        let locks = Arc::clone(&locks);
        Box::new(move || {
            let busy = || (0..10).for_each(|_| *locks[2].lock() += 1);
            busy();
            {
                let _first = locks[first].lock();
                let _second = locks[second].lock();
            }
            busy();
        }) as Body
    };
    threads([body(0, 1), body(1, 0)]);
}

/// A notification meant for the consumer may wake the other producer.
fn shared_condvar() {
    let slot = Arc::new((Mutex::new(false), Condvar::new()));
    let body = |puts: bool, times: usize| {
        let slot = Arc::clone(&slot);
        Box::new(move || {
            let (full, changed) = &*slot;
            for _ in 0..times {
                let mut full = full.lock();
                while *full == puts {
                    changed.wait(&mut full);
                }
                *full = puts;
                changed.notify_one();
            }
        }) as Body
    };
    threads([body(true, 2), body(true, 2), body(false, 4)]);
}

/// The mean number of executions until the first finding, over some seeds; a search that finds none counts with its cap.
fn mean(
    strategy: impl Fn(u64) -> Strategy,
    cap: u64,
    model: impl Fn() + Send + Sync + Copy + 'static,
) -> f64 {
    const SEEDS: u64 = 50;
    let all = (0..SEEDS).map(|seed| {
        let verdict = checker(strategy(seed)).max_executions(cap).run(model);
        verdict.explored().unwrap().schedules()
    });
    all.sum::<u64>() as f64 / SEEDS as f64
}

/// A program with a bug, and the kind of the finding.
type Bug = (&'static str, fn(), FindingKind);

const BUGS: [Bug; 5] = [
    ("deadlock", deadlock, FindingKind::Deadlock),
    ("deadlock amid others", deadlock_amid_others, FindingKind::Deadlock),
    ("bluetooth driver", bluetooth_driver, FindingKind::Panic),
    ("reorder, 5 threads", || reorder(4), FindingKind::Panic),
    ("shared condvar", shared_condvar, FindingKind::Deadlock),
];

#[test]
fn each_sampler_finds_each_bug() {
    for strategy in samplers(11) {
        for (name, body, kind) in BUGS {
            let verdict = checker(strategy.clone()).max_executions(20_000).run(body);
            let found = verdict.finding().map(|finding| finding.kind);
            assert_eq!(found, Some(kind), "{name}, {strategy:?}");
        }
    }
}

#[test]
fn a_finding_of_a_seed_takes_the_same_number_of_executions_each_time() {
    for strategy in samplers(23) {
        let executions = || {
            let verdict = checker(strategy.clone()).max_executions(20_000).run(|| reorder(9));
            verdict.finding().expect("there is a bug").explored.schedules()
        };
        assert_eq!(executions(), executions(), "{strategy:?}");
    }
}

#[test]
fn reads_from_feedback_does_not_mind_the_number_of_threads() {
    for (setters, cap) in [(2, 1_000), (9, 1_000), (49, 200)] {
        let mean = match setters {
            2 => mean(Strategy::ReadsFrom, cap, || reorder(2)),
            9 => mean(Strategy::ReadsFrom, cap, || reorder(9)),
            _ => mean(Strategy::ReadsFrom, cap, || reorder(49)),
        };
        assert!(mean < 6.0, "{} threads: {mean} executions", setters + 1);
    }
    let mean = mean(Strategy::ReadsFrom, 1_000, bluetooth_driver);
    assert!(mean < 45.0, "{mean}");
}

#[test]
fn samplers_need_fewer_executions_than_the_random_walk() {
    let random = mean(Strategy::Random, 1_000, bluetooth_driver);
    let others: [fn(u64) -> Strategy; 7] = [
        |seed| Strategy::Pct { depth: 3, seed },
        Strategy::Pos,
        Strategy::Urw,
        Strategy::Surw,
        Strategy::ReadsFrom,
        Strategy::StateCoverage,
        Strategy::Portfolio,
    ];
    for strategy in others {
        let mean = mean(strategy, 1_000, bluetooth_driver);
        assert!(mean < random, "{:?}: {mean}, the random walk {random}", strategy(0));
    }
}

/// One thread must not look between the two last steps of another one, for which it would have to wait for very long.
fn late_look() {
    const LOOKS: usize = 30;
    let (x, y) = (Arc::new(AtomicI32::new(0)), Arc::new(AtomicI32::new(0)));
    let (x2, y2) = (Arc::clone(&x), Arc::clone(&y));
    threads([
        Box::new(move || {
            for _ in 0..LOOKS {
                y.load(SeqCst);
            }
            x.store(1, SeqCst);
            x.store(2, SeqCst);
        }) as Body,
        Box::new(move || {
            assert_ne!(x2.load(SeqCst), 1);
            y2.store(1, SeqCst);
        }),
    ]);
}

#[test]
fn the_portfolio_begins_with_some_executions_in_order() {
    const SEEDS: u64 = 30;
    let finds = |strategy: fn(u64) -> Strategy| {
        let finds =
            |seed: &u64| checker(strategy(*seed)).max_executions(6).run(late_look).finding().is_some();
        (0..SEEDS).filter(finds).count()
    };
    assert_eq!(finds(Strategy::Portfolio), SEEDS as usize);
    assert!(finds(Strategy::Urw) < 5);
}

#[test]
fn the_portfolio_takes_as_many_executions_as_it_may() {
    for most in [1, 4, 5, 6, 7, 20] {
        // There is nothing to choose, and then there is something.
        for count in [1, 3] {
            let verdict = checker(Strategy::Portfolio(1)).max_executions(most).run(increments(count, 2));
            let explored = verdict.explored().expect("nothing is wrong with it");
            assert_eq!((explored.schedules(), explored.redundant), (most, 0), "{verdict:?}");
        }
    }
}

/// Two threads count on in turns; who comes when it is not its turn spoils it. There is one way to come to the end.
fn in_turns() {
    const TURNS: i32 = 12;
    let count = Arc::new(AtomicI32::new(0));
    let body = |own: i32| {
        let count = Arc::clone(&count);
        Box::new(move || {
            for turn in 0..TURNS {
                let seen = count.load(SeqCst);
                if seen == 2 * turn + own {
                    count.store(seen + 1, SeqCst);
                }
            }
            assert_ne!(count.load(SeqCst), 2 * TURNS);
        }) as Body
    };
    threads([body(0), body(1)]);
}

#[test]
fn state_coverage_finds_step_by_step_what_others_would_have_to_draw_at_once() {
    const CAP: u64 = 4_000;
    let needed = mean(Strategy::StateCoverage, CAP, in_turns);
    assert!(needed < 2_500.0, "{needed}");
    for strategy in [Strategy::Random, Strategy::Pos, Strategy::Urw] {
        let needed = mean(strategy, CAP, in_turns);
        assert!(needed > CAP as f64 - 1.0, "{:?}: {needed}", strategy(0));
    }
}

/// A bug behind six numbers that have to be right: they are repeated, too, and not only whose turn it is.
#[test]
fn state_coverage_repeats_chosen_numbers() {
    let model = || {
        let right = Arc::new(AtomicI32::new(0));
        let dialled = Arc::clone(&right);
        let dial = Box::new(move || {
            for digit in [3, 1, 4, 1, 5, 9] {
                if choose(10) != digit {
                    return;
                }
                dialled.fetch_add(1, SeqCst);
            }
        }) as Body;
        let look = Box::new(move || assert_ne!(right.load(SeqCst), 6)) as Body;
        threads([dial, look]);
    };
    let needed = mean(Strategy::StateCoverage, 3_000, model);
    assert!(needed < 1_500.0, "{needed}");
}

/// Waits for a store without giving way: a scheduler that prefers the loop must let the other thread run in the end.
fn spinning() {
    let flags = Arc::new([(); 2].map(|()| AtomicI32::new(0)));
    let body = |mine: usize| {
        let flags = Arc::clone(&flags);
        Box::new(move || {
            flags[mine].store(1, SeqCst);
            while flags[1 - mine].load(SeqCst) == 0 {}
        }) as Body
    };
    threads([body(0), body(1)]);
}

#[test]
fn a_loop_that_waits_ends_under_each_sampler() {
    for strategy in samplers(5) {
        let verdict = checker(strategy.clone()).max_executions(300).run(spinning);
        let pass = verdict.pass().unwrap_or_else(|| panic!("{strategy:?}: {verdict:?}"));
        assert_eq!(pass.bounds.len(), 2, "no execution was cut: {pass:?}");
    }
}

fn increments(count: usize, times: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let total = Arc::new(Mutex::new(0));
        threads((0..count).map(|_| {
            let total = Arc::clone(&total);
            Box::new(move || (0..times).for_each(|_| *total.lock() += 1)) as Body
        }));
        assert_eq!(*total.lock(), count * times);
    }
}

#[test]
fn the_default_proves_small_programs_without_a_sample() {
    let verdict = checker(Strategy::Auto).run(increments(3, 2));
    let pass = verdict.pass().expect("there is no bug");
    assert!(pass.is_complete());
    assert_eq!((pass.explored.executions, pass.explored.sampled), (90, 0));
}

#[test]
fn the_default_counts_samples_apart() {
    let verdict = checker(Strategy::Auto).run(increments(3, 4));
    let pass = verdict.pass().expect("there is no bug");
    assert!(pass.is_complete(), "{pass:?}");
    assert!(pass.explored.sampled > 100, "{pass:?}");
    assert_eq!(pass.explored.executions, 34_650);
}

#[test]
fn the_default_samples_where_the_search_would_take_too_long() {
    let verdict = checker(Strategy::Auto).run(deadlock_amid_others);
    let finding = verdict.finding().expect("there is a bug");
    assert_eq!(finding.kind, FindingKind::Deadlock);
    assert!(finding.explored.schedules() < 10_000, "{:?}", finding.explored);
}

#[test]
fn the_default_says_what_it_tried_where_the_budget_ends_first() {
    let verdict = checker(Strategy::Auto).max_executions(50_000).run(increments(4, 6));
    let pass = verdict.pass().expect("there is no bug");
    assert_eq!(pass.explored.schedules(), 50_000);
    assert!(pass.explored.sampled > 5_000, "{pass:?}");
    let searched = pass.explored.executions;
    let said = pass.bounds.iter().any(|bound| {
        bound.contains(&format!("{searched} executions in order"))
            && bound.contains(&format!("{} sampled", pass.explored.sampled))
    });
    assert!(said, "{:?}", pass.bounds);
}
