//! The rules of bodies that arrive while they are read, and of content that is made while it is sent, in a few lines over
//! simulated sockets, and with one mistake at a time.
//!
//! A request is a byte: `?` for one without a body, `b` for one whose body is two bytes more, `e` for one whose client waits to
//! be told (`c`) before it sends that body. It is answered by `!`, or by `n` if its handler does not want the body.

use std::io::{Read, Write};

use unsnarl::{
    check::FindingKind,
    net::{Shutdown, TcpListener, TcpStream, sim},
    sync::Arc,
    thread,
};
use unsnarl_loom_tests::{broken, correct};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// What the handler has not read is dropped as far as it has come, and not to its end.
    DropsWhatHasCome,
    /// Against rule 2 of uploads: waits for the body and then tells the client to send it.
    WaitsThenTellsToGoOn,
    /// Against rule 1 of uploads: the socket still blocks when the handler has returned.
    LeavesItBlocking,
    /// Against rule 4 of responses: the end is sent although making the content has failed.
    EndsWhatHasFailed,
    /// A connection whose function waits for room is cut only where it reads.
    CutsWhereItReads,
}

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

fn connections<const COUNT: usize>() -> ([TcpStream; COUNT], [TcpStream; COUNT]) {
    const ADDR: &str = "127.0.0.1:80";
    let listener = TcpListener::bind(ADDR).expect("nobody else listens");
    let clients = [(); COUNT].map(|()| TcpStream::connect(ADDR).expect("the server listens"));
    (clients, [(); COUNT].map(|()| listener.accept().expect("a client has come").0))
}

fn send(mut stream: &TcpStream, bytes: &str) {
    stream.write_all(bytes.as_bytes()).expect("the other side is there");
}

fn receive<const COUNT: usize>(mut stream: &TcpStream) -> [u8; COUNT] {
    let (mut bytes, mut at) = ([0; COUNT], 0);
    // By hand, so that a report names this place and none of the standard library.
    while at < COUNT {
        let count = stream.read(&mut bytes[at..]).expect("the other side is there");
        assert_ne!(count, 0, "the other side sends all of it");
        at += count;
    }
    bytes
}

/// Drops a body that nobody wants.
fn drop_body(mistake: Mistake, mut stream: &TcpStream) {
    if mistake == Mistake::DropsWhatHasCome {
        stream.set_nonblocking(true).expect("a simulated socket can be switched");
        let _ = stream.read(&mut [0; 2]);
        stream.set_nonblocking(false).expect("a simulated socket can be switched");
    } else {
        receive::<2>(stream);
    }
}

/// A body that comes in two pieces, is not wanted, and is followed by a request.
fn a_body_is_not_wanted(mistake: Mistake) {
    let ([client], [stream]) = connections();
    let server = start("worker", move || {
        for _ in 0..2 {
            match receive(&stream) {
                [b'b'] => {
                    send(&stream, "n");
                    drop_body(mistake, &stream);
                }
                [b'?'] => send(&stream, "!"),
                _ => send(&stream, "400"),
            }
        }
    });
    send(&client, "b1");
    send(&client, "2?");
    assert_eq!(receive(&client), *b"n!", "what is left of a body is no request");
    server.join().expect("the server does not panic");
}

/// A client that sends its body when it is told to.
fn a_client_waits_to_be_told(mistake: Mistake) {
    let ([client], [stream]) = connections();
    let server = start("worker", move || {
        assert_eq!(receive(&stream), *b"e");
        let tell = || send(&stream, "c");
        if mistake != Mistake::WaitsThenTellsToGoOn {
            tell();
        }
        receive::<2>(&stream);
        if mistake == Mistake::WaitsThenTellsToGoOn {
            tell();
        }
        send(&stream, "!");
    });
    send(&client, "e");
    assert_eq!(receive(&client), *b"c");
    send(&client, "12");
    assert_eq!(receive(&client), *b"!");
    server.join().expect("the server does not panic");
}

/// One thread serves two connections: it waits in the first one for a body, and afterwards looks at both.
fn a_handler_has_waited_in_the_socket(mistake: Mistake) {
    let ([first, second], streams) = connections();
    send(&first, "b1");
    send(&second, "?");
    let server = start("loop", move || {
        streams
            .iter()
            .for_each(|stream| stream.set_nonblocking(true).expect("a simulated socket can be switched"));
        let [uploading, asking] = &streams;
        assert_eq!(receive(uploading), *b"b");
        uploading.set_nonblocking(false).expect("a simulated socket can be switched");
        receive::<2>(uploading);
        if mistake != Mistake::LeavesItBlocking {
            uploading.set_nonblocking(true).expect("a simulated socket can be switched");
        }
        send(uploading, "!");
        for mut stream in [uploading, asking] {
            if stream.read(&mut [0; 1]).is_ok_and(|count| count > 0) {
                send(asking, "!");
            }
        }
    });
    send(&first, "2");
    assert_eq!(receive(&first), *b"!");
    assert_eq!(receive(&second), *b"!", "nobody waits for another one's next request");
    server.join().expect("the server does not panic");
}

/// A function fails when it has written half of its content, of which `.` would be the end.
fn a_function_fails(mistake: Mistake) {
    let ([mut client], [stream]) = connections();
    let server = start("worker", move || {
        send(&stream, "ab");
        if mistake == Mistake::EndsWhatHasFailed {
            send(&stream, ".");
        }
    });
    let mut content = String::new();
    client.read_to_string(&mut content).expect("the server closes in order");
    assert_eq!(content, "ab", "what is not whole does not look so");
    server.join().expect("the server does not panic");
}

/// A function writes more than a client that does not read has room for, until the connection is cut.
fn a_function_waits_for_room(mistake: Mistake) {
    sim::set_buffer(1);
    let ([_client], [stream]) = connections();
    let stream = Arc::new(stream);
    let worker = {
        let stream = Arc::clone(&stream);
        start("worker", move || {
            let mut stream: &TcpStream = &stream;
            while stream.write_all(b"ab").is_ok() {}
        })
    };
    let how = if mistake == Mistake::CutsWhereItReads { Shutdown::Read } else { Shutdown::Both };
    stream.shutdown(how).expect("a simulated socket can be shut down");
    worker.join().expect("the worker does not panic");
}

#[test]
fn without_a_mistake_all_of_them_pass() {
    let model = || correct("streaming::small");
    model().check(|| a_body_is_not_wanted(Mistake::Nothing));
    model().check(|| a_client_waits_to_be_told(Mistake::Nothing));
    model().check(|| a_handler_has_waited_in_the_socket(Mistake::Nothing));
    model().check(|| a_function_fails(Mistake::Nothing));
    model().check(|| a_function_waits_for_room(Mistake::Nothing));
}

#[test]
fn the_rest_of_a_body_becomes_a_request() {
    broken("streaming::drops_what_has_come", FindingKind::Panic)
        .check(|| a_body_is_not_wanted(Mistake::DropsWhatHasCome));
}

#[test]
fn client_and_server_wait_for_each_other() {
    broken("streaming::waits_then_tells_to_go_on", FindingKind::Deadlock)
        .check(|| a_client_waits_to_be_told(Mistake::WaitsThenTellsToGoOn));
}

#[test]
fn everyone_waits_for_the_next_request_of_one() {
    broken("streaming::leaves_it_blocking", FindingKind::Deadlock)
        .check(|| a_handler_has_waited_in_the_socket(Mistake::LeavesItBlocking));
}

#[test]
fn half_of_the_content_looks_whole() {
    broken("streaming::ends_what_has_failed", FindingKind::Panic)
        .check(|| a_function_fails(Mistake::EndsWhatHasFailed));
}

#[test]
fn a_function_waits_for_a_client_for_ever() {
    broken("streaming::cuts_where_it_reads", FindingKind::Deadlock)
        .check(|| a_function_waits_for_room(Mistake::CutsWhereItReads));
}
