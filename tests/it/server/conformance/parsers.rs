//! The categories of llhttp's and picohttpparser's suites.

use super::{Case, case, chunked, post, request};

pub(super) fn cases() -> Vec<Case> {
    [methods(), targets(), versions(), fields(), connection(), lengths(), codings(), chunks()]
        .into_iter()
        .flatten()
        .collect()
}

fn line(line: &str) -> String {
    format!("{line}\r\nHost: test\r\n\r\n")
}

fn methods() -> Vec<Case> {
    vec![
        case("PUT", "9110 9.3.4", request("PUT", "Content-Length: 2\r\n", "hi"), "200 open"),
        case(
            "a method of the server's, on another path",
            "9110 15.5.6",
            request("DELETE", "", ""),
            "405 open",
        ),
        case("TRACE", "9110 9.3.8", request("TRACE", "", ""), "405 open"),
        case("a method that nobody knows", "9110 9.1", request("BREW", "", ""), "501 open"),
        case("a method in lower case", "9110 9.1", request("post", "", ""), "501 open"),
        case("a method with a tab", "9110 9.1", request("G\tET", "", ""), "400 close"),
        case("a method with NUL", "9110 9.1", request("G\0ET", "", ""), "400 close"),
        case("a method with a bracket", "9110 9.1", request("G(ET", "", ""), "400 close"),
        case("a method with a colon", "9110 9.1", request("GET:", "", ""), "400 close"),
        case(
            "a method of all token characters",
            "9110 5.6.2",
            request("!#$%&'*+-.^_`|~", "", ""),
            "501 open",
        ),
        case("no method", "9112 3", " / HTTP/1.1\r\nHost: test\r\n\r\n", "400 close"),
        case("an empty line first", "9112 2.2", format!("\r\n{}", request("GET", "", "")), "200 open"),
        case(
            "three empty lines first",
            "9112 2.2",
            format!("\r\n\r\n\r\n{}", request("GET", "", "")),
            "400 close",
        ),
        case("a preface of HTTP/2", "9113 3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 close"),
        case("a TLS hello", "", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\n", "400 close"),
    ]
}

fn targets() -> Vec<Case> {
    vec![
        case("a query", "9112 3.2.1", line("GET /?a=b&c=%20 HTTP/1.1"), "200 open"),
        case("two question marks", "9112 3.2.1", line("GET /?a?b HTTP/1.1"), "200 open"),
        case("an empty query", "9112 3.2.1", line("GET /? HTTP/1.1"), "200 open"),
        case("several slashes", "9112 3.2.1", line("GET //// HTTP/1.1"), "200 open"),
        case("a fragment", "9112 3.2.1", line("GET /#x HTTP/1.1"), "400 close"),
        case("no slash", "9112 3.2.1", line("GET x HTTP/1.1"), "400 close"),
        case("`*` of GET", "9112 3.2.4", line("GET * HTTP/1.1"), "400 close"),
        case("an absolute target without a path", "9112 3.2.2", line("GET http://test HTTP/1.1"), "200 open"),
        case(
            "an absolute target with a query alone",
            "9112 3.2.2",
            line("GET http://test?a HTTP/1.1"),
            "200 open",
        ),
        case("an absolute target of IPv6", "9112 3.2.2", line("GET http://[::1]:80/ HTTP/1.1"), "200 open"),
        case(
            "an absolute target with a name and password",
            "9110 4.2.4",
            line("GET http://u:p@test/ HTTP/1.1"),
            "400 close",
        ),
        case("an absolute target without a host", "9110 4.2.1", line("GET http:///x HTTP/1.1"), "400 close"),
        case(
            "an absolute target of another scheme",
            "9112 3.2.2",
            line("GET ftp://test/ HTTP/1.1"),
            "400 close",
        ),
        case(
            "OPTIONS of a whole server, absolute",
            "9112 3.2.4",
            line("OPTIONS http://test HTTP/1.1"),
            "204 open",
        ),
        case("CONNECT without an authority", "9112 3.2.3", line("CONNECT / HTTP/1.1"), "400 close"),
        case("a space in the target", "9112 3.2", line("GET /a b HTTP/1.1"), "400 close"),
        case("a tab in the target", "9112 3.2", line("GET /a\tb HTTP/1.1"), "400 close"),
        case("DEL in the target", "9112 3.2", line("GET /a\u{7f} HTTP/1.1"), "400 close"),
        case("a raw byte above 127 in the target", "9112 3.2", line("GET /\u{a0} HTTP/1.1"), "400 close"),
        case(
            "UTF-8, not encoded, in the target",
            "9112 3.2",
            line("GET /\u{c3}\u{a9} HTTP/1.1"),
            "400 close",
        ),
        case("a backslash in the target", "9112 3.2", line("GET /a\\b HTTP/1.1"), "400 close"),
        case("a bad escape", "3986 2.1", line("GET /%zz HTTP/1.1"), "400 close"),
        case("an escape that is cut off", "3986 2.1", line("GET /% HTTP/1.1"), "400 close"),
        case("an escaped NUL", "", line("GET /%00 HTTP/1.1"), "400 close"),
        case("an escaped line end", "", line("GET /%0d%0aX:%20y HTTP/1.1"), "400 close"),
        case("out of the root", "3986 5.2.4", line("GET /../x HTTP/1.1"), "400 close"),
        case("out of the root, escaped", "3986 5.2.4", line("GET /%2e%2e/x HTTP/1.1"), "400 close"),
    ]
}

fn versions() -> Vec<Case> {
    vec![
        case("HTTP/1.0 without Host", "9112 3.2", "GET / HTTP/1.0\r\n\r\n", "200 close"),
        case("version 1.2", "9110 2.5", line("GET / HTTP/1.2"), "505 close"),
        case("version 1.32", "9112 2.3", line("GET / HTTP/1.32"), "400 close"),
        case("version 01.1", "9112 2.3", line("GET / HTTP/01.1"), "400 close"),
        case("a version in lower case", "9112 2.3", line("GET / http/1.1"), "400 close"),
        case("another protocol", "9112 2.3", line("GET / RTSP/1.1"), "400 close"),
        case("a space after the version", "9112 3", line("GET / HTTP/1.1 "), "400 close"),
        case("two spaces", "9112 3", line("GET  / HTTP/1.1"), "400 close"),
        case("HTTP/0.9", "", "GET /\r\n\r\n", "400 close"),
        case("lines end in LF", "9112 2.2", "GET / HTTP/1.1\nHost: test\n\n", "400 close"),
        case("a CR in the request line", "9112 2.2", "GET / HTTP/1.1\rHost: test\r\n\r\n", "400 close"),
    ]
}

fn fields() -> Vec<Case> {
    let with = |fields: &str| request("GET", fields, "");
    vec![
        case("a tab around a value", "9110 5.5", with("X:\ty\t\r\n"), "200 open"),
        case("an empty value", "9110 5.5", with("X:\r\n"), "200 open"),
        case("no space after the colon", "9112 5.1", with("X:y\r\n"), "200 open"),
        case("colons in a value", "9110 5.5", with("X: a:b:c\r\n"), "200 open"),
        case("bytes above 127 in a value", "9110 5.5", with("X: \u{e9}\u{ff}\r\n"), "200 open"),
        case("a name of all token characters", "9110 5.6.2", with("!#$%&'*+-.^_`|~: y\r\n"), "200 open"),
        case("an empty name", "9110 5.1", with(": y\r\n"), "400 close"),
        case("no colon", "9112 5", with("X\r\n"), "400 close"),
        case("a name with a byte above 127", "9110 5.1", with("X\u{e9}: y\r\n"), "400 close"),
        case("a name with a bracket", "9110 5.1", with("X[0]: y\r\n"), "400 close"),
        case("a tab before the colon", "9112 5.1", with("X\t: y\r\n"), "400 close"),
        case(
            "a space before the first name",
            "9112 2.2",
            "GET / HTTP/1.1\r\n Host: test\r\n\r\n",
            "400 close",
        ),
        case("a folded value", "9112 5.2", with("X: y\r\n z\r\n"), "400 close"),
        case("a value folded by a tab", "9112 5.2", with("X: y\r\n\tz\r\n"), "400 close"),
        case("a CR in a value", "9110 5.5", with("X: a\rb\r\n"), "400 close"),
        case("a LF in a value", "9112 2.2", with("X: a\nY: b\r\n"), "400 close"),
        case("NUL in a value", "9110 5.5", with("X: a\0b\r\n"), "400 close"),
        case("DEL in a value", "9110 5.5", with("X: \u{7f}\r\n"), "400 close"),
        case("a control character in a value", "9110 5.5", with("X: \u{1}\r\n"), "400 close"),
        case("CR CR LF", "9112 2.2", with("X: y\r\r\n"), "400 close"),
        case("a Host with a path", "9112 3.2", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400 close"),
        case("a Host with a bad port", "9112 3.2", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "400 close"),
        case("a Host with a list", "9112 3.2", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", "400 close"),
        case("an empty Host", "9112 3.2", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "200 open"),
        case("a Host of IPv6", "9112 3.2", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "200 open"),
        case("two Hosts that are equal", "9112 3.2", with("Host: test\r\n"), "400 close"),
        case("64 fields", "", with(&"X: y\r\n".repeat(63)), "200 open"),
        case("65 fields", "9110 5.4", with(&"X: y\r\n".repeat(64)), "431 close"),
        case("an unknown expectation", "9110 10.1.1", with("Expect: tea\r\n"), "417 close"),
    ]
}

fn connection() -> Vec<Case> {
    let close = request("GET", "Connection: close\r\n", "");
    let get = request("GET", "", "");
    vec![
        case("20 requests at once", "9112 9.3.2", get.repeat(20), concat_20()),
        case("nothing after close", "9112 9.6", format!("{close}{get}"), "200 close"),
        case(
            "close in a list, other case",
            "9112 9.6",
            request("GET", "Connection: x, Close\r\n", ""),
            "200 close",
        ),
        case(
            "close and keep-alive",
            "9112 9.3",
            request("GET", "Connection: keep-alive, close\r\n", ""),
            "200 close",
        ),
        case(
            "keep-alive of HTTP/1.0",
            "9112 9.3",
            "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
            "200 open",
        ),
        case(
            "an upgrade that is not made",
            "9110 7.8",
            request("GET", "Connection: upgrade\r\nUpgrade: x\r\n", ""),
            "200 open",
        ),
        case(
            "a body of GET is not the next request",
            "9112 6.3",
            request("GET", "Content-Length: 4\r\n", "GET "),
            "200 open",
        ),
        case(
            "a body of HEAD is not the next request",
            "9112 6.3",
            request("HEAD", "Content-Length: 4\r\n", "GET "),
            "200 open",
        ),
        case(
            "a refused method's body is not the next request",
            "9112 9.3",
            request("DELETE", "Content-Length: 4\r\n", "GET "),
            "405 open",
        ),
    ]
}

fn concat_20() -> &'static str {
    "200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 200 open"
}

fn lengths() -> Vec<Case> {
    let with = |value: &str| post(&format!("Content-Length:{value}\r\n"), "hello");
    vec![
        case("leading zeros", "9110 8.6", with(" 0005"), "200 open"),
        case("a plus sign", "9110 8.6", with(" +5"), "400 close"),
        case("a minus sign", "9110 8.6", with(" -5"), "400 close"),
        case("hexadecimal", "9110 8.6", with(" 0x5"), "400 close"),
        case("an underscore", "9110 8.6", with(" 1_0"), "400 close"),
        case("a space within", "9110 8.6", with(" 4 2"), "400 close"),
        case("an empty length", "9110 8.6", with(""), "400 close"),
        case("a fraction", "9110 8.6", with(" 5.0"), "400 close"),
        case("a list of equal lengths", "9112 6.3", with(" 5, 5"), "400 close"),
        case("2^64", "9110 8.6", with(" 18446744073709551616"), "400 close"),
        case("2^64 - 1", "9110 8.6", with(" 18446744073709551615"), "413 close"),
        case(
            "two equal lengths",
            "9112 6.3",
            post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
            "400 close",
        ),
        case(
            "a length with a space before the colon",
            "9112 5.1",
            post("Content-Length : 5\r\n", "hello"),
            "400 close",
        ),
        case("a length of zero", "9112 6.2", post("Content-Length: 0\r\n", ""), "200 open"),
        case("no length", "9112 6.3", post("", ""), "200 open"),
    ]
}

fn codings() -> Vec<Case> {
    let body = "5\r\nhello\r\n0\r\n\r\n";
    let with = |fields: &str| post(&format!("{fields}\r\n"), body);
    vec![
        case("chunked in other case", "9112 7", with("Transfer-Encoding: cHuNkEd"), "200 open"),
        case(
            "chunked after an empty element",
            "9110 5.6.1.2",
            with("Transfer-Encoding: ,chunked"),
            "200 open",
        ),
        case("chunked with a tab around", "9110 5.5", with("Transfer-Encoding:\tchunked\t"), "200 open"),
        case("chunked twice", "9112 7.1", with("Transfer-Encoding: chunked, chunked"), "400 close"),
        case(
            "chunked in two fields",
            "9112 7.1",
            with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
            "400 close",
        ),
        case("chunked, then identity", "9112 6.3", with("Transfer-Encoding: chunked, identity"), "400 close"),
        case("identity", "9112 7", with("Transfer-Encoding: identity"), "501 close"),
        case("gzip, then chunked", "9112 7.2", with("Transfer-Encoding: gzip, chunked"), "501 close"),
        case("xchunked", "9112 7", with("Transfer-Encoding: xchunked"), "501 close"),
        case("chunked with a parameter", "9112 7.1", with("Transfer-Encoding: chunked;q=1"), "501 close"),
        case("chunked in quotes", "9112 7", with("Transfer-Encoding: \"chunked\""), "501 close"),
        case(
            "chunked after a vertical tab",
            "9110 5.5",
            with("Transfer-Encoding: \u{b}chunked"),
            "400 close",
        ),
        case(
            "chunked after a no-break space",
            "9110 5.5",
            with("Transfer-Encoding: \u{a0}chunked"),
            "501 close",
        ),
        case("empty", "9112 6.1", with("Transfer-Encoding:"), "400 close"),
        case("a space before the colon", "9112 5.1", with("Transfer-Encoding : chunked"), "400 close"),
        case(
            "a length first",
            "9112 6.1",
            with("Content-Length: 5\r\nTransfer-Encoding: chunked"),
            "400 close",
        ),
        case(
            "a length of zero, too",
            "9112 6.1",
            with("Content-Length: 0\r\nTransfer-Encoding: chunked"),
            "400 close",
        ),
    ]
}

fn chunks() -> Vec<Case> {
    let end = "0\r\n\r\n";
    let first = |size: &str| chunked(&format!("{size}\r\nhello\r\n{end}"));
    vec![
        case("several chunks", "9112 7.1", chunked("1\r\nh\r\n4\r\nello\r\n0\r\n\r\n"), "200 open"),
        case(
            "a size in upper case with zeros",
            "9112 7.1",
            chunked("000A\r\n0123456789\r\n0\r\n\r\n"),
            "200 open",
        ),
        case("an extension", "9112 7.1.1", first("5;a=b"), "200 open"),
        case("an extension in quotes", "9112 7.1.1", first("5;a=\"b;c\""), "200 open"),
        case("a trailer", "9112 7.1.2", chunked("0\r\nX: y\r\nZ: w\r\n\r\n"), "200 open"),
        case("a trailer without a colon", "9112 7.1.2", chunked("0\r\nX\r\n\r\n"), "400 close"),
        case("a folded trailer", "9112 7.1.2", chunked("0\r\nX: y\r\n z\r\n\r\n"), "400 close"),
        case(
            "a trailer that sets the length",
            "9110 6.5.1",
            chunked("0\r\nContent-Length: 9\r\n\r\n"),
            "200 open",
        ),
        case("a size with 0x", "9112 7.1", first("0x5"), "400 close"),
        case("a size with a sign", "9112 7.1", first("+5"), "400 close"),
        case("a size with a space before", "9112 7.1", first(" 5"), "400 close"),
        case("a size with a space after", "9112 7.1", first("5 "), "400 close"),
        case("a size with an underscore", "9112 7.1", first("0_5"), "400 close"),
        case("no size", "9112 7.1", first(""), "400 close"),
        case("a size above 2^64", "9112 7.1", first("10000000000000005"), "413 close"),
        case("a size line that ends in LF", "9112 7.1", chunked("5\nhello\r\n0\r\n\r\n"), "400 close"),
        case("a size line that ends in CR CR", "9112 7.1", chunked("5\r\rhello\r\n0\r\n\r\n"), "400 close"),
        case("an extension with LF", "9112 7.1.1", chunked("5;a\nhello\r\n0\r\n\r\n"), "400 close"),
        case("a chunk that ends in LF", "9112 7.1", chunked("5\r\nhello\n0\r\n\r\n"), "400 close"),
        case(
            "a chunk that is longer than it says",
            "9112 7.1",
            chunked("5\r\nhello!\r\n0\r\n\r\n"),
            "400 close",
        ),
        case("an endless extension", "", first(&format!("5;{}", "x".repeat(5000))), "400 close"),
        case("endless zeros", "", first(&"0".repeat(5000)), "400 close"),
        case("an endless trailer", "", chunked(&format!("0\r\n{}", "X: y\r\n".repeat(2000))), "431 close"),
        case("more than a body may have", "9110 15.5.14", first("ffffff"), "413 close"),
    ]
}
