//! Clauses 12, 26 and 27, outside of models and, where the order of threads matters, inside.

use std::time::Duration;

use unsnarl::{
    sync::{Latch, Notify, Semaphore, TryAcquireError, WaitGroup},
    thread,
};

use super::A_MOMENT;

#[test]
fn c26_a_fair_semaphore_is_not_overtaken() {
    let permits = Semaphore::fair(2);
    let one = permits.acquire().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| drop(permits.acquire_many(2).unwrap()));
        while permits.try_acquire().is_ok() {
            thread::yield_now();
        }
        // One permit is there, but somebody waits for two.
        assert_eq!(permits.available_permits(), 1);
        assert_eq!(permits.try_acquire().unwrap_err(), TryAcquireError::NoPermits);
        drop(one);
    });
    permits.try_acquire_many(2).unwrap().forget();
    assert!(permits.acquire_many_timeout(1, Duration::from_millis(1)).is_err());
    permits.close();
    assert!(permits.is_closed() && permits.acquire().is_err());
}

#[test]
fn c27_a_latch_opens_once() {
    let latch = Latch::new(2);
    assert!(!latch.wait_timeout(Duration::from_millis(1)) && !latch.is_open());
    latch.count_down();
    latch.count_down();
    latch.count_down();
    latch.wait();
    assert!(latch.is_open() && latch.wait_timeout(A_MOMENT));
}

#[test]
fn c27_a_wait_group_waits_for_its_clones() {
    WaitGroup::new().wait();
    let group = WaitGroup::new();
    let member = group.clone();
    let thread = thread::spawn(move || drop(member));
    group.wait();
    thread.join().unwrap();
}

#[test]
fn c27_a_notification_is_not_lost() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    notify.wait();
    assert!(!notify.wait_timeout(Duration::from_millis(1)), "only one is remembered");
}

#[cfg(feature = "model")]
mod in_models {
    use std::sync::Arc;

    use unsnarl::{
        check::{Checker, FindingKind, Verdict},
        parking_lot::Mutex,
        sync::{AcquireError, Latch, Notify, Semaphore, TryAcquireError, WaitGroup},
        thread,
    };

    /// Both kinds.
    const KINDS: [fn(usize) -> Semaphore; 2] = [Semaphore::new, Semaphore::fair];

    /// The model passes, and every order was looked at.
    fn passes(name: &str, model: impl Fn() + Send + Sync + 'static) {
        let verdict = Checker::new(name).regressions(false).run(model);
        assert!(verdict.pass().is_some_and(|pass| pass.is_complete()), "{verdict:?}");
    }

    fn fails(name: &str, model: impl Fn() + Send + Sync + 'static) -> FindingKind {
        match Checker::new(name).regressions(false).run(model) {
            Verdict::Finding(finding) => finding.kind,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn c26_who_wants_many_is_served_in_every_order() {
        passes("fair", || {
            let permits = Arc::new(Semaphore::fair(2));
            let threads: Vec<_> = [2, 1]
                .into_iter()
                .map(|count| {
                    let permits = Arc::clone(&permits);
                    thread::spawn(move || drop(permits.acquire_many(count).unwrap()))
                })
                .collect();
            drop(permits.acquire().unwrap());
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(permits.available_permits(), 2);
        });
    }

    #[test]
    fn c12_closing_ends_every_wait_and_permits_that_are_out_stay() {
        for kind in KINDS {
            passes("close", move || {
                let permits = Arc::new(kind(1));
                let permit = permits.acquire().unwrap();
                let waiting = {
                    let permits = Arc::clone(&permits);
                    thread::spawn(move || permits.acquire_many(2).map(drop))
                };
                permits.close();
                assert_eq!(permits.try_acquire().unwrap_err(), TryAcquireError::Closed);
                drop(permit);
                let refused: Result<(), AcquireError> = waiting.join().unwrap();
                assert!(refused.is_err() && permits.is_closed());
                assert_eq!(permits.available_permits(), 1);
            });
        }
    }

    #[test]
    fn c12_a_wait_for_many_ends_in_time_or_with_all_of_them() {
        for kind in KINDS {
            let ends = Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
            let seen = Arc::clone(&ends);
            passes("timed", move || {
                let permits = Arc::new(kind(1));
                let other = {
                    let permits = Arc::clone(&permits);
                    thread::spawn(move || permits.add_permits(1))
                };
                let got = match permits.acquire_many_timeout(2, std::time::Duration::from_secs(1)) {
                    Ok(permit) => {
                        assert_eq!(permits.available_permits(), 0);
                        drop(permit);
                        true
                    }
                    Err(error) => {
                        assert_eq!(error, TryAcquireError::NoPermits);
                        false
                    }
                };
                other.join().unwrap();
                assert_eq!(permits.available_permits(), 2);
                seen.lock().unwrap().insert(got);
            });
            assert_eq!(ends.lock().unwrap().iter().copied().collect::<Vec<_>>(), [false, true]);
        }
    }

    #[test]
    fn c12_two_that_want_two_of_three_wait_for_each_other_only_if_they_take_them_singly() {
        for kind in KINDS {
            let model = move |singly: bool| {
                move || {
                    let permits = Arc::new(kind(3));
                    let take = move |permits: &Semaphore| {
                        let first = permits.acquire_many(if singly { 1 } else { 2 }).unwrap();
                        let second = singly.then(|| permits.acquire_many(2).unwrap());
                        drop((first, second));
                    };
                    let there = Arc::clone(&permits);
                    let other = thread::spawn(move || take(&there));
                    take(&permits);
                    other.join().unwrap();
                }
            };
            passes("at once", model(false));
            assert_eq!(fails("singly", model(true)), FindingKind::Deadlock);
        }
    }

    #[test]
    fn c27_who_waits_at_a_latch_sees_what_was_counted() {
        passes("latch", || {
            let (latch, done) = (Arc::new(Latch::new(2)), Arc::new(Mutex::new(0)));
            for _ in 0..2 {
                let (latch, done) = (Arc::clone(&latch), Arc::clone(&done));
                thread::spawn(move || {
                    *done.lock() += 1;
                    latch.count_down();
                });
            }
            latch.wait();
            assert_eq!(*done.lock(), 2);
        });
        assert_eq!(fails("nobody counts down", || Latch::new(1).wait()), FindingKind::Deadlock);
    }

    #[test]
    fn c27_a_wait_group_sees_what_its_members_did() {
        passes("wait group", || {
            let (group, done) = (WaitGroup::new(), Arc::new(Mutex::new(0)));
            for _ in 0..2 {
                let (member, done) = (group.clone(), Arc::clone(&done));
                thread::spawn(move || {
                    *done.lock() += 1;
                    drop(member);
                });
            }
            group.wait();
            assert_eq!(*done.lock(), 2);
        });
    }

    #[test]
    fn c27_one_notification_is_remembered_and_those_to_all_are_not() {
        let notified_by = |notify: fn(&Notify)| {
            move || {
                let here = Arc::new(Notify::new());
                let there = Arc::clone(&here);
                let thread = thread::spawn(move || notify(&there));
                here.wait();
                thread.join().unwrap();
            }
        };
        passes("notify one", notified_by(Notify::notify_one));
        assert_eq!(fails("notify waiters", notified_by(Notify::notify_waiters)), FindingKind::Deadlock);
    }
}
