//! The server as it ships, from accept to response, over simulated sockets and files.
//!
//! Its threads (acceptor, poller, workers, clients) share so many objects that the orders of all their steps cannot be gone
//! through: the count is the product of what `pool`, `table`, `cache` and parking have each. So these models leave out
//! schedules with more preemptions than they say; within that bound they are complete. `accept` has the same way from accept
//! to response with fewer threads, without such a bound.

use std::io::{self, ErrorKind, Read, Write};

use unsnarl::{
    check::{Capability, Checker},
    fs::sim as disk,
    net::{SocketAddr, TcpStream},
    server::{Limits, Server, ServerHandle},
    thread,
};
use unsnarl_loom_tests::correct_within_bounds;

const BODY: &str = "hello";
const REQUEST: &[u8] = b"GET /a.txt HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";

/// Bounds that are small, but let a file of a few bytes into the cache.
fn limits() -> Limits {
    Limits { cache_bytes_max: 4096, ..Limits::small() }
}

/// Condition variables wake for a reason, and time runs out only when nothing else can happen: both are in the models of the
/// parts, and here they would leave no room for the rest. A server waits for the end of its connections with a time limit,
/// which loom and shuttle do not have.
fn settings(preemptions: usize) -> impl FnOnce(Checker) -> Checker {
    move |checker| {
        let checker = checker.needs(Capability::Timeouts).early_timeouts(0);
        checker.spurious_wakeups(0).preemption_bound(preemptions)
    }
}

fn build(workers: usize, limits: Limits) -> Server {
    disk::put("/www/a.txt", BODY);
    Server::builder()
        .addr("127.0.0.1:80")
        .workers(workers)
        .limits(limits)
        .root("/www")
        .status_page(false)
        .build()
        .expect("the address is free and the folder is there")
}

/// Lets the server run until the handle ends it; the thread checks that its table was empty then.
fn run(server: Server) -> thread::JoinHandle<()> {
    let run = move || {
        let drained = server.run().expect("threads can be started");
        assert_eq!(drained.cut, 0, "everyone has left by himself");
    };
    thread::Builder::new().name("acceptor".to_owned()).spawn(run).expect("a thread can be started")
}

fn end(handle: &ServerHandle, acceptor: thread::JoinHandle<()>) {
    handle.shutdown();
    acceptor.join().expect("the server does not panic");
}

fn send(addr: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(REQUEST)?;
    Ok(stream)
}

/// Reads until the server closes.
fn receive(mut stream: TcpStream) -> io::Result<String> {
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn is_answer(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(&format!("\r\n\r\n{BODY}"))
}

fn is_refusal(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nretry-after: ")
}

#[test]
fn a_client_gets_the_bytes() {
    correct_within_bounds("server::one_client").with(settings(0)).check(|| {
        let server = build(2, limits());
        let handle = server.handle();
        let client = send(handle.local_addr()).expect("the server listens");
        let acceptor = run(server);
        let answer = receive(client).expect("the server answers");
        assert!(is_answer(&answer), "{answer}");
        end(&handle, acceptor);
    });
}

#[test]
fn two_clients_get_the_bytes() {
    correct_within_bounds("server::two_clients").with(settings(0)).check(|| {
        let server = build(2, Limits { queue_len_max: 2, ..limits() });
        let handle = server.handle();
        let clients = [(); 2].map(|()| send(handle.local_addr()).expect("the server listens"));
        let acceptor = run(server);
        for client in clients {
            let answer = receive(client).expect("the server answers");
            assert!(is_answer(&answer), "{answer}");
        }
        end(&handle, acceptor);
    });
}

/// More clients than one worker and one place in the queue can take: each is answered, with the bytes or with a refusal.
#[test]
fn nobody_is_left_without_an_answer() {
    correct_within_bounds("server::overload").with(settings(1)).check(|| {
        // Who is refused beyond this limit is cut at once, and may not see why.
        let server = build(1, Limits { lingering_count_max: 3, ..limits() });
        let handle = server.handle();
        let acceptor = run(server);
        let clients = [(); 3].map(|()| send(handle.local_addr()).expect("the server listens"));
        let answers = clients.map(|client| receive(client).expect("the server answers"));
        assert!(answers.iter().all(|answer| is_answer(answer) || is_refusal(answer)), "{answers:?}");
        assert!(answers.iter().any(|answer| is_answer(answer)), "there is room for one: {answers:?}");
        end(&handle, acceptor);
    });
}

/// A connection that is parked between two requests and served again.
#[test]
fn a_client_asks_twice() {
    correct_within_bounds("server::keep_alive").with(settings(1)).check(|| {
        let server = build(1, limits());
        let handle = server.handle();
        let acceptor = run(server);
        let mut stream = TcpStream::connect(handle.local_addr()).expect("the server listens");
        stream.write_all(b"GET /a.txt HTTP/1.1\r\nhost: a\r\n\r\n").expect("the server reads");
        let mut answer = Vec::new();
        while !answer.ends_with(BODY.as_bytes()) {
            let mut piece = [0; 1024];
            let count = stream.read(&mut piece).expect("the server answers");
            assert!(count > 0, "the server keeps the connection");
            answer.extend_from_slice(&piece[..count]);
        }
        stream.write_all(REQUEST).expect("the server reads");
        let answer = receive(stream).expect("the server answers");
        assert!(is_answer(&answer), "{answer}");
        end(&handle, acceptor);
    });
}

/// A request that had arrived before the shutdown is answered.
#[test]
fn a_drain_answers_what_has_arrived() {
    correct_within_bounds("server::drain_after_request").with(settings(2)).check(|| {
        let server = build(1, limits());
        let handle = server.handle();
        let client = send(handle.local_addr()).expect("the server listens");
        let acceptor = run(server);
        end(&handle, acceptor);
        let answer = receive(client).expect("the server answers");
        assert!(is_answer(&answer), "{answer}");
    });
}

/// A request beside the shutdown is answered or refused in full, or the connection ends without a byte. (Refused because the
/// connection by which a server wakes its own acceptor may have the one place in the queue.)
#[test]
fn a_drain_beside_a_request_answers_or_closes() {
    correct_within_bounds("server::drain_beside_request").with(settings(1)).check(|| {
        let server = build(1, limits());
        let (handle, addr) = (server.handle(), server.local_addr());
        let acceptor = run(server);
        let client = thread::Builder::new()
            .name("client".to_owned())
            .spawn(move || match send(addr).and_then(receive) {
                Ok(answer) => {
                    assert!(answer.is_empty() || is_answer(&answer) || is_refusal(&answer), "{answer}");
                }
                Err(error) => assert!(is_about_a_closed_server(&error), "{error}"),
            })
            .expect("a thread can be started");
        end(&handle, acceptor);
        client.join().expect("the client is content");
    });
}

fn is_about_a_closed_server(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}
