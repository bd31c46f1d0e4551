//! The server as a library: a handler of one's own, asked once, and drained.
//!
//! `cargo run --example hello_server --features server`

use std::io::{Read, Write};

use unsnarl::{
    net::{Shutdown, TcpStream},
    server::{Request, Server, http::Response},
    thread,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder()
        .addr("127.0.0.1:0")
        .workers(2)
        .handler(|request: &Request<'_>| Response::text(200, format!("hello, {}", request.head().path())))
        .build()?;
    let (addr, handle) = (server.local_addr(), server.handle());
    let running = thread::spawn(move || server.run());

    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(b"GET /world HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    stream.shutdown(Shutdown::Both).ok();
    print!("{answer}");

    handle.shutdown();
    let drained = running.join().expect("the server does not panic")?;
    assert_eq!(drained.cut, 0, "no connection had to be cut");
    Ok(())
}
