//! HTTP/1.1 by the book, through a socket: each row of `docs/http.md` is a request that was sent and what came back.
//!
//! The sections after the first have the categories of the parsers' own suites: `llhttp` (Node's) and `picohttpparser`. The
//! first has the 33 properties that dropseed's h1spec looks at. All cases are written anew from the RFCs.

mod h1spec;
mod parsers;
mod semantics;

use std::{fmt::Write, fs, path::Path};

use unsnarl::server::{Files, Request, Router, Server, http::Response};

use super::client::{Client, Folder, Running, get, limits};

/// A request, and what is to come back.
struct Case {
    /// What is checked, in words.
    what: &'static str,
    /// Where it says so; empty where no RFC does.
    rfc: &'static str,
    /// The bytes that are sent, in Latin-1.
    bytes: String,
    /// What is sent after 100.
    then: &'static str,
    /// The statuses that come back, and `open` or `close`: whether the connection serves on.
    expected: &'static str,
}

fn case(what: &'static str, rfc: &'static str, bytes: impl Into<String>, expected: &'static str) -> Case {
    Case { what, rfc, bytes: bytes.into(), then: "", expected }
}

/// A head with these fields, and what follows it.
fn request(method: &str, fields: &str, body: &str) -> String {
    format!("{method} / HTTP/1.1\r\nHost: test\r\n{fields}\r\n{body}")
}

fn post(fields: &str, body: &str) -> String {
    request("POST", fields, body)
}

fn chunked(body: &str) -> String {
    post("Transfer-Encoding: chunked\r\n", body)
}

fn serve(folder: &Folder) -> Running {
    folder.write("index.html", "<p>the root");
    folder.write("ten.txt", "0123456789");
    folder.write("empty.txt", "");
    folder.write("words.txt", "to be or not to be ".repeat(100));
    folder.write("sub/index.html", "<p>sub");
    let files = Files::new(folder.path(), &limits()).expect("the folder is there");
    let echo = |request: &Request<'_>| {
        Response::text(200, format!("{} {}", request.body().len(), String::from_utf8_lossy(request.body())))
    };
    let router = Router::new()
        .get("/", |_: &Request<'_>| "the root")
        .post("/", echo)
        .put("/", echo)
        .get("/probe", |_: &Request<'_>| "probe")
        .fallback(files);
    Running::start(Server::builder().handler(router).workers(2).limits(limits()))
}

/// Sends the bytes and says what came back, in the words of [`Case::expected`].
fn observe(server: &Running, case: &Case) -> String {
    let mut client = server.connect();
    let bytes: Vec<u8> = case.bytes.chars().map(|char| u8::try_from(char as u32).expect("Latin-1")).collect();
    client.send_some(&bytes);
    let statuses = case.expected.split(' ').filter(|word| word.parse::<u16>().is_ok()).count();
    let mut seen = String::new();
    let mut closes = false;
    for _ in 0..statuses {
        match client.try_answer(case.bytes.starts_with("HEAD")) {
            Ok(answer) => {
                write!(seen, "{} ", answer.status).unwrap();
                closes = answer.closes();
                if answer.status == 100 {
                    client.send_some(case.then);
                }
            }
            Err(_) => return seen + "gone",
        }
    }
    seen + if closes { ends(client) } else { serves_on(client) }
}

fn ends(mut client: Client) -> &'static str {
    client.finish_sending();
    if client.rest().is_empty() { "close" } else { "close, and bytes after it" }
}

fn serves_on(mut client: Client) -> &'static str {
    client.send_some(get("/probe"));
    match client.try_answer(false) {
        Ok(answer) if answer.body == b"probe" => "open",
        Ok(_) => "open, but out of step",
        Err(_) => "closed without saying so",
    }
}

/// Runs a section; returns its table.
fn run(title: &str, cases: &[Case], failures: &mut String) -> String {
    let folder = Folder::new();
    let server = serve(&folder);
    let mut table = format!("\n## {title}\n\n| what | by | answer |\n|---|---|---|\n");
    for case in cases {
        let seen = observe(&server, case);
        if seen != case.expected {
            writeln!(failures, "{title}: {}: expected {}, got {seen}", case.what, case.expected).unwrap();
        }
        writeln!(table, "| {} | {} | {seen} |", case.what, case.rfc).unwrap();
    }
    table
}

const HEAD: &str = "\
# HTTP/1.1, request by request

Each row is a request that `tests/it/server/conformance/` sends through a socket, and what came back: statuses in order, then
whether the connection serves on (`open`) or says that it closes and does so (`close`). `9110` and `9112` are RFCs. The test
fails when a row is not as it is here; `UNSNARL_WRITE_DOCS=1 cargo test --all-features --test it conformance` writes this file.
";

#[test]
fn the_table_in_the_docs_is_what_the_server_does() {
    let mut failures = String::new();
    let h1spec = h1spec::cases();
    assert_eq!(h1spec.len(), 33);
    let mut text = HEAD.to_owned();
    for (title, cases) in [
        ("The 33 checks of h1spec", h1spec),
        ("What parsers are tested for", parsers::cases()),
        ("Semantics", semantics::cases()),
    ] {
        text += &run(title, &cases, &mut failures);
    }
    assert!(failures.is_empty(), "{failures}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/http.md");
    if std::env::var_os("UNSNARL_WRITE_DOCS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "docs/http.md is out of date: run this test with UNSNARL_WRITE_DOCS=1");
}
