//! Bodies of any size in little memory: an upload whose bytes are counted as they arrive, and downloads that are made while they
//! are sent. Asked a few times, and drained.
//!
//! `cargo run --example streaming_server --features server`

use std::io::{self, BufRead, BufReader, Read, Write};

use unsnarl::{
    net::{SocketAddr, TcpStream},
    server::{
        Request, Router, Server, Streaming,
        http::{Body, Response},
    },
    thread,
};

/// Larger than the server would take in one piece.
const UPLOAD_BYTES: usize = 8 * 1024 * 1024;

/// How many bytes, of which lines; never more in memory than the reader's buffer.
fn count(request: &Request<'_>) -> io::Result<String> {
    let (mut bytes, mut lines) = (0, 0);
    let mut reader = BufReader::new(request.reader());
    loop {
        let piece = reader.fill_buf()?;
        if piece.is_empty() {
            return Ok(format!("{bytes} bytes, {lines} lines"));
        }
        let len = piece.len();
        bytes += len;
        lines += piece.iter().filter(|&&byte| byte == b'\n').count();
        reader.consume(len);
    }
}

/// The numbers up to one that the path names, each asked for when the client has taken those before.
fn numbers(request: &Request<'_>) -> Result<Response, Response> {
    let last: u64 = request.param("last").parse().map_err(|_| Response::text(400, "up to which number?"))?;
    Ok(Response::new(200)
        .with_content("text/plain", Body::pieces((1..=last).map(|number| format!("{number}\n")))))
}

/// The same, written by a function.
fn written(request: &Request<'_>) -> Result<Response, Response> {
    let last: u64 = request.param("last").parse().map_err(|_| Response::text(400, "up to which number?"))?;
    Ok(Response::new(200).with_content(
        "text/plain",
        Body::writer(move |out| (1..=last).try_for_each(|number| writeln!(out, "{number}"))),
    ))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let router = Router::new()
        .put("/count", Streaming::new(count).bytes_max(1 << 30))
        .get("/numbers/{last}", numbers)
        .get("/written/{last}", written);
    let server = Server::builder().addr("127.0.0.1:0").workers(2).handler(router).build()?;
    let (addr, handle) = (server.local_addr(), server.handle());
    let running = thread::spawn(move || server.run());

    let head = format!("PUT /count HTTP/1.1\r\nHost: {addr}\r\nContent-Length: {UPLOAD_BYTES}\r\n");
    let upload = io::repeat(b'\n').take(UPLOAD_BYTES as u64);
    let answer = ask(addr, &head, upload)?;
    println!("an upload of {UPLOAD_BYTES} bytes: {}", answer.lines().last().unwrap_or_default());
    assert!(answer.ends_with(&format!("\r\n\r\n{UPLOAD_BYTES} bytes, {UPLOAD_BYTES} lines")), "{answer}");

    for path in ["/numbers/100000", "/written/100000"] {
        let answer = ask(addr, &format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\n"), io::empty())?;
        let chunked = answer.contains("\r\ntransfer-encoding: chunked\r\n");
        println!("{path}: {} bytes, chunked: {chunked}", answer.len());
        assert!(chunked && answer.contains("\n100000\n") && answer.ends_with("\r\n0\r\n\r\n"));
    }

    handle.shutdown();
    let drained = running.join().expect("the server does not panic")?;
    println!("drained, {} connections cut", drained.cut);
    Ok(())
}

/// Sends a request and its body, and reads until the connection ends.
fn ask(addr: SocketAddr, head: &str, mut body: impl Read) -> io::Result<String> {
    let mut stream = TcpStream::connect(addr)?;
    write!(stream, "{head}Connection: close\r\n\r\n")?;
    io::copy(&mut body, &mut stream)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
