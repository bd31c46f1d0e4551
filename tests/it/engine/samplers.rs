//! The samplers: what they find, how often, and that a seed says it all.

use std::{
    collections::BTreeMap,
    sync::{Arc as StdArc, Mutex as StdMutex},
    time::Duration,
};

use unsnarl::{
    check::{Checker, FindingKind, Strategy, Verdict},
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst},
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

/// The mean number of executions until the first finding, over some seeds; a search that finds none counts with its cap.
fn mean(strategy: fn(u64) -> Strategy, cap: u64, model: impl Fn() + Send + Sync + Copy + 'static) -> f64 {
    const SEEDS: u64 = 50;
    let all = (0..SEEDS).map(|seed| {
        let verdict = checker(strategy(seed)).max_executions(cap).run(model);
        verdict.explored().unwrap().executions
    });
    all.sum::<u64>() as f64 / SEEDS as f64
}

#[test]
fn table() {
    let strategies: [(&str, fn(u64) -> Strategy); 7] = [
        ("random", Strategy::Random),
        ("pct", |seed| Strategy::Pct { depth: 3, seed }),
        ("pos", Strategy::Pos),
        ("urw", Strategy::Urw),
        ("surw", Strategy::Surw),
        ("rff", Strategy::ReadsFrom),
        ("mix", Strategy::Portfolio),
    ];
    for (name, strategy) in strategies {
        eprintln!(
            "{name:>8} deadlock {:6.1} bluetooth {:6.1} reorder_3 {:6.1} _5 {:6.1} _10 {:6.1} _20 {:6.1} _50 {:6.1} _100 {:6.1}",
            mean(strategy, 2_000, deadlock),
            mean(strategy, 2_000, bluetooth_driver),
            mean(strategy, 2_000, || reorder(2)),
            mean(strategy, 2_000, || reorder(4)),
            mean(strategy, 2_000, || reorder(9)),
            mean(strategy, 2_000, || reorder(19)),
            mean(strategy, 500, || reorder(49)),
            mean(strategy, 500, || reorder(99)),
        );
    }
}
