//! The rules of a shutdown, in a few lines over simulated sockets, and with one mistake at a time.

use std::io::{Read, Write};

use unsnarl::{
    Named,
    check::FindingKind,
    net::{Shutdown, TcpListener, TcpStream},
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};
use unsnarl_loom_tests::{broken, correct};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mistake {
    Nothing,
    /// Against rule 1 of the acceptor: it is woken before there is anything to see.
    WakesThenSaysSo,
    /// Against rule 3 of the acceptor: who has been told "connected" is not taken in.
    ForgetsTheBacklog,
    /// Against rule 2 of connections with a thread: looks for a shutdown before it says that it waits.
    LooksThenSaysIdle,
    /// Against rule 3 of connections with a thread: the whole connection is cut.
    CutsInsteadOfEnding,
    /// Against rule 6 of the parking: who waits is sent home without a look at what has come.
    ClosesWithoutALook,
}

const ADDR: &str = "127.0.0.1:80";

struct Server {
    mistake: Mistake,
    draining: AtomicBool,
    /// A connection that waits for its next request.
    idle: Mutex<bool>,
}

impl Server {
    fn new(mistake: Mistake) -> Arc<Self> {
        let (draining, idle) = (AtomicBool::new(false), Mutex::new(false).named("idle"));
        Arc::new(Server { mistake, draining, idle })
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Accepts until it sees the shutdown, and answers each at once.
    fn accept(&self, listener: &TcpListener) {
        while !self.is_draining() {
            let (stream, _) = listener.accept().expect("the listener lives");
            answer(stream);
        }
        if self.mistake == Mistake::ForgetsTheBacklog {
            return;
        }
        listener.set_nonblocking(true).expect("a simulated listener can be switched");
        while let Ok((stream, _)) = listener.accept() {
            answer(stream);
        }
    }

    fn shut_down(&self) {
        let wake = || drop(TcpStream::connect(ADDR));
        if self.mistake == Mistake::WakesThenSaysSo {
            wake();
        }
        self.draining.store(true, Ordering::SeqCst);
        if self.mistake != Mistake::WakesThenSaysSo {
            wake();
        }
    }

    /// Serves a connection from a thread of its own, which waits in the socket.
    fn serve(&self, mut stream: &TcpStream) {
        let mut is_asked_to_end = self.mistake == Mistake::LooksThenSaysIdle && self.is_draining();
        *self.idle.lock() = true;
        if self.mistake != Mistake::LooksThenSaysIdle {
            is_asked_to_end = self.is_draining();
        }
        if is_asked_to_end {
            stream.shutdown(Shutdown::Read).expect("a simulated socket can be shut down");
        }
        let mut request = [0; 1];
        if stream.read(&mut request).expect("nothing breaks off") == 0 {
            return;
        }
        *self.idle.lock() = false;
        // A client that has gone has no use for it.
        let _ = stream.write_all(b"!");
    }

    /// Asks those who wait to end.
    fn drain(&self, stream: &TcpStream) {
        self.draining.store(true, Ordering::SeqCst);
        if *self.idle.lock() {
            let how =
                if self.mistake == Mistake::CutsInsteadOfEnding { Shutdown::Both } else { Shutdown::Read };
            stream.shutdown(how).expect("a simulated socket can be shut down");
        }
    }

    /// Sends a parked connection home.
    fn dismiss(&self, mut stream: &TcpStream) {
        stream.set_nonblocking(true).expect("a simulated socket can be switched");
        if self.mistake != Mistake::ClosesWithoutALook
            && stream.read(&mut [0; 1]).is_ok_and(|count| count > 0)
        {
            stream.write_all(b"!").expect("the client is there");
        }
    }
}

/// Says a byte and closes in order.
fn answer(mut stream: TcpStream) {
    // The call that wakes the acceptor has gone already.
    let _ = stream.write_all(b"!");
}

fn start(name: &str, body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread can be started")
}

/// The acceptor is asked to end, and does.
fn an_acceptor_ends(mistake: Mistake) {
    let server = Server::new(mistake);
    let listener = TcpListener::bind(ADDR).expect("nobody else listens");
    let acceptor = {
        let server = Arc::clone(&server);
        start("acceptor", move || server.accept(&listener))
    };
    server.shut_down();
    acceptor.join().expect("the acceptor does not panic");
}

/// A client that was connected before the shutdown is answered.
fn a_client_is_in_the_backlog(mistake: Mistake) {
    let server = Server::new(mistake);
    let listener = TcpListener::bind(ADDR).expect("nobody else listens");
    let mut client = TcpStream::connect(ADDR).expect("the server listens");
    let acceptor = {
        let server = Arc::clone(&server);
        start("acceptor", move || server.accept(&listener))
    };
    server.shut_down();
    acceptor.join().expect("the acceptor does not panic");
    let mut answer = [0; 1];
    assert_eq!(client.read(&mut answer).unwrap_or(0), 1, "who was told \"connected\" is answered");
}

fn connection() -> (TcpStream, Arc<TcpStream>) {
    let listener = TcpListener::bind(ADDR).expect("nobody else listens");
    let client = TcpStream::connect(ADDR).expect("the server listens");
    let (stream, _) = listener.accept().expect("a client has come");
    (client, Arc::new(stream))
}

/// A client keeps its connection and asks nothing: its thread ends all the same.
fn a_silent_client(mistake: Mistake) {
    let server = Server::new(mistake);
    let (client, stream) = connection();
    let thread = {
        let (server, stream) = (Arc::clone(&server), Arc::clone(&stream));
        start("connection", move || server.serve(&stream))
    };
    server.drain(&stream);
    thread.join().expect("the thread does not panic");
    drop(client);
}

/// A request that has arrived before the shutdown is answered by the connection's thread.
fn a_request_for_a_thread(mistake: Mistake) {
    let server = Server::new(mistake);
    let (mut client, stream) = connection();
    client.write_all(b"?").expect("the server is there");
    let thread = {
        let (server, stream) = (Arc::clone(&server), Arc::clone(&stream));
        start("connection", move || server.serve(&stream))
    };
    server.drain(&stream);
    thread.join().expect("the thread does not panic");
    assert_eq!(client.read(&mut [0; 1]).unwrap_or(0), 1, "what had arrived is answered");
}

/// A request that has arrived before the shutdown is answered although its connection is parked.
fn a_request_for_a_parked_connection(mistake: Mistake) {
    let server = Server::new(mistake);
    let (mut client, stream) = connection();
    client.write_all(b"?").expect("the server is there");
    let poller = start("poller", move || server.dismiss(&stream));
    assert_eq!(client.read(&mut [0; 1]).unwrap_or(0), 1, "what had arrived is answered");
    poller.join().expect("the poller does not panic");
}

#[test]
fn without_a_mistake_all_of_them_pass() {
    let model = || correct("drain::small");
    model().check(|| an_acceptor_ends(Mistake::Nothing));
    model().check(|| a_client_is_in_the_backlog(Mistake::Nothing));
    model().check(|| a_silent_client(Mistake::Nothing));
    model().check(|| a_request_for_a_thread(Mistake::Nothing));
    model().check(|| a_request_for_a_parked_connection(Mistake::Nothing));
}

#[test]
fn the_acceptor_goes_back_to_sleep() {
    broken("drain::wakes_then_says_so", FindingKind::Deadlock)
        .check(|| an_acceptor_ends(Mistake::WakesThenSaysSo));
}

#[test]
fn a_client_in_the_backlog_is_reset() {
    broken("drain::forgets_the_backlog", FindingKind::Panic)
        .check(|| a_client_is_in_the_backlog(Mistake::ForgetsTheBacklog));
}

#[test]
fn a_thread_waits_for_a_request_that_nobody_sends() {
    broken("drain::looks_then_says_idle", FindingKind::Deadlock)
        .check(|| a_silent_client(Mistake::LooksThenSaysIdle));
}

#[test]
fn a_request_is_cut_with_its_connection() {
    broken("drain::cuts_instead_of_ending", FindingKind::Panic)
        .check(|| a_request_for_a_thread(Mistake::CutsInsteadOfEnding));
}

#[test]
fn a_parked_request_is_thrown_away_unread() {
    broken("drain::closes_without_a_look", FindingKind::Panic)
        .check(|| a_request_for_a_parked_connection(Mistake::ClosesWithoutALook));
}
