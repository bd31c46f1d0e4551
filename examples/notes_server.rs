//! Routes, path parameters, errors of handlers, and files for what no route has: a server of notes, asked a few times, and
//! drained.
//!
//! `cargo run --example notes_server --features server`

use std::io::{Read, Write};

use unsnarl::{
    fs,
    net::{SocketAddr, TcpStream},
    parking_lot::Mutex,
    server::{Files, IntoResponse, Limits, Request, Router, Server, http::Response},
    sync::Arc,
    thread,
};

/// What can go wrong in a handler, and what the client is told of it.
enum NoteError {
    NotANumber,
    NoSuchNote,
    NotText(std::str::Utf8Error),
}

impl IntoResponse for NoteError {
    fn into_response(self) -> Response {
        match self {
            NoteError::NotANumber => Response::text(400, "a note has a number"),
            NoteError::NoSuchNote => Response::text(404, "there is no such note"),
            NoteError::NotText(error) => Response::text(400, "a note is text").with_cause(error.to_string()),
        }
    }
}

/// Shared by all workers.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn read(&self, request: &Request<'_>) -> Result<String, NoteError> {
        let number: usize = request.param("number").parse().map_err(|_| NoteError::NotANumber)?;
        self.0.lock().get(number).cloned().ok_or(NoteError::NoSuchNote)
    }

    fn add(&self, request: &Request<'_>) -> Result<Response, NoteError> {
        let text = std::str::from_utf8(request.body()).map_err(NoteError::NotText)?;
        let mut notes = self.0.lock();
        notes.push(text.to_owned());
        Ok(Response::new(201).with_field("location", format!("/notes/{}", notes.len() - 1)))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("unsnarl-notes-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("index.html"), "<h1>Notes</h1>")?;

    let notes = Notes::default();
    let reading = notes.clone();
    let router = Router::new()
        .get("/notes/{number}", move |request: &Request<'_>| reading.read(request))
        .post("/notes", move |request: &Request<'_>| notes.add(request))
        .fallback(Files::new(&folder, &Limits::default())?);
    let server = Server::builder().addr("127.0.0.1:0").workers(2).handler(router).build()?;
    let (addr, handle) = (server.local_addr(), server.handle());
    let running = thread::spawn(move || server.run());

    for (request, body, status) in [
        ("POST /notes", "buy milk", "201"),
        ("GET /notes/0", "", "200"),
        ("HEAD /notes/0", "", "200"),
        ("GET /notes/7", "", "404"),
        ("GET /notes/seven", "", "400"),
        ("DELETE /notes/0", "", "405"),
        ("GET /", "", "200"),
    ] {
        let answer = ask(addr, request, body)?;
        println!("{request}: {}", answer.lines().next().unwrap_or_default());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }

    handle.shutdown();
    let drained = running.join().expect("the server does not panic")?;
    fs::remove_dir_all(&folder)?;
    assert_eq!(drained.cut, 0, "no connection had to be cut");
    Ok(())
}

fn ask(addr: SocketAddr, request: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(addr)?;
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: example\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
