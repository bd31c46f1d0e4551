//! Small models with known answers, run through the checker of this build.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use crate::{
    backend::{Limits, Outcome, run},
    cell::UnsafeCell,
    channel, parking_lot,
    sync::{
        Barrier, Condvar, LazyLock, Mutex, OnceLock, RwLock, Semaphore,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

const LOOM: bool = cfg!(backend = "loom");

fn limits() -> Limits {
    Limits {
        max_executions: Some(20_000),
        max_time: Some(Duration::from_secs(20)),
        preemptions: LOOM.then_some(2),
        max_steps: 5_000,
        random: None,
    }
}

#[track_caller]
fn passes(model: impl Fn() + Send + Sync + 'static) -> u64 {
    match run(&limits(), model) {
        Outcome::Complete { executions } | Outcome::Bounded { executions, .. } => executions,
        Outcome::Failed { executions, message } => panic!("failed in execution {executions}: {message}"),
    }
}

#[track_caller]
fn fails(model: impl Fn() + Send + Sync + 'static) -> String {
    match run(&limits(), model) {
        Outcome::Failed { message, .. } => message,
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
fn a_mutex_excludes() {
    let executions = passes(|| {
        let count = Arc::new(Mutex::new(0));
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
    assert!(executions > 1, "only {executions} executions");
}

#[test]
fn a_lost_update_is_found() {
    let message = fails(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let thread = {
            let count = Arc::clone(&count);
            thread::spawn(move || count.store(count.load(Ordering::SeqCst) + 1, Ordering::SeqCst))
        };
        count.store(count.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
        thread.join().unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 2, "lost update");
    });
    assert!(message.contains("lost update"), "{message}");
}

#[test]
fn crossed_locks_are_a_deadlock() {
    let message = fails(|| {
        let a = Arc::new(Mutex::new(()));
        let b = Arc::new(Mutex::new(()));
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
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn a_deadlock_with_destructors_that_lock_is_survived() {
    struct OnDrop(Arc<Mutex<u32>>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            *self.0.lock().unwrap_or_else(crate::sync::PoisonError::into_inner) += 1;
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
fn condition_variables_hand_over() {
    passes(|| {
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
fn a_notification_before_the_wait_is_lost() {
    let message = fails(|| {
        let pair = Arc::new((Mutex::new(()), Condvar::new()));
        let thread = {
            let pair = Arc::clone(&pair);
            thread::spawn(move || pair.1.notify_one())
        };
        drop(pair.1.wait(pair.0.lock().unwrap()).unwrap());
        thread.join().unwrap();
    });
    assert!(message.contains("deadlock"), "{message}");
}

#[test]
fn readers_share_and_writers_do_not() {
    passes(|| {
        let lock = Arc::new(parking_lot::RwLock::new(0));
        let thread = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let mut value = lock.write();
                *value += 1;
                let value = parking_lot::RwLockWriteGuard::downgrade(value);
                assert_eq!(*value % 2, 1);
            })
        };
        {
            let first = lock.read();
            let second = lock.read();
            assert_eq!(*first, *second);
        }
        thread.join().unwrap();
        assert_eq!(*lock.read(), 1);
    });
}

#[test]
fn channels_deliver_in_order_and_end() {
    passes(|| {
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
fn a_rendezvous_waits_for_the_taker() {
    passes(|| {
        let (sender, receiver) = channel::bounded(0);
        assert!(sender.try_send(0).is_err());
        let taken = Arc::new(AtomicUsize::new(0));
        let thread = {
            let taken = Arc::clone(&taken);
            thread::spawn(move || {
                taken.store(1, Ordering::SeqCst);
                receiver.recv()
            })
        };
        sender.send(7).unwrap();
        assert_eq!(taken.load(Ordering::SeqCst), 1);
        assert_eq!(thread.join().unwrap(), Ok(7));
    });
}

#[test]
fn a_send_to_nobody_gives_the_message_back() {
    passes(|| {
        let (sender, receiver) = channel::unbounded();
        let thread = thread::spawn(move || drop(receiver));
        while sender.send(1).is_ok() {
            thread::yield_now();
        }
        thread.join().unwrap();
    });
}

#[test]
fn park_tokens_are_kept() {
    passes(|| {
        let thread = thread::spawn(|| {
            thread::park();
            thread::park();
        });
        let handle = thread.thread().clone();
        handle.unpark();
        // The first token may still be there, and two tokens are one: give another until both have been used.
        while !thread.is_finished() {
            handle.unpark();
        }
        thread.join().unwrap();
    });
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
fn a_panic_reaches_join() {
    passes(|| {
        let result = thread::spawn(|| panic!("expected")).join();
        assert_eq!(*result.unwrap_err().downcast::<&str>().unwrap(), "expected");
    });
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
fn a_race_on_plain_memory_is_found_by_loom() {
    struct Shared(UnsafeCell<u32>);
    // SAFETY: a lie, to be found out.
    unsafe impl Sync for Shared {}
    let model = || {
        let shared = Arc::new(Shared(UnsafeCell::new(0)));
        let thread = {
            let shared = Arc::clone(&shared);
            // SAFETY: the model threads share one thread of the operating system.
            thread::spawn(move || shared.0.with_mut(|value| unsafe { *value += 1 }))
        };
        // SAFETY: as above.
        shared.0.with(|value| assert!(unsafe { *value } <= 1));
        thread.join().unwrap();
    };
    if LOOM {
        let message = fails(model);
        assert!(message.contains("Causality violation"), "{message}");
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
fn semaphores_and_barriers_work() {
    passes(|| {
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
fn scopes_wait_for_their_threads() {
    passes(|| {
        let mut value = 0;
        let other = Mutex::new(0);
        thread::scope(|scope| {
            scope.spawn(|| value += 1);
            let handle = scope.spawn(|| *other.lock().unwrap() += 1);
            handle.join().unwrap();
        });
        assert_eq!((value, *other.lock().unwrap()), (1, 1));
    });
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
fn thread_locals_belong_to_model_threads() {
    use std::cell::Cell;
    thread::thread_local! {
        static LOCAL: Cell<u32> = const { Cell::new(0) };
    }
    passes(|| {
        assert_eq!(LOCAL.get(), 0);
        LOCAL.set(1);
        let seen = thread::spawn(|| {
            let seen = LOCAL.get();
            LOCAL.set(7);
            seen
        })
        .join()
        .unwrap();
        assert_eq!((seen, LOCAL.get()), (0, 1));
    });
}

#[test]
fn names_and_identities() {
    passes(|| {
        let thread = thread::Builder::new().name("worker".into()).spawn(|| thread::current().id()).unwrap();
        assert_eq!(thread.thread().name(), Some("worker"));
        let id = thread.thread().id();
        assert_ne!(id, thread::current().id());
        assert_eq!(thread.join().unwrap(), id);
    });
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
        ("acquire", || drop(Semaphore::new(0).acquire_timeout(Duration::ZERO))),
    ] {
        let message = fails(model);
        assert!(message.contains("has no timeouts"), "{name}: {message}");
    }
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
    let mut limits = limits();
    limits.preemptions = None;
    limits.max_executions = Some(10);
    let outcome = run(&limits, || {
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
    assert!(matches!(outcome, Outcome::Bounded { executions: 10, .. }), "{outcome:?}");
}

#[test]
fn a_small_model_is_complete() {
    let mut limits = limits();
    limits.preemptions = None;
    let outcome = run(&limits, || {
        let lock = Arc::new(Mutex::new(()));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || drop(other.lock().unwrap()));
        drop(lock.lock().unwrap());
        thread.join().unwrap();
    });
    assert!(matches!(outcome, Outcome::Complete { executions: 2.. }), "{outcome:?}");
}

#[test]
fn sleeping_moves_the_virtual_clock() {
    passes(|| {
        let start = crate::time::Instant::now();
        thread::sleep(Duration::from_secs(3600));
        assert_eq!(start.elapsed(), Duration::from_secs(3600));
    });
}

mod sockets {
    use std::io::{ErrorKind, Read, Write};

    use super::*;
    use crate::net::{self, Shutdown, TcpListener, TcpStream};

    #[test]
    fn a_request_and_its_answer() {
        passes(|| {
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
    fn nobody_listens() {
        let seen = outcomes(|| {
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
    fn a_small_buffer_makes_the_writer_wait() {
        passes(|| {
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
    fn the_end_and_the_reset() {
        passes(|| {
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
    fn a_read_that_nobody_answers_is_a_deadlock() {
        let message = fails(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let _server = listener.accept().unwrap();
            let _ = client.read(&mut [0]);
        });
        assert!(message.contains("deadlock"), "{message}");
    }

    #[test]
    fn files_are_the_executions_own() {
        passes(|| {
            use crate::fs;
            assert_eq!(fs::read("/www/a").unwrap_err().kind(), ErrorKind::NotFound);
            fs::sim::write("/www/a", "text");
            assert_eq!(fs::read("/www/./b/../a").unwrap(), b"text");
            assert!(fs::metadata("/www").unwrap().is_dir());
            assert_eq!(fs::canonicalize("www/../www/a").unwrap(), std::path::Path::new("/www/a"));
            let mut text = String::new();
            fs::File::open("/www/a").unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "text");
            fs::sim::remove("/www/a").unwrap();
            assert!(fs::metadata("/www").is_err());
        });
    }

    #[cfg(feature = "poll")]
    #[test]
    fn a_poller_reports_once() {
        use crate::poll::Poller;
        passes(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (mut server, _) = listener.accept().unwrap();
            let poller = Arc::new(Poller::new().unwrap());
            poller.add(&server, 7).unwrap();
            let thread = thread::spawn(move || {
                client.write_all(b"x").unwrap();
                client
            });
            let mut ready = Vec::new();
            poller.wait(&mut ready, None).unwrap();
            assert_eq!(ready, [7]);
            poller.wait(&mut ready, Some(Duration::ZERO)).unwrap();
            assert_eq!(ready, [7]);
            assert_eq!(server.read(&mut [0; 8]).unwrap(), 1);
            poller.add(&server, 8).unwrap();
            drop(thread.join().unwrap());
            ready.clear();
            poller.wait(&mut ready, None).unwrap();
            assert_eq!(ready, [8]);
            poller.remove(&server).unwrap();
            assert_eq!(poller.remove(&server).unwrap_err().kind(), ErrorKind::NotFound);
            let other = {
                let poller = Arc::clone(&poller);
                thread::spawn(move || poller.notify().unwrap())
            };
            poller.wait(&mut ready, None).unwrap();
            other.join().unwrap();
        });
    }
}
