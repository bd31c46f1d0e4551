//! Bodies that are read as they arrive, and content that is made while it is sent: by the server as it ships and each front end.
//!
//! As in `server` the orders of all steps are too many, so schedules with more preemptions than a model says are left out.

use std::io::{self, Read, Write};

use unsnarl::{
    fault::{self, Faults},
    net::{SocketAddr, TcpStream, sim},
    server::{
        FrontEnd, Limits, Request, Router, Server, Streaming,
        http::{Body, Response},
    },
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::server::{check, end, is_about_a_closed_server, is_reset, limits, receive, run};

/// Says what it is told when it has read all of it.
fn echo(request: &Request<'_>) -> io::Result<String> {
    let mut body = String::new();
    request.reader().read_to_string(&mut body)?;
    Ok(body)
}

/// Knows by the head alone that it does not want the body.
fn refuse(_: &Request<'_>) -> Response {
    Response::text(403, "no")
}

fn written(_: &Request<'_>) -> Response {
    Response::new(200).with_body(Body::writer(|out| {
        out.write_all(b"wri")?;
        out.flush()?;
        out.write_all(b"tten")
    }))
}

fn pieces(_: &Request<'_>) -> Response {
    Response::new(200).with_body(Body::pieces(["pie", "ces"]))
}

fn router() -> Router {
    Router::new()
        .put("/echo", Streaming::new(echo))
        .put("/refuse", Streaming::new(refuse))
        .get("/written", written)
        .get("/pieces", pieces)
        .get("/next", |_: &Request<'_>| "next")
}

/// One worker, so that whatever holds it holds everyone up.
fn build(front_end: FrontEnd, router: Router) -> Server {
    Server::builder()
        .addr("127.0.0.1:80")
        .front_end(front_end)
        .workers(1)
        // A fault may take as long as a client may, which a drain is to outlast.
        .limits(Limits { queue_len_max: 2, drain_timeout: Duration::from_secs(3600), ..limits() })
        .handler(router)
        .status_page(false)
        .build()
        .expect("the address is free")
}

fn connect(addr: SocketAddr) -> TcpStream {
    TcpStream::connect(addr).expect("the server listens")
}

fn put(path: &str, fields: &str) -> String {
    format!("PUT {path} HTTP/1.1\r\nhost: a\r\n{fields}\r\n")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")
}

/// A request, the last one of its connection.
fn last(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
}

fn send(mut stream: &TcpStream, text: impl AsRef<str>) {
    stream.write_all(text.as_ref().as_bytes()).expect("the server reads");
}

/// The answers in what a client has received, status and content; `None` when the last one is not whole.
fn answers(mut received: &str) -> Option<Vec<(&str, String)>> {
    let mut answers = Vec::new();
    while !received.is_empty() {
        let (head, rest) = received.split_once("\r\n\r\n")?;
        let status = head.strip_prefix("HTTP/1.1 ").expect("an answer begins where the one before ends");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut content = String::new();
        (content, received) = match length {
            Some(length) => {
                let (body, rest) = rest.split_at_checked(length.parse().expect("a number"))?;
                (body.to_owned(), rest)
            }
            None => {
                let mut chunks = rest;
                loop {
                    let (size, rest) = chunks.split_once("\r\n")?;
                    let size = usize::from_str_radix(size, 16).expect("the size of a chunk");
                    let (chunk, rest) = rest.split_at_checked(size)?;
                    content.push_str(chunk);
                    chunks = rest.strip_prefix("\r\n")?;
                    if size == 0 {
                        break (content, chunks);
                    }
                }
            }
        };
        answers.push((status.split_once(' ').map_or(status, |(status, _)| status), content));
    }
    Some(answers)
}

/// What a client has received until the server closed is this.
#[track_caller]
fn assert_answers(stream: TcpStream, expected: &[(&str, &str)]) {
    let received = receive(stream).expect("the server answers");
    let answers = answers(&received).expect("each answer is whole");
    let answers: Vec<_> = answers.iter().map(|(status, content)| (*status, content.as_str())).collect();
    assert_eq!(answers, expected, "{received}");
}

/// A body in two pieces; the next request comes with the second one.
#[test]
fn a_body_is_read_as_it_arrives() {
    check("upload", [1, 1, 0], |front_end| {
        let server = build(front_end, router());
        let handle = server.handle();
        let client = connect(handle.local_addr());
        send(&client, put("/echo", "content-length: 4\r\n") + "ab");
        let acceptor = run(server);
        send(&client, "cd".to_owned() + &last("/next"));
        assert_answers(client, &[("200", "abcd"), ("200", "next")]);
        end(&handle, acceptor);
    });
}

/// A client whose body was waited for keeps its connection, and holds nobody up until it asks again.
#[test]
fn a_worker_that_has_waited_for_a_body_is_free_again() {
    check("upload_and_another", [0; 3], |front_end| {
        let server = build(front_end, router());
        let handle = server.handle();
        let mut client = connect(handle.local_addr());
        send(&client, put("/echo", "content-length: 4\r\n") + "ab");
        let acceptor = run(server);
        send(&client, "cd");
        let mut answer = Vec::new();
        while !answer.ends_with(b"abcd") {
            let mut piece = [0; 256];
            let count = client.read(&mut piece).expect("the server answers");
            assert_ne!(count, 0, "the server keeps the connection");
            answer.extend_from_slice(&piece[..count]);
        }
        let began = Instant::now();
        let other = connect(handle.local_addr());
        send(&other, put("/echo", "content-length: 2\r\nconnection: close\r\n") + "ef");
        assert_answers(other, &[("200", "ef")]);
        // Time passes only where nothing else can happen: nobody has waited in vain.
        assert_eq!(began.elapsed(), Duration::ZERO);
        send(&client, last("/next"));
        assert_answers(client, &[("200", "next")]);
        end(&handle, acceptor);
    });
}

/// A body for a handler that does not read it: what is left does not become a request.
#[test]
fn a_body_that_nobody_reads_is_dropped() {
    check("unread", [1, 1, 0], |front_end| {
        let server = build(front_end, router());
        let handle = server.handle();
        let client = connect(handle.local_addr());
        send(&client, put("/refuse", "transfer-encoding: chunked\r\n") + "2\r\nab\r\n2");
        let acceptor = run(server);
        send(&client, "\r\ncd\r\n0\r\n\r\n".to_owned() + &last("/next"));
        assert_answers(client, &[("403", "no\n"), ("200", "next")]);
        end(&handle, acceptor);
    });
}

/// A client that sends nothing before it is told to.
#[test]
fn a_client_is_told_to_go_on() {
    check("continue", [1, 1, 0], |front_end| {
        let server = build(front_end, router());
        let handle = server.handle();
        let mut client = connect(handle.local_addr());
        send(&client, put("/echo", "content-length: 2\r\nexpect: 100-continue\r\n"));
        let acceptor = run(server);
        let mut told = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        client.read_exact(&mut told).expect("the server answers");
        assert_eq!(told, *b"HTTP/1.1 100 Continue\r\n\r\n");
        send(&client, "ab".to_owned() + &last("/next"));
        assert_answers(client, &[("200", "ab"), ("200", "next")]);
        end(&handle, acceptor);
    });
}

/// Two kinds of content on one connection.
#[test]
fn content_is_made_while_it_is_sent() {
    check("download", [1, 1, 0], |front_end| {
        let server = build(front_end, router());
        let handle = server.handle();
        let client = connect(handle.local_addr());
        let acceptor = run(server);
        send(&client, get("/written") + &last("/pieces"));
        assert_answers(client, &[("200", "written"), ("200", "pieces")]);
        end(&handle, acceptor);
    });
}

/// Goes on in the server's one worker after a client has gone: the next client is served.
fn assert_next_is_served(addr: SocketAddr) {
    let client = connect(addr);
    send(&client, last("/next"));
    assert_answers(client, &[("200", "next")]);
}

#[test]
fn a_client_goes_in_the_middle_of_its_body() {
    check("uploader_gone", [1, 1, 0], |front_end| {
        let server = build(front_end, router());
        let handle = server.handle();
        let client = connect(handle.local_addr());
        send(&client, put("/echo", "content-length: 4\r\n") + "ab");
        let acceptor = run(server);
        drop(client);
        assert_next_is_served(handle.local_addr());
        end(&handle, acceptor);
    });
}

/// A function writes more than there is room for, and its client goes: it is told so.
#[test]
fn a_client_goes_in_the_middle_of_what_is_written() {
    check("reader_gone", [0, 1, 0], |front_end| {
        sim::set_buffer(200);
        let has_failed = Arc::new(AtomicBool::new(false));
        let fails = Arc::clone(&has_failed);
        let endless = move |_: &Request<'_>| {
            let fails = Arc::clone(&fails);
            Response::new(200).with_body(Body::writer(move |out| {
                let error = loop {
                    if let Err(error) = out.write_all(&[b'e'; 100]).and_then(|()| out.flush()) {
                        break error;
                    }
                };
                fails.store(true, Ordering::SeqCst);
                Err(error)
            }))
        };
        let server = build(front_end, router().get("/endless", endless));
        let handle = server.handle();
        let acceptor = run(server);
        let mut client = connect(handle.local_addr());
        send(&client, get("/endless"));
        client.read_exact(&mut [0; 100]).expect("the server answers");
        drop(client);
        assert_next_is_served(handle.local_addr());
        end(&handle, acceptor);
        assert!(has_failed.load(Ordering::SeqCst), "the function is told that its client has gone");
    });
}

/// What an uploading and a downloading client have received at the end.
type Received = io::Result<String>;

/// One client sends a body in two pieces, another one gets content that is written, while something fails in the server's own
/// threads. Each has the right bytes, or `is_lawful` says that this fault may come to this.
fn both_ways_and(faults: Faults, is_lawful: fn(&Received) -> bool) -> impl Fn(FrontEnd) + Copy {
    move |front_end| {
        fault::allow(faults);
        fault::allow_here(Faults::new());
        let server = build(front_end, router());
        let handle = server.handle();
        let (up, down) = (connect(handle.local_addr()), connect(handle.local_addr()));
        send(&up, put("/echo", "content-length: 4\r\nconnection: close\r\n") + "ab");
        send(&down, last("/written"));
        let acceptor = run(server);
        // The server may have given up by now.
        let sent = (&up).write_all(b"cd");
        assert!(sent.as_ref().map_or_else(is_about_a_closed_server, |()| true), "{sent:?}");
        for (client, content) in [(up, "abcd"), (down, "written")] {
            let received = receive(client);
            let is_right = received.as_ref().is_ok_and(|received| {
                answers(received).is_some_and(|answers| answers == [("200", content.to_owned())])
            });
            assert!(is_right || is_lawful(&received), "{content}: {received:?}");
        }
        end(&handle, acceptor);
    }
}

/// Of an answer that was cut, whatever came is the beginning of the right one, and nobody can take it for the whole.
fn is_cut(received: &Received) -> bool {
    is_reset(received)
        || received.as_ref().is_ok_and(|received| answers(received).is_none() || received.is_empty())
}

#[test]
fn reads_may_be_short() {
    check("streams_short_reads", [0; 3], both_ways_and(Faults::new().short_reads(1), |_| false));
}

#[test]
fn writes_may_be_short() {
    check("streams_short_writes", [0; 3], both_ways_and(Faults::new().short_writes(1), |_| false));
}

#[test]
fn connections_may_break_off() {
    check("streams_reset", [0; 3], both_ways_and(Faults::new().resets(1), is_reset));
}

/// A handler waits in the socket for as long as a client may take: then the time is up.
#[test]
fn clients_may_be_slow() {
    let faults = Faults::new().slow_peers(1).full_buffers(1).interruptions(1).budget(1);
    let is_late = |received: &Received| {
        is_cut(received) || received.as_ref().is_ok_and(|received| received.starts_with("HTTP/1.1 408 "))
    };
    check("streams_slow", [0; 3], both_ways_and(faults, is_late));
}
