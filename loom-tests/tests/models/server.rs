//! The server as it ships, from accept to response, over simulated sockets and files, by each front end.
//!
//! Its threads (acceptor, loops, workers or connections' threads, clients) share so many objects that the orders of all their
//! steps cannot be gone through: the count is the product of what `pool`, `table`, `cache` and parking have each. So these models
//! leave out schedules with more preemptions than they say; within that bound they are complete. `accept` has the same way from
//! accept to response with fewer threads, without such a bound.

use std::io::{self, ErrorKind, Read, Write};

use unsnarl::{
    check::{Capability, Checker},
    fault::{self, Faults},
    fs::{self, sim as disk},
    net::{SocketAddr, TcpStream, sim as network},
    server::{AccessLog, AccessLogFormat, FrontEnd, Limits, Server, ServerBuilder, ServerHandle},
    sync::Arc,
    thread,
};
use unsnarl_loom_tests::correct_within_bounds;

/// Two files with different contents, so that answers of two connections cannot be taken for each other.
#[derive(Clone, Copy, Debug)]
enum Page {
    A,
    B,
}

impl Page {
    fn path(self) -> &'static str {
        match self {
            Page::A => "/a.txt",
            Page::B => "/b.txt",
        }
    }

    fn body(self) -> &'static str {
        match self {
            Page::A => "hello",
            Page::B => "goodbye",
        }
    }

    /// A request, the last one of its connection or not.
    fn request(self, is_last: bool) -> String {
        let close = if is_last { "connection: close\r\n" } else { "" };
        format!("GET {} HTTP/1.1\r\nhost: a\r\n{close}\r\n", self.path())
    }

    fn is_answered_by(self, answer: &str) -> bool {
        answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(&format!("\r\n\r\n{}", self.body()))
    }
}

fn is_refusal(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nretry-after: ")
}

/// Bounds that are small, but let files of a few bytes into the cache.
pub(super) fn limits() -> Limits {
    Limits { cache_bytes_max: 4096, ..Limits::small() }
}

/// Checks the server with each front end, in schedules of at most so many preemptions.
///
/// Condition variables wake for a reason, and time runs out only when nothing else can happen: both are in the models of the
/// parts, and here they would leave no room for the rest. A server waits for the end of its connections with a time limit,
/// which loom and shuttle do not have.
pub(super) fn check(
    name: &str,
    preemptions: [usize; 3],
    model: impl Fn(FrontEnd) + Copy + Send + Sync + 'static,
) {
    let settings = |checker: Checker, preemptions| {
        let checker = checker.needs(Capability::Timeouts).early_timeouts(0);
        checker.spurious_wakeups(0).preemption_bound(preemptions)
    };
    for (front_end, preemptions) in FrontEnd::ALL.into_iter().zip(preemptions) {
        let model_of = move || model(front_end);
        correct_within_bounds(&format!("server::{name}_{front_end}"))
            .with(|checker| settings(checker, preemptions))
            .check(model_of);
    }
}

fn build(front_end: FrontEnd, workers: usize, limits: Limits) -> Server {
    builder(front_end, workers, limits).build().expect("the address is free and the folder is there")
}

fn builder(front_end: FrontEnd, workers: usize, limits: Limits) -> ServerBuilder {
    for page in [Page::A, Page::B] {
        disk::put(format!("/www{}", page.path()), page.body());
    }
    Server::builder()
        .addr("127.0.0.1:80")
        .front_end(front_end)
        .workers(workers)
        .limits(limits)
        .root("/www")
        .status_page(false)
}

/// Lets the server run until the handle ends it; the thread checks that its table was empty then.
pub(super) fn run(server: Server) -> thread::JoinHandle<()> {
    let handle = server.handle();
    let run = move || {
        let drained = server.run().expect("threads can be started");
        assert_eq!(drained.cut, 0, "everyone has left by himself");
        assert_eq!(handle.connections().rows, [], "nobody is in the table");
    };
    thread::Builder::new().name("acceptor".to_owned()).spawn(run).expect("a thread can be started")
}

pub(super) fn end(handle: &ServerHandle, acceptor: thread::JoinHandle<()>) {
    handle.shutdown();
    acceptor.join().expect("the server does not panic");
}

fn send(addr: SocketAddr, page: Page) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(page.request(true).as_bytes())?;
    Ok(stream)
}

/// Reads until the server closes.
pub(super) fn receive(mut stream: TcpStream) -> io::Result<String> {
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Reads one answer of a connection that is kept.
fn receive_one(stream: &mut TcpStream, page: Page) {
    let mut answer = Vec::new();
    while !answer.ends_with(page.body().as_bytes()) {
        let mut piece = [0; 1024];
        let count = stream.read(&mut piece).expect("the server answers");
        assert!(count > 0, "the server keeps the connection");
        answer.extend_from_slice(&piece[..count]);
    }
}

#[test]
fn a_client_gets_the_bytes() {
    check("one_client", [1, 0, 0], |front_end| {
        let server = build(front_end, 2, limits());
        let handle = server.handle();
        let client = send(handle.local_addr(), Page::A).expect("the server listens");
        let acceptor = run(server);
        let answer = receive(client).expect("the server answers");
        assert!(Page::A.is_answered_by(&answer), "{answer}");
        end(&handle, acceptor);
    });
}

#[test]
fn each_client_gets_its_own_bytes() {
    check("two_clients", [1, 0, 0], |front_end| {
        let server = build(front_end, 2, Limits { queue_len_max: 2, ..limits() });
        let handle = server.handle();
        let clients = [Page::A, Page::B];
        let clients =
            clients.map(|page| (page, send(handle.local_addr(), page).expect("the server listens")));
        let acceptor = run(server);
        for (page, client) in clients {
            let answer = receive(client).expect("the server answers");
            assert!(page.is_answered_by(&answer), "{page:?}: {answer}");
        }
        end(&handle, acceptor);
    });
}

/// More clients than the server can take: each is answered, with the bytes or with a refusal.
#[test]
fn nobody_is_left_without_an_answer() {
    check("overload", [0, 1, 0], |front_end| {
        // Who is refused beyond this limit is cut at once, and may not see why.
        let server = build(front_end, 1, Limits { lingering_count_max: 3, ..limits() });
        let handle = server.handle();
        let acceptor = run(server);
        let clients = [(); 3].map(|()| send(handle.local_addr(), Page::A).expect("the server listens"));
        let answers = clients.map(|client| receive(client).expect("the server answers"));
        let is_answer = |answer: &String| Page::A.is_answered_by(answer);
        assert!(answers.iter().all(|answer| is_answer(answer) || is_refusal(answer)), "{answers:?}");
        assert!(answers.iter().any(is_answer), "there is room for one: {answers:?}");
        end(&handle, acceptor);
    });
}

/// A connection that waits between two requests and is served again.
#[test]
fn a_client_asks_twice() {
    check("keep_alive", [1, 1, 0], |front_end| {
        let server = build(front_end, 1, limits());
        let handle = server.handle();
        let acceptor = run(server);
        let mut stream = TcpStream::connect(handle.local_addr()).expect("the server listens");
        stream.write_all(Page::A.request(false).as_bytes()).expect("the server reads");
        receive_one(&mut stream, Page::A);
        stream.write_all(Page::B.request(true).as_bytes()).expect("the server reads");
        let answer = receive(stream).expect("the server answers");
        assert!(Page::B.is_answered_by(&answer), "{answer}");
        end(&handle, acceptor);
    });
}

/// A file that is too large for the cache goes from the disk to the socket, as there is room for it and in turns.
#[test]
fn a_large_file_is_sent_in_pieces() {
    check("large_file", [1, 1, 0], |front_end| {
        // Room for less than the head, or than what is left of the file after a turn.
        network::set_buffer(100);
        let large: String = ('!'..='~').collect();
        disk::put("/www/large.txt", &large);
        let server = build(front_end, 1, limits());
        let handle = server.handle();
        let mut client = TcpStream::connect(handle.local_addr()).expect("the server listens");
        let request = "GET /large.txt HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        client.write_all(request.as_bytes()).expect("there is room for a request");
        let acceptor = run(server);
        let answer = receive(client).expect("the server answers");
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(&format!("\r\n\r\n{large}")),
            "{answer}"
        );
        end(&handle, acceptor);
    });
}

/// Two connections become ready together: the pool's loop gives one of them to a worker that sleeps.
#[test]
fn what_became_ready_together_is_shared() {
    check("shared", [0, 1, 0], |front_end| {
        let server = build(front_end, 1, Limits { share_count_min: 1, ..limits() });
        let handle = server.handle();
        let mut second = TcpStream::connect(handle.local_addr()).expect("the server listens");
        let mut first = TcpStream::connect(handle.local_addr()).expect("the server listens");
        let acceptor = run(server);
        // From then on both are parked, and the file is in the cache.
        first.write_all(Page::A.request(false).as_bytes()).expect("the server reads");
        receive_one(&mut first, Page::A);
        for stream in [&mut first, &mut second] {
            stream.write_all(Page::A.request(true).as_bytes()).expect("the server reads");
        }
        for stream in [first, second] {
            let answer = receive(stream).expect("the server answers");
            assert!(Page::A.is_answered_by(&answer), "{answer}");
        }
        end(&handle, acceptor);
    });
}

/// A request that had arrived before the shutdown is answered.
#[test]
fn a_drain_answers_what_has_arrived() {
    check("drain_after_request", [1, 2, 1], |front_end| {
        let server = build(front_end, 1, limits());
        let handle = server.handle();
        let client = send(handle.local_addr(), Page::A).expect("the server listens");
        let acceptor = run(server);
        end(&handle, acceptor);
        let answer = receive(client).expect("the server answers");
        assert!(Page::A.is_answered_by(&answer), "{answer}");
    });
}

/// A request beside the shutdown is answered or refused in full, or the connection ends without a byte. (Refused because the
/// connection by which a server wakes its own acceptor may have the one place in the queue.)
#[test]
fn a_drain_beside_a_request_answers_or_closes() {
    check("drain_beside_request", [1, 1, 0], |front_end| {
        let server = build(front_end, 1, limits());
        let (handle, addr) = (server.handle(), server.local_addr());
        let acceptor = run(server);
        let client = thread::Builder::new()
            .name("client".to_owned())
            .spawn(move || match send(addr, Page::A).and_then(receive) {
                Ok(answer) => {
                    let is_whole = Page::A.is_answered_by(&answer) || is_refusal(&answer);
                    assert!(answer.is_empty() || is_whole, "{answer}");
                }
                Err(error) => assert!(is_about_a_closed_server(&error), "{error}"),
            })
            .expect("a thread can be started");
        end(&handle, acceptor);
        client.join().expect("the client is content");
    });
}

/// An operator cuts everyone beside a request: the client gets all of the answer, or sees its connection end.
#[test]
fn an_operator_cuts_beside_a_request() {
    check("cut", [1, 1, 0], |front_end| {
        let server = build(front_end, 1, Limits { queue_len_max: 2, ..limits() });
        let handle = server.handle();
        let client = send(handle.local_addr(), Page::A).expect("the server listens");
        let acceptor = run(server);
        handle.close_all();
        match receive(client) {
            Ok(answer) => assert!(answer.is_empty() || Page::A.is_answered_by(&answer), "{answer}"),
            Err(error) => assert!(is_about_a_closed_server(&error), "{error}"),
        }
        // Whoever comes afterwards is served.
        let next = send(handle.local_addr(), Page::B).expect("the server listens");
        let answer = receive(next).expect("the server answers");
        assert!(Page::B.is_answered_by(&answer), "{answer}");
        end(&handle, acceptor);
    });
}

pub(super) fn is_about_a_closed_server(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset)
}

/// Two clients ask for different files while something fails in the server's own threads. Each is told the right bytes, or
/// `is_lawful` says that this fault may come to this.
fn two_clients_and(
    faults: Faults,
    is_lawful: impl Fn(FrontEnd, &io::Result<String>) -> bool + Copy,
) -> impl Fn(FrontEnd) + Copy {
    move |front_end| {
        fault::allow(faults);
        fault::allow_here(Faults::new());
        let server = build(front_end, 1, Limits { queue_len_max: 2, ..limits() });
        let handle = server.handle();
        let clients = [Page::A, Page::B];
        let clients =
            clients.map(|page| (page, send(handle.local_addr(), page).expect("the server listens")));
        let acceptor = run(server);
        for (page, client) in clients {
            let answer = receive(client);
            let is_right = answer.as_ref().is_ok_and(|answer| page.is_answered_by(answer));
            assert!(is_right || is_lawful(front_end, &answer), "{page:?}: {answer:?}");
        }
        end(&handle, acceptor);
    }
}

pub(super) fn is_reset(answer: &io::Result<String>) -> bool {
    answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

fn has_status(answer: &io::Result<String>, status: &str) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.starts_with(&format!("HTTP/1.1 {status} ")))
}

#[test]
fn reads_may_be_short() {
    check("short_reads", [0; 3], two_clients_and(Faults::new().short_reads(1), |_, _| false));
}

#[test]
fn writes_may_be_short() {
    check("short_writes", [0; 3], two_clients_and(Faults::new().short_writes(1), |_, _| false));
}

/// With a thread for each connection a peer is late, or has no room, for as long as the thread waits: then its time is up.
fn has_waited_in_vain(front_end: FrontEnd, answer: &io::Result<String>) -> bool {
    let has_ended = is_reset(answer) || answer.as_ref().is_ok_and(String::is_empty);
    front_end == FrontEnd::ThreadPerConnection && (has_status(answer, "408") || has_ended)
}

#[test]
fn peers_may_be_slow() {
    let faults = Faults::new().slow_peers(1).interruptions(1).budget(1);
    check("slow_peers", [0; 3], two_clients_and(faults, has_waited_in_vain));
}

#[test]
fn buffers_may_be_full() {
    let faults = Faults::new().full_buffers(1).single_readiness(1).budget(1);
    check("full_buffers", [0; 3], two_clients_and(faults, has_waited_in_vain));
}

/// An accept that fails is tried again; a file that cannot be opened for lack of descriptors is the server's failure.
#[test]
fn descriptors_may_run_out() {
    let faults = Faults::new().out_of_descriptors(1);
    check("descriptors", [0; 3], two_clients_and(faults, |_, answer| has_status(answer, "500")));
}

/// A connection that breaks off anywhere: its client sees that, and the other one gets its bytes.
#[test]
fn connections_may_break_off() {
    let faults = Faults::new().resets(1).aborts(1).budget(1);
    check("reset", [0; 3], two_clients_and(faults, |_, answer| is_reset(answer)));
}

/// A disk that fails: the client is told so.
#[test]
fn the_disk_may_fail() {
    let faults = Faults::new().disk_errors(1);
    check("disk", [0; 3], two_clients_and(faults, |_, answer| has_status(answer, "500")));
}

/// The disk of the access log is full for a while, whenever that is: the client gets its answers all the same, and the log has a
/// line for each that it says it has written.
#[test]
fn the_disk_of_the_log_may_be_full() {
    check("full_disk", [0; 3], |front_end| {
        fault::allow(Faults::new().full_disks(1));
        fault::allow_here(Faults::new());
        let log = AccessLog::open("/access.log", AccessLogFormat::Common).expect("the disk has a root");
        let log = Arc::new(log);
        let server = builder(front_end, 1, limits()).access_log(Arc::clone(&log)).build();
        let server = server.expect("the address is free and the folder is there");
        let handle = server.handle();
        let mut client = TcpStream::connect(handle.local_addr()).expect("the server listens");
        let requests = Page::A.request(false) + &Page::B.request(true);
        client.write_all(requests.as_bytes()).expect("the server reads");
        let acceptor = run(server);
        let answers = receive(client).expect("the server answers");
        let at = answers.rfind("HTTP/1.1").expect("an answer");
        let (first, second) = answers.split_at(at);
        assert!(Page::A.is_answered_by(first) && Page::B.is_answered_by(second), "{answers}");
        end(&handle, acceptor);
        log.flush();
        let counts = log.counts();
        let text = fs::read_to_string("/access.log").expect("the log is there");
        let is_line = |line: &str| line.starts_with("127.0.0.1 - - [") && line.contains("] \"GET /");
        assert!(text.lines().all(is_line), "{text}");
        assert_eq!(text.lines().count() as u64, counts.written, "{text}");
        assert_eq!(counts.written + counts.failed, 2, "{counts:?}");
    });
}
