//! What every engine must keep of the facade's contract: the clauses of `tests/it/facade/contract.rs` that other threads can
//! break. The test names quote the clause's number.

use std::io::{Read, Write};

use unsnarl::{
    cell::UnsafeCell,
    channel,
    check::EngineName,
    net::{TcpListener, TcpStream},
    parking_lot::{Condvar, Mutex, RwLock},
    poll::Poller,
    sync::{
        Arc, Barrier, OnceLock, Semaphore,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};
use unsnarl_loom_tests::correct;

/// A cell that its user guards.
struct Guarded(UnsafeCell<u32>);

// SAFETY: the models reach the cell under a lock only; that is what they check.
unsafe impl Sync for Guarded {}

#[test]
fn clause_1_a_mutex_excludes_and_publishes() {
    correct("facade::1_mutex").check(|| {
        let shared = Arc::new((Mutex::new(()), Guarded(UnsafeCell::new(0))));
        let add = |shared: &(Mutex<()>, Guarded)| {
            let _guard = shared.0.lock();
            // SAFETY: under the lock, and no reference outlives the closure.
            shared.1.0.with_mut(|value| unsafe { *value += 1 });
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || add(&shared))
        };
        add(&shared);
        other.join().expect("nobody panics");
        // SAFETY: the other thread has ended.
        assert_eq!(shared.1.0.with(|value| unsafe { *value }), 2);
    });
}

#[test]
fn clause_5_many_readers_or_one_writer() {
    correct("facade::5_rwlock").check(|| {
        let lock = Arc::new(RwLock::new((0, 0)));
        let writer = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let mut both = lock.write();
                both.0 += 1;
                both.1 += 1;
            })
        };
        let reader = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                let both = lock.read();
                assert_eq!(both.0, both.1, "no reader sees half of a change");
            })
        };
        assert!(matches!(*lock.read(), (0, 0) | (1, 1)));
        writer.join().expect("nobody panics");
        reader.join().expect("nobody panics");
    });
}

#[test]
fn clause_7_a_notified_thread_has_the_mutex_again() {
    correct("facade::7_condvar").check(|| {
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let take = || {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut left = shared.0.lock();
                while *left == 0 {
                    shared.1.wait(&mut left);
                }
                *left -= 1;
            })
        };
        let takers = [take(), take()];
        for _ in 0..2 {
            *shared.0.lock() += 1;
            shared.1.notify_one();
        }
        for taker in takers {
            taker.join().expect("nobody panics");
        }
        assert_eq!(*shared.0.lock(), 0);
    });
}

#[test]
fn clause_11_a_barrier_has_one_leader() {
    correct("facade::11_barrier").check(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || barrier.wait().is_leader())
        };
        let mine = barrier.wait().is_leader();
        assert!(mine != other.join().expect("nobody panics"));
    });
}

#[test]
fn clause_12_no_more_permits_are_out_than_in() {
    correct("facade::12_semaphore").check(|| {
        let shared = Arc::new((Semaphore::new(1), AtomicUsize::new(0)));
        let enter = |shared: &(Semaphore, AtomicUsize)| {
            let _permit = shared.0.acquire().expect("not closed");
            assert_eq!(shared.1.fetch_add(1, Ordering::SeqCst), 0, "alone");
            shared.1.fetch_sub(1, Ordering::SeqCst);
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || enter(&shared))
        };
        enter(&shared);
        other.join().expect("nobody panics");
        assert_eq!(shared.0.available_permits(), 1);
    });
}

#[test]
fn clause_13_an_initialiser_runs_once() {
    correct("facade::13_once").check(|| {
        let shared = Arc::new((OnceLock::new(), AtomicUsize::new(0)));
        let get = |shared: &(OnceLock<usize>, AtomicUsize)| {
            *shared.0.get_or_init(|| shared.1.fetch_add(1, Ordering::SeqCst) + 1)
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || get(&shared))
        };
        assert_eq!((get(&shared), other.join().expect("nobody panics")), (1, 1));
    });
}

#[test]
fn clause_15_join_returns_the_panic() {
    correct("facade::15_join").check(|| {
        let lock = Arc::new(Mutex::new(0));
        let panicking = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                *lock.lock() += 1;
                std::panic::resume_unwind(Box::new(7_u8));
            })
        };
        *lock.lock() += 1;
        let payload = panicking.join().expect_err("it panicked");
        assert_eq!(payload.downcast_ref(), Some(&7_u8));
        assert_eq!(*lock.lock(), 2);
    });
}

#[test]
fn clause_16_a_scope_ends_after_its_threads() {
    correct("facade::16_scope").check(|| {
        let total = Mutex::new(0);
        thread::scope(|scope| {
            scope.spawn(|| *total.lock() += 1);
            scope.spawn(|| *total.lock() += 1);
        });
        assert_eq!(total.into_inner(), 2);
    });
}

#[test]
fn clause_17_a_park_token_is_not_lost() {
    correct("facade::17_park").check(|| {
        let flag = Arc::new(Mutex::new(false));
        let sleeper = {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                while !*flag.lock() {
                    thread::park();
                }
            })
        };
        *flag.lock() = true;
        sleeper.thread().unpark();
        sleeper.join().expect("nobody panics");
    });
}

#[test]
fn clauses_20_to_22_channels() {
    correct("facade::20_channel").check(|| {
        let (sender, receiver) = channel::bounded(1);
        let producer = thread::spawn(move || {
            for number in 0..2 {
                sender.send(number).expect("the receiver lives");
            }
        });
        // In order, and an end when the sender has gone.
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [0, 1]);
        producer.join().expect("nobody panics");
    });
}

#[test]
fn clause_24_bytes_arrive_in_order_and_then_the_end() {
    correct("facade::24_sockets").check(|| {
        let listener = TcpListener::bind("127.0.0.1:7").expect("nobody else listens");
        let client = thread::spawn(|| {
            let mut stream = TcpStream::connect("127.0.0.1:7").expect("somebody listens");
            stream.write_all(b"ab").expect("the peer is there");
            stream.write_all(b"c").expect("the peer is there");
        });
        let (mut stream, _) = listener.accept().expect("a client comes");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the client closes in order");
        assert_eq!(bytes, b"abc");
        client.join().expect("nobody panics");
    });
}

#[test]
fn clause_25_the_poller_reports_a_readable_stream() {
    correct("facade::25_poller").check(|| {
        let listener = TcpListener::bind("127.0.0.1:7").expect("nobody else listens");
        let mut client = TcpStream::connect("127.0.0.1:7").expect("somebody listens");
        let (stream, _) = listener.accept().expect("a client has come");
        let poller = Poller::new().expect("a simulated one");
        poller.add(&stream, 5).expect("a simulated one");
        let writer = thread::spawn(move || {
            client.write_all(b"a").expect("the peer is there");
            client
        });
        let mut ready = Vec::new();
        while ready.is_empty() {
            poller.wait(&mut ready, None).expect("a simulated one");
        }
        assert_eq!(ready, [5]);
        poller.remove(&stream).expect("it was added");
        drop(writer.join().expect("nobody panics"));
    });
}

/// Not loom: an unlock is no step of its own there.
#[expect(clippy::disallowed_types, reason = "what executions came to is collected outside of the model")]
#[test]
fn clause_2_try_lock_fails_while_another_has_the_lock() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new([false; 2]));
    let note = std::sync::Arc::clone(&seen);
    correct("facade::2_try_lock").check(move || {
        let lock = Arc::new(Mutex::new(0));
        let other = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || *lock.lock() += 1)
        };
        let had_it = lock.try_lock().map(|mut value| *value += 1).is_some();
        note.lock().expect("nobody panics")[usize::from(had_it)] = true;
        other.join().expect("nobody panics");
        assert_eq!(*lock.lock(), 1 + i32::from(had_it));
    });
    let both = *seen.lock().expect("nobody panics");
    if EngineName::of_this_build() != EngineName::Loom {
        assert_eq!(both, [true, true], "it fails in some executions and succeeds in others");
    }
}
