//! Where one request ends and the next begins, by honest and dishonest clients.

use unsnarl::server::{Request, Server, http::Response};

use super::client::{Running, get, limits};

/// Answers with the path and the body, so that a test sees what the server took for them.
fn echo() -> Running {
    let handler = |request: &Request<'_>| {
        Response::text(200, format!("{} {}", request.head().path(), String::from_utf8_lossy(request.body())))
    };
    Running::start(Server::builder().handler(handler).workers(2).limits(limits()))
}

#[test]
fn keep_alive_and_pipelining_keep_the_order() {
    let server = echo();
    let mut client = server.connect();
    let requests: String = (0..500).map(|number| get(&format!("/{number}"))).collect();
    client.send(requests);
    for number in 0..500 {
        assert_eq!(client.answer().body, format!("/{number} \n").as_bytes());
    }
    client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(client.answer().closes());
    assert!(client.rest().is_empty());
}

#[test]
fn bodies_are_never_taken_for_requests() {
    let server = echo();
    let inner = get("/inner");
    for request in [
        format!("GET /a HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{inner}", inner.len()),
        format!(
            "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{inner}\r\n0\r\n\r\n",
            inner.len()
        ),
    ] {
        let mut client = server.connect();
        client.send(request);
        client.send(get("/next"));
        assert_eq!(client.answer().body, format!("/a {inner}\n").as_bytes());
        assert_eq!(client.answer().body, b"/next \n");
    }
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let server = echo();
    let mut client = server.connect();
    for byte in b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n" {
        client.send([*byte]);
    }
    assert_eq!(client.answer().body, b"/a hi\n");
}

#[test]
fn a_half_closed_client_gets_its_answer() {
    let server = echo();
    let mut client = server.connect();
    client.send(get("/a"));
    client.finish_sending();
    assert_eq!(client.answer().body, b"/a \n");
    assert!(client.rest().is_empty());
}

#[test]
fn continue_is_sent_before_the_body() {
    let server = echo();
    let mut client = server.connect();
    client.send("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.answer().status, 100);
    client.send("hi");
    assert_eq!(client.answer().body, b"/a hi\n");
}

#[test]
fn http_1_0() {
    let server = echo();
    let mut client = server.connect();
    client.send("GET /a HTTP/1.0\r\n\r\n");
    assert!(client.answer().closes());
    assert!(client.rest().is_empty());
    let mut client = server.connect();
    client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.answer().field("connection"), Some("keep-alive"));
    client.send("GET /b HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().body, b"/b \n");
}

/// Each is answered once, with this status, and the connection ends: what follows must not be read as a request.
#[test]
fn attacks_on_framing() {
    let server = echo();
    let with = |fields: &str| format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
    let chunks =
        |body: &str| format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
    let attacks: Vec<(String, u16)> = [
        (with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400),
        (with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400),
        (with("Content-Length: 5\r\nContent-Length: 6\r\n"), 400),
        (with("Content-Length: 5, 5\r\n"), 400),
        (with("Content-Length: +5\r\n"), 400),
        (with("Content-Length: -5\r\n"), 400),
        (with("Content-Length: 0x5\r\n"), 400),
        (with("Content-Length: 1_0\r\n"), 400),
        (with("Content-Length: 5 5\r\n"), 400),
        (with("Content-Length: \r\n"), 400),
        (with("Content-Length: 18446744073709551616\r\n"), 400),
        (with("Content-Length: 99999999\r\n"), 413),
        (with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400),
        (with("Transfer-Encoding: ,chunked, identity\r\n"), 400),
        (with("Transfer-Encoding: xchunked\r\n"), 501),
        (with("Transfer-Encoding: \u{a0}chunked\r\n"), 501),
        (with("Transfer-Encoding:\u{b}chunked\r\n"), 400),
        (with("Transfer-Encoding: gzip, chunked\r\n"), 501),
        (with("Transfer-Encoding : chunked\r\n"), 400),
        (with("Content-Length\r\n"), 400),
        (with(" X: y\r\n"), 400),
        (with("X: y\r\n folded\r\n"), 400),
        (with("X: y\nZ: z\r\n"), 400),
        (with("X: y\rZ: z\r\n"), 400),
        (with("X: y\0\r\n"), 400),
        (with(": y\r\n"), 400),
        (with("H\u{e9}: y\r\n"), 400),
        (with("Host: b\r\n"), 400),
        ("GET / HTTP/1.1\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n".into(), 400),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n".into(), 400),
        ("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".into(), 400),
        ("GET / HTTP/1.32\r\nHost: a\r\n\r\n".into(), 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n".into(), 505),
        ("GET / http/1.1\r\nHost: a\r\n\r\n".into(), 400),
        ("GET /\r\n\r\n".into(), 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n".into(), 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n".into(), 400),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(), 505),
        ("\u{16}\u{3}\u{1}\u{2}\n".into(), 400),
        (chunks("0x2\r\nhi\r\n0\r\n\r\n"), 400),
        (chunks("1_0\r\n"), 400),
        (chunks("\r\n"), 400),
        (chunks("2\nhi\r\n0\r\n\r\n"), 400),
        (chunks("2\r\rhi\r\n0\r\n\r\n"), 400),
        (chunks("2\r\nhiX\r\n"), 400),
        (chunks("fffffffffffffffff\r\n"), 413),
        (chunks("ffffff\r\n"), 413),
        (chunks(&format!("2;{}", "x".repeat(100_000))), 400),
        (chunks(&format!("0\r\n{}", "X: y\r\n".repeat(10_000))), 431),
    ]
    .into();
    for (attack, status) in attacks {
        let shown: String = attack.chars().take(120).collect();
        let mut client = server.connect();
        client.send_some(&attack);
        client.send_some(get("/smuggled"));
        let answer = client.answer();
        assert_eq!(answer.status, status, "{shown:?}: {}", String::from_utf8_lossy(&answer.body));
        assert!(answer.closes(), "{shown:?}");
        client.finish_sending();
        assert!(client.rest().is_empty(), "{shown:?} was followed by another answer");
    }
    assert_eq!(server.get("/fine").status, 200);
}
