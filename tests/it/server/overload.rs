//! Full queues, full tables and failing handlers.

use std::{
    io::Read,
    sync::{Arc, Barrier},
};

use unsnarl::server::{Limits, Request, Server, http::Response};

use super::client::{Running, get, limits, until};

#[test]
fn a_full_table_sheds_with_retry_after() {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    let limits = Limits { connections_max: 2, ..limits() };
    let server = Running::start(Server::builder().handler(handler).workers(1).limits(limits));
    let mut held = [server.connect(), server.connect()];
    for client in &mut held {
        client.send(get("/"));
        assert_eq!(client.answer().status, 200);
    }
    let mut third = server.connect();
    let answer = third.answer();
    assert_eq!((answer.status, answer.field("retry-after")), (503, Some("1")));
    assert!(answer.closes());
    third.finish_sending();
    assert!(third.rest().is_empty());
    let [first, mut second] = held;
    drop(first);
    until("the place is free again", || {
        let mut client = server.connect();
        client.send_some(get("/"));
        client.answer().status == 200
    });
    second.send(get("/"));
    assert_eq!(second.answer().status, 200);
}

#[test]
fn an_address_has_so_many_connections_and_no_more() {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    let limits = Limits { connections_per_address_max: 1, ..limits() };
    let server = Running::start(Server::builder().handler(handler).workers(1).limits(limits));
    let mut held = server.connect();
    held.send(get("/"));
    assert_eq!(held.answer().status, 200);
    let mut other = std::net::TcpStream::connect(server.addr()).unwrap();
    let mut text = String::new();
    other.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("retry-after: 1"), "{text}");
    drop((held, other));
    until("the place is free again", || {
        let mut client = server.connect();
        client.send_some(get("/"));
        client.answer().status == 200
    });
}

#[test]
fn the_last_request_of_a_connection_closes_it() {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    let limits = Limits { requests_per_connection_max: 2, ..limits() };
    let server = Running::start(Server::builder().handler(handler).workers(1).limits(limits));
    let mut client = server.connect();
    client.send(get("/"));
    assert!(!client.answer().closes());
    client.send(get("/").repeat(2));
    assert!(client.answer().closes());
    client.finish_sending();
    assert!(client.rest().is_empty(), "what came after the last request is not answered");
}

#[test]
fn a_panic_costs_one_request() {
    let handler = |request: &Request<'_>| {
        assert_ne!(request.head().path(), "/panic", "as the test wants it");
        Response::text(200, "hello")
    };
    let server = Running::start(Server::builder().handler(handler).workers(1).limits(limits()));
    let mut kept = server.connect();
    kept.send(get("/"));
    assert_eq!(kept.answer().status, 200);
    for _ in 0..3 {
        let mut client = server.connect();
        client.send(get("/panic"));
        client.send(get("/after"));
        let answer = client.answer();
        assert_eq!(answer.status, 500);
        assert!(answer.closes());
        client.finish_sending();
        assert!(client.rest().is_empty());
        kept.send(get("/"));
        assert_eq!(kept.answer().status, 200);
    }
}

/// A burst of simultaneous connects is answered to the last one: no connection waits for a worker that thinks it is
/// wanted elsewhere.
#[test]
fn a_burst_is_answered_in_full() {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    let server = Running::start(Server::builder().handler(handler).workers(4).limits(limits()));
    let addr = server.addr();
    for _ in 0..3 {
        let start = Arc::new(Barrier::new(64));
        let clients: Vec<_> = (0..64)
            .map(|_| {
                let start = Arc::clone(&start);
                std::thread::spawn(move || {
                    start.wait();
                    let mut client = super::client::Client::connect(addr).unwrap();
                    client.send(get("/"));
                    client.answer().status
                })
            })
            .collect();
        assert!(clients.into_iter().all(|client| client.join().unwrap() == 200));
    }
}

#[test]
fn the_number_of_fields_is_a_limit() {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    for headers_count_max in [3, 200] {
        let limits = Limits { headers_count_max, ..limits() };
        let server = Running::start(Server::builder().handler(handler).limits(limits));
        // With the host.
        for (count, status) in [(headers_count_max, 200), (headers_count_max + 1, 431)] {
            let fields = "x: y\r\n".repeat(count - 1);
            assert_eq!(server.ask(format!("GET / HTTP/1.1\r\nhost: a\r\n{fields}\r\n")).status, status);
        }
    }
}

/// Clients that come all at once wait with the kernel for the acceptor; none has to knock again after a second.
#[test]
#[cfg(target_os = "linux")]
fn hundreds_wait_to_be_accepted() {
    let server = Server::builder().addr("127.0.0.1:0").handler(|_: &Request<'_>| Response::new(204)).build().unwrap();
    // Nobody accepts: it does not run.
    let connect = |_| std::net::TcpStream::connect_timeout(&server.local_addr(), std::time::Duration::from_millis(500));
    let clients: Vec<_> = (0..400).map(connect).collect();
    assert_eq!(clients.iter().filter(|client| client.is_err()).count(), 0);
}
