//! Files, byte for byte, and nothing but files.

use std::fs;

use unsnarl::server::{Limits, Server};

use super::client::{Folder, Running, get, limits};

fn serve(folder: &Folder) -> Running {
    Running::start(Server::builder().root(folder.path()).workers(2).limits(limits()))
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 251) as u8).collect()
}

#[test]
fn files_are_byte_equal() {
    let folder = Folder::new();
    let sizes = [0, 1, 1023, 1024, 4096, 65_536, 1024 * 1024, 1024 * 1024 + 1, 5_000_000];
    for size in sizes {
        folder.write(&format!("{size}.bin"), pattern(size));
    }
    let server = serve(&folder);
    let mut client = server.connect();
    for _ in 0..2 {
        for size in sizes {
            client.send(get(&format!("/{size}.bin")));
            let answer = client.answer();
            assert_eq!(answer.status, 200);
            assert!(answer.body == pattern(size), "{size} bytes");
            assert!(!answer.closes());
        }
    }
}

#[test]
fn a_changed_file_is_never_served_stale() {
    let folder = Folder::new();
    let server = serve(&folder);
    for round in 1..20_usize {
        folder.write("a.txt", "x".repeat(round));
        assert_eq!(server.get("/a.txt").body.len(), round);
    }
    fs::remove_file(folder.path().join("a.txt")).unwrap();
    assert_eq!(server.get("/a.txt").status, 404);
}

#[test]
fn folders_and_fields() {
    let folder = Folder::new();
    folder.write("index.html", "root");
    folder.write("sub dir/index.html", "sub");
    folder.write("empty/x", "");
    folder.write("a.txt", "text");
    let server = serve(&folder);
    assert_eq!(server.get("/").body, b"root");
    assert_eq!(server.get("/").field("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(server.get("/sub%20dir/").body, b"sub");
    let redirect = server.get("/sub%20dir?a=b");
    assert_eq!((redirect.status, redirect.field("location")), (301, Some("/sub%20dir/?a=b")));
    assert_eq!(server.get("/empty/").status, 404);
    assert_eq!(server.get("/a.txt/").status, 404);
    assert_eq!(server.get(&format!("/{}", "x".repeat(4000))).status, 404);
    assert_eq!(server.get("http://test/a.txt").body, b"text");

    let first = server.get("/a.txt");
    for condition in ["If-None-Match", "If-Modified-Since"] {
        let value = first.field(if condition == "If-None-Match" { "etag" } else { "last-modified" }).unwrap();
        let answer = server.ask(format!("GET /a.txt HTTP/1.1\r\nHost: test\r\n{condition}: {value}\r\n\r\n"));
        assert_eq!((answer.status, answer.body.len()), (304, 0), "{condition}");
    }
    let mut client = server.connect();
    client.send("HEAD /a.txt HTTP/1.1\r\nHost: test\r\n\r\n");
    let answer = client.answer_to_head();
    assert_eq!((answer.status, answer.field("content-length")), (200, Some("4")));
    client.send(get("/a.txt"));
    assert_eq!(client.answer().body, b"text");
    for target in ["*", "/a.txt"] {
        let options = server.ask(format!("OPTIONS {target} HTTP/1.1\r\nHost: test\r\n\r\n"));
        assert_eq!((options.status, options.field("allow")), (204, Some("GET, HEAD, OPTIONS")));
    }
    let post = server.ask("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc");
    assert_eq!((post.status, post.field("allow")), (405, Some("GET, HEAD, OPTIONS")));
}

#[test]
fn nobody_leaves_the_root() {
    let outside = Folder::new();
    outside.write("secret", "secret");
    outside.write("root/inside", "inside");
    let root = outside.path().join("root");
    #[cfg(unix)]
    for (target, link) in [("../secret", "link"), ("..", "up"), ("inside", "good"), ("/", "slash")] {
        std::os::unix::fs::symlink(target, root.join(link)).unwrap();
    }
    let server = Running::start(Server::builder().root(&root).workers(2).limits(limits()));
    assert_eq!(server.get("/inside").body, b"inside");
    for (path, status) in [
        ("/../secret", 400),
        ("/x/../../secret", 400),
        ("/%2e%2e/secret", 400),
        ("/%2E./secret", 400),
        ("/..%2fsecret", 400),
        ("/%252e%252e/secret", 404),
        ("/..%252fsecret", 404),
        ("/..\\secret", 400),
        ("/..%5csecret", 400),
        ("/inside%00", 400),
        ("//secret", 404),
        ("/....//secret", 404),
        ("/%c0%ae%c0%ae/secret", 400),
        ("/link", 403),
        ("/up/secret", 403),
        ("/slash/etc/hostname", 403),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(!answer.body.windows(6).any(|part| part == b"secret"), "{path}");
    }
    #[cfg(unix)]
    assert_eq!(server.get("/good").body, b"inside");
}

#[test]
fn errors_say_what_to_do() {
    let folder = Folder::new();
    folder.write("file", "");
    let build = |path: &str| Server::builder().addr("127.0.0.1:0").root(folder.path().join(path)).build();
    assert!(build("missing").unwrap_err().to_string().ends_with("missing does not exist"));
    let file = build("file").unwrap_err().to_string();
    assert!(file.ends_with("file is not a folder; name the folder that contains it"), "{file}");
    let first = Server::builder().addr("127.0.0.1:0").root(folder.path()).build().unwrap();
    let addr = first.local_addr().to_string();
    let second = Server::builder().addr(&addr).root(folder.path()).build().unwrap_err().to_string();
    assert!(second.starts_with(&format!("address {addr} is in use; try ")), "{second}");
    let none = Server::builder().limits(Limits::default()).build().unwrap_err();
    assert_eq!(none.to_string(), "the server has neither a root folder nor a handler");
}
