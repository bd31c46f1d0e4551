//! Clients that send too much or too slowly.

use std::time::Duration;

use unsnarl::server::{Limits, Request, Server, http::Response};

use super::client::{Client, Running, get, limits, until};

fn hello(limits: Limits) -> Running {
    let handler = |_: &Request<'_>| Response::text(200, "hello");
    Running::start(Server::builder().handler(handler).workers(2).limits(limits))
}

#[test]
fn a_megabyte_of_request_line() {
    let server = hello(limits());
    let mut client = server.connect();
    client.send_some(format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(1024 * 1024)));
    assert_eq!(client.answer().status, 414);
}

#[test]
fn a_flood_of_fields() {
    let server = hello(limits());
    for field in
        [format!("X: {}\r\n", "y".repeat(1024 * 1024)), "X: y\r\n".repeat(100_000), "X: y\r\n".repeat(65)]
    {
        let mut client = server.connect();
        client.send_some(format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n"));
        let answer = client.answer();
        assert_eq!(answer.status, 431);
        assert!(answer.closes());
    }
}

#[test]
fn slow_heads_and_bodies_get_408() {
    let short = Duration::from_millis(200);
    let server = hello(Limits { header_timeout: short, body_timeout: short, ..limits() });
    for start in ["GET / HTTP/1.1\r\nHo", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"] {
        let mut client = server.connect();
        client.send(start);
        let answer = client.answer();
        assert_eq!(answer.status, 408);
        assert!(answer.closes());
        client.finish_sending();
        assert!(client.rest().is_empty());
    }
}

/// A byte now and then does not extend the time for a whole head.
#[test]
fn a_dripping_head_gets_408() {
    let server = hello(Limits { header_timeout: Duration::from_millis(300), ..limits() });
    let mut client = server.connect();
    let mut writer = client.stream.try_clone().unwrap();
    let dripping = std::thread::spawn(move || {
        use std::io::Write;
        let mut drops = b"GET / HTTP/1.1\r\nX: ".iter().chain(std::iter::repeat(&b'y'));
        while writer.write_all(&[*drops.next().unwrap()]).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(client.answer().status, 408);
    drop(client.rest());
    drop(client);
    dripping.join().unwrap();
}

#[test]
fn silent_and_idle_clients_are_closed() {
    let short = Duration::from_millis(200);
    let server = hello(Limits { header_timeout: short, idle_timeout: short, ..limits() });
    assert!(server.connect().rest().is_empty());
    let mut client = server.connect();
    client.send(get("/"));
    assert_eq!(client.answer().status, 200);
    assert!(client.rest().is_empty());
}

/// Slow clients hold no worker: with two workers and twenty half-sent requests, others are served.
#[test]
fn slow_clients_do_not_stop_the_others() {
    let server = hello(limits());
    let mut slow: Vec<Client> = (0..20).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n");
    }
    for _ in 0..20 {
        assert_eq!(server.get("/").status, 200);
    }
    for client in &mut slow {
        client.send("\r\n");
        assert_eq!(client.answer().status, 200);
    }
}

/// A client that does not read its answer is cut, and the worker is free again.
#[test]
fn a_client_that_does_not_read_is_cut() {
    let big = |request: &Request<'_>| {
        let len = if request.head().path() == "/big" { 64 * 1024 * 1024 } else { 1 };
        Response::text(200, "x".repeat(len))
    };
    // The bytes' own share of the time would be over an hour: only the drain's limit can end it sooner.
    let limits = Limits { drain_timeout: Duration::from_millis(300), ..limits() };
    let server = Running::start(Server::builder().handler(big).workers(2).limits(limits));
    let mut client = server.connect();
    client.send(get("/big"));
    until("the worker writes", || {
        let page = server.get("/-/status.json");
        String::from_utf8_lossy(&page.body).contains("\"step\":\"write\"")
    });
    assert_eq!(server.drain().cut, 1);
}
