//! Data races on plain memory: found exactly where the orderings leave two accesses unordered.

use unsnarl::{
    Named,
    cell::UnsafeCell,
    check::{Checker, FindingKind, Verdict},
    parking_lot::{Mutex, RwLock},
    report::terminal,
    sync::{
        Arc, Semaphore,
        atomic::{AtomicBool, AtomicUsize, Ordering, Ordering::*, fence},
    },
    thread,
};

/// Plain memory that the tests share on purpose.
struct Plain(UnsafeCell<u32>);

// SAFETY: that accesses are ordered is what the tests check; values of `u32` cannot tear in a model.
unsafe impl Sync for Plain {}

impl Plain {
    fn new() -> Arc<Self> {
        Arc::new(Plain(UnsafeCell::new(0)))
    }

    #[track_caller]
    fn set(&self, value: u32) {
        // SAFETY: one coroutine runs at a time.
        self.0.with_mut(|cell| unsafe { *cell = value });
    }

    #[track_caller]
    fn get(&self) -> u32 {
        // SAFETY: one coroutine runs at a time.
        self.0.with(|cell| unsafe { *cell })
    }
}

fn run(model: impl Fn() + Send + Sync + 'static) -> Verdict {
    Checker::new("race").regressions(false).run(model)
}

fn races(model: impl Fn() + Send + Sync + 'static) -> bool {
    match run(model) {
        Verdict::Pass(pass) => {
            assert!(pass.is_complete(), "{pass:?}");
            false
        }
        Verdict::Finding(finding) => {
            assert_eq!(finding.kind, FindingKind::Race, "{finding}");
            // Both accesses; and, where one is too weak, the ordering that would have told one of the other.
            let places = finding.explanation.iter().filter(|line| line.contains("races.rs:")).count();
            let is_ordering_told =
                finding.explanation.iter().any(|line| line.contains("orders nothing else"));
            assert_eq!(places, 2 + usize::from(is_ordering_told), "{finding}");
            true
        }
        other => panic!("{other:?}"),
    }
}

/// Message passing with these orderings: data, then flag; flag, then data.
fn message_passing(store: Ordering, load: Ordering, fences: bool) -> bool {
    races(move || {
        let (data, flag) = (Plain::new(), Arc::new(AtomicBool::new(false)));
        let (data2, flag2) = (Arc::clone(&data), Arc::clone(&flag));
        let writer = thread::spawn(move || {
            data2.set(1);
            if fences {
                fence(Release);
            }
            flag2.store(true, store);
        });
        if flag.load(load) {
            if fences {
                fence(Acquire);
            }
            assert_eq!(data.get(), 1);
        }
        writer.join().unwrap();
    })
}

#[test]
fn message_passing_needs_release_and_acquire() {
    assert!(!message_passing(Release, Acquire, false));
    assert!(!message_passing(SeqCst, SeqCst, false));
    assert!(!message_passing(Relaxed, Relaxed, true));
    assert!(message_passing(Relaxed, Acquire, false));
    assert!(message_passing(Release, Relaxed, false));
    assert!(message_passing(Relaxed, Relaxed, false));
}

#[test]
fn a_release_sequence_goes_on_through_a_read_modify_write_but_not_through_a_store() {
    let through = |by_store: bool| {
        races(move || {
            let (data, flag) = (Plain::new(), Arc::new(AtomicUsize::new(0)));
            let (data2, flag2) = (Arc::clone(&data), Arc::clone(&flag));
            let writer = thread::spawn(move || {
                data2.set(1);
                flag2.store(1, Release);
            });
            let flag3 = Arc::clone(&flag);
            let between = thread::spawn(move || {
                if by_store {
                    if flag3.load(Relaxed) == 1 {
                        flag3.store(2, Relaxed);
                    }
                } else {
                    let _ = flag3.compare_exchange(1, 2, Relaxed, Relaxed);
                }
            });
            if flag.load(Acquire) == 2 {
                data.get();
            }
            writer.join().unwrap();
            between.join().unwrap();
        })
    };
    assert!(!through(false));
    assert!(through(true));
}

#[test]
fn locks_permits_and_joins_order_accesses() {
    assert!(!races(|| {
        let (data, lock) = (Plain::new(), Arc::new(Mutex::new(())));
        let (data2, lock2) = (Arc::clone(&data), Arc::clone(&lock));
        let other = thread::spawn(move || {
            let _guard = lock2.lock();
            data2.set(1);
        });
        {
            let _guard = lock.lock();
            data.set(2);
        }
        other.join().unwrap();
        data.get();
    }));
    assert!(!races(|| {
        let (data, permits) = (Plain::new(), Arc::new(Semaphore::new(0)));
        let (data2, permits2) = (Arc::clone(&data), Arc::clone(&permits));
        let other = thread::spawn(move || {
            data2.set(1);
            permits2.add_permits(1);
        });
        permits.acquire().unwrap().forget();
        data.set(2);
        other.join().unwrap();
    }));
}

#[test]
fn a_read_lock_orders_readers_after_writers_but_not_after_readers() {
    let under = |first_writes: bool| {
        races(move || {
            let (data, lock) = (Plain::new(), Arc::new(RwLock::new(())));
            let (data2, lock2) = (Arc::clone(&data), Arc::clone(&lock));
            let other = thread::spawn(move || {
                if first_writes {
                    let _guard = lock2.write();
                    data2.set(1);
                } else {
                    let _guard = lock2.read();
                    data2.set(1);
                }
            });
            {
                let _guard = lock.read();
                data.get();
            }
            other.join().unwrap();
        })
    };
    assert!(!under(true));
    assert!(under(false));
}

#[test]
fn the_wrong_lock_orders_nothing() {
    assert!(races(|| {
        let (data, one, two) = (Plain::new(), Mutex::new(()), Arc::new(Mutex::new(())));
        let (data2, two2) = (Arc::clone(&data), Arc::clone(&two));
        let other = thread::spawn(move || {
            let _guard = two2.lock();
            data2.set(1);
        });
        {
            let _guard = one.lock();
            data.set(2);
        }
        other.join().unwrap();
    }));
}

#[test]
fn two_reads_do_not_race_but_an_access_and_a_later_unordered_write_do() {
    assert!(!races(|| {
        let data = Plain::new();
        let data2 = Arc::clone(&data);
        let other = thread::spawn(move || data2.get());
        data.get();
        other.join().unwrap();
    }));
    assert!(races(|| {
        let data = Plain::new();
        let data2 = Arc::clone(&data);
        let other = thread::spawn(move || data2.get());
        data.set(1);
        other.join().unwrap();
    }));
}

#[test]
fn reports_call_atomics_and_cells_by_their_names() {
    let verdict = run(|| {
        let balance = Arc::new(Plain(UnsafeCell::new(0).named("balance")));
        let ready = Arc::new(AtomicBool::new(false).named("ready"));
        let (balance2, ready2) = (Arc::clone(&balance), Arc::clone(&ready));
        let writer = thread::spawn(move || {
            balance2.set(1);
            // ORDERING: relaxed, and so it publishes nothing: this is the race.
            ready2.store(true, Relaxed);
        });
        if ready.load(Acquire) {
            balance.get();
        }
        writer.join().unwrap();
    });
    let finding = verdict.finding().expect("a race");
    let text = terminal::finding(finding, &terminal::Style::plain());
    assert!(text.contains("`balance`") && text.contains("store ready"), "{text}");
}
