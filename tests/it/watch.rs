//! Lock-order prediction on real threads.

use unsnarl::{
    Named,
    parking_lot::{Mutex, RwLock},
    thread, watch,
};

/// The inversions that mention a lock of this name.
fn inversions_of(name: &str) -> Vec<watch::Inversion> {
    let mentions = |inversion: &watch::Inversion| inversion.cycle.iter().any(|nesting| nesting.held == name);
    watch::inversions().into_iter().filter(mentions).collect()
}

fn in_turn(bodies: Vec<Box<dyn FnOnce() + Send + '_>>) {
    watch::enable();
    thread::scope(|scope| {
        for body in bodies {
            scope.spawn(body).join().unwrap();
        }
    });
}

#[test]
fn an_inversion_of_a_mutex_and_a_rwlock_is_predicted_with_all_places() {
    let (table, cache) = (Mutex::new(()).named("watch-table"), RwLock::new(()).named("watch-cache"));
    in_turn(vec![
        Box::new(|| {
            let _table = table.lock();
            let _cache = cache.read();
        }),
        Box::new(|| {
            let _cache = cache.write();
            let _table = table.lock();
        }),
    ]);
    let found = inversions_of("watch-table");
    assert_eq!(found.len(), 1, "{found:?}");
    let text = found[0].to_string();
    assert_eq!(text.matches("tests/it/watch.rs:").count(), 4, "{text}");
}

#[test]
fn a_gate_one_order_and_try_lock_are_no_inversions() {
    let gate = Mutex::new(()).named("watch-gate");
    let (a, b) = (Mutex::new(()).named("watch-a"), Mutex::new(()).named("watch-b"));
    in_turn(vec![
        Box::new(|| {
            let (_gate, _a, _b) = (gate.lock(), a.lock(), b.lock());
        }),
        Box::new(|| {
            let (_gate, _b, _a) = (gate.lock(), b.lock(), a.lock());
        }),
    ]);
    assert_eq!(inversions_of("watch-a"), []);
    let (c, d) = (Mutex::new(()).named("watch-c"), Mutex::new(()).named("watch-d"));
    in_turn(vec![
        Box::new(|| {
            let (_c, _d) = (c.lock(), d.lock());
        }),
        Box::new(|| {
            let (_d, _c) = (d.lock(), c.try_lock());
        }),
    ]);
    assert_eq!(inversions_of("watch-c"), []);
}
