//! Semantics that other checkers get wrong: each test names what it is about.

use std::{
    collections::BTreeSet,
    sync::{Arc as StdArc, Mutex as StdMutex},
    time::Duration,
};

use unsnarl::{
    channel,
    check::{Checker, FindingKind, Pass, Verdict},
    parking_lot::{Condvar, Mutex, RwLock},
    sync::{
        self, Arc, LazyLock, OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Instant,
};

fn run(model: impl Fn() + Send + Sync + 'static) -> Verdict {
    Checker::new("semantics").regressions(false).run(model)
}

fn passes(model: impl Fn() + Send + Sync + 'static) -> Pass {
    let verdict = run(model);
    match verdict {
        Verdict::Pass(pass) => pass,
        Verdict::Finding(finding) => panic!("{finding}"),
        other => panic!("{other:?}"),
    }
}

fn finds(kind: FindingKind, model: impl Fn() + Send + Sync + 'static) -> unsnarl::check::Finding {
    let verdict = run(model);
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
    assert_eq!(finding.kind, kind, "{finding}");
    finding.clone()
}

/// Collects what executions came to.
fn outcomes<T: Ord + Clone + Send + 'static>(model: impl Fn() -> T + Send + Sync + 'static) -> BTreeSet<T> {
    let seen = StdArc::new(StdMutex::new(BTreeSet::new()));
    let into = StdArc::clone(&seen);
    passes(move || {
        let outcome = model();
        into.lock().unwrap().insert(outcome);
    });
    std::mem::take(&mut *seen.lock().unwrap())
}

#[test]
fn try_lock_fails_while_another_thread_is_inside_an_empty_critical_section() {
    let seen = outcomes(|| {
        let lock = Arc::new(Mutex::new(()));
        let mine = Arc::clone(&lock);
        let other = thread::spawn(move || drop(mine.lock()));
        let took = lock.try_lock().is_some();
        other.join().unwrap();
        took
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
}

#[test]
fn two_try_locks_are_no_deadlock() {
    passes(|| {
        let lock = Arc::new(Mutex::new(()));
        let mine = Arc::clone(&lock);
        let other = thread::spawn(move || drop(mine.try_lock()));
        drop(lock.try_lock());
        other.join().unwrap();
    });
}

#[test]
fn notify_one_may_wake_any_waiter() {
    let seen = outcomes(|| {
        let shared = Arc::new((Mutex::new((0, Vec::new())), Condvar::new()));
        let waiters: Vec<_> = (0..2)
            .map(|index| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let mut state = shared.0.lock();
                    while state.0 == 0 {
                        shared.1.wait(&mut state);
                    }
                    state.0 -= 1;
                    state.1.push(index);
                })
            })
            .collect();
        for _ in 0..2 {
            shared.0.lock().0 += 1;
            shared.1.notify_one();
        }
        for waiter in waiters {
            waiter.join().unwrap();
        }
        shared.0.lock().1.clone()
    });
    assert_eq!(seen, BTreeSet::from([vec![0, 1], vec![1, 0]]));
}

#[test]
fn a_shared_condvar_with_notify_one_loses_a_wakeup() {
    let finding = finds(FindingKind::Deadlock, || {
        let shared = Arc::new((Mutex::new(0_usize), Condvar::new()));
        let mut threads = Vec::new();
        for producer in [true, true, false] {
            let shared = Arc::clone(&shared);
            threads.push(thread::spawn(move || {
                let rounds = if producer { 1 } else { 2 };
                for _ in 0..rounds {
                    let mut items = shared.0.lock();
                    while (*items == 1) == producer {
                        shared.1.wait(&mut items);
                    }
                    *items = usize::from(producer);
                    drop(items);
                    shared.1.notify_one();
                }
            }));
        }
        for thread in threads {
            thread.join().unwrap();
        }
    });
    assert!(finding.title.contains("lost wake-up"), "{finding}");
}

#[test]
fn unpark_before_park_and_before_a_condvar_wait_is_kept_for_park_only() {
    passes(|| {
        thread::current().unpark();
        thread::park();
    });
    finds(FindingKind::Deadlock, || {
        thread::current().unpark();
        let (lock, changed) = (Mutex::new(()), Condvar::new());
        changed.wait(&mut lock.lock());
    });
}

#[test]
fn an_if_around_a_wait_is_found_by_a_spurious_wakeup() {
    let finding = finds(FindingKind::Panic, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let waiter = thread::spawn(move || {
            let mut ready = theirs.0.lock();
            if !*ready {
                theirs.1.wait(&mut ready);
            }
            assert!(*ready, "woken too early");
        });
        *shared.0.lock() = true;
        shared.1.notify_all();
        waiter.join().unwrap();
    });
    assert!(finding.title.contains("panicked"), "{finding}");
}

#[test]
fn receivers_end_when_the_last_sender_is_dropped_and_senders_fail_without_receivers() {
    let seen = outcomes(|| {
        let (sender, receiver) = channel::bounded(1);
        let second = sender.clone();
        let threads = [sender, second].map(|sender| thread::spawn(move || sender.send(1).is_ok()));
        let got: usize = receiver.iter().sum();
        for thread in threads {
            assert!(thread.join().unwrap());
        }
        got
    });
    assert_eq!(seen, BTreeSet::from([2]));
    let seen = outcomes(|| {
        let (sender, receiver) = channel::unbounded();
        let other = thread::spawn(move || drop(receiver));
        let sent = sender.send(1).is_ok();
        other.join().unwrap();
        sent
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
}

#[test]
fn a_rendezvous_waits_for_the_receiver() {
    let seen = outcomes(|| {
        let (sender, receiver) = channel::bounded(0);
        let received = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&received);
        let other = thread::spawn(move || {
            flag.store(true, SeqCst);
            receiver.recv().unwrap()
        });
        sender.send(7).unwrap();
        let seen = received.load(SeqCst);
        (other.join().unwrap(), seen)
    });
    assert_eq!(seen, BTreeSet::from([(7, true)]));
}

#[test]
fn a_timeout_is_a_choice_and_moves_virtual_time() {
    let seen = outcomes(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            *theirs.0.lock() = true;
            theirs.1.notify_all();
        });
        let start = Instant::now();
        let mut ready = shared.0.lock();
        let mut timed_out = false;
        if !*ready {
            timed_out = shared.1.wait_for(&mut ready, Duration::from_secs(3600)).timed_out();
        }
        drop(ready);
        let waited = start.elapsed();
        other.join().unwrap();
        assert!(!timed_out || waited >= Duration::from_secs(3600));
        timed_out
    });
    assert_eq!(seen, BTreeSet::from([false, true]));
}

/// Loops that wait for what is left of their time, as `wait_timeout_while` does, give up when it is over.
#[test]
fn a_wait_that_ran_out_of_time_has_none_left() {
    const LIMIT: Duration = Duration::from_secs(1);
    type Wait = fn(&Mutex<bool>, &Condvar) -> bool;
    let waits: [Wait; 3] = [
        |ready, changed| changed.wait_while_for(&mut ready.lock(), |ready| !*ready, LIMIT).timed_out(),
        |ready, changed| {
            let (mut ready, start) = (ready.lock(), Instant::now());
            while !*ready {
                let Some(left) = LIMIT.checked_sub(start.elapsed()) else { return true };
                changed.wait_for(&mut ready, left);
            }
            false
        },
        |ready, changed| {
            let (mut ready, deadline) = (ready.lock(), Instant::now() + LIMIT);
            while !*ready {
                if Instant::now() > deadline {
                    return true;
                }
                changed.wait_until(&mut ready, deadline);
            }
            false
        },
    ];
    for wait in waits {
        let seen = outcomes(move || {
            let shared = Arc::new((Mutex::new(false), Condvar::new()));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                *theirs.0.lock() = true;
                theirs.1.notify_all();
            });
            let timed_out = wait(&shared.0, &shared.1);
            other.join().unwrap();
            timed_out
        });
        assert_eq!(seen, BTreeSet::from([false, true]));
    }
}

/// The search has a budget for time that runs out early. What lies beyond it is sampled, unless somebody set the budget.
#[test]
fn who_tries_again_is_seen_giving_up() {
    fn asks(attempts: usize) {
        let (sender, receiver) = channel::bounded(1);
        let other = thread::spawn(move || sender.send(()));
        let answer = (0..attempts).find_map(|_| receiver.recv_timeout(Duration::from_millis(10)).ok());
        answer.expect("an answer in time");
        other.join().unwrap().unwrap();
    }
    for attempts in [1, 2, 3, 5] {
        let by_default = run(move || asks(attempts));
        let kind = by_default.finding().map(|finding| finding.kind);
        assert_eq!(kind, Some(FindingKind::Panic), "{attempts} attempts: {by_default}");
        let with_budget =
            Checker::new("semantics").regressions(false).early_timeouts(1).run(move || asks(attempts));
        assert_eq!(with_budget.pass().is_some(), attempts > 1, "{attempts} attempts: {with_budget}");
    }
    // Beside a search that has no end in sight.
    let large = run(|| {
        let counter = Arc::new(AtomicUsize::new(0));
        let adders: Vec<_> = (0..4)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || (0..10).for_each(|_| counter.store(counter.load(SeqCst) + 1, SeqCst)))
            })
            .collect();
        asks(3);
        adders.into_iter().for_each(|adder| adder.join().unwrap());
    });
    let finding = large.finding().expect("three attempts fail");
    assert_eq!(finding.kind, FindingKind::Panic, "{finding}");
    let bounded = run(|| {
        let (sender, receiver) = channel::bounded(1);
        let other = thread::spawn(move || sender.send(()));
        while receiver.recv_timeout(Duration::from_millis(10)).is_err() {}
        other.join().unwrap().unwrap();
    });
    let pass = bounded.pass().expect("no finding");
    assert_eq!((pass.is_complete(), pass.explored.sampled), (false, 1_000));
}

/// A thread that spins is left out of the search until something has changed. The samples see it give up nevertheless.
#[test]
fn who_spins_is_seen_giving_up() {
    for turns in [1, 2, 3, 10, 100] {
        let verdict = run(move || {
            let ready = Arc::new(AtomicBool::new(false));
            let theirs = Arc::clone(&ready);
            let other = thread::spawn(move || theirs.store(true, SeqCst));
            let is_ready = (0..turns).any(|_| {
                thread::yield_now();
                ready.load(SeqCst)
            });
            assert!(is_ready, "not ready in time");
            other.join().unwrap();
        });
        let kind = verdict.finding().map(|finding| finding.kind);
        assert_eq!(kind, Some(FindingKind::Panic), "{turns} turns: {verdict}");
    }
    let pass = passes(|| {
        let ready = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&ready);
        let other = thread::spawn(move || theirs.store(true, SeqCst));
        while !ready.load(SeqCst) {
            thread::yield_now();
        }
        other.join().unwrap();
    });
    assert_eq!((pass.is_complete(), pass.explored.sampled), (true, 1_000));
}

#[test]
fn a_lone_timed_wait_ends() {
    passes(|| {
        let (lock, changed) = (Mutex::new(()), Condvar::new());
        assert!(changed.wait_for(&mut lock.lock(), Duration::from_millis(1)).timed_out());
        let (_sender, receiver) = channel::bounded::<()>(1);
        assert!(receiver.recv_timeout(Duration::from_millis(1)).is_err());
        thread::park_timeout(Duration::from_millis(1));
        thread::sleep(Duration::from_millis(1));
    });
}

#[test]
fn a_panic_poisons_and_join_gives_it() {
    passes(|| {
        let lock = Arc::new(sync::Mutex::new(0));
        let theirs = Arc::clone(&lock);
        let other = thread::spawn(move || {
            let _guard = theirs.lock().unwrap();
            panic!("on purpose");
        });
        let payload = other.join().unwrap_err();
        assert_eq!(payload.downcast_ref::<&str>(), Some(&"on purpose"));
        assert!(lock.lock().is_err() && lock.is_poisoned());
    });
}

#[test]
fn a_panic_that_nobody_joins_is_a_finding() {
    let finding = finds(FindingKind::Panic, || {
        thread::spawn(|| assert_eq!(1 + 1, 3, "sums"));
    });
    assert!(finding.explanation[0].contains("sums"), "{finding}");
}

#[test]
fn a_deadlock_of_detached_threads_beside_a_busy_one_is_found_when_it_closes() {
    let finding = finds(FindingKind::Deadlock, || {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        for (first, second) in [(Arc::clone(&a), Arc::clone(&b)), (b, a)] {
            thread::spawn(move || {
                let _first = first.lock();
                let _second = second.lock();
            });
        }
        for _ in 0..50 {
            thread::yield_now();
        }
    });
    assert_eq!(finding.cycle.len(), 2, "{finding}");
}

#[test]
fn a_thread_left_waiting_is_a_leak() {
    let finding = finds(FindingKind::Leak, || {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        thread::spawn(move || {
            let mut ready = shared.0.lock();
            while !*ready {
                shared.1.wait(&mut ready);
            }
        });
    });
    assert!(finding.title.contains("left behind"), "{finding}");
}

#[test]
fn a_thread_that_nobody_joins_is_noted() {
    let note = |joins: bool| {
        let pass = passes(move || {
            let total = Arc::new(AtomicUsize::new(0));
            let theirs = Arc::clone(&total);
            let builder = thread::Builder::new().name("counter".to_owned());
            let counter = builder.spawn(move || theirs.fetch_add(1, SeqCst)).unwrap();
            total.fetch_add(1, SeqCst);
            if joins {
                counter.join().unwrap();
            }
        });
        pass.notes.into_iter().find(|note| note.contains("was still running when `main` ended"))
    };
    assert_eq!(note(true), None);
    assert!(note(false).is_some_and(|note| note.starts_with("`counter`, spawned at ")));
}

#[test]
fn a_spin_lock_that_yields_ends_and_a_hopeless_spin_is_a_livelock() {
    passes(|| {
        let (locked, value) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let body = |locked: Arc<AtomicBool>, value: Arc<AtomicUsize>| {
            move || {
                while locked.compare_exchange(false, true, SeqCst, SeqCst).is_err() {
                    thread::yield_now();
                }
                let seen = value.load(SeqCst);
                value.store(seen + 1, SeqCst);
                locked.store(false, SeqCst);
            }
        };
        let other = thread::spawn(body(Arc::clone(&locked), Arc::clone(&value)));
        body(Arc::clone(&locked), Arc::clone(&value))();
        other.join().unwrap();
        assert_eq!(value.load(SeqCst), 2);
    });
    let pass = passes(|| {
        let locked = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&locked);
        let body = |locked: &AtomicBool| {
            while locked.swap(true, SeqCst) {
                thread::yield_now();
            }
            locked.store(false, SeqCst);
        };
        let other = thread::spawn(move || body(&theirs));
        body(&locked);
        other.join().unwrap();
    });
    assert!(pass.is_complete(), "{pass:?}");
    finds(FindingKind::Livelock, || {
        let flag = AtomicBool::new(false);
        while !flag.load(SeqCst) {
            thread::yield_now();
        }
    });
}

#[test]
fn a_yielding_thread_sees_every_moment_of_the_other() {
    // After the flag is up the spinning thread may come between any two steps of the other.
    let seen = outcomes(|| {
        let shared = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || {
            theirs[0].store(1, SeqCst);
            theirs[1].store(1, SeqCst);
            theirs[1].store(2, SeqCst);
        });
        while shared[0].load(SeqCst) == 0 {
            thread::yield_now();
        }
        let seen = shared[1].load(SeqCst);
        other.join().unwrap();
        seen
    });
    assert_eq!(seen, BTreeSet::from([0, 1, 2]));
}

#[test]
fn a_writer_that_waits_between_two_reads_of_one_thread() {
    // Passes where readers come first, and hangs on the locks of std and parking_lot, where waiting writers do.
    let finding = finds(FindingKind::Deadlock, || {
        let table = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&table);
        let writer =
            thread::Builder::new().name("writer".to_owned()).spawn(move || *theirs.write() += 1).unwrap();
        let first = table.read();
        let second = table.read();
        assert_eq!(*first, *second);
        drop((first, second));
        writer.join().unwrap();
    });
    assert!(finding.title.contains("`writer` and `main` wait for each other"), "{finding}");
    assert!(finding.explanation.concat().contains("a waiting writer comes before new readers"), "{finding}");
    // Neither order of reading alone can hang.
    passes(|| {
        let table = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&table);
        let writer = thread::spawn(move || *theirs.write() += 1);
        for _ in 0..2 {
            assert!(*table.read() < 2);
        }
        writer.join().unwrap();
    });
    // A reader that waits for another reader to come hangs, too.
    finds(FindingKind::Deadlock, || {
        let (table, sent) = (Arc::new(RwLock::new(0)), channel::bounded(1));
        let theirs = Arc::clone(&table);
        let writer = thread::spawn(move || *theirs.write() += 1);
        let (theirs, sender) = (Arc::clone(&table), sent.0);
        let reader = thread::spawn(move || {
            let seen = *theirs.read();
            sender.send(seen).unwrap();
        });
        let guard = table.read();
        sent.1.recv().unwrap();
        drop(guard);
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn two_readers_in_one_thread_and_a_reader_that_upgrades() {
    passes(|| {
        let table = RwLock::new(0);
        let (one, two) = (table.read(), table.read());
        assert_eq!(*one + *two, 0);
    });
    let finding = finds(FindingKind::Deadlock, || {
        let table = RwLock::new(0);
        let _read = table.read();
        let _write = table.write();
    });
    assert!(finding.title.contains("which it reads itself"), "{finding}");
}

#[test]
fn a_mutex_locked_twice_is_found_at_once() {
    let finding = finds(FindingKind::Deadlock, || {
        let lock = Mutex::new(());
        let _one = lock.lock();
        let _two = lock.lock();
    });
    assert_eq!(finding.cycle, [0]);
    assert_eq!(finding.explored.executions, 1);
}

#[test]
fn statics_start_afresh_and_survivors_with_data_are_noted() {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    passes(|| {
        let other = thread::spawn(|| COUNT.fetch_add(1, SeqCst));
        COUNT.fetch_add(1, SeqCst);
        other.join().unwrap();
        assert_eq!(COUNT.load(SeqCst), 2);
    });
    static TABLE: Mutex<usize> = Mutex::new(0);
    let pass = passes(|| {
        let other = thread::spawn(|| *TABLE.lock() += 1);
        *TABLE.lock() += 1;
        other.join().unwrap();
    });
    assert!(pass.notes.iter().any(|note| note.contains("lives on")), "{pass:?}");
}

#[test]
fn cells_in_statics_start_afresh_also_where_something_else_has_used_them() {
    static LAZY: LazyLock<StdMutex<Vec<u8>>> = LazyLock::new(StdMutex::default);
    static CELL: OnceLock<String> = OnceLock::new();
    let use_them = |who: &str| {
        LAZY.lock().unwrap().push(1);
        CELL.get_or_init(|| who.to_owned()).clone()
    };
    for _ in 0..2 {
        let seen = Arc::new(StdMutex::new(BTreeSet::new()));
        let sink = Arc::clone(&seen);
        let pass = passes(move || {
            let other = thread::spawn(move || use_them("other"));
            let mine = use_them("main");
            assert_eq!(mine, other.join().unwrap());
            assert_eq!(LAZY.lock().unwrap().len(), 2);
            sink.lock().unwrap().insert(mine);
        });
        assert!(pass.explored.executions > 1);
        assert_eq!(seen.lock().unwrap().len(), 2, "either may be first");
    }
    // Outside of models they are ordinary cells, which a model then finds as they are.
    let first = CELL.get_or_init(|| "nobody".to_owned()).clone();
    assert_eq!(CELL.get(), Some(&first));
}

#[test]
fn what_was_done_before_the_check_is_seen_in_each_execution() {
    let (count, cell) = (Arc::new(AtomicUsize::new(0)), Arc::new(OnceLock::new()));
    count.store(5, SeqCst);
    cell.set(6).unwrap();
    let pass = passes(move || {
        let theirs = Arc::clone(&count);
        let other = thread::spawn(move || theirs.fetch_add(1, SeqCst));
        count.fetch_add(1, SeqCst);
        other.join().unwrap();
        assert_eq!((count.load(SeqCst), cell.get()), (7, Some(&6)));
    });
    assert!(pass.explored.executions > 1);
}

#[test]
fn a_program_that_depends_on_something_else_is_nondeterministic() {
    static RUNS: StdMutex<usize> = StdMutex::new(0);
    finds(FindingKind::Nondeterminism, || {
        let runs = {
            let mut runs = RUNS.lock().unwrap();
            *runs += 1;
            *runs
        };
        let value = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&value);
        let other = thread::spawn(move || {
            if runs % 2 == 0 {
                theirs.load(SeqCst);
            }
            theirs.fetch_add(1, SeqCst);
        });
        value.fetch_add(1, SeqCst);
        other.join().unwrap();
    });
    let verdict =
        Checker::new("random").strategy(unsnarl::check::Strategy::Random(1)).regressions(false).run(|| {
            static RUNS: StdMutex<usize> = StdMutex::new(0);
            let mut runs = RUNS.lock().unwrap();
            *runs += 1;
            let value = AtomicUsize::new(0);
            if runs.is_multiple_of(2) {
                value.load(SeqCst);
            } else {
                value.store(1, SeqCst);
            }
        });
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
    assert_eq!(finding.kind, FindingKind::Nondeterminism);
    let text = finding.explanation.concat();
    assert!(text.contains("Then `main` did `store`; now it is about to do `load` at"), "{text}");
}

#[test]
fn a_model_without_choices_says_so_and_a_large_one_says_why() {
    let pass = passes(|| {
        let value = AtomicUsize::new(0);
        value.store(1, SeqCst);
    });
    assert!(pass.notes.iter().any(|note| note.contains("one schedule only")), "{pass:?}");
    let verdict = Checker::new("large").regressions(false).max_executions(10).run(|| {
        let value = Arc::new(AtomicUsize::new(0));
        let theirs = Arc::clone(&value);
        let nine_times = |value: &AtomicUsize| {
            for _ in 0..9 {
                value.fetch_add(1, SeqCst);
            }
        };
        let other = thread::spawn(move || nine_times(&theirs));
        nine_times(&value);
        other.join().unwrap();
    });
    let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:?}"));
    let said = |note: &String| note.contains("2 threads and 20 steps, of which 18 are `rmw` at");
    assert!(pass.notes.iter().any(said), "{pass:?}");
}

#[test]
fn objects_work_as_ever_outside_a_model() {
    let lock = Arc::new(Mutex::new(0));
    let theirs = Arc::clone(&lock);
    thread::spawn(move || *theirs.lock() += 1).join().unwrap();
    assert_eq!(*lock.lock(), 1);
}

#[test]
fn destructors_that_wait_do_not_hang_the_teardown() {
    struct Joins(Option<thread::JoinHandle<()>>);
    impl Drop for Joins {
        fn drop(&mut self) {
            let _ = self.0.take().unwrap().join();
        }
    }
    finds(FindingKind::Deadlock, || {
        let lock = Arc::new(Mutex::new(()));
        let theirs = Arc::clone(&lock);
        let guard = lock.lock();
        let _joins = Joins(Some(thread::spawn(move || drop(theirs.lock()))));
        let _inner = lock.lock();
        drop(guard);
    });
}

#[test]
fn readers_do_not_wait_for_readers_so_both_may_read_before_either_writes() {
    let seen = outcomes(|| {
        let table = Arc::new(RwLock::new(0));
        let body = |table: Arc<RwLock<u32>>| {
            move || {
                let before = *table.read();
                let mut table = table.write();
                let found = *table;
                *table += 1;
                (before, found)
            }
        };
        let threads = [thread::spawn(body(Arc::clone(&table))), thread::spawn(body(table))];
        threads.map(|thread| thread.join().unwrap())
    });
    let all = [[(0, 0), (0, 1)], [(0, 0), (1, 1)], [(0, 1), (0, 0)], [(1, 1), (0, 0)]];
    assert_eq!(seen, BTreeSet::from(all));
}

#[test]
fn a_waiter_may_wake_by_itself_just_before_it_would_have_been_notified() {
    let seen = outcomes(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let theirs = Arc::clone(&shared);
        let waiter = thread::spawn(move || {
            let (mut ready, mut waits) = (theirs.0.lock(), 0);
            while !*ready {
                waits += 1;
                theirs.1.wait(&mut ready);
            }
            waits
        });
        *shared.0.lock() = true;
        let notified = shared.1.notify_one();
        (waiter.join().unwrap(), notified)
    });
    assert_eq!(seen, BTreeSet::from([(0, false), (1, false), (1, true), (2, true)]));
}

#[test]
fn early_timeouts_are_not_lost_by_the_reduction() {
    let run = |strategy: unsnarl::check::Strategy| {
        let seen = StdArc::new(StdMutex::new(BTreeSet::new()));
        let into = StdArc::clone(&seen);
        let verdict =
            Checker::new("timed").regressions(false).strategy(strategy).spurious_wakeups(0).run(move || {
                let shared = Arc::new((Mutex::new(0), Condvar::new()));
                let body = |signals: bool| {
                    let shared = Arc::clone(&shared);
                    move || {
                        thread::park_timeout(Duration::from_millis(3));
                        let mut value = shared.0.lock();
                        let timed_out = shared.1.wait_for(&mut value, Duration::from_millis(5)).timed_out();
                        let log = *value * 2 + u32::from(timed_out);
                        drop(value);
                        if signals {
                            *shared.0.lock() += 1;
                            shared.1.notify_one();
                        }
                        log
                    }
                };
                let threads = [thread::spawn(body(false)), thread::spawn(body(true))];
                let logs = threads.map(|thread| thread.join().unwrap());
                into.lock().unwrap().insert(logs);
            });
        assert!(verdict.pass().is_some(), "{verdict:?}");
        std::mem::take(&mut *seen.lock().unwrap())
    };
    let brute = run(unsnarl::check::Strategy::BruteForce);
    assert_eq!(run(unsnarl::check::Strategy::Exhaustive), brute);
    assert_eq!(run(unsnarl::check::Strategy::SleepSets), brute);
    assert!(brute.len() > 1, "{brute:?}");
}
