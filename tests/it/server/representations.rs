//! Which bytes of a file are sent, in which coding, and what the fields say of them.

use std::fs;
#[cfg(feature = "compression")]
use std::io::Read;

use unsnarl::server::{Files, Server, ServerBuilder};

use super::client::{Answer, Folder, Running, limits};

fn files(folder: &Folder) -> Files {
    Files::new(folder.path(), &limits()).expect("the folder is there")
}

fn start(files: Files) -> Running {
    let builder: ServerBuilder = Server::builder();
    Running::start(builder.files(files).workers(2).limits(limits()))
}

fn get(server: &Running, path: &str, fields: &str) -> Answer {
    server.ask(format!("GET {path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n"))
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + at / 251) as u8).collect()
}

/// Small enough for the cache, and too large for it.
#[test]
fn ranges() {
    let folder = Folder::new();
    for len in [1000, 3_000_000] {
        let bytes = pattern(len);
        folder.write("a.bin", &bytes);
        let server = start(files(&folder));
        for (range, from, to) in [
            ("0-0".to_owned(), 0, 1),
            ("10-19".to_owned(), 10, 20),
            (format!("{}-", len - 7), len - 7, len),
            ("-5".to_owned(), len - 5, len),
            (format!("500-{}", 10 * len), 500, len),
        ] {
            let answer = get(&server, "/a.bin", &format!("Range: bytes={range}\r\n"));
            assert_eq!(answer.status, 206, "{range}");
            assert!(answer.body == bytes[from..to], "{range} of {len}");
            let content_range = format!("bytes {from}-{}/{len}", to - 1);
            assert_eq!(answer.field("content-range"), Some(content_range.as_str()));
            assert_eq!(answer.field("accept-ranges"), Some("bytes"));
        }
        let answer = get(&server, "/a.bin", &format!("Range: bytes={len}-\r\n"));
        let unsatisfied = format!("bytes */{len}");
        assert_eq!((answer.status, answer.field("content-range")), (416, Some(unsatisfied.as_str())));
        several(&server, &bytes);
        // A bomb is answered with the whole, once.
        let bomb = get(&server, "/a.bin", &format!("Range: bytes={}\r\n", "0-,".repeat(2000)));
        assert!(bomb.status == 200 && bomb.body == bytes);
        let overlapping: String = (0..16).map(|at| format!("{at}-900,")).collect();
        let joined = get(&server, "/a.bin", &format!("Range: bytes={overlapping}\r\n"));
        assert!(joined.status == 206 && joined.body == bytes[..901]);
        // Two that are a version apart are not put together.
        let etag = get(&server, "/a.bin", "").field("etag").unwrap().to_owned();
        let fields = format!("Range: bytes=1-2\r\nIf-Range: {etag}\r\n");
        assert_eq!(get(&server, "/a.bin", &fields).status, 206);
        folder.write("a.bin", pattern(len + 1));
        let newer = get(&server, "/a.bin", &fields);
        assert!(newer.status == 200 && newer.body == pattern(len + 1));
    }
}

/// Takes the parts of a `multipart/byteranges` apart by its boundary.
fn several(server: &Running, bytes: &[u8]) {
    let answer = get(server, "/a.bin", "Range: bytes=0-9,500-509,-10\r\n");
    assert_eq!(answer.status, 206);
    let boundary =
        answer.field("content-type").unwrap().strip_prefix("multipart/byteranges; boundary=").unwrap();
    let dashes = format!("--{boundary}");
    let body = &answer.body;
    let starts: Vec<usize> =
        (0..body.len()).filter(|at| body[*at..].starts_with(dashes.as_bytes())).collect();
    assert_eq!(starts.len(), 4, "three parts and the end");
    assert!(body.ends_with(format!("\r\n{dashes}--\r\n").as_bytes()));
    let len = bytes.len();
    for (window, part) in starts.windows(2).zip([0..10, 500..510, len - 10..len]) {
        let part_bytes = &body[window[0] + dashes.len() + 2..window[1] - 2];
        let split = part_bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(part_bytes[..split].to_vec()).unwrap();
        let content_range = format!("content-range: bytes {}-{}/{len}", part.start, part.end - 1);
        assert_eq!(head, format!("content-type: application/octet-stream\r\n{content_range}"));
        assert!(part_bytes[split + 4..] == bytes[part]);
    }
}

#[test]
fn files_that_lie_compressed_beside_theirs() {
    let folder = Folder::new();
    folder.write("a.js", "plain");
    for (suffix, text) in [(".br", "brotli"), (".zst", "zstd"), (".gz", "gzip")] {
        folder.write(&format!("a.js{suffix}"), text);
    }
    folder.write("b.png", "image");
    folder.write("b.png.gz", "not sent");
    let server = start(files(&folder).compress(false));
    for (accepts, body, coding) in [
        ("", "plain", None),
        ("gzip", "gzip", Some("gzip")),
        ("gzip, deflate, br, zstd", "brotli", Some("br")),
        ("br;q=0.1, zstd;q=0.9", "zstd", Some("zstd")),
        ("deflate", "plain", None),
        ("gzip;q=0", "plain", None),
    ] {
        let answer = get(&server, "/a.js", &format!("Accept-Encoding: {accepts}\r\n"));
        assert_eq!((answer.status, answer.body.as_slice()), (200, body.as_bytes()), "{accepts}");
        assert_eq!(answer.field("content-encoding"), coding, "{accepts}");
        assert_eq!(answer.field("vary"), Some("accept-encoding"));
        assert_eq!(answer.field("content-type"), Some("text/javascript; charset=utf-8"));
    }
    let image = get(&server, "/b.png", "Accept-Encoding: gzip\r\n");
    assert_eq!((image.body.as_slice(), image.field("vary")), (&b"image"[..], None));
    // Each representation has a tag of its own.
    let tag = |accepts: &str| {
        let answer = get(&server, "/a.js", &format!("Accept-Encoding: {accepts}\r\n"));
        answer.field("etag").unwrap().to_owned()
    };
    assert!(tag("br") != tag("") && tag("br") != tag("gzip"));
    let fields = format!("Accept-Encoding: br\r\nIf-None-Match: {}\r\n", tag("br"));
    let held = get(&server, "/a.js", &fields);
    assert_eq!((held.status, held.field("vary")), (304, Some("accept-encoding")));
    assert_eq!(get(&server, "/a.js", &format!("If-None-Match: {}\r\n", tag("br"))).status, 200);
    // One that appears, changes, and goes.
    let gzip = "Accept-Encoding: gzip\r\n";
    folder.write("c.txt", "plain");
    assert_eq!(get(&server, "/c.txt", gzip).body, b"plain");
    folder.write("c.txt.gz", "one");
    assert_eq!(get(&server, "/c.txt", gzip).body, b"one");
    folder.write("c.txt.gz", "other");
    assert_eq!(get(&server, "/c.txt", gzip).body, b"other");
    fs::remove_file(folder.path().join("c.txt.gz")).unwrap();
    assert_eq!(get(&server, "/c.txt", gzip).body, b"plain");
    // One that is older than its file says what the file no longer does.
    folder.write("d.txt.gz", "old");
    let old = fs::File::options().write(true).open(folder.path().join("d.txt.gz")).unwrap();
    old.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    folder.write("d.txt", "new");
    assert_eq!(get(&server, "/d.txt", gzip).body, b"new");
}

#[cfg(feature = "compression")]
#[test]
fn text_is_compressed_once() {
    let folder = Folder::new();
    let text = "to be or not to be, ".repeat(500);
    folder.write("a.txt", &text);
    folder.write("short.txt", "short");
    folder
        .write("noise.txt", (0..5000_u32).map(|at| at.wrapping_mul(2_654_435_769) as u8).collect::<Vec<_>>());
    let server = start(files(&folder));
    let gzip = get(&server, "/a.txt", "Accept-Encoding: gzip\r\n");
    assert_eq!(gzip.field("content-encoding"), Some("gzip"));
    let mut decoded = String::new();
    flate2::read::GzDecoder::new(&gzip.body[..]).read_to_string(&mut decoded).unwrap();
    assert!(decoded == text && gzip.body.len() < 500);
    let brotli = get(&server, "/a.txt", "Accept-Encoding: gzip, br\r\n");
    assert_eq!(brotli.field("content-encoding"), Some("br"));
    assert!(brotli.body.len() < gzip.body.len());
    // A range is one of the bytes that would be sent.
    let part = get(&server, "/a.txt", "Accept-Encoding: gzip\r\nRange: bytes=2-11\r\n");
    assert_eq!((part.status, part.field("content-encoding")), (206, Some("gzip")));
    assert!(part.body == gzip.body[2..12]);
    assert_eq!(get(&server, "/short.txt", "Accept-Encoding: gzip\r\n").field("content-encoding"), None);
    // A changed file is compressed anew.
    folder.write("a.txt", "not to be, ".repeat(500));
    let changed = get(&server, "/a.txt", "Accept-Encoding: gzip\r\n");
    decoded.clear();
    flate2::read::GzDecoder::new(&changed.body[..]).read_to_string(&mut decoded).unwrap();
    assert!(decoded == "not to be, ".repeat(500));
    let plain = get(&server, "/a.txt", "");
    assert_eq!((plain.body.len(), plain.field("content-encoding")), (decoded.len(), None));
    // By then nothing is loaded any more.
    let misses = || {
        let page = String::from_utf8(server.get("/-/status.json").body).unwrap();
        let at = page.find("\"misses\":").unwrap() + 9;
        page[at..].split(',').next().unwrap().parse::<u64>().unwrap()
    };
    let before = misses();
    for _ in 0..10 {
        assert_eq!(get(&server, "/a.txt", "Accept-Encoding: gzip, br\r\n").status, 200);
        assert_eq!(get(&server, "/noise.txt", "Accept-Encoding: gzip, br\r\n").status, 200);
    }
    assert!(misses() <= before + 3, "each version is compressed once");
}

#[test]
fn lists_and_error_pages() {
    let folder = Folder::new();
    folder.write("root/<b>&'.txt", "x");
    folder.write("root/sub/y", "x");
    folder.write("root/.hidden", "x");
    folder.write("root/with/index.html", "index");
    folder.write("pages/404.html", "<h1>nothing here");
    folder.write("pages/4xx.html", "<h1>not so");
    folder.write("bad/readme", "");
    let root = folder.path().join("root");
    let files = Files::new(&root, &limits()).unwrap().listing(true);
    let server = start(files.error_pages(folder.path().join("pages")).unwrap());
    let list = server.get("/");
    assert_eq!((list.status, list.field("content-type")), (200, Some("text/html; charset=utf-8")));
    let text = String::from_utf8(list.body).unwrap();
    assert!(text.contains("&lt;b&gt;&amp;&#39;.txt") && !text.contains("<b>"), "{text}");
    assert!(text.contains("href=\"%3Cb%3E%26%27.txt\"") && text.contains("href=\"sub/\""), "{text}");
    assert!(!text.contains("hidden") && !text.contains("../"), "{text}");
    assert!(String::from_utf8(server.get("/sub/").body).unwrap().contains("href=\"../\""));
    assert_eq!(server.get("/with/").body, b"index");
    assert_eq!(server.get("/sub").status, 301);
    let nothing = server.get("/nothing");
    assert_eq!((nothing.status, nothing.body.as_slice()), (404, &b"<h1>nothing here"[..]));
    assert_eq!(nothing.field("content-type"), Some("text/html; charset=utf-8"));
    let post = server.ask("POST / HTTP/1.1\r\nHost: test\r\n\r\n");
    assert_eq!((post.status, post.body.as_slice()), (405, &b"<h1>not so"[..]));
    assert_eq!(post.field("allow"), Some("GET, HEAD, OPTIONS"));

    let error = |name: &str| {
        let files = Files::new(&root, &limits()).unwrap();
        files.error_pages(folder.path().join(name)).unwrap_err().to_string()
    };
    assert!(error("none").starts_with("cannot read the error pages in "), "{}", error("none"));
    assert!(error("bad").ends_with("bad; name one 404.html or 5xx.html"), "{}", error("bad"));
}

/// That there is nothing is remembered, and does not hide what comes to be; so are links that change where they lead.
#[test]
fn what_comes_goes_and_moves() {
    let folder = Folder::new();
    let server = start(files(&folder));
    for round in 1..10_usize {
        assert_eq!(server.get("/a.txt").status, 404);
        assert_eq!(server.get("/a.txt").status, 404);
        folder.write("a.txt", "x".repeat(round));
        assert_eq!(server.get("/a.txt").body.len(), round);
        fs::remove_file(folder.path().join("a.txt")).unwrap();
    }
    assert_eq!(server.get("/sub/").status, 404);
    folder.write("sub/index.html", "now");
    assert_eq!(server.get("/sub/").body, b"now");
    #[cfg(unix)]
    {
        folder.write("v1/a.txt", "one");
        folder.write("v2/a.txt", "second");
        let current = folder.path().join("current");
        std::os::unix::fs::symlink("v1", &current).unwrap();
        assert_eq!(server.get("/current/a.txt").body, b"one");
        fs::remove_file(&current).unwrap();
        std::os::unix::fs::symlink("v2", &current).unwrap();
        assert_eq!(server.get("/current/a.txt").body, b"second");
    }
}

/// Under load, each answer is one version as a whole: never a mixture, and never one that was replaced before the request.
#[test]
fn a_file_that_changes_all_the_time_is_sent_whole() {
    let folder = Folder::new();
    let version = |number: usize| format!("{:08}", number).repeat(1 + number % 7 * 1000);
    let put = |number: usize| {
        fs::write(folder.path().join("new"), version(number)).unwrap();
        fs::rename(folder.path().join("new"), folder.path().join("a.txt")).unwrap();
    };
    put(0);
    let server = start(files(&folder).compress(false));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut client = server.connect();
                let mut newest = 0;
                for _ in 0..300 {
                    client.send(super::client::get("/a.txt"));
                    let body = String::from_utf8(client.answer().body).unwrap();
                    let number: usize = body[..8].parse().unwrap();
                    assert!(body == version(number), "a mixture");
                    // Old bytes may be sent while newer ones are loaded, but nobody goes back.
                    assert!(number >= newest, "{number} after {newest}");
                    newest = newest.max(number);
                }
            });
        }
        (1..200).for_each(|number| {
            put(number);
            std::thread::sleep(std::time::Duration::from_micros(500));
        });
    });
    let last = version(199);
    assert!(server.get("/a.txt").body == last.as_bytes());
}
