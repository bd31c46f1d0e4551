//! Clauses 1 to 12.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use unsnarl::{
    Named, parking_lot,
    sync::{
        Barrier, Condvar, Mutex, RwLock, RwLockWriteGuard, Semaphore, TryAcquireError, TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use super::A_MOMENT;

#[test]
fn c01_a_mutex_excludes() {
    let count = Mutex::new(0).named("count");
    let plain = parking_lot::Mutex::new(0).named("plain");
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    *count.lock().unwrap() += 1;
                    *plain.lock() += 1;
                }
            });
        }
    });
    assert_eq!((*count.lock().unwrap(), plain.into_inner()), (4000, 4000));
}

#[test]
fn c02_try_lock_fails_under_contention() {
    let lock = Mutex::new(1);
    let plain = parking_lot::Mutex::new(1);
    let (held, plainly_held) = (lock.lock().unwrap(), plain.lock());
    thread::scope(|scope| {
        scope.spawn(|| {
            assert!(matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
            assert!(plain.try_lock().is_none() && plain.is_locked());
        });
    });
    drop((held, plainly_held));
    assert_eq!((*lock.try_lock().unwrap(), *plain.try_lock().unwrap()), (1, 1));
}

#[test]
fn c03_a_panic_poisons() {
    let lock = Mutex::new(1);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.lock().unwrap();
        panic!("expected");
    }));
    assert!(result.is_err() && lock.is_poisoned());
    assert_eq!(*lock.lock().unwrap_err().into_inner(), 1);
    assert!(matches!(lock.try_lock(), Err(TryLockError::Poisoned(_))));
    lock.clear_poison();
    assert!(lock.lock().is_ok());

    let lock = poisoned();
    assert!(lock.into_inner().is_err());

    let lock = poisoned();
    let guard = lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    assert!(Condvar::new().wait_timeout(guard, Duration::ZERO).is_err());
}

#[test]
fn c03_a_lock_taken_while_unwinding_is_not_poisoned() {
    struct LockOnDrop<'a>(&'a Mutex<i32>);
    impl Drop for LockOnDrop<'_> {
        fn drop(&mut self) {
            *self.0.lock().unwrap() += 1;
        }
    }
    let lock = Mutex::new(0);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _on_drop = LockOnDrop(&lock);
        panic!("expected");
    }));
    assert_eq!(*lock.lock().unwrap(), 1);
}

fn poisoned() -> Mutex<i32> {
    let lock = Mutex::new(1);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.lock();
        panic!("expected");
    }));
    lock
}

#[test]
fn c04_a_panic_does_not_poison_the_parking_lot_shape() {
    let lock = parking_lot::Mutex::new(1);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.lock();
        panic!("expected");
    }));
    assert_eq!(*lock.lock(), 1);
}

#[test]
fn c05_readers_share_writers_exclude() {
    let lock = RwLock::new(0);
    {
        let first = lock.read().unwrap();
        let second = lock.read().unwrap();
        assert_eq!(*first, *second);
        assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    }
    let writer = lock.write().unwrap();
    assert!(lock.try_read().is_err());
    drop(writer);

    let total = parking_lot::RwLock::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| *total.write() += 1));
            scope.spawn(|| (0..500).for_each(|_| assert!(*total.read() <= 2000)));
        }
    });
    assert_eq!(total.into_inner(), 2000);
}

#[test]
fn c05_writers_poison_and_readers_do_not() {
    let lock = RwLock::new(0);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.read().unwrap();
        panic!("expected");
    }));
    assert!(!lock.is_poisoned());
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.write().unwrap();
        panic!("expected");
    }));
    assert!(lock.read().is_err() && lock.write().is_err());
    lock.clear_poison();
    assert!(lock.read().is_ok());
}

#[test]
fn c06_downgrade_keeps_writers_out() {
    let lock = RwLock::new(0);
    let mut writer = lock.write().unwrap();
    *writer = 1;
    let reader = RwLockWriteGuard::downgrade(writer);
    assert!(lock.try_write().is_err());
    assert_eq!((*reader, *lock.try_read().unwrap()), (1, 1));

    let lock = parking_lot::RwLock::new(0);
    let reader = parking_lot::RwLockWriteGuard::downgrade(lock.write());
    assert!(lock.try_write().is_none());
    assert_eq!((*reader, *lock.try_read().unwrap()), (0, 0));
}

#[test]
fn c07_condition_variables_wake() {
    let turn = Mutex::new(0);
    let changed = Condvar::new().named("changed");
    thread::scope(|scope| {
        for mine in 0..3 {
            let (turn, changed) = (&turn, &changed);
            scope.spawn(move || {
                let mut now = changed.wait_while(turn.lock().unwrap(), |turn| *turn != mine).unwrap();
                *now += 1;
                drop(now);
                changed.notify_all();
            });
        }
    });
    assert_eq!(*turn.lock().unwrap(), 3);

    let ready = parking_lot::Mutex::new(false);
    let changed = parking_lot::Condvar::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut ready = ready.lock();
            while !*ready {
                changed.wait(&mut ready);
            }
        });
        *ready.lock() = true;
        changed.notify_one();
    });
}

#[test]
fn c08_timed_operations_end() {
    let lock = parking_lot::Mutex::new(());
    let guard = lock.lock();
    thread::scope(|scope| {
        scope.spawn(|| assert!(lock.try_lock_for(A_MOMENT).is_none()));
        scope.spawn(|| assert!(lock.try_lock_until(Instant::now() + A_MOMENT).is_none()));
    });
    drop(guard);
    assert!(lock.try_lock_for(A_MOMENT).is_some());

    let start = Instant::now();
    let mut guard = lock.lock();
    // A wait may end for no reason, so only the reason that it gives is looked at.
    while !parking_lot::Condvar::new().wait_for(&mut guard, A_MOMENT).timed_out() {}
    assert!(start.elapsed() >= A_MOMENT);

    let lock = Mutex::new(true);
    let result = Condvar::new().wait_timeout_while(lock.lock().unwrap(), A_MOMENT, |waiting| *waiting);
    assert!(result.unwrap().1.timed_out());
    let result = Condvar::new().wait_timeout_while(lock.lock().unwrap(), A_MOMENT, |_| false);
    assert!(!result.unwrap().1.timed_out());

    let lock = parking_lot::RwLock::new(());
    let reader = lock.read();
    assert!(lock.try_write_for(A_MOMENT).is_none());
    drop(reader);
    let _writer = lock.write();
    assert!(lock.try_read_for(A_MOMENT).is_none());
}

#[test]
fn c09_unlocked_takes_the_lock_again() {
    let lock = parking_lot::Mutex::new(1);
    let mut guard = lock.lock();
    parking_lot::MutexGuard::unlocked(&mut guard, || *lock.lock() += 1);
    assert_eq!(*guard, 2);
    let result = catch_unwind(AssertUnwindSafe(|| {
        parking_lot::MutexGuard::unlocked(&mut guard, || panic!("expected"));
    }));
    assert!(result.is_err() && lock.try_lock().is_none());
    drop(guard);
    assert!(lock.try_lock().is_some());
}

#[test]
fn c10_a_mapped_guard_unlocks() {
    let lock = parking_lot::Mutex::new((1, 2));
    let mut second = parking_lot::MutexGuard::map(lock.lock(), |pair| &mut pair.1);
    *second += 1;
    assert!(lock.try_lock().is_none());
    drop(second);
    assert_eq!(*lock.lock(), (1, 3));
}

#[test]
fn c11_barriers_have_one_leader_a_round() {
    let barrier = Barrier::new(3);
    let (leaders, arrived) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for round in 1..=10 {
                    arrived.fetch_add(1, Ordering::SeqCst);
                    if barrier.wait().is_leader() {
                        leaders.fetch_add(1, Ordering::SeqCst);
                    }
                    assert!(arrived.load(Ordering::SeqCst) >= 3 * round);
                }
            });
        }
    });
    assert_eq!(leaders.load(Ordering::SeqCst), 10);
    assert!(Barrier::new(0).wait().is_leader() && Barrier::new(1).wait().is_leader());
}

#[test]
fn c12_semaphores_bound() {
    let slots = Semaphore::new(2);
    let inside = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let _permit = slots.acquire().unwrap();
                    assert!(inside.fetch_add(1, Ordering::SeqCst) < 2);
                    inside.fetch_sub(1, Ordering::SeqCst);
                }
            });
        }
    });
    let all = slots.acquire_many(2).unwrap();
    assert_eq!(slots.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
    assert_eq!(slots.acquire_timeout(A_MOMENT).unwrap_err(), TryAcquireError::NoPermits);
    drop(all);
    slots.acquire().unwrap().forget();
    assert_eq!(slots.available_permits(), 1);

    let slots = Arc::new(Semaphore::new(0));
    let waiting = {
        let slots = Arc::clone(&slots);
        thread::spawn(move || slots.acquire_owned().is_err())
    };
    thread::sleep(A_MOMENT);
    slots.close();
    assert!(waiting.join().unwrap());
    assert_eq!(slots.try_acquire().unwrap_err(), TryAcquireError::Closed);
}

/// Code that knows `lock_api` and nothing of us, as published crates have it.
mod generic {
    use unsnarl::parking_lot::lock_api;

    pub(super) struct Accounts<R, W> {
        pub(super) left: lock_api::Mutex<R, u32>,
        pub(super) right: lock_api::Mutex<R, u32>,
        pub(super) total: lock_api::RwLock<W, u32>,
    }

    impl<R: lock_api::RawMutex, W: lock_api::RawRwLock> Accounts<R, W> {
        pub(super) const fn new() -> Self {
            Accounts {
                left: lock_api::Mutex::new(1),
                right: lock_api::Mutex::new(1),
                total: lock_api::RwLock::new(2),
            }
        }

        pub(super) fn pass(&self, from: &lock_api::Mutex<R, u32>, to: &lock_api::Mutex<R, u32>) {
            let mut from = from.lock();
            let mut to = to.lock();
            (*from, *to) = (*from - 1, *to + 1);
            assert_eq!(*from + *to, *self.total.read());
        }
    }
}

type Accounts = generic::Accounts<parking_lot::RawMutex, parking_lot::RawRwLock>;

#[test]
fn c01_code_that_is_generic_over_lock_api_locks() {
    static ACCOUNTS: Accounts = Accounts::new();
    ACCOUNTS.pass(&ACCOUNTS.left, &ACCOUNTS.right);
    assert_eq!((*ACCOUNTS.left.lock(), *ACCOUNTS.right.lock()), (0, 2));
}

#[cfg(feature = "model")]
#[test]
fn c01_code_that_is_generic_over_lock_api_is_checked() {
    use unsnarl::check::{Checker, FindingKind};

    let crosswise = |is_crossed: bool| {
        Checker::new("generic").regressions(false).run(move || {
            let accounts = Arc::new(Accounts::new());
            let theirs = Arc::clone(&accounts);
            let other = thread::spawn(move || match is_crossed {
                true => theirs.pass(&theirs.right, &theirs.left),
                false => theirs.pass(&theirs.left, &theirs.right),
            });
            *accounts.total.write() += 0;
            if is_crossed {
                accounts.pass(&accounts.left, &accounts.right);
            }
            other.join().unwrap();
        })
    };
    assert!(crosswise(false).pass().is_some_and(|pass| pass.is_complete()));
    assert_eq!(crosswise(true).finding().map(|finding| finding.kind), Some(FindingKind::Deadlock));
}
