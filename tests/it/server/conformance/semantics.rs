//! What an answer says: conditions, ranges, codings, redirects (RFC 9110).

use super::{Case, case};

pub(super) fn cases() -> Vec<Case> {
    let of = |path: &str, fields: &str| format!("GET {path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n");
    let ten = |fields: &str| of("/ten.txt", fields);
    const LONG_AGO: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const FAR_OFF: &str = "Sun, 06 Nov 2095 08:49:37 GMT";
    vec![
        case("If-None-Match of any", "9110 13.1.2", ten("If-None-Match: *\r\n"), "304 open"),
        case("If-None-Match of another", "9110 13.1.2", ten("If-None-Match: \"x\"\r\n"), "200 open"),
        case("If-Match of any", "9110 13.1.1", ten("If-Match: *\r\n"), "200 open"),
        case("If-Match of another", "9110 13.1.1", ten("If-Match: \"x\"\r\n"), "412 open"),
        case(
            "If-Modified-Since later",
            "9110 13.1.3",
            ten(&format!("If-Modified-Since: {FAR_OFF}\r\n")),
            "304 open",
        ),
        case(
            "If-Modified-Since earlier",
            "9110 13.1.3",
            ten(&format!("If-Modified-Since: {LONG_AGO}\r\n")),
            "200 open",
        ),
        case("If-Modified-Since of no date", "9110 13.1.3", ten("If-Modified-Since: now\r\n"), "200 open"),
        case(
            "If-Unmodified-Since earlier",
            "9110 13.1.4",
            ten(&format!("If-Unmodified-Since: {LONG_AGO}\r\n")),
            "412 open",
        ),
        case(
            "If-Unmodified-Since later",
            "9110 13.1.4",
            ten(&format!("If-Unmodified-Since: {FAR_OFF}\r\n")),
            "200 open",
        ),
        case(
            "If-Match makes If-Unmodified-Since void",
            "9110 13.2.2",
            ten(&format!("If-Match: *\r\nIf-Unmodified-Since: {LONG_AGO}\r\n")),
            "200 open",
        ),
        case(
            "If-None-Match makes If-Modified-Since void",
            "9110 13.2.2",
            ten(&format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {FAR_OFF}\r\n")),
            "200 open",
        ),
        case(
            "a failed If-Match before If-None-Match",
            "9110 13.2.2",
            ten("If-Match: \"x\"\r\nIf-None-Match: *\r\n"),
            "412 open",
        ),
        case("a range", "9110 14.2", ten("Range: bytes=2-4\r\n"), "206 open"),
        case("the last bytes", "9110 14.1.2", ten("Range: bytes=-3\r\n"), "206 open"),
        case("two ranges", "9110 14.6", ten("Range: bytes=0-1,8-9\r\n"), "206 open"),
        case("a range behind the end", "9110 15.5.17", ten("Range: bytes=10-\r\n"), "416 open"),
        case("a range of an empty file", "9110 15.5.17", of("/empty.txt", "Range: bytes=0-\r\n"), "416 open"),
        case("a range of another unit", "9110 14.2", ten("Range: lines=1-2\r\n"), "200 open"),
        case("a malformed range", "9110 14.2", ten("Range: bytes=4-2\r\n"), "200 open"),
        case(
            "1,000 ranges",
            "9110 14.2",
            ten(&format!("Range: bytes={}\r\n", "0-,".repeat(1000))),
            "200 open",
        ),
        case(
            "a range if the tag is another",
            "9110 13.1.5",
            ten("Range: bytes=2-4\r\nIf-Range: \"x\"\r\n"),
            "200 open",
        ),
        case(
            "a range if the date is another",
            "9110 13.1.5",
            ten(&format!("Range: bytes=2-4\r\nIf-Range: {FAR_OFF}\r\n")),
            "200 open",
        ),
        case(
            "a range of HEAD is not heeded",
            "9110 14.2",
            "HEAD /ten.txt HTTP/1.1\r\nHost: test\r\nRange: bytes=2-4\r\n\r\n",
            "200 open",
        ),
        case(
            "a condition before a range",
            "9110 13.2.2",
            ten("Range: bytes=2-4\r\nIf-None-Match: *\r\n"),
            "304 open",
        ),
        case("gzip", "9110 12.5.3", of("/words.txt", "Accept-Encoding: gzip\r\n"), "200 open"),
        case("nothing is acceptable", "9110 12.5.3", ten("Accept-Encoding: identity;q=0\r\n"), "406 open"),
        case("a folder without its slash", "9110 15.4.2", of("/sub", ""), "301 open"),
        case("a folder", "", of("/sub/", ""), "200 open"),
        case("a file that is not there", "9110 15.5.5", of("/nothing", ""), "404 open"),
        case("a file as a folder", "9110 15.5.5", of("/ten.txt/", ""), "404 open"),
        case(
            "OPTIONS of a file",
            "9110 9.3.7",
            "OPTIONS /ten.txt HTTP/1.1\r\nHost: test\r\n\r\n",
            "204 open",
        ),
        case(
            "PUT of a file",
            "9110 15.5.6",
            "PUT /ten.txt HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\nx",
            "405 open",
        ),
    ]
}
