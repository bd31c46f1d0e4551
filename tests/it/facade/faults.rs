//! Faults as choices: a program that does not expect one fails, the right one passes completely, in so many executions.

use std::{
    io::{ErrorKind, Read, Write},
    time::Duration,
};

use unsnarl::{
    check::{Checker, FindingKind, choose},
    fault::{self, Faults},
    net::{TcpListener, TcpStream},
    parking_lot::Mutex,
    sync::Arc,
    thread,
    time::Instant,
};

/// The numbers of executions of a complete search that finds nothing, alone and with four searches at once.
fn passes(model: impl Fn() + Send + Sync + 'static) -> u64 {
    let model = std::sync::Arc::new(model);
    let [alone, together] = [1, 4].map(|cores| {
        let model = std::sync::Arc::clone(&model);
        let checker = Checker::new("faults").regressions(false).cores(cores).steps_alone(1);
        let verdict = checker.max_time(Duration::from_secs(60)).run(move || model());
        let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}"));
        assert!(pass.is_complete(), "{pass:?}");
        pass.explored.executions
    });
    assert_eq!(alone, together);
    alone
}

/// The step with the fault that a program falls over, in words.
fn falls_over(model: impl Fn() + Send + Sync + 'static) -> String {
    let verdict = Checker::new("faults").regressions(false).run(model);
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert_eq!(finding.kind, FindingKind::Panic, "{finding}");
    let steps = finding.steps.iter();
    let faults = steps.filter(|step| ["accept", "connect", "read", "write"].contains(&&*step.operation));
    let words = faults.filter_map(|step| Some(format!("{}: {}", step.operation, step.outcome.as_deref()?)));
    words.collect::<Vec<_>>().join("; ")
}

/// The two ends of a connection.
fn pair() -> (TcpStream, TcpStream) {
    pair_at(80)
}

fn pair_at(port: u16) -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    (client, listener.accept().unwrap().0)
}

#[test]
fn numbers_multiply_and_add_no_orders() {
    assert_eq!(passes(|| assert!(choose(3) < 3)), 3);
    assert_eq!(passes(|| assert_eq!(choose(1), 0)), 1);
    // Two threads, one number each: nothing orders them.
    let two = |counts: [usize; 2]| {
        move || {
            let threads = counts.map(|count| thread::spawn(move || choose(count)));
            for (thread, count) in threads.into_iter().zip(counts) {
                assert!(thread.join().unwrap() < count);
            }
        }
    };
    assert_eq!(passes(two([2, 3])), 6);
    // Under a lock: two orders of the lock.
    let locked = || {
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || *other.lock() += choose(2));
        *lock.lock() += choose(3);
        thread.join().unwrap();
        assert!(*lock.lock() < 4);
    };
    assert_eq!(passes(locked), 12);
    // The number decides whether a thread takes the lock at all: 1 + 2 + 2 orders, and none to speak of without.
    let sometimes = || {
        let lock = Arc::new(Mutex::new(0));
        let other = Arc::clone(&lock);
        let thread = thread::spawn(move || *other.lock() += 1);
        if choose(2) == 1 {
            *lock.lock() += 1;
        }
        thread.join().unwrap();
    };
    assert_eq!(passes(sometimes), 3);
}

#[test]
fn a_number_is_in_the_report() {
    let verdict = Checker::new("faults").regressions(false).run(|| assert!(choose(4) != 2));
    let finding = verdict.finding().unwrap();
    let step = finding.steps.last().unwrap();
    assert_eq!((step.operation.as_str(), step.outcome.as_deref()), ("choose", Some("2 of 4")));
    assert!(finding.schedule.contains("pick 2 of 4"), "{}", finding.schedule);
}

#[test]
fn a_read_may_be_short() {
    let model = |exact: bool| {
        move || {
            let (mut client, mut server) = pair();
            fault::allow(Faults::new().short_reads(1));
            client.write_all(b"0123456789").unwrap();
            let mut bytes = [0; 10];
            if exact {
                server.read_exact(&mut bytes).unwrap();
            } else {
                let _ = server.read(&mut bytes).unwrap();
            }
            assert_eq!(&bytes, b"0123456789");
        }
    };
    assert_eq!(falls_over(model(false)), "read: short, 1 of 10 bytes");
    // Whole, or 1, 5 or 9 bytes first.
    assert_eq!(passes(model(true)), 4);
}

#[test]
fn a_write_may_be_short() {
    let model = |all: bool| {
        move || {
            let (mut client, mut server) = pair();
            fault::allow(Faults::new().short_writes(1));
            if all {
                client.write_all(b"ab").unwrap();
            } else {
                let _ = client.write(b"ab").unwrap();
            }
            drop(client);
            let mut text = String::new();
            server.read_to_string(&mut text).unwrap();
            assert_eq!(text, "ab");
        }
    };
    assert_eq!(falls_over(model(false)), "write: short, 1 of 2 bytes");
    assert_eq!(passes(model(true)), 2);
}

#[test]
fn a_connection_may_be_reset_and_both_ends_see_it() {
    let model = |careful: bool| {
        move || {
            let (mut client, mut server) = pair();
            let peer = thread::spawn(move || {
                let mut text = String::new();
                match server.read_to_string(&mut text) {
                    Ok(_) => assert_eq!(text, "ab"),
                    Err(error) => assert_eq!((error.kind(), &*text), (ErrorKind::ConnectionReset, "")),
                }
            });
            fault::allow_here(Faults::new().resets(1));
            match client.write_all(b"ab") {
                Err(error) if careful => {
                    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
                    assert_eq!(client.write(b"c").unwrap_err().kind(), ErrorKind::BrokenPipe);
                }
                result => result.unwrap(),
            }
            drop(client);
            peer.join().unwrap();
        }
    };
    assert_eq!(falls_over(model(false)), "write: connection reset");
    let without = {
        let executions = |faults: Faults| {
            passes(move || {
                let (mut client, mut server) = pair();
                fault::allow_here(faults);
                let peer = thread::spawn(move || drop(server.read(&mut [0; 2])));
                let _ = client.write_all(b"ab");
                peer.join().unwrap();
            })
        };
        (executions(Faults::new()), executions(Faults::new().resets(1)))
    };
    // The peer waits first or not; with a reset it also comes between the two.
    assert!(without.0 < without.1, "{without:?}");
    passes(model(true));
}

#[test]
fn a_full_buffer_and_a_late_peer_are_told_to_those_who_do_not_wait() {
    let full = |careful: bool| {
        move || {
            let (mut client, _server) = pair();
            client.set_nonblocking(true).unwrap();
            fault::allow(Faults::new().full_buffers(1));
            match client.write(b"a") {
                Err(error) if careful => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    assert_eq!(client.write(b"a").unwrap(), 1);
                }
                result => assert_eq!(result.unwrap(), 1),
            }
        }
    };
    assert_eq!(falls_over(full(false)), "write: the buffer is full");
    assert_eq!(passes(full(true)), 2);

    let late = |careful: bool| {
        move || {
            let (mut client, mut server) = pair();
            client.write_all(b"a").unwrap();
            fault::allow(Faults::new().slow_peers(1));
            server.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
            let start = Instant::now();
            match server.read(&mut [0]) {
                Err(error) if careful => {
                    assert_eq!(error.kind(), ErrorKind::WouldBlock);
                    assert_eq!(start.elapsed(), Duration::from_secs(5));
                    server.set_read_timeout(None).unwrap();
                    assert_eq!(server.read(&mut [0]).unwrap(), 1);
                }
                result => assert_eq!((result.unwrap(), start.elapsed()), (1, Duration::ZERO)),
            }
        }
    };
    assert_eq!(falls_over(late(false)), "read: the peer is late");
    assert_eq!(passes(late(true)), 2);

    // Who waits without limit gets what it wants, a second later.
    let waits = || {
        let (mut client, mut server) = pair();
        client.write_all(b"a").unwrap();
        fault::allow(Faults::new().slow_peers(1).full_buffers(1));
        let start = Instant::now();
        assert_eq!(server.read(&mut [0]).unwrap(), 1);
        assert!([Duration::ZERO, Duration::from_secs(1)].contains(&start.elapsed()));
    };
    assert_eq!(passes(waits), 2);
}

#[test]
fn an_accept_may_fail_and_the_next_one_succeeds() {
    let model = |careful: bool, faults: Faults| {
        move || {
            let listener = TcpListener::bind("127.0.0.1:80").unwrap();
            let mut client = TcpStream::connect("127.0.0.1:80").unwrap();
            fault::allow(faults);
            match listener.accept() {
                Err(error) if careful && error.kind() == ErrorKind::ConnectionAborted => {
                    assert_eq!(client.read(&mut [0]).unwrap_err().kind(), ErrorKind::ConnectionReset);
                    assert_eq!(client.write(&[0]).unwrap_err().kind(), ErrorKind::BrokenPipe);
                }
                Err(_) if careful => drop(listener.accept().unwrap()),
                result => drop(result.unwrap()),
            }
        }
    };
    let (full, aborted) = (Faults::new().out_of_descriptors(1), Faults::new().aborts(1));
    let interrupted = Faults::new().interruptions(1);
    assert_eq!(falls_over(model(false, full)), "accept: too many open files");
    assert_eq!(falls_over(model(false, aborted)), "accept: connection aborted");
    assert_eq!(falls_over(model(false, interrupted)), "accept: interrupted");
    for faults in [full, aborted, interrupted] {
        assert_eq!(passes(model(true, faults)), 2);
    }
}

#[test]
fn a_connect_may_fail() {
    let model = |faults: Faults| {
        move || {
            let _listener = TcpListener::bind("127.0.0.1:80").unwrap();
            fault::allow(faults);
            TcpStream::connect("127.0.0.1:80").unwrap();
        }
    };
    assert_eq!(falls_over(model(Faults::new().refusals(1))), "connect: refused");
    assert_eq!(falls_over(model(Faults::new().out_of_descriptors(1))), "connect: too many open files");
}

#[cfg(feature = "poll")]
#[test]
fn a_poller_may_report_one_of_several() {
    use unsnarl::poll::Poller;

    let model = |all_at_once: bool| {
        move || {
            let poller = Poller::new().unwrap();
            let pairs = [pair_at(80), pair_at(81), pair_at(82)];
            for (key, (client, server)) in pairs.iter().enumerate() {
                (&*client).write_all(b"a").unwrap();
                poller.add(server, key).unwrap();
            }
            fault::allow(Faults::new().single_readiness(2));
            let mut ready = Vec::new();
            poller.wait(&mut ready, None).unwrap();
            while !all_at_once && ready.len() < 3 {
                poller.wait(&mut ready, None).unwrap();
            }
            let mut ready: Vec<usize> = ready.iter().map(|event| event.key).collect();
            ready.sort_unstable();
            assert_eq!(ready, [0, 1, 2]);
        }
    };
    assert!(Checker::new("faults").regressions(false).run(model(true)).finding().is_some());
    // All at once, or one of three first and then the others, together or in both orders.
    assert_eq!(passes(model(false)), 1 + 3 * (1 + 2));
}

#[test]
fn faults_are_counted() {
    let reads = |faults: Faults| {
        passes(move || {
            let (mut client, mut server) = pair();
            client.write_all(b"abc").unwrap();
            drop(client);
            fault::allow(faults);
            let mut text = Vec::new();
            while server.read(&mut [0; 2]).inspect(|count| text.push(*count)).unwrap() > 0 {}
            assert_eq!(text.iter().sum::<usize>(), 3);
        })
    };
    // 2+1, 1+2, with two short reads also 1+1+1.
    assert_eq!(reads(Faults::new()), 1);
    assert_eq!(reads(Faults::new().short_reads(1)), 2);
    assert_eq!(reads(Faults::new().short_reads(2)), 3);
    assert_eq!(reads(Faults::new().short_reads(2).budget(1)), 2);
    assert_eq!(reads(Faults::new().short_reads(2).budget(0)), 1);
}

#[test]
#[should_panic(expected = "unsnarl::check::choose is called outside of a model")]
fn numbers_are_chosen_in_models_only() {
    let _ = choose(2);
}

#[test]
#[should_panic(expected = "unsnarl::fault::allow is called outside of a model")]
fn faults_are_allowed_in_models_only() {
    fault::allow(Faults::new());
}
