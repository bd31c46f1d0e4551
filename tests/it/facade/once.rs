//! Clauses 13 and 14.

use std::panic::{AssertUnwindSafe, catch_unwind};

use unsnarl::{
    sync::{
        LazyLock, Once, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

#[test]
fn c13_an_initialiser_runs_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static LAZY: LazyLock<usize> = LazyLock::new(|| RUNS.fetch_add(1, Ordering::SeqCst) + 41);
    let (once, cell) = (Once::new(), OnceLock::new());
    let (calls, made) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for mine in 0..4 {
            let (once, cell, calls, made) = (&once, &cell, &calls, &made);
            scope.spawn(move || {
                once.call_once(|| {
                    calls.fetch_add(1, Ordering::SeqCst);
                });
                assert!(once.is_completed());
                let value = *cell.get_or_init(|| {
                    made.fetch_add(1, Ordering::SeqCst);
                    mine
                });
                assert_eq!(cell.get(), Some(&value));
                assert_eq!(*LAZY, 41);
            });
        }
    });
    assert_eq!((calls.into_inner(), made.into_inner(), RUNS.load(Ordering::SeqCst)), (1, 1, 1));
    assert!(cell.set(9).is_err());
    assert!(cell.into_inner().is_some_and(|value| value < 4));
}

#[test]
fn c14_a_panic_poisons_or_leaves_empty() {
    let once = Once::new();
    assert!(catch_unwind(AssertUnwindSafe(|| once.call_once(|| panic!("expected")))).is_err());
    assert!(catch_unwind(AssertUnwindSafe(|| once.call_once(|| {}))).is_err());
    once.call_once_force(|state| assert!(state.is_poisoned()));
    once.call_once(|| unreachable!());

    let cell = OnceLock::new();
    let _ = catch_unwind(AssertUnwindSafe(|| cell.get_or_init(|| -> u8 { panic!("expected") }).to_owned()));
    assert_eq!((cell.get(), *cell.get_or_init(|| 3)), (None, 3));

    let lazy = LazyLock::new(|| -> u8 { panic!("expected") });
    for _ in 0..2 {
        assert!(catch_unwind(AssertUnwindSafe(|| *lazy)).is_err());
    }
}
