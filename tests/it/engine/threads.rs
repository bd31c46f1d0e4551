//! Many threads: more than a word of a set has bits, and more than the engine holds.

use unsnarl::{
    check::{Checker, FindingKind, Strategy, Verdict},
    parking_lot::{Mutex, RwLock},
    sync::Arc,
    thread,
};

/// More than 64.
const MANY: usize = 100;

fn checker(strategy: Strategy) -> Checker {
    Checker::new("many").strategy(strategy).regressions(false).shrink(false).predict(false)
}

/// Runs this on so many threads, each with its number, and joins them.
fn on_threads(count: usize, body: impl Fn(usize) + Send + Sync + 'static) {
    let body = Arc::new(body);
    let spawn = |index| {
        let body = Arc::clone(&body);
        thread::spawn(move || body(index))
    };
    let handles: Vec<_> = (0..count).map(spawn).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

/// They wait for a mutex, for a lock that lets readers in together, and for each other's ends.
fn counted_by_many() {
    let (sum, seen) = (Arc::new(Mutex::new(0)), Arc::new(RwLock::new(0)));
    let (sum_of_all, seen_by_all) = (Arc::clone(&sum), Arc::clone(&seen));
    on_threads(MANY, move |index| {
        *sum.lock() += index;
        if index.is_multiple_of(10) {
            *seen.write() += 1;
        } else {
            let _ = *seen.read();
        }
    });
    assert_eq!((*sum_of_all.lock(), *seen_by_all.read()), ((0..MANY).sum(), MANY / 10));
}

#[test]
fn more_threads_than_a_word_has_bits_wait_and_go_on() {
    let strategies = [
        Strategy::Exhaustive,
        Strategy::Random(1),
        Strategy::Pct { depth: 3, seed: 1 },
        Strategy::Pos(1),
        Strategy::Urw(1),
        Strategy::Portfolio(1),
    ];
    for strategy in strategies {
        let verdict = checker(strategy.clone()).max_executions(30).run(counted_by_many);
        let schedules = verdict.pass().map(|pass| pass.explored.schedules());
        assert_eq!(schedules, Some(30), "{strategy:?}: {verdict:?}");
    }
}

#[test]
fn many_threads_that_share_nothing_have_one_schedule() {
    let verdict = checker(Strategy::Exhaustive).run(|| on_threads(MANY, |_| *Mutex::new(0).lock() += 1));
    let pass = verdict.pass().expect("nothing is wrong with it");
    assert!(pass.is_complete() && pass.explored.executions == 1, "{pass:?}");
}

#[test]
fn a_deadlock_among_the_last_of_many_threads() {
    let model = || {
        let (a, b) = (Mutex::new(()), Mutex::new(()));
        on_threads(MANY, move |index| match index {
            80 => drop((a.lock(), b.lock())),
            90 => drop((b.lock(), a.lock())),
            _ => {}
        });
    };
    for strategy in [Strategy::Auto, Strategy::Random(1)] {
        let verdict = checker(strategy).run(model);
        let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
        assert_eq!(finding.kind, FindingKind::Deadlock);
    }
}

#[test]
fn more_threads_than_the_engine_holds_are_refused() {
    for strategy in [Strategy::Auto, Strategy::Random(1)] {
        let Verdict::Inconclusive { reason } = checker(strategy).run(|| on_threads(130, |_| {})) else {
            panic!("130 threads are more than the engine holds");
        };
        assert!(reason.contains("131 threads at once; the engine holds 128"), "{reason}");
    }
}
