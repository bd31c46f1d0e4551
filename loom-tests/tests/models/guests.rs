//! What is particular to loom and shuttle: refusals, limits, and states that they themselves do not survive.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use unsnarl::{
    channel,
    check::{Checker, Pass, Verdict, choose},
    fault::{self, Faults},
    net::{TcpListener, TcpStream},
    parking_lot,
    sync::{
        Condvar, LazyLock, Mutex, OnceLock, PoisonError, RwLock, Semaphore,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

const LOOM: bool = cfg!(unsnarl_backend = "loom");

fn checker() -> Checker {
    Checker::new("guest").max_executions(20_000).max_time(Duration::from_secs(20)).loom_preemptions(Some(2))
}

#[track_caller]
fn pass_of(checker: &Checker, model: impl Fn() + Send + Sync + 'static) -> Pass {
    match checker.run(model) {
        Verdict::Pass(pass) => pass,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn passes(model: impl Fn() + Send + Sync + 'static) -> u64 {
    pass_of(&checker(), model).explored.executions
}

/// What the engine said of a model that it did not let pass, or refused.
#[track_caller]
fn fails(model: impl Fn() + Send + Sync + 'static) -> String {
    match checker().run(model) {
        Verdict::Finding(finding) => finding.explanation[0].clone(),
        Verdict::Inconclusive { reason } => reason,
        other => panic!("expected a failure, got {other:?}"),
    }
}

/// The outcomes that a model had over all executions.
#[track_caller]
fn outcomes<T: Ord + Send + 'static>(model: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    let seen = Arc::new(StdMutex::new(BTreeSet::new()));
    let sink = Arc::clone(&seen);
    passes(move || {
        let outcome = model();
        sink.lock().unwrap().insert(outcome);
    });
    Arc::into_inner(seen).unwrap().into_inner().unwrap()
}

#[test]
fn a_deadlock_with_destructors_that_lock_is_survived() {
    struct OnDrop(Arc<Mutex<u32>>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }
    let message = fails(|| {
        let lock = Arc::new(Mutex::new(0));
        let (sender, receiver) = channel::bounded::<u8>(1);
        let _on_drop = OnDrop(Arc::clone(&lock));
        let thread = thread::spawn(move || {
            let _on_drop = OnDrop(lock);
            receiver.recv()
        });
        let _ = thread.join();
        drop(sender);
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn a_self_lock_is_a_deadlock() {
    let message = fails(|| {
        let lock = Mutex::new(());
        let _first = lock.lock().unwrap();
        let _second = lock.lock().unwrap();
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn a_lock_order_through_rwlocks_is_a_deadlock_and_no_abort() {
    let message = fails(|| {
        let a = Arc::new(RwLock::new(()));
        let b = Arc::new(RwLock::new(()));
        let thread = {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            thread::spawn(move || {
                let _a = a.write().unwrap();
                let _b = b.read().unwrap();
            })
        };
        {
            let _b = b.write().unwrap();
            let _a = a.read().unwrap();
        }
        thread.join().unwrap();
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn two_park_tokens_are_one() {
    let message = fails(|| {
        thread::current().unpark();
        thread::current().unpark();
        thread::park();
        thread::park();
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn unpark_before_a_condition_variable_is_no_notification() {
    let message = fails(|| {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        thread::current().unpark();
        drop(pair.1.wait(pair.0.lock().unwrap()).unwrap());
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn a_panic_that_nobody_joins_fails() {
    let message = fails(|| drop(thread::spawn(|| panic!("unexpected"))));
    assert!(message.contains("unexpected"), "{message}");
}

#[test]
fn a_panic_under_a_lock_poisons_or_is_refused() {
    let model = || {
        let lock = Arc::new(Mutex::new(0));
        let thread = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let _guard = lock.lock().unwrap();
                panic!("expected");
            })
        };
        assert!(thread.join().is_err());
        assert!(lock.lock().is_err());
        lock.clear_poison();
        assert!(lock.lock().is_ok());
    };
    if LOOM {
        let message = fails(model);
        assert!(message.contains("expected") && message.contains("poisoning"), "{message}");
    } else {
        passes(model);
    }
}

#[test]
fn relaxed_message_passing_is_weak_under_loom_only() {
    let seen = outcomes(|| {
        let words = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let thread = {
            let words = Arc::clone(&words);
            thread::spawn(move || {
                words.0.store(1, Ordering::Relaxed);
                words.1.store(1, Ordering::Relaxed);
            })
        };
        let outcome = (words.1.load(Ordering::Relaxed), words.0.load(Ordering::Relaxed));
        thread.join().unwrap();
        outcome
    });
    assert_eq!(seen.contains(&(1, 0)), LOOM, "{seen:?}");
    assert!(seen.contains(&(0, 0)) && seen.contains(&(1, 1)), "{seen:?}");
}

#[test]
fn a_scope_tells_of_a_panic() {
    let message = fails(|| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("expected"));
        });
    });
    assert!(message.contains("a scoped thread panicked"), "{message}");
}

#[test]
fn statics_start_afresh() {
    static LAZY: LazyLock<AtomicUsize> = LazyLock::new(|| AtomicUsize::new(0));
    static CELL: OnceLock<usize> = OnceLock::new();
    static LOCK: Mutex<()> = Mutex::new(());
    let executions = passes(|| {
        let thread = thread::spawn(|| {
            let _guard = LOCK.lock().unwrap();
            CELL.get_or_init(|| 1);
            LAZY.fetch_add(1, Ordering::SeqCst)
        });
        CELL.get_or_init(|| 2);
        let (a, b) = (LAZY.fetch_add(1, Ordering::SeqCst), thread.join().unwrap());
        assert_eq!(a + b, 1);
    });
    assert!(executions > 1);
}

#[test]
fn timeouts_are_refused() {
    for (name, model) in [
        ("lock", (|| drop(parking_lot::Mutex::new(()).try_lock_for(Duration::ZERO))) as fn()),
        ("park", || thread::park_timeout(Duration::ZERO)),
        ("wait", || {
            let lock = Mutex::new(());
            drop(Condvar::new().wait_timeout(lock.lock().unwrap(), Duration::ZERO));
        }),
        ("receive", || {
            let (_sender, receiver) = channel::unbounded::<u8>();
            let _ = receiver.recv_timeout(Duration::ZERO);
        }),
        ("select", || {
            let (_sender, receiver) = channel::unbounded::<u8>();
            channel::select! {
                recv(receiver) -> _ => {},
                recv(channel::never::<u8>()) -> _ => {},
                default(Duration::ZERO) => {},
            }
        }),
        ("clock", || drop(channel::after(Duration::ZERO))),
        ("acquire", || drop(Semaphore::new(0).acquire_timeout(Duration::ZERO))),
    ] {
        let message = fails(model);
        assert!(message.contains("has no timeouts"), "{name}: {message}");
    }
}

#[test]
fn selects_wait_for_all_their_channels() {
    for capacity in [0, 1] {
        passes(move || {
            let ((to_first, first), (to_second, second)) =
                (channel::bounded::<u32>(capacity), channel::bounded::<u32>(capacity));
            let sender = thread::spawn(move || to_second.send(2).map(|()| to_first));
            let got = channel::select! { recv(first) -> one => one, recv(second) -> two => two };
            assert_eq!(got, Ok(2));
            let to_first = sender.join().unwrap().unwrap();
            assert!(channel::select! { recv(first) -> _ => false, default => true });
            drop(to_first);
            assert!(
                channel::select! { recv(first) -> one => one.is_err(), send(channel::bounded(0).0, 1) -> _ => true }
            );
        });
    }
}

#[test]
fn selects_meet_selects() {
    passes(|| {
        let ((to_first, first), (to_second, second)) = (channel::bounded(0), channel::bounded(0));
        let other = thread::spawn(move || {
            channel::select! { send(to_first, 1) -> sent => sent.unwrap(), send(to_second, 2) -> sent => sent.unwrap() }
        });
        let got =
            channel::select! { recv(first) -> one => one.unwrap(), recv(second) -> two => two.unwrap() };
        assert!(got == 1 || got == 2);
        other.join().unwrap();
    });
}

#[test]
fn a_select_that_waits_is_met_by_tries() {
    passes(|| {
        let ((sender, receiver), (to_other, other)) = (channel::bounded(0), channel::bounded(1));
        let waiting = thread::spawn(move || {
            channel::select! { recv(receiver) -> message => message.unwrap(), recv(other) -> _ => 0 }
        });
        let sent = sender.try_send(1).is_ok();
        // Once it was met nobody receives this.
        let _ = to_other.send(());
        assert_eq!(waiting.join().unwrap(), u32::from(sent));
    });
}

#[test]
fn a_refusal_in_a_thread_ends_the_run_with_its_message() {
    let message = fails(|| {
        let _ = thread::spawn(|| thread::park_timeout(Duration::ZERO)).join();
    });
    assert!(message.contains("has no timeouts"), "{message}");
}

#[test]
fn a_sixth_thread_is_refused_by_loom() {
    let model = || {
        let threads: Vec<_> = (0..5).map(|_| thread::spawn(|| {})).collect();
        for thread in threads {
            let _ = thread.join();
        }
    };
    if LOOM {
        assert!(fails(model).contains("at most 5 threads"));
    }
}

#[test]
fn limits_are_kept() {
    let limited = checker().loom_preemptions(None).max_executions(10);
    let pass = pass_of(&limited, || {
        let count = Arc::new(Mutex::new(0));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let count = Arc::clone(&count);
                thread::spawn(move || {
                    *count.lock().unwrap() += 1;
                    *count.lock().unwrap() += 1;
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
    assert!(pass.explored.executions == 10 && !pass.is_complete(), "{pass:?}");
}

#[test]
fn a_small_model_is_complete() {
    let pass = pass_of(&checker().loom_preemptions(None), || {
        let lock = Arc::new(Mutex::new(()));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || drop(other.lock().unwrap()));
        drop(lock.lock().unwrap());
        thread.join().unwrap();
    });
    assert!(pass.explored.executions >= 2 && pass.is_complete(), "{pass:?}");
}

#[test]
fn sleeping_moves_the_virtual_clock() {
    passes(|| {
        let start = Instant::now();
        thread::sleep(Duration::from_secs(3600));
        assert_eq!(start.elapsed(), Duration::from_secs(3600));
    });
}

#[test]
fn numbers_and_faults_are_random_in_shuttle_and_refused_by_loom() {
    let refused = || {
        fault::allow(Faults::new().refusals(1));
        let _listener = TcpListener::bind("127.0.0.1:80").unwrap();
        TcpStream::connect("127.0.0.1:80").is_ok()
    };
    if LOOM {
        assert!(fails(|| assert!(choose(2) < 2)).contains("the loom backend cannot choose numbers"));
        assert!(fails(move || assert!(!refused())).contains("the loom backend cannot choose numbers"));
    } else {
        assert_eq!(outcomes(|| choose(3)), BTreeSet::from([0, 1, 2]));
        assert_eq!(outcomes(refused), BTreeSet::from([false, true]));
        assert!(!pass_of(&checker(), || assert!(choose(2) < 2)).is_complete());
    }
}
