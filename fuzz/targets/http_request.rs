//! A connection's bytes, read as the server reads them: no panic, no path that leaves the root, and no difference between
//! bytes that come at once and bytes that come in pieces, or heads that are taken at once and heads that are scanned first.

#![no_main]

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use unsnarl::server::{
    Limits,
    http::{
        Framing, Head, Method, Reject, Version,
        body::BodyReader,
        head,
        path::normalise,
        scan::{HeadRange, HeadScanner},
    },
    limits::{HEADER_BYTES_MAX, HEADERS_COUNT_MAX, URI_BYTES_MAX},
};

/// Small, so that the fuzzer reaches it.
const CONTENT_BYTES_MAX: usize = 64;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = (usize::from(input.0 % 32) + 1, input.1);

    if let Ok(path) = std::str::from_utf8(bytes)
        && let Ok(normal) = normalise(path)
    {
        stays_inside(&normal);
    }
    same_in_pieces(Framing::Chunked, bytes, piece);

    let scanned = scan(bytes, bytes.len().max(1));
    assert_eq!(scan(bytes, piece), scanned, "the head's end depends on how the bytes came");
    same_at_once(bytes, scanned);
    let Ok(Some(range)) = scanned else { return };
    let Ok(head) = Head::parse(bytes, range, URI_BYTES_MAX) else { return };
    if head.path() != "*" {
        stays_inside(head.path());
    }
    same_when_written_again(&head);
    same_in_pieces(head.framing(), &bytes[range.end..], piece);
});

/// Whether a head is taken, or refused, in one look as in two.
fn same_at_once(bytes: &[u8], scanned: Result<Option<HeadRange>, Reject>) {
    let parse = |range: HeadRange| {
        let head = Head::parse_within(bytes, range, URI_BYTES_MAX, HEADERS_COUNT_MAX)?;
        Ok(Some((head, range.end)))
    };
    let parsed = scanned.and_then(|range| range.map_or(Ok(None), parse));
    let read = Head::read(&mut HeadScanner::default(), bytes, &Limits::default());
    assert_eq!(format!("{read:?}"), format!("{parsed:?}"), "one look says something else than two");
}

fn scan(bytes: &[u8], piece: usize) -> Result<Option<HeadRange>, Reject> {
    let mut scanner = HeadScanner::default();
    let mut length = 0;
    while length < bytes.len() {
        length = (length + piece).min(bytes.len());
        if let Some(range) = scanner.scan(&bytes[..length], HEADER_BYTES_MAX, URI_BYTES_MAX)? {
            return Ok(Some(range));
        }
    }
    Ok(None)
}

fn stays_inside(normal: &str) {
    let relative = normal.strip_prefix('/').expect("a normal path begins with a slash");
    assert!(!normal.contains("//"), "{normal:?}");
    let inside = Path::new(relative).components().all(|part| matches!(part, Component::Normal(_)));
    assert!(inside, "{normal:?} leaves the root");
}

fn same_in_pieces(framing: Framing, bytes: &[u8], piece: usize) {
    let whole = decode(framing, bytes, bytes.len().max(1));
    assert_eq!(decode(framing, bytes, piece), whole, "the body depends on how the bytes came");
    if let Ok((taken, _, content)) = whole {
        assert!(taken <= bytes.len() && content.len() <= CONTENT_BYTES_MAX);
    }
}

/// How many bytes were the body's, whether it is complete, and its content.
fn decode(framing: Framing, bytes: &[u8], piece: usize) -> Result<(usize, bool, Vec<u8>), Reject> {
    let mut reader = BodyReader::new(framing, CONTENT_BYTES_MAX)?;
    let mut taken = 0;
    for part in bytes.chunks(piece) {
        let of_body = reader.read(part)?;
        taken += of_body;
        if of_body < part.len() {
            assert!(reader.is_done(), "bytes were left although the body is not complete");
            break;
        }
    }
    Ok((taken, reader.is_done(), reader.into_content()))
}

/// A head that says what `head` says, in other words, is understood in the same way.
fn same_when_written_again(head: &Head) {
    if head.method() == Method::Other {
        return;
    }
    let mut text = format!("{} ", head.method().as_str()).into_bytes();
    match head.path() {
        "*" => text.push(b'*'),
        path => path.bytes().for_each(|byte| match byte {
            b'/' => text.push(b'/'),
            byte => text.extend(format!("%{byte:02x}").bytes()),
        }),
    }
    if let Some(query) = head.query() {
        text.push(b'?');
        text.extend(query.bytes());
    }
    let (version, default_is_open) = match head.version() {
        Version::Http11 => ("1.1", true),
        Version::Http10 => ("1.0", false),
    };
    text.extend(format!(" HTTP/{version}\r\n").bytes());
    if let Some(host) = head.field("host") {
        text.extend([b"HOST: ", host, b"\r\n"].concat());
    }
    text.extend(match head.framing() {
        Framing::Length(length) => format!("content-LENGTH:{length}\r\n").into_bytes(),
        Framing::Chunked => b"Transfer-Encoding: ,chunked\r\n".to_vec(),
    });
    if head.keep_alive() != default_is_open {
        text.extend(if default_is_open {
            &b"Connection: close\r\n"[..]
        } else {
            b"Connection: keep-alive\r\n"
        });
    }
    if head.expects_continue() {
        text.extend(b"Expect: 100-continue\r\n");
    }
    text.extend(b"\r\n");
    let range = HeadRange { start: 0, end: text.len() };
    let again = Head::parse(&text, range, usize::MAX)
        .unwrap_or_else(|reject| panic!("{reject:?}: {}", String::from_utf8_lossy(&text)));
    let facts = |head: &head::Head| {
        (head.method(), head.version(), head.framing(), head.keep_alive(), head.expects_continue())
    };
    assert_eq!(facts(&again), facts(head));
    assert_eq!((again.path(), again.query()), (head.path(), head.query()));
}
