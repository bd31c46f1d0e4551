//! Files that are too large for the cache, which go from the disk to the socket.

use std::{
    fs::OpenOptions,
    io::{ErrorKind, Read},
    thread,
    time::Duration,
};

use unsnarl::server::{Limits, Server, table::BlockingStep};

use super::client::{Client, Folder, Running, get, limits, until};

/// More than the sockets on both sides keep.
const BYTES: usize = 24 * 1024 * 1024 + 7;

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8).collect()
}

fn serve(folder: &Folder, limits: Limits) -> Running {
    Running::start(Server::builder().root(folder.path()).workers(2).limits(limits))
}

/// Reads the head of the answer, byte by byte.
fn head(client: &mut Client) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// Waits until `client` is not sent anything more before it reads.
fn until_full(server: &Running, client: &Client) {
    let addr = client.stream.local_addr().unwrap();
    let mut last = None;
    until("the sockets are full", || {
        // Long beside what a write takes: what does not grow now waits for room.
        thread::sleep(Duration::from_millis(30));
        let rows = server.handle.connections().rows;
        let row = rows.into_iter().find(|row| row.peer == Some(addr));
        let now = row.filter(|row| row.facts.step == BlockingStep::Write);
        let now = now.map(|row| (row.facts.tally.bytes_out, row.facts.worker));
        now.is_some() && std::mem::replace(&mut last, now) == now
    });
}

#[test]
fn who_reads_slowly_gets_every_byte() {
    let (folder, bytes) = (Folder::new(), pattern(BYTES));
    folder.write("big", &bytes);
    let server = serve(&folder, limits());
    thread::scope(|scope| {
        // More clients than workers, each with other pieces.
        for piece in [512, 4099, 65_536, 1_000_000] {
            let (server, bytes) = (&server, &bytes);
            scope.spawn(move || {
                let mut client = server.connect();
                client.send(get("/big"));
                let head = head(&mut client);
                assert!(head.contains(&format!("\r\ncontent-length: {BYTES}\r\n")), "{head}");
                until_full(server, &client);
                let (mut room, mut at) = (vec![0; piece], 0);
                while at < BYTES {
                    let count = client.stream.read(&mut room).unwrap();
                    assert!(count > 0, "cut at {at}");
                    assert!(room[..count] == bytes[at..at + count], "other bytes from {at} on");
                    at += count;
                    if at % 7 == 0 {
                        thread::yield_now();
                    }
                }
                // The connection goes on, and the counts are right.
                client.send("HEAD /big HTTP/1.1\r\nHost: test\r\n\r\n");
                let second = client.answer_to_head();
                let addr = client.stream.local_addr().unwrap();
                until("all is counted", || {
                    let rows = server.handle.connections().rows;
                    let row = rows.iter().find(|row| row.peer == Some(addr)).expect("it is connected");
                    row.facts.tally.bytes_out == (head.len() + BYTES + second.head.len()) as u64
                });
            });
        }
    });
}

#[test]
fn ranges_begin_where_they_say() {
    let (folder, bytes) = (Folder::new(), pattern(BYTES));
    folder.write("big", &bytes);
    let server = serve(&folder, limits());
    let mut client = server.connect();
    for (range, part) in [
        ("0-0", 0..1),
        ("4096-", 4096..BYTES),
        ("5000001-9000000", 5_000_001..9_000_001),
        ("-1", BYTES - 1..BYTES),
    ] {
        client.send(format!("GET /big HTTP/1.1\r\nHost: test\r\nRange: bytes={range}\r\n\r\n"));
        let answer = client.answer();
        assert_eq!((answer.status, answer.body.len()), (206, part.len()), "{range}");
        assert!(answer.body == bytes[part], "{range}");
    }
}

/// Turns of a few bytes: the connection goes to the end of the queue after each, and loses nothing.
#[test]
fn turns_may_be_short() {
    let (folder, bytes) = (Folder::new(), pattern(1_500_000));
    folder.write("big", &bytes);
    let server = serve(&folder, Limits { bytes_per_turn_max: 1000, ..limits() });
    let mut clients: Vec<Client> = (0..5).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(|client| client.send(get("/big")));
    for client in &mut clients {
        assert!(client.answer().body == bytes);
    }
}

#[test]
fn a_file_that_shrinks_is_seen_to_be_incomplete() {
    let folder = Folder::new();
    folder.write("big", pattern(BYTES));
    let server = serve(&folder, limits());
    let mut client = server.connect();
    client.send(get("/big"));
    until_full(&server, &client);
    OpenOptions::new().write(true).open(folder.path().join("big")).unwrap().set_len(1000).unwrap();
    let error = client.try_answer(false).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset), "{error}");
    // Who asks now gets what there is.
    assert!(server.get("/big").body == pattern(1000));
}

#[test]
fn who_leaves_in_the_middle_holds_nothing() {
    let folder = Folder::new();
    folder.write("big", pattern(BYTES));
    let server = serve(&folder, limits());
    for _ in 0..4 {
        let mut client = server.connect();
        client.send(get("/big"));
        until_full(&server, &client);
        client.stream.read_exact(&mut [0; 1_000_000]).unwrap();
    }
    until("all have left", || server.handle.connections().rows.is_empty());
    assert_eq!(server.get("/big").body.len(), BYTES);
}

/// A client that does not read is cut when its time is up.
#[test]
fn who_never_reads_is_not_waited_for() {
    let folder = Folder::new();
    folder.write("big", pattern(BYTES));
    let server = serve(&folder, Limits { write_timeout: Duration::from_millis(200), ..limits() });
    let mut client = server.connect();
    client.send(get("/big"));
    assert_eq!(client.stream.peek(&mut [0]).unwrap(), 1);
    until("it is cut", || server.handle.connections().rows.is_empty());
    let got = client.rest().len();
    assert!(got < BYTES, "{got}");
}
