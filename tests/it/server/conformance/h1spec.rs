//! The properties that h1spec looks at: 32, and its strict one.

use super::{Case, case, chunked, post, request};

pub(super) fn cases() -> Vec<Case> {
    let next = request("GET", "Connection: close\r\n", "");
    let flood: String = (0..101).map(|number| format!("X-{number}: value\r\n")).collect();
    vec![
        // The request line.
        case("a simple GET", "9112 3", request("GET", "", ""), "200 open"),
        case("POST with a length", "9112 6.2", post("Content-Length: 5\r\n", "hello"), "200 open"),
        case(
            "the target `*` of OPTIONS",
            "9112 3.2.4",
            "OPTIONS * HTTP/1.1\r\nHost: test\r\n\r\n",
            "204 open",
        ),
        case(
            "an absolute target",
            "9112 3.2.2",
            "GET http://test/ HTTP/1.1\r\nHost: test\r\n\r\n",
            "200 open",
        ),
        case(
            "CONNECT with an authority",
            "9112 3.2.3",
            "CONNECT a.test:443 HTTP/1.1\r\nHost: test\r\n\r\n",
            "405 open",
        ),
        case("version 2.0", "9112 2.3", "GET / HTTP/2.0\r\nHost: test\r\n\r\n", "505 close"),
        case("no version", "9112 3", "GET /\r\nHost: test\r\n\r\n", "400 close"),
        // Fields.
        case("no Host", "9112 3.2", "GET / HTTP/1.1\r\n\r\n", "400 close"),
        case("two Hosts", "9112 3.2", request("GET", "Host: other\r\n", ""), "400 close"),
        case("a space in Host", "9112 3.2", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400 close"),
        case("a space in a field's name", "9112 5", request("GET", "Bad Name: x\r\n", ""), "400 close"),
        case("a folded line", "9112 5.2", request("GET", "  folded\r\n", ""), "400 close"),
        case("a space before the colon", "9112 5.1", "GET / HTTP/1.1\r\nHost : test\r\n\r\n", "400 close"),
        case("NUL in a field", "9110 5.5", "GET / HTTP/1.1\r\nHost: te\0st\r\n\r\n", "400 close"),
        // Bodies.
        case("a chunked body", "9112 7.1", chunked("5\r\nhello\r\n0\r\n\r\n"), "200 open"),
        case(
            "a chunked body in HTTP/1.0",
            "9112 6.1",
            "POST / HTTP/1.0\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "400 close",
        ),
        case(
            "chunked and a length",
            "9112 6.1",
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "5\r\nhello\r\n0\r\n\r\n"),
            "400 close",
        ),
        case(
            "chunked and a length: no second answer",
            "9112 6.1",
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "5\r\nhello\r\n0\r\n\r\n") + &next,
            "400 close",
        ),
        case(
            "an unknown transfer coding",
            "9112 6.1",
            post("Transfer-Encoding: nonsense\r\n", "hello"),
            "501 close",
        ),
        case(
            "chunked, but not last",
            "9112 6.3",
            post("Transfer-Encoding: chunked, gzip\r\n", "5\r\nhello\r\n0\r\n\r\n") + &next,
            "400 close",
        ),
        case("a length that is no number", "9112 6.3", post("Content-Length: xyz\r\n", "hello"), "400 close"),
        case(
            "lengths that differ",
            "9112 6.3",
            post("Content-Length: 5\r\nContent-Length: 7\r\n", "hello!!"),
            "400 close",
        ),
        case(
            "a chunk size that is no number",
            "9112 7.1",
            chunked("Z\r\nhello\r\n0\r\n\r\n") + &next,
            "400 close",
        ),
        case("a chunk without its end", "9112 7.1", chunked("5\r\nhello0\r\n\r\n") + &next, "400 close"),
        Case {
            then: "hello",
            ..case(
                "Expect: 100-continue",
                "9110 10.1.1",
                post("Content-Length: 5\r\nExpect: 100-continue\r\n", ""),
                "100 200 open",
            )
        },
        // The connection.
        case("two requests, one connection", "9112 9.3", request("GET", "", "").repeat(2), "200 200 open"),
        case("Connection: close", "9112 9.6", next.clone(), "200 close"),
        case("HTTP/1.0 closes", "9112 9.3", "GET / HTTP/1.0\r\nHost: test\r\n\r\n", "200 close"),
        // Responses.
        case("HEAD has no content", "9110 9.3.2", request("HEAD", "", ""), "200 open"),
        case("an error says where it ends", "9112 6.3", "get / HTTP/1.1\r\nHost: test\r\n\r\n", "501 open"),
        // Limits.
        case(
            "a target of 9,000 bytes",
            "9112 3",
            format!("GET /{} HTTP/1.1\r\nHost: test\r\n\r\n", "a".repeat(9000)),
            "414 close",
        ),
        case("101 fields", "9110 5.4", request("GET", &flood, ""), "431 close"),
        case(
            "a field of 9,000 bytes",
            "9110 5.4",
            request("GET", &format!("X-Big: {}\r\n", "x".repeat(9000)), ""),
            "200 open",
        ),
    ]
}
