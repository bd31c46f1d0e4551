//! The live page.

use unsnarl::server::{FrontEnd, Request, Server, http::Response};

use super::client::{Folder, Running, get, limits};

fn step(thread: &serde_json::Value) -> &str {
    thread["step"].as_str().unwrap()
}

/// Whoever reaches the page can see, and not cut: it answers no other method, and has nothing to press.
#[test]
fn the_page_changes_nothing() {
    let server = Running::start(Server::builder().handler(|_: &Request<'_>| Response::new(204)).limits(limits()));
    let answer = server.ask("POST /-/status HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(answer.status, 204, "that is the handler's");
    let page = String::from_utf8(server.get("/-/status").body).unwrap();
    assert!(!page.contains("<form") && !page.contains("<button") && !page.contains("POST"));
}

#[test]
fn page_and_data() {
    let folder = Folder::new();
    folder.write("a", "a");
    let server = Running::start(Server::builder().root(folder.path()).workers(3).limits(limits()));
    let mut held = server.connect();
    for _ in 0..3 {
        held.send(get("/a"));
        assert_eq!(held.answer().status, 200);
    }
    let page = server.get("/-/status");
    assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        page.field("content-security-policy").is_some_and(|policy| policy.starts_with("default-src 'none'"))
    );
    let json = || server.ask("GET /-/status HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\n\r\n");
    // The answer is there a moment before the connection is idle again.
    let idle = |text: &[u8]| String::from_utf8_lossy(text).contains("\"step\":\"idle\"");
    let asked = std::time::Instant::now();
    while !idle(&json().body) && asked.elapsed() < std::time::Duration::from_secs(10) {
        std::thread::yield_now();
    }
    let json = json();
    for answer in [json, server.get("/-/status.json")] {
        assert_eq!(answer.field("content-type"), Some("application/json"));
        let text = String::from_utf8(answer.body).unwrap();
        for part in ["\"schema\":1", "\"step\":\"idle\"", "\"step\":\"handle\"", "\"hits\":2"]
        {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
        let workers = if super::FRONT_END == FrontEnd::ThreadPerConnection { 0 } else { 3 };
        assert_eq!(text.matches("\"name\":\"worker ").count(), workers);
        let data: serde_json::Value = serde_json::from_str(&text).unwrap();
        let loops = data["loops"].as_array().unwrap();
        assert!(!loops.is_empty() && loops.iter().all(|one| ["poll", "serve"].contains(&step(one))), "{text}");
        assert!(["accept", "admit"].contains(&step(&data["acceptor"])), "{text}");
        let rows = data["rows"].as_array().unwrap();
        assert_eq!(data["connections"]["now"], rows.len(), "the count and the rows are of one moment");
        let threads = data["connection_threads"].as_array().unwrap();
        if super::FRONT_END == FrontEnd::ThreadPerConnection {
            assert!(threads.iter().any(|thread| step(thread) == "idle" && thread["jobs"] == 3), "{text}");
        } else {
            assert!(threads.is_empty(), "{text}");
        }
    }
    let hidden = Running::start(Server::builder().root(folder.path()).limits(limits()).status_page(false));
    assert_eq!(hidden.get("/-/status").status, 404);
}
