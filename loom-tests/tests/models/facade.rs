//! The facade keeps its contract inside a check too, under whichever engine this build has.
//!
//! The clauses are those of `tests/it/facade/contract.rs`, as far as a model of at most five threads can show them.

#![allow(
    clippy::disallowed_types,
    reason = "what an execution comes to is collected behind the checker's back"
)]

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Read, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use unsnarl::{
    Checker, Named,
    cell::UnsafeCell,
    channel::{self, TrySendError},
    check::{Capability, EngineName, FindingKind},
    deque::{Steal, Worker},
    fs,
    net::{self, Shutdown, TcpListener, TcpStream},
    parking_lot,
    poll::{Event, Poller},
    queue::ArrayQueue,
    sync::{
        Barrier, Condvar, Latch, LazyLock, Mutex, Notify, Once, OnceLock, RwLock, Semaphore, TryLockError,
        WaitGroup,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};
use unsnarl_loom_tests::{broken, read};

fn checker(name: &str) -> Checker {
    Checker::new(format!("facade::{}", name.replace(' ', "_")))
        .max_time(Duration::from_secs(5))
        .max_executions(20_000)
        .regressions(false)
}

/// The outcomes that a model had over all executions.
#[track_caller]
fn outcomes<T: Ord + Send + 'static>(
    name: &str,
    model: impl Fn() -> T + Send + Sync + 'static,
) -> BTreeSet<T> {
    let seen = Arc::new(StdMutex::new(BTreeSet::new()));
    let sink = Arc::clone(&seen);
    checker(name).check(move || {
        let outcome = model();
        sink.lock().unwrap().insert(outcome);
    });
    Arc::into_inner(seen).unwrap().into_inner().unwrap()
}

#[test]
fn c01_a_mutex_excludes() {
    checker("c01").check(|| {
        let count = Arc::new(Mutex::new(0).named("count"));
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let count = Arc::clone(&count);
                thread::spawn(move || *count.lock().unwrap() += 1)
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(*count.lock().unwrap(), 2);
    });
}

#[test]
fn c01_a_lost_update_is_found() {
    broken("facade::lost_update", FindingKind::Panic).check(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let thread = {
            let count = Arc::clone(&count);
            thread::spawn(move || count.store(count.load(Ordering::SeqCst) + 1, Ordering::SeqCst))
        };
        count.store(count.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread.join().unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2, "lost update");
    });
}

#[test]
fn c01_crossed_locks_are_a_deadlock() {
    broken("facade::crossed_locks", FindingKind::Deadlock).check(|| {
        let a = Arc::new(Mutex::new(()).named("a"));
        let b = Arc::new(Mutex::new(()).named("b"));
        let thread = {
            let (a, b) = (Arc::clone(&a), Arc::clone(&b));
            thread::spawn(move || {
                let _a = a.lock().unwrap();
                let _b = b.lock().unwrap();
            })
        };
        {
            let _b = b.lock().unwrap();
            let _a = a.lock().unwrap();
        }
        thread.join().unwrap();
    });
}

#[test]
fn c02_try_lock_never_waits() {
    checker("c02").loom_preemptions(None).check(|| {
        let lock = Arc::new(Mutex::new(0));
        let thread = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || match lock.try_lock() {
                Ok(mut value) => *value += 1,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Poisoned(_)) => unreachable!(),
            })
        };
        *lock.lock().unwrap() += 1;
        thread.join().unwrap();
        assert!(*lock.lock().unwrap() >= 1);
    });
}

#[test]
fn c03_a_panic_poisons() {
    checker("c03").needs(Capability::ThreadPanics).check(|| {
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
    });
}

#[test]
fn c04_the_parking_lot_shape_does_not_poison() {
    checker("c04").needs(Capability::ThreadPanics).check(|| {
        let lock = Arc::new(parking_lot::Mutex::new(0));
        let thread = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                *lock.lock() = 1;
                let _guard = lock.lock();
                panic!("expected");
            })
        };
        assert!(*lock.lock() <= 1);
        assert!(thread.join().is_err());
        assert_eq!(*lock.lock(), 1);
    });
}

#[test]
fn c05_readers_share_and_writers_do_not() {
    checker("c05").check(|| {
        let lock = Arc::new(parking_lot::RwLock::new(0).named("value"));
        let thread = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let mut value = lock.write();
                *value += 1;
                let value = parking_lot::RwLockWriteGuard::downgrade(value);
                assert_eq!(*value, 1);
            })
        };
        assert!(*lock.read() <= 1);
        thread.join().unwrap();
        assert_eq!(*lock.read(), 1);
    });
}

#[test]
fn c05_crossed_rwlocks_are_a_deadlock() {
    broken("facade::crossed_rwlocks", FindingKind::Deadlock).check(|| {
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
}

#[test]
fn c06_downgrade_keeps_writers_out() {
    checker("c06").check(|| {
        let lock = Arc::new(parking_lot::RwLock::new(0));
        let thread = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || *lock.write() = 7)
        };
        let mut value = lock.write();
        *value = 1;
        let value = parking_lot::RwLockWriteGuard::downgrade(value);
        thread::yield_now();
        assert_eq!(*value, 1, "nobody writes before the reader has gone");
        drop(value);
        thread.join().unwrap();
        assert!(matches!(*lock.read(), 1 | 7));
    });
}

#[test]
fn c07_condition_variables_hand_over() {
    checker("c07").check(|| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let thread = {
            let pair = Arc::clone(&pair);
            thread::spawn(move || {
                *pair.0.lock().unwrap() = true;
                pair.1.notify_one();
            })
        };
        let ready = pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap();
        assert!(*ready);
        drop(ready);
        thread.join().unwrap();
    });
}

#[test]
fn c07_a_notification_before_the_wait_is_lost() {
    broken("facade::lost_notification", FindingKind::Deadlock)
        .with(|checker| checker.spurious_wakeups(0))
        .check(|| {
            let pair = Arc::new((Mutex::new(()), Condvar::new()));
            let thread = {
                let pair = Arc::clone(&pair);
                thread::spawn(move || pair.1.notify_one())
            };
            drop(pair.1.wait(pair.0.lock().unwrap()).unwrap());
            thread.join().unwrap();
        });
}

#[test]
fn c08_timed_operations_end() {
    checker("c08").needs(Capability::Timeouts).check(|| {
        let moment = Duration::from_millis(5);
        let start = Instant::now();
        let lock = parking_lot::Mutex::new(());
        let mut guard = lock.lock();
        while !parking_lot::Condvar::new().wait_for(&mut guard, moment).timed_out() {}
        assert!(start.elapsed() >= moment);
        assert!(lock.try_lock_for(moment).is_none());
        drop(guard);
        let (sender, receiver) = channel::bounded(1);
        assert!(receiver.recv_timeout(moment).is_err());
        sender.send(1).unwrap();
        assert_eq!(sender.send_timeout(2, moment).unwrap_err().into_inner(), 2);
        assert!(Semaphore::new(0).acquire_timeout(moment).is_err());
        thread::park_timeout(moment);
    });
}

#[test]
fn c09_unlocked_lets_others_in() {
    checker("c09").check(|| {
        let lock = Arc::new(parking_lot::Mutex::new(0));
        let mut guard = lock.lock();
        let thread = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || *lock.lock() += 1)
        };
        // Without it the thread would wait for this one, and this one for the thread.
        parking_lot::MutexGuard::unlocked(&mut guard, || thread.join().unwrap());
        *guard += 1;
        assert_eq!(*guard, 2);
    });
}

#[test]
fn c10_a_mapped_guard_unlocks() {
    checker("c10").check(|| {
        let pair = Arc::new(parking_lot::Mutex::new((0, 0)));
        let thread = {
            let pair = Arc::clone(&pair);
            thread::spawn(move || *parking_lot::MutexGuard::map(pair.lock(), |pair| &mut pair.1) += 1)
        };
        *parking_lot::MutexGuard::map(pair.lock(), |pair| &mut pair.1) += 1;
        thread.join().unwrap();
        assert_eq!(*pair.lock(), (0, 2));
    });
}

#[test]
fn c11_c12_barriers_and_semaphores() {
    checker("c11").check(|| {
        let slots = Arc::new(Semaphore::new(1));
        let meet = Arc::new(Barrier::new(2));
        let thread = {
            let (slots, meet) = (Arc::clone(&slots), Arc::clone(&meet));
            thread::spawn(move || {
                drop(slots.acquire().unwrap());
                meet.wait().is_leader()
            })
        };
        drop(slots.acquire().unwrap());
        let leader = meet.wait().is_leader();
        assert_ne!(leader, thread.join().unwrap());
    });
}

#[test]
fn c13_an_initialiser_runs_once() {
    checker("c13").check(|| {
        let runs = AtomicUsize::new(0);
        let cell = OnceLock::new();
        let lazy = LazyLock::new(|| runs.fetch_add(1, Ordering::SeqCst));
        thread::scope(|scope| {
            scope.spawn(|| (*cell.get_or_init(|| 1), *lazy));
            assert!(matches!(cell.get_or_init(|| 2), 1 | 2));
            assert_eq!(*lazy, 0);
        });
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert!(cell.set(3).is_err());
    });
}

#[test]
fn c14_a_panic_poisons_or_leaves_empty() {
    checker("c14").needs(Capability::ThreadPanics).check(|| {
        let (once, cell) = (Arc::new(Once::new()), Arc::new(OnceLock::new()));
        let thread = {
            let (once, cell) = (Arc::clone(&once), Arc::clone(&cell));
            thread::spawn(move || {
                let fails = AssertUnwindSafe(|| cell.get_or_init(|| panic!("expected")));
                // The other thread may have been here first.
                assert!(catch_unwind(fails).is_err() || cell.get().is_some());
                once.call_once(|| panic!("expected"));
            })
        };
        assert_eq!(*cell.get_or_init(|| 1), 1);
        assert!(thread.join().is_err());
        once.call_once_force(|state| assert!(state.is_poisoned()));
        assert!(once.is_completed());
    });
}

#[test]
fn c15_a_panic_reaches_join() {
    checker("c15").needs(Capability::ThreadPanics).check(|| {
        let result = thread::spawn(|| panic!("expected")).join();
        assert_eq!(*result.unwrap_err().downcast::<&str>().unwrap(), "expected");
    });
}

#[test]
fn c16_scopes_wait_and_lend() {
    checker("c16").check(|| {
        let mut value = 0;
        let other = Mutex::new(0);
        thread::scope(|scope| {
            scope.spawn(|| value += 1);
            scope.spawn(|| *other.lock().unwrap() += 1).join().unwrap();
        });
        assert_eq!((value, *other.lock().unwrap()), (1, 1));
    });
}

#[test]
fn c16_what_a_scope_lends_outlives_its_threads_also_in_a_deadlock() {
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    static GONE: AtomicBool = AtomicBool::new(false);
    static TOO_LATE: AtomicBool = AtomicBool::new(false);
    struct Lent;
    impl Drop for Lent {
        fn drop(&mut self) {
            GONE.store(true, SeqCst);
        }
    }
    struct Borrower<'a>(&'a Mutex<Lent>);
    impl Drop for Borrower<'_> {
        fn drop(&mut self) {
            if GONE.load(SeqCst) {
                TOO_LATE.store(true, SeqCst);
            } else {
                drop(self.0.try_lock());
            }
        }
    }
    broken("facade::deadlock_in_a_scope", FindingKind::Deadlock).check(|| {
        GONE.store(false, SeqCst);
        let lent = Mutex::new(Lent);
        let (_sender, receiver) = channel::bounded::<u8>(1);
        thread::scope(|scope| {
            scope.spawn(|| {
                let _borrower = Borrower(&lent);
                let _ = receiver.recv();
            });
        });
    });
    assert!(!TOO_LATE.load(SeqCst), "the frame that a thread borrows from went before it");
}

#[test]
fn c17_park_tokens_are_kept() {
    checker("c17").check(|| {
        let thread = thread::spawn(thread::park);
        thread.thread().unpark();
        thread.join().unwrap();
    });
}

#[test]
fn c18_names_and_identities() {
    checker("c18").check(|| {
        let thread = thread::Builder::new().name("worker".into()).spawn(|| thread::current().id()).unwrap();
        assert_eq!(thread.thread().name(), Some("worker"));
        let id = thread.thread().id();
        assert_ne!(id, thread::current().id());
        assert_eq!(thread.join().unwrap(), id);
    });
}

#[test]
fn c19_thread_locals_are_each_threads_own() {
    use std::cell::{Cell, RefCell};
    struct Count(Arc<AtomicUsize>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    thread::thread_local! {
        static LOCAL: Cell<u32> = const { Cell::new(0) };
        static COUNT: RefCell<Option<Count>> = const { RefCell::new(None) };
    }
    checker("c19").check(|| {
        assert_eq!(LOCAL.replace(1), 0);
        let dropped = Arc::new(AtomicUsize::new(0));
        let seen = thread::spawn({
            let dropped = Arc::clone(&dropped);
            move || {
                COUNT.set(Some(Count(dropped)));
                LOCAL.replace(7)
            }
        });
        assert_eq!((seen.join().unwrap(), LOCAL.get()), (0, 1));
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn c20_messages_arrive_in_order_and_end() {
    checker("c20").check(|| {
        let (sender, receiver) = channel::bounded(1);
        let thread = thread::spawn(move || {
            sender.send(1).unwrap();
            sender.send(2).unwrap();
        });
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2]);
        thread.join().unwrap();
    });
}

#[test]
fn c21_a_rendezvous_waits_for_the_taker() {
    checker("c21").check(|| {
        let (sender, receiver) = channel::bounded(0);
        assert_eq!(sender.try_send(0), Err(TrySendError::Full(0)));
        let came = Arc::new(AtomicUsize::new(0));
        let thread = {
            let came = Arc::clone(&came);
            thread::spawn(move || {
                came.store(1, Ordering::SeqCst);
                receiver.recv()
            })
        };
        sender.send(7).unwrap();
        assert_eq!(came.load(Ordering::SeqCst), 1);
        assert_eq!(thread.join().unwrap(), Ok(7));
    });
}

#[test]
fn c22_the_message_comes_back() {
    let seen = outcomes("c22", || {
        let (sender, receiver) = channel::unbounded();
        let thread = thread::spawn(move || drop(receiver));
        let back = sender.send(1).is_err();
        thread.join().unwrap();
        assert_eq!(sender.send(2).unwrap_err().into_inner(), 2);
        back
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [false, true]);
}

#[test]
fn c23_timed_operations_give_the_message_back() {
    checker("c23").needs(Capability::Timeouts).check(|| {
        let (sender, receiver) = channel::bounded(0);
        let thread = thread::spawn(move || sender.send_timeout(7, Duration::from_millis(5)));
        let received = receiver.recv_timeout(Duration::from_millis(5));
        match (thread.join().unwrap(), received) {
            (Ok(()), Ok(message)) => assert_eq!(message, 7),
            (Err(error), Err(_)) => assert_eq!(error.into_inner(), 7),
            both => panic!("{both:?}"),
        }
    });
}

#[test]
fn c24_a_request_and_its_answer() {
    checker("c24").check(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            stream.read_to_end(&mut request).unwrap();
            request.reverse();
            stream.write_all(&request).unwrap();
        });
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"abc").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "cba");
        server.join().unwrap();
    });
}

#[test]
fn c24_a_connection_is_made_or_refused() {
    let seen = outcomes("refused", || {
        let listener = TcpListener::bind("127.0.0.1:80").unwrap();
        assert_eq!(TcpListener::bind("127.0.0.1:80").unwrap_err().kind(), ErrorKind::AddrInUse);
        let thread = thread::spawn(move || drop(listener));
        let refused = match TcpStream::connect("127.0.0.1:80") {
            Ok(_) => false,
            Err(error) => error.kind() == ErrorKind::ConnectionRefused,
        };
        thread.join().unwrap();
        refused
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [false, true]);
}

#[test]
fn c24_a_small_buffer_makes_the_writer_wait() {
    checker("small buffer").check(|| {
        net::sim::set_buffer(2);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.set_nonblocking(true).unwrap();
        assert_eq!(client.write(b"abc").unwrap(), 2);
        assert_eq!(client.write(b"c").unwrap_err().kind(), ErrorKind::WouldBlock);
        client.set_nonblocking(false).unwrap();
        let thread = thread::spawn(move || client.write_all(b"cd").unwrap());
        let mut all = [0; 4];
        server.read_exact(&mut all).unwrap();
        assert_eq!(&all, b"abcd");
        thread.join().unwrap();
    });
}

#[test]
fn c24_the_end_and_the_reset() {
    checker("end and reset").check(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(b"x").unwrap();
        drop(server);
        let mut byte = [0];
        assert_eq!(client.read(&mut byte).unwrap(), 1);
        assert_eq!(client.read(&mut byte).unwrap(), 0);
        assert_eq!(client.write(b"y").unwrap_err().kind(), ErrorKind::BrokenPipe);

        let mut client = TcpStream::connect(address).unwrap();
        let (server, _) = listener.accept().unwrap();
        client.write_all(b"never read").unwrap();
        drop(server);
        assert_eq!(client.read(&mut byte).unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn c24_a_read_that_nobody_answers_is_a_deadlock() {
    broken("facade::unanswered_read", FindingKind::Deadlock).check(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let _server = listener.accept().unwrap();
        let _ = client.read(&mut [0]);
    });
}

#[test]
fn c24_a_read_timeout_fires() {
    checker("read timeout").needs(Capability::Timeouts).check(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let _server = listener.accept().unwrap();
        client.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let start = Instant::now();
        // Once it may wake for no reason; the pipe then looks again and waits anew.
        assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(start.elapsed() >= Duration::from_secs(1));
    });
}

#[test]
fn c25_the_poller_reports_once() {
    checker("c25").check(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let poller = Poller::new().unwrap();
        poller.add(&server, 7).unwrap();
        let thread = thread::spawn(move || {
            client.write_all(b"x").unwrap();
            client
        });
        let mut ready = Vec::new();
        poller.wait(&mut ready, None).unwrap();
        poller.wait(&mut ready, Some(Duration::ZERO)).unwrap();
        assert_eq!(keys(&ready), [7]);
        assert_eq!(server.read(&mut [0; 8]).unwrap(), 1);
        poller.add(&server, 8).unwrap();
        drop(thread.join().unwrap());
        poller.wait(&mut ready, None).unwrap();
        assert_eq!(keys(&ready), [7, 8]);
        poller.remove(&server).unwrap();
        assert_eq!(poller.remove(&server).unwrap_err().kind(), ErrorKind::NotFound);
        poller.notify().unwrap();
        poller.wait(&mut ready, None).unwrap();
    });
}

fn keys(events: &[Event]) -> Vec<usize> {
    events.iter().map(|event| event.key).collect()
}

#[test]
fn c26_a_fair_semaphore_keeps_the_order() {
    checker("c26").check(|| {
        let permits = Arc::new(Semaphore::fair(1));
        let permit = permits.acquire().unwrap();
        let thread = {
            let permits = Arc::clone(&permits);
            thread::spawn(move || drop(permits.acquire().unwrap()))
        };
        drop(permit);
        drop(permits.acquire().unwrap());
        thread.join().unwrap();
        assert_eq!(permits.available_permits(), 1);
    });
}

#[test]
fn c27_latches_groups_and_notifications() {
    checker("c27").check(|| {
        let (latch, group) = (Arc::new(Latch::new(1)), WaitGroup::new());
        let notify = Arc::new(Notify::new());
        let thread = {
            let (latch, notify, member) = (Arc::clone(&latch), Arc::clone(&notify), group.clone());
            thread::spawn(move || {
                latch.count_down();
                notify.notify_one();
                drop(member);
            })
        };
        latch.wait();
        notify.wait();
        group.wait();
        thread.join().unwrap();
        assert!(latch.is_open());
    });
}

#[test]
fn c28_each_value_of_a_queue_comes_out_once() {
    checker("c28").check(|| {
        let queue = Arc::new(ArrayQueue::new(1));
        let thread = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || match queue.push(1) {
                Ok(()) => queue.pop(),
                Err(back) => Some(back),
            })
        };
        let own = match queue.push(2) {
            Ok(()) => queue.pop(),
            Err(back) => Some(back),
        };
        let other = thread.join().unwrap();
        assert_eq!(own.unwrap_or(0) + other.unwrap_or(0) + queue.pop().unwrap_or(0), 3);
    });
}

#[test]
fn c29_a_task_is_taken_or_stolen() {
    checker("c29").check(|| {
        let own = Worker::new_lifo();
        own.push(1);
        own.push(2);
        let stealer = own.stealer();
        let thief = thread::spawn(move || {
            loop {
                match stealer.steal() {
                    Steal::Success(task) => return Some(task),
                    Steal::Empty => return None,
                    Steal::Retry => thread::yield_now(),
                }
            }
        });
        let kept: u32 = std::iter::from_fn(|| own.pop()).sum();
        let stolen = thief.join().unwrap();
        assert_eq!(kept + stolen.unwrap_or(0), 3, "{stolen:?}");
        assert_ne!(stolen, Some(2), "the owner's end");
    });
}

#[test]
fn c30_files_are_the_executions_own() {
    checker("files").check(|| {
        assert_eq!(fs::read("/www/a").unwrap_err().kind(), ErrorKind::NotFound);
        fs::sim::put("/www/a", "text");
        assert_eq!(fs::read("/www/./b/../a").unwrap(), b"text");
        assert!(fs::metadata("/www").unwrap().is_dir());
        let mut text = String::new();
        fs::File::open("/www/a").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        fs::remove_file("/www/a").unwrap();
        assert!(fs::metadata("/www/a").is_err());
        fs::remove_dir("/www").unwrap();
        assert!(fs::metadata("/www").is_err());
    });
}

/// Plain memory that threads share without protection.
struct Shared(UnsafeCell<u32>);
// SAFETY: a lie, to be found out. The model's threads share one thread of the operating system.
unsafe impl Sync for Shared {}

#[test]
fn a_race_on_plain_memory_is_found() {
    let race = checker("race").expect(FindingKind::Race);
    let verdict =
        race.known_miss(EngineName::Shuttle, "shuttle does not look at plain memory").checked(|| {
            let shared = Arc::new(Shared(UnsafeCell::new(0)));
            let thread = {
                let shared = Arc::clone(&shared);
                // SAFETY: see `Shared`.
                thread::spawn(move || shared.0.with_mut(|value| unsafe { *value += 1 }))
            };
            // SAFETY: see `Shared`.
            shared.0.with(|value| assert!(unsafe { *value } <= 1));
            thread.join().unwrap();
        });
    if let Some(finding) = verdict.finding() {
        read(finding);
    }
}

#[cfg(unix)]
#[test]
fn c31_a_unix_socket_is_found_by_its_file() {
    use unsnarl::net::unix::{UnixListener, UnixStream};

    let seen = outcomes("c31", || {
        let listener = UnixListener::bind("/socket").unwrap();
        let thread = thread::spawn(|| match UnixStream::connect("/socket") {
            Ok(mut stream) => {
                // It may have been in the backlog of a listener that is gone.
                let _ = stream.write_all(b"x");
                "connected"
            }
            Err(error) if error.kind() == ErrorKind::NotFound => "no file",
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => "no listener",
            Err(error) => panic!("{error}"),
        });
        drop(listener);
        fs::remove_file("/socket").unwrap();
        thread.join().unwrap()
    });
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), ["connected", "no file", "no listener"]);
}

#[test]
fn c16_threads_of_a_scope_join_each_other() {
    checker("c16_join_each_other").check(|| {
        thread::scope(|scope| {
            let lender = scope.spawn(|| 5);
            // The scope's end waits for the lender, too, and perhaps before this one does.
            scope.spawn(move || assert_eq!(lender.join().unwrap(), 5));
        });
    });
}
