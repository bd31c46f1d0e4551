//! The server behind TLS, and clients that speak it, or do not.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::CertificateDer};
use unsnarl::server::{
    Limits, Request, Router, Server, Streaming, Tls,
    http::{Body, Response},
};

use super::client::{Folder, HANG, Running, limits, until};

/// Writes a new certificate for `localhost` and its key; returns what a client has to trust.
fn issue(folder: &Folder) -> CertificateDer<'static> {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    folder.write("cert.pem", issued.cert.pem());
    folder.write("key.pem", issued.signing_key.serialize_pem());
    issued.cert.der().clone()
}

fn open(folder: &Folder) -> Arc<Tls> {
    Arc::new(Tls::open(folder.path().join("cert.pem"), folder.path().join("key.pem")).unwrap())
}

fn serve(tls: &Arc<Tls>, limits: Limits) -> Running {
    let count = |request: &Request<'_>| -> io::Result<String> {
        Ok(io::copy(&mut request.reader(), &mut io::sink())?.to_string())
    };
    let router = Router::new()
        .get("/big", |_: &Request<'_>| Response::text(200, "b".repeat(8 * 1024 * 1024)))
        .get("/stream", |_: &Request<'_>| {
            Response::new(200).with_body(Body::reader(io::repeat(b's').take(300_000)))
        })
        .get("/written", |_: &Request<'_>| {
            Response::new(200).with_body(Body::writer(|out| (0..300).try_for_each(|_| out.write_all(&[b'w'; 1000]))))
        })
        .put("/count", Streaming::new(count).bytes_max(1 << 30))
        .post("/echo", |request: &Request<'_>| String::from_utf8_lossy(request.body()).into_owned())
        .get("/", |_: &Request<'_>| "hello");
    Running::start(Server::builder().handler(router).workers(2).limits(limits).tls(Arc::clone(tls)))
}

type Stream = BufReader<StreamOwned<ClientConnection, TcpStream>>;

fn connect(server: &Running, trusts: &CertificateDer<'static>) -> Stream {
    let mut roots = RootCertStore::empty();
    roots.add(trusts.clone()).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let config = ClientConfig::builder_with_provider(provider.into()).with_safe_default_protocol_versions();
    let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let connection = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let socket = TcpStream::connect(server.addr()).unwrap();
    socket.set_read_timeout(Some(HANG)).unwrap();
    BufReader::new(StreamOwned::new(connection, socket))
}

/// The head of the next response.
fn head(stream: &mut Stream) -> io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

/// The next response, whose length its head says.
fn answer(stream: &mut Stream) -> io::Result<(String, Vec<u8>)> {
    let head = head(stream)?;
    let mut lengths = head.lines().filter_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; lengths.next().expect("a length").parse().unwrap()];
    stream.read_exact(&mut body)?;
    Ok((head, body))
}

fn send(stream: &mut Stream, request: impl AsRef<[u8]>) {
    stream.get_mut().write_all(request.as_ref()).unwrap();
}

fn request(line: &str, fields: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n")
}

#[test]
fn requests_and_answers_of_every_kind() {
    let folder = Folder::new();
    let trusted = issue(&folder);
    let server = serve(&open(&folder), limits());
    let mut client = connect(&server, &trusted);
    for _ in 0..3 {
        send(&mut client, request("GET /", ""));
        assert_eq!(answer(&mut client).unwrap().1, b"hello");
    }
    assert_eq!(client.get_ref().conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    // Pipelined, more than fits into a record and into the socket, and bodies of both kinds.
    send(&mut client, request("GET /big", "") + &request("HEAD /big", "") + &request("GET /", ""));
    let big = answer(&mut client).unwrap().1;
    assert!(big.len() == 8 * 1024 * 1024 + 1 && big.iter().rev().skip(1).all(|byte| *byte == b'b'));
    assert!(head(&mut client).unwrap().contains("content-length: 8388609\r\n"));
    assert_eq!(answer(&mut client).unwrap().1, b"hello");
    let body = vec![b'x'; 500_000];
    for line in ["POST /echo", "PUT /count"] {
        let expects = format!("Content-Length: {}\r\nExpect: 100-continue\r\n", body.len());
        send(&mut client, request(line, &expects));
        assert!(head(&mut client).unwrap().starts_with("HTTP/1.1 100 "));
        send(&mut client, &body);
        let answer = answer(&mut client).unwrap().1;
        assert!(answer == if line == "PUT /count" { b"500000".to_vec() } else { body.clone() });
    }
    for (path, byte) in [("GET /stream", b's'), ("GET /written", b'w')] {
        let mut client = connect(&server, &trusted);
        send(&mut client, request(path, "Connection: close\r\n"));
        let mut bytes = Vec::new();
        // Ends well only if the server says that it ends.
        client.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.iter().filter(|other| **other == byte).count() / 1000, 300, "{path}");
        assert!(bytes.ends_with(b"\r\n0\r\n\r\n"));
    }
}

#[test]
fn an_answer_waits_for_a_client_that_reads_later() {
    let folder = Folder::new();
    let trusted = issue(&folder);
    let server = serve(&open(&folder), limits());
    let mut clients: Vec<_> = (0..5).map(|_| connect(&server, &trusted)).collect();
    for client in &mut clients {
        send(client, request("GET /big", ""));
        client.fill_buf().unwrap();
    }
    let mut other = connect(&server, &trusted);
    send(&mut other, request("GET /", ""));
    assert_eq!(answer(&mut other).unwrap().1, b"hello");
    for mut client in clients {
        assert_eq!(answer(&mut client).unwrap().1.len(), 8 * 1024 * 1024 + 1);
    }
}

#[test]
fn who_does_not_speak_tls_is_not_served_and_harms_nobody() {
    let folder = Folder::new();
    let trusted = issue(&folder);
    let server = serve(&open(&folder), Limits { header_timeout: Duration::from_millis(300), ..limits() });
    // Silent, in the middle of a hello, and with a record that is none.
    for bytes in [&b""[..], b"\x16\x03\x01\x02\x00\x01", &[0xff; 600]] {
        let mut client = server.connect();
        client.send(bytes);
        let rest = client.rest();
        assert!(!rest.starts_with(b"HTTP"), "{}", rest.escape_ascii());
    }
    // Plain HTTP is told what to do instead.
    let mut client = server.connect();
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let rest = client.rest();
    let body = b"\r\n\r\nThis port speaks HTTPS: ask it with an https:// URL.\r\n";
    assert!(rest.starts_with(b"HTTP/1.1 400 ") && rest.ends_with(body), "{}", rest.escape_ascii());
    // A certificate that the client does not trust.
    let mut client = connect(&server, &issue(&Folder::new()));
    assert!(client.get_mut().write_all(b"x").and_then(|()| client.fill_buf().map(|_| ())).is_err());
    let mut client = connect(&server, &trusted);
    send(&mut client, request("GET /", ""));
    assert_eq!(answer(&mut client).unwrap().1, b"hello");
}

#[test]
fn a_reload_holds_for_new_handshakes() {
    let folder = Folder::new();
    let first = issue(&folder);
    let tls = open(&folder);
    let server = serve(&tls, limits());
    let mut old = connect(&server, &first);
    send(&mut old, request("GET /", ""));
    assert_eq!(answer(&mut old).unwrap().1, b"hello");
    let second = issue(&folder);
    tls.reload().unwrap();
    let mut new = connect(&server, &second);
    for client in [&mut old, &mut new] {
        send(client, request("GET /", ""));
        assert_eq!(answer(client).unwrap().1, b"hello");
    }
    // A mistake changes nothing.
    folder.write("key.pem", "not a key");
    tls.reload().unwrap_err();
    let mut new = connect(&server, &second);
    send(&mut new, request("GET /", ""));
    assert_eq!(answer(&mut new).unwrap().1, b"hello");
}

#[test]
fn a_full_table_closes_and_a_drain_ends() {
    let folder = Folder::new();
    let trusted = issue(&folder);
    let server = serve(&open(&folder), Limits { connections_max: 1, ..limits() });
    let mut kept = connect(&server, &trusted);
    send(&mut kept, request("GET /", ""));
    assert_eq!(answer(&mut kept).unwrap().1, b"hello");
    let mut refused = server.connect();
    assert!(refused.rest().is_empty());
    assert_eq!(server.drain().cut, 0);
    until("the end", || kept.fill_buf().is_ok_and(<[u8]>::is_empty) || kept.fill_buf().is_err());
}

#[test]
fn mistakes_with_files_are_named() {
    let folder = Folder::new();
    issue(&folder);
    let file = |name: &str| folder.path().join(name);
    let said = |certificate: &str, key: &str| Tls::open(file(certificate), file(key)).unwrap_err().to_string();
    let of = |name: &str| format!("cannot use {} for TLS: ", file(name).display());
    assert_eq!(said("no.pem", "key.pem"), of("no.pem") + "it does not exist");
    assert_eq!(said("cert.pem", "no.pem"), of("no.pem") + "it does not exist");
    assert!(said("key.pem", "key.pem").starts_with(&(of("key.pem") + "there is no certificate in it")));
    assert!(said("cert.pem", "cert.pem").starts_with(&(of("cert.pem") + "there is no private key in it")));
    folder.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert!(said("broken.pem", "key.pem").starts_with(&of("broken.pem")));
    fs::rename(file("key.pem"), file("old.pem")).unwrap();
    issue(&folder);
    let other = of("old.pem") + &format!("it is not the key of the certificate in {}", file("cert.pem").display());
    assert_eq!(said("cert.pem", "old.pem"), other);
}
