//! Shutdown under load: what has begun is finished.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use unsnarl::server::{Request, Server, http::Response};

use super::client::{Client, Running, get, limits, until};

/// Every response that has begun arrives in full, whenever the shutdown comes.
#[test]
fn no_started_response_is_lost() {
    for round in 0..8 {
        let body = "x".repeat(300_000);
        let expected = body.len() + 1;
        let handler = move |_: &Request<'_>| Response::text(200, body.clone());
        let server = Running::start(Server::builder().handler(handler).workers(2).limits(limits()));
        let addr = server.addr();
        let complete = Arc::new(AtomicUsize::new(0));
        let stopped = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..8)
            .map(|_| {
                let (complete, stopped) = (Arc::clone(&complete), Arc::clone(&stopped));
                std::thread::spawn(move || {
                    while let Ok(mut client) = Client::connect(addr) {
                        loop {
                            client.send_some(get("/"));
                            let mut first = [0];
                            // Has a response begun? Only then must it be whole.
                            match client.stream.peek(&mut first) {
                                Ok(1) => {}
                                Ok(_) | Err(_) => break,
                            }
                            let answer = client.try_answer(false).expect("a begun response is complete");
                            assert_eq!((answer.status, answer.body.len()), (200, expected));
                            complete.fetch_add(1, Ordering::Relaxed);
                            if answer.closes() {
                                assert!(stopped.load(Ordering::SeqCst), "closed before the drain");
                                return;
                            }
                        }
                    }
                })
            })
            .collect();
        until("there is load", || complete.load(Ordering::Relaxed) > 10 * (round + 1));
        stopped.store(true, Ordering::SeqCst);
        assert_eq!(server.drain().cut, 0);
        for client in clients {
            client.join().unwrap();
        }
    }
}

#[test]
fn idle_connections_do_not_delay_a_drain() {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    let server = Running::start(Server::builder().handler(handler).workers(2).limits(limits()));
    let addr = server.addr();
    let mut idle: Vec<Client> = (0..50).map(|_| server.connect()).collect();
    for client in &mut idle {
        client.send(get("/"));
        assert_eq!(client.answer().status, 200);
    }
    assert_eq!(server.drain().cut, 0);
    for client in &mut idle {
        assert!(client.rest().is_empty());
    }
    assert_eq!(Client::connect(addr).err().map(|error| error.kind()), Some(io::ErrorKind::ConnectionRefused));
}

/// A request that is running or queued when the shutdown comes is answered, and told that the connection closes.
#[test]
fn running_and_queued_requests_are_answered() {
    let (entered, has_entered) = mpsc::channel();
    let handler = move |_: &Request<'_>| {
        entered.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        Response::text(200, "hello")
    };
    let server = Running::start(Server::builder().handler(handler).workers(1).limits(limits()));
    let mut clients: Vec<Client> = (0..4).map(|_| server.connect()).collect();
    for client in &mut clients {
        client.send(get("/"));
    }
    has_entered.recv().unwrap();
    assert_eq!(server.drain().cut, 0);
    for client in &mut clients {
        let answer = client.answer();
        assert_eq!(answer.status, 200);
        assert!(answer.closes());
    }
}

#[test]
fn a_shutdown_before_the_run_and_a_second_one_are_fine() {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    let server = Server::builder().addr("127.0.0.1:0").handler(handler).build().unwrap();
    let handle = server.handle();
    handle.shutdown();
    handle.shutdown();
    assert_eq!(server.run().unwrap().cut, 0);
    handle.shutdown();
}
