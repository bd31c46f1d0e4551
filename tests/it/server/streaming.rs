//! Bodies that a handler reads as they arrive, and content that it makes while it is sent.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use unsnarl::server::{
    Limits, Request, Router, Server, Streaming,
    http::{Body, Response},
};

use super::client::{Answer, Running, get, limits, until};

/// How many bytes the body has, and their sum.
fn count(request: &Request<'_>) -> io::Result<String> {
    let (mut reader, mut room) = (request.reader(), [0; 1000]);
    let (mut bytes, mut sum) = (0, 0);
    loop {
        let read = reader.read(&mut room)?;
        if read == 0 {
            assert_eq!(reader.read(&mut room)?, 0, "the end stays the end");
            return Ok(format!("{bytes} {sum}"));
        }
        bytes += read;
        sum += room[..read].iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
}

fn refuse(_: &Request<'_>) -> Response {
    Response::text(403, "no")
}

fn uploads(limits: Limits) -> Running {
    let router = Router::new()
        .put("/count", Streaming::new(count).bytes_max(64 * 1024 * 1024))
        .put("/small", Streaming::new(count).bytes_max(10))
        .put("/refuse", Streaming::new(refuse))
        .put("/whole", |request: &Request<'_>| {
            let mut body = String::new();
            request.reader().read_to_string(&mut body).map(|_| body)
        })
        .put("/panic", Streaming::new(|_: &Request<'_>| -> Response { panic!("of the test") }))
        .get("/", |_: &Request<'_>| "next");
    Running::start(Server::builder().handler(router).workers(2).limits(limits))
}

fn text(answer: &Answer) -> &str {
    std::str::from_utf8(&answer.body).unwrap()
}

fn put(path: &str, fields: &str) -> String {
    format!("PUT {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

#[test]
fn a_large_body_is_read_as_it_arrives() {
    let server = uploads(limits());
    let mut client = server.connect();
    let body = vec![3; 20 * 1024 * 1024];
    client.send(put("/count", &format!("Content-Length: {}\r\n", body.len())));
    client.send(&body);
    assert_eq!(text(&client.answer()), format!("{} {}", body.len(), 3 * body.len()));
    // In chunks, each in several pieces, and the next request behind it.
    client.send(put("/count", "Transfer-Encoding: chunked\r\n"));
    for _ in 0..10 {
        client.send("5;x=y\r\nab");
        client.send("cde\r\n");
    }
    client.send(format!("0\r\nTrailer: x\r\n\r\n{}", get("/")));
    assert_eq!(text(&client.answer()), format!("50 {}", 10 * (97 + 98 + 99 + 100 + 101)));
    assert_eq!(text(&client.answer()), "next");
    // All of it in one packet, and a body that is not there.
    client.send(format!("{}abc{}", put("/count", "Content-Length: 3\r\n"), put("/count", "")));
    assert_eq!(text(&client.answer()), "3 294");
    assert_eq!(text(&client.answer()), "0 0");
    client.send(format!("{}abc", put("/whole", "Content-Length: 3\r\n")));
    assert_eq!(text(&client.answer()), "abc");
}

/// Read byte by byte while they come: the handler's first bytes are there before the last are sent.
#[test]
fn the_handler_has_the_first_bytes_before_the_last_are_sent() {
    let seen = Arc::new(AtomicBool::new(false));
    let sees = Arc::clone(&seen);
    let handler = Streaming::new(move |request: &Request<'_>| -> io::Result<String> {
        let mut first = [0; 1];
        request.reader().read_exact(&mut first)?;
        sees.store(true, Ordering::SeqCst);
        count(request)
    });
    let server = Running::start(Server::builder().handler(handler).workers(1).limits(limits()));
    let mut client = server.connect();
    client.send(put("/", "Content-Length: 3\r\n"));
    client.send("a");
    until("the first byte is read", || seen.load(Ordering::SeqCst));
    client.send("bc");
    assert_eq!(text(&client.answer()), format!("2 {}", 98 + 99));
}

#[test]
fn a_client_is_told_to_go_on_when_its_body_is_wanted() {
    let server = uploads(limits());
    let mut client = server.connect();
    let expects = "Content-Length: 3\r\nExpect: 100-continue\r\n";
    client.send(put("/count", expects));
    assert_eq!(client.answer_to_head().status, 100);
    client.send("abc");
    assert_eq!(text(&client.answer()), "3 294");
    // Who does not want it says so at once, and closes: the client may send it or not.
    client.send(put("/refuse", expects));
    let refused = client.answer();
    assert_eq!((refused.status, refused.closes()), (403, true));
    assert!(client.rest().is_empty());
    // Who has sent it all the same is not told.
    let mut client = server.connect();
    client.send(format!("{}abc", put("/count", expects)));
    assert_eq!(client.answer().status, 200);
    assert_eq!(server.ask(put("/count", "Content-Length: 3\r\nExpect: tea\r\n")).status, 417);
}

#[test]
fn what_is_left_unread_does_not_become_a_request() {
    let server = uploads(Limits { unread_bytes_max: 1000, ..limits() });
    let mut client = server.connect();
    let inner = get("/");
    client.send(put("/refuse", &format!("Content-Length: {}\r\n", inner.len())));
    assert_eq!(client.answer().status, 403);
    client.send(format!("{inner}{inner}"));
    assert_eq!(text(&client.answer()), "next");
    client.send(format!("{}3\r\nabc\r\n0\r\n\r\n{inner}", put("/refuse", "Transfer-Encoding: chunked\r\n")));
    assert_eq!(client.answer().status, 403);
    assert_eq!(text(&client.answer()), "next");
    // More than is read for nothing.
    client.send(put("/refuse", "Content-Length: 1001\r\n"));
    let refused = client.answer();
    assert_eq!((refused.status, refused.closes()), (403, true));
    assert!(client.rest().is_empty());
    // In chunks it shows later; nothing more is answered.
    for rest in ["400\r\n", "x\r\n"] {
        let mut client = server.connect();
        client.send(put("/refuse", "Transfer-Encoding: chunked\r\n"));
        assert_eq!(client.answer().status, 403);
        client.send_some(format!("{rest}{inner}"));
        assert!(client.rest().is_empty());
    }
    let mut client = server.connect();
    client.send(format!("{}abc", put("/panic", "Content-Length: 3\r\n")));
    let failed = client.answer();
    assert_eq!((failed.status, failed.closes()), (500, true));
}

#[test]
fn a_body_that_cannot_be_is_the_answer() {
    let server = uploads(limits());
    for (request, status) in [
        (put("/small", "Content-Length: 11\r\n"), 413),
        (put("/small", "Transfer-Encoding: chunked\r\n") + "5\r\nabcde\r\n6\r\nabcdef\r\n", 413),
        (put("/count", "Transfer-Encoding: chunked\r\n") + "x\r\n", 400),
        (put("/count", "Transfer-Encoding: chunked\r\n") + "3\r\nabcd", 400),
        (put("/whole", "Content-Length: 9999999\r\n"), 413),
    ] {
        let mut client = server.connect();
        client.send(&request);
        let answer = client.answer();
        assert_eq!((answer.status, answer.closes()), (status, true), "{request}");
        assert!(client.rest().is_empty());
    }
    // Cut off in the middle: nobody to answer, and the worker is free again.
    for _ in 0..4 {
        let mut client = server.connect();
        client.send(put("/count", "Content-Length: 10\r\n") + "abc");
        drop(client);
    }
    assert_eq!(server.get("/").status, 200);
}

#[test]
fn a_slow_sender_is_not_waited_for() {
    let slow = Limits { body_timeout: Duration::from_millis(100), body_bytes_per_second_min: 1 << 20, ..limits() };
    let server = uploads(slow);
    for path in ["/count", "/whole"] {
        let mut client = server.connect();
        client.send(put(path, "Content-Length: 100000\r\n"));
        for _ in 0..20 {
            client.send_some("a");
            std::thread::sleep(Duration::from_millis(10));
        }
        let late = client.answer();
        assert_eq!((late.status, late.closes()), (408, true), "{path}");
    }
}

/// More time than the timeout is no matter while the rate is kept. A machine that is too busy to keep it tries again, slower: who
/// gave no more time than the timeout would refuse at each pace.
#[test]
fn a_steady_sender_has_all_the_time_it_needs() {
    let is_served = |pause: u32| {
        let pause = Duration::from_millis(100) * pause;
        let steady = Limits { body_timeout: 15 * pause, body_bytes_per_second_min: 10, ..limits() };
        let server = uploads(steady);
        let mut clients: Vec<_> = ["/count", "/whole"].map(|path| {
            let mut client = server.connect();
            client.send(put(path, "Content-Length: 2000\r\n"));
            client
        })
        .into();
        for _ in 0..20 {
            for client in &mut clients {
                client.send_some([b'a'; 100]);
            }
            std::thread::sleep(pause);
        }
        clients.iter_mut().all(|client| client.try_answer(false).is_ok_and(|answer| answer.status == 200))
    };
    assert!([1, 2, 4, 8].into_iter().any(is_served), "a body that keeps the rate is read to its end");
}

fn downloads(limits: Limits) -> Running {
    let stream = |body: fn() -> Body| move |_: &Request<'_>| Response::new(200).with_body(body());
    let numbers = || (0..100_000).map(|number| format!("{number} "));
    let router = Router::new()
        .get("/reader", stream(|| Body::reader(io::repeat(b'r').take(1_000_000))))
        .get("/sized", stream(|| Body::sized_reader(io::repeat(b's'), 1_000_000)))
        .get("/short", stream(|| Body::sized_reader(io::empty(), 10)))
        .get("/nothing", stream(|| Body::reader(io::empty())))
        .get("/none", stream(|| Body::sized_reader(io::empty(), 0)))
        .get("/pieces", move |_: &Request<'_>| Response::new(200).with_body(Body::pieces(numbers())))
        .get("/writer", move |_: &Request<'_>| {
            Response::new(200).with_body(Body::writer(move |out| {
                out.write_all(b"first ")?;
                out.flush()?;
                out.flush()?;
                numbers().try_for_each(|number| out.write_all(number.as_bytes()))
            }))
        })
        .get(
            "/parts",
            stream(|| {
                let shared: Arc<[u8]> = b"cd".as_slice().into();
                Body::Parts(vec![
                    Body::Bytes(b"ab".to_vec()),
                    Body::pieces(["x", "", "y"]),
                    Body::Empty,
                    Body::Parts(vec![Body::Shared(shared), Body::sized_reader(&b"efg"[..], 2)]),
                    Body::writer(|out| out.write_all(b"end")),
                ])
            }),
        )
        .get("/broken", stream(|| Body::reader(io::repeat(0).take(10).chain(Broken))))
        .get("/panics", stream(|| Body::pieces((0..3).map(|number| ["a"][number]))))
        .get(
            "/writer-broken",
            stream(|| Body::writer(|out| out.write_all(b"abc").and(Err(io::ErrorKind::Other.into())))),
        )
        .get("/writer-panics", stream(|| Body::writer(|_| panic!("of the test"))))
        .get("/endless", stream(|| Body::reader(io::repeat(b'e'))))
        .get("/writer-endless", stream(|| Body::writer(|out| loop {
            out.write_all(&[b'e'; 4096])?;
        })))
        .get("/", |_: &Request<'_>| "next");
    Running::start(Server::builder().handler(router).workers(2).limits(limits))
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("of the test"))
    }
}

#[test]
fn content_is_made_while_it_is_sent() {
    let server = downloads(limits());
    let numbers: String = (0..100_000).map(|number| format!("{number} ")).collect();
    let mut client = server.connect();
    for (path, chunked, content) in [
        ("/reader", true, "r".repeat(1_000_000)),
        ("/sized", false, "s".repeat(1_000_000)),
        ("/nothing", true, String::new()),
        ("/none", false, String::new()),
        ("/pieces", true, numbers.clone()),
        ("/writer", true, format!("first {numbers}")),
        ("/parts", true, "abxycdefend".to_owned()),
    ] {
        client.send(get(path));
        let answer = client.answer();
        assert_eq!(answer.status, 200, "{path}");
        assert!(text(&answer) == content, "{path}: {} bytes", answer.body.len());
        assert_eq!(answer.field("transfer-encoding"), chunked.then_some("chunked"), "{path}");
        assert_eq!(answer.field("content-length").is_some(), !chunked, "{path}");
        // HEAD says the same of it, and HTTP/1.0 reads to the end.
        client.send(get(path).replace("GET", "HEAD"));
        let head = client.answer_to_head();
        assert_eq!(head.field("transfer-encoding"), chunked.then_some("chunked"), "{path}");
        let mut old = server.connect();
        old.send(get(path).replace("HTTP/1.1", "HTTP/1.0\r\nConnection: keep-alive"));
        let head = old.answer_to_head();
        assert_eq!((head.field("transfer-encoding"), head.closes()), (None, chunked), "{path}");
        if chunked {
            assert!(old.rest() == content.as_bytes(), "{path}");
        }
        client.send(get("/"));
        assert_eq!(text(&client.answer()), "next");
    }
}

#[test]
fn content_that_cannot_be_made_is_seen_to_be_incomplete() {
    let server = downloads(limits());
    for path in ["/short", "/broken", "/panics", "/writer-broken", "/writer-panics"] {
        let mut client = server.connect();
        client.send(get(path));
        assert!(client.try_answer(false).is_err(), "{path}");
    }
    assert_eq!(server.get("/").status, 200);
}

/// Whoever does not read holds no worker for content that is read piece by piece, and for what is written not longer than the
/// slowest client that is served.
#[test]
fn slow_readers_of_streams() {
    let server = downloads(Limits {
        write_timeout: Duration::from_millis(300),
        write_bytes_per_second_min: 1 << 30,
        ..limits()
    });
    let mut slow: Vec<_> = (0..6)
        .map(|number| {
            let mut client = server.connect();
            client.send(get(if number < 3 { "/endless" } else { "/writer-endless" }));
            client
        })
        .collect();
    until("all of them are cut", || {
        let metrics = server.get("/-/metrics");
        text(&metrics).contains("\nunsnarl_incidents_total{kind=\"write_failure\"} 6\n")
    });
    for client in &mut slow {
        // What was on its way, and then the end.
        assert!(client.rest().starts_with(b"HTTP/1.1 200"));
    }
}
