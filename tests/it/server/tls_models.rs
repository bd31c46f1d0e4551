//! The server behind TLS in a model, by each front end: rustls is run whole, on both sides, over simulated sockets.
//!
//! Keys and nonces are as random as always, and nothing that the checker sees depends on them: no record is longer or shorter for
//! them, since the certificate's signatures (Ed25519) have one length. That an execution can be repeated is checked by the
//! checker.

use std::{
    io::{self, ErrorKind, Read, Write},
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, client::Resumption, pki_types::CertificateDer,
};
use unsnarl::{
    check::{Checker, Verdict},
    fault::{self, Faults},
    fs::sim as disk,
    net::{SocketAddr, TcpStream},
    server::{
        FrontEnd, Limits, Request, Router, Server, Streaming, Tls,
        http::{Body, Response},
    },
    thread,
    time::Duration,
};

/// What the server shows and its key, in the form PEM, and what a client has to trust.
fn issued() -> &'static (String, String, CertificateDer<'static>) {
    static ISSUED: OnceLock<(String, String, CertificateDer<'static>)> = OnceLock::new();
    ISSUED.get_or_init(|| {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let certificate =
            rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem(), certificate.der().clone())
    })
}

type Client = StreamOwned<ClientConnection, TcpStream>;

fn connect(addr: SocketAddr) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(issued().2.clone()).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions();
    let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    // What one execution has agreed on is not for the next one.
    config.resumption = Resumption::disabled();
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    StreamOwned::new(connection, TcpStream::connect(addr).expect("the server listens"))
}

fn request(method_and_path: &str, fields: &str) -> String {
    format!("{method_and_path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{fields}\r\n")
}

fn send(client: &mut Client, text: &str) {
    client.write_all(text.as_bytes()).expect("the server reads");
}

/// Reads until the server closes, which it says first.
fn receive(mut client: Client) -> io::Result<String> {
    let mut answer = String::new();
    client.read_to_string(&mut answer).map(|_| answer)
}

/// What a client gets, who may be cut at any time.
fn ask(mut client: Client, request: &str) -> io::Result<String> {
    client.write_all(request.as_bytes())?;
    receive(client)
}

fn is(answer: &io::Result<String>, content: &str) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with(content))
}

fn router() -> Router {
    let echo = |request: &Request<'_>| -> io::Result<String> {
        let mut body = String::new();
        request.reader().read_to_string(&mut body).map(|_| body)
    };
    let written = |_: &Request<'_>| {
        Response::new(200).with_body(Body::writer(|out| {
            out.write_all(b"wri")?;
            out.flush()?;
            out.write_all(b"tten")
        }))
    };
    Router::new()
        .put("/echo", Streaming::new(echo))
        .get("/written", written)
        .get("/", |_: &Request<'_>| "hello")
}

/// Serves `client`, with one worker, while `faults` may happen to the server's own threads; then everyone has left.
fn serve(front_end: FrontEnd, faults: Faults, client: impl FnOnce(SocketAddr)) {
    fault::allow(faults);
    fault::allow_here(Faults::new());
    let (certificate, key, _) = issued();
    disk::put("/tls/cert.pem", certificate);
    disk::put("/tls/key.pem", key);
    let tls = Tls::open("/tls/cert.pem", "/tls/key.pem").expect("the files are there");
    let server = Server::builder()
        .addr("127.0.0.1:80")
        .front_end(front_end)
        .workers(1)
        .limits(Limits { queue_len_max: 2, drain_timeout: Duration::from_secs(3600), ..Limits::small() })
        .handler(router())
        .tls(unsnarl::sync::Arc::new(tls))
        .status_page(false)
        .build()
        .expect("the address is free");
    let handle = server.handle();
    let acceptor = thread::spawn(move || server.run().expect("threads can be started"));
    client(handle.local_addr());
    handle.shutdown();
    let drained = acceptor.join().expect("the server does not panic");
    assert_eq!(drained.cut, 0, "everyone has left by himself");
    assert_eq!(handle.connections().rows, [], "nobody is in the table");
}

/// What a model may take: a handshake is some hundred microseconds of computing, so the larger ones are not gone through whole.
const TIME: Duration = Duration::from_secs(2);

/// As `loom-tests/tests/models/server.rs` does: time runs out only when nothing else can happen.
fn check(name: &str, preemptions: [usize; 3], model: impl Fn(FrontEnd) + Copy + Send + Sync + 'static) {
    for (front_end, preemptions) in FrontEnd::ALL.into_iter().zip(preemptions) {
        let checker = Checker::new(format!("tls::{name}_{front_end}"));
        let checker = checker.early_timeouts(0).spurious_wakeups(0).preemption_bound(preemptions);
        let verdict = checker.max_time(TIME).checked(move || model(front_end));
        let Verdict::Pass(pass) = verdict else { panic!("{front_end}: {verdict:?}") };
        println!("{name} {front_end}: {} executions, {:?}", pass.explored.executions, pass.bounds);
        assert!(pass.explored.executions > 1, "one execution is no exploration");
    }
}

#[test]
fn a_client_gets_the_bytes() {
    check("one_client", [0, 1, 0], |front_end| {
        serve(front_end, Faults::new(), |addr| {
            let answer = ask(connect(addr), &request("GET /", ""));
            assert!(is(&answer, "hello"), "{answer:?}");
        });
    });
}

/// One client sends a body in two pieces, the other one gets content that is written.
#[test]
fn bodies_go_both_ways() {
    check("streams", [0; 3], |front_end| {
        serve(front_end, Faults::new(), |addr| {
            let (mut up, mut down) = (connect(addr), connect(addr));
            send(&mut up, &(request("PUT /echo", "content-length: 4\r\n") + "ab"));
            send(&mut down, &request("GET /written", ""));
            send(&mut up, "cd");
            let (echoed, written) = (receive(up), receive(down));
            assert!(is(&echoed, "\r\n\r\nabcd"), "{echoed:?}");
            assert!(is(&written, "\r\n\r\n000003\r\nwri\r\n000004\r\ntten\r\n0\r\n\r\n"), "{written:?}");
        });
    });
}

/// A record comes, and goes, in pieces: at any place of the handshake or after it.
#[test]
fn reads_and_writes_may_be_short() {
    check("short", [0; 3], |front_end| {
        let faults = Faults::new().short_reads(1).short_writes(1).budget(1);
        serve(front_end, faults, |addr| {
            let answer = ask(connect(addr), &request("GET /", ""));
            assert!(is(&answer, "hello"), "{answer:?}");
        });
    });
}

/// A connection that breaks off at any place: its client sees that, and the next one is served.
#[test]
fn connections_may_break_off() {
    check("reset", [0; 3], |front_end| {
        serve(front_end, Faults::new().resets(1), |addr| {
            let [first, second] = [(); 2].map(|()| ask(connect(addr), &request("GET /", "")));
            let is_cut = |answer: &io::Result<String>| {
                // A client that was still sending is told so by its own write.
                let is_about_it = |kind| matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
                answer.as_ref().is_err_and(|error| is_about_it(error.kind()))
            };
            assert!(is(&first, "hello") || is_cut(&first), "{first:?}");
            assert!(is(&second, "hello") || is_cut(&second), "{second:?}");
        });
    });
}
