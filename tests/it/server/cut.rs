//! Connections that the program cuts.

use std::{
    sync::mpsc,
    time::{Duration, Instant},
};

use unsnarl::server::{
    Request, Server,
    http::Response,
    table::{BlockingStep, RowView},
};

use super::client::{Client, HANG, Running, get, limits};

/// Answers at once, or `/slow` when it is told to.
fn server() -> (Running, mpsc::Sender<()>) {
    let (go, wait) = mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let handler = move |request: &Request<'_>| {
        if request.head().path() == "/slow" {
            wait.lock().unwrap().recv().unwrap();
        }
        Response::text(200, "ok")
    };
    (Running::start(Server::builder().handler(handler).workers(2).limits(limits())), go)
}

/// A client that was answered and waits with its connection.
fn idle(server: &Running) -> Client {
    let mut client = server.connect();
    client.send(get("/"));
    assert_eq!(client.answer().status, 200);
    client
}

/// Its row, once it is in `step`.
fn row_of(server: &Running, client: &Client, step: BlockingStep) -> RowView {
    let addr = client.stream.local_addr().unwrap();
    let asked = Instant::now();
    loop {
        let rows = server.handle.connections().rows;
        let row = rows.into_iter().find(|row| row.peer == Some(addr));
        if let Some(row) = row.filter(|row| row.facts.step == step) {
            return row;
        }
        assert!(asked.elapsed() < HANG, "not {step:?}: {row:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn is_cut(client: &mut Client) -> bool {
    client.try_answer(false).is_err()
}

fn is_served(client: &mut Client) -> bool {
    client.send(get("/"));
    client.try_answer(false).is_ok_and(|answer| answer.status == 200)
}

#[test]
fn one_of_two() {
    let (server, _go) = server();
    let (mut first, mut second) = (idle(&server), idle(&server));
    let row = row_of(&server, &first, BlockingStep::Idle);
    assert_eq!((row.facts.tally.requests, row.facts.worker), (1, None));
    assert!(server.handle.close(row.id));
    assert!(is_cut(&mut first));
    assert!(is_served(&mut second));
    let asked = Instant::now();
    while server.handle.close(row.id) {
        assert!(asked.elapsed() < HANG, "it has not left");
    }
}

#[test]
fn those_who_are_idle() {
    let (server, go) = server();
    let mut waits = idle(&server);
    let mut busy = server.connect();
    busy.send(get("/slow"));
    row_of(&server, &busy, BlockingStep::Handle);
    row_of(&server, &waits, BlockingStep::Idle);
    assert_eq!(server.handle.close_idle(), 1);
    assert!(is_cut(&mut waits));
    go.send(()).unwrap();
    assert_eq!(busy.answer().status, 200);
}

#[test]
fn those_of_one_address() {
    let (server, _go) = server();
    let (mut first, mut second) = (idle(&server), idle(&server));
    let addr = first.stream.local_addr().unwrap();
    assert_eq!(server.handle.close_where(|row| row.peer == Some(addr)), 1);
    assert!(is_cut(&mut first) && is_served(&mut second));
}

/// Also one in the middle of a request; who comes afterwards is served.
#[test]
fn everyone() {
    let (server, _go) = server();
    let mut waits = idle(&server);
    let mut begun = server.connect();
    begun.send("GET / HTTP/1.1\r\nHo");
    row_of(&server, &begun, BlockingStep::Read);
    assert_eq!(server.handle.close_all(), 2);
    assert!(is_cut(&mut waits) && is_cut(&mut begun));
    assert!(is_served(&mut server.connect()));
    let drained = server.drain();
    assert_eq!(drained.cut, 0);
}
