//! The request head: method, target, version and fields, and what follows from them.
//!
//! Where the body ends is decided here and nowhere else, by RFC 9112 section 6.3, and in doubt the request is refused.

use super::{Reject, path, scan::HeadRange};
use crate::server::limits::HEADERS_COUNT_MAX;

/// A request method (RFC 9110 section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Transfer a representation.
    Get,
    /// As `Get`, the head only.
    Head,
    /// Process the content.
    Post,
    /// Replace the representation.
    Put,
    /// Remove the representation.
    Delete,
    /// Describe the options.
    Options,
    /// Any other.
    Other,
}

impl Method {
    fn parse(name: &str) -> Self {
        match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "OPTIONS" => Method::Options,
            _ => Method::Other,
        }
    }

    /// The method's name; empty for [`Other`](Self::Other).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Options => "OPTIONS",
            Method::Other => "",
        }
    }
}

/// A protocol version that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
}

/// How the request body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// This many bytes follow; 0 without a body.
    Length(u64),
    /// The chunked coding (RFC 9112 section 7.1).
    Chunked,
}

/// A request head that has passed all checks.
#[derive(Debug, Clone)]
pub struct Head {
    method: Method,
    version: Version,
    path: String,
    query: Option<String>,
    /// The head's bytes; `fields` points into them.
    bytes: Box<[u8]>,
    fields: Vec<FieldSpan>,
    framing: Framing,
    keep_alive: bool,
    expects_continue: bool,
}

#[derive(Debug, Clone, Copy)]
struct FieldSpan {
    name: (u32, u32),
    value: (u32, u32),
}

impl Head {
    /// Parses the head that lies at `range` of `bytes`.
    ///
    /// # Errors
    ///
    /// 400 for anything malformed or ambiguous, 414 and 431 above a limit, 501 for an unknown transfer coding, 505 for a
    /// version other than 1.0 and 1.1.
    pub fn parse(bytes: &[u8], range: HeadRange, uri_bytes_max: usize) -> Result<Self, Reject> {
        let bytes = &bytes[range.start..range.end];
        check_request_line(bytes, uri_bytes_max)?;
        let mut table = [httparse::EMPTY_HEADER; HEADERS_COUNT_MAX];
        let mut request = httparse::Request::new(&mut table);
        match request.parse(bytes) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
            Ok(_) => return Err(Reject::bad("malformed request head")),
            Err(error) => return Err(reject_of(error)),
        }
        let method_name = request.method.unwrap_or_default();
        let method = Method::parse(method_name);
        let version = if request.version == Some(0) { Version::Http10 } else { Version::Http11 };
        let target = Target::parse(method_name, request.path.unwrap_or_default())?;
        let facts = FieldFacts::gather(request.headers)?;
        if version == Version::Http11 && facts.hosts == 0 {
            return Err(Reject::bad("the host field is missing"));
        }
        let framing = facts.framing(version)?;
        let keep_alive = match version {
            Version::Http11 => !facts.close,
            Version::Http10 => facts.keep_alive && !facts.close,
        };
        let span_of = |part: &[u8]| {
            // Both are parts of one head, whose limit is far below 2^32.
            let start = part.as_ptr().addr() - bytes.as_ptr().addr();
            (start as u32, (start + part.len()) as u32)
        };
        let fields = request
            .headers
            .iter()
            .map(|field| FieldSpan { name: span_of(field.name.as_bytes()), value: span_of(field.value) })
            .collect();
        Ok(Head {
            method,
            version,
            path: target.path,
            query: target.query,
            fields,
            framing,
            keep_alive,
            expects_continue: facts.expects_continue && version == Version::Http11,
            bytes: bytes.into(),
        })
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The version.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The path, percent-decoded and without dot segments; it starts with `/` and cannot leave the root. `*` for
    /// `OPTIONS *`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What followed the `?` of the target, not decoded.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The value of the first field called `name`, whatever its case.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let named = |field: &&FieldSpan| self.part(field.name).eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().find(named).map(|field| self.part(field.value))
    }

    /// The values of all fields called `name`, whatever its case, in order.
    pub fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields
            .iter()
            .filter(move |field| self.part(field.name).eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| self.part(field.value))
    }

    /// How the body is delimited.
    #[must_use]
    pub fn framing(&self) -> Framing {
        self.framing
    }

    /// Whether the client wants the connection to stay open (RFC 9112 section 9.3).
    #[must_use]
    pub fn keep_alive(&self) -> bool {
        self.keep_alive
    }

    /// Whether the client waits for `100 Continue` before it sends the body (RFC 9110 section 10.1.1).
    #[must_use]
    pub fn expects_continue(&self) -> bool {
        self.expects_continue
    }

    fn part(&self, (start, end): (u32, u32)) -> &[u8] {
        &self.bytes[start as usize..end as usize]
    }
}

/// What the parser would not tell apart: a target above its limit, and a version that is well formed but not served.
fn check_request_line(bytes: &[u8], uri_bytes_max: usize) -> Result<(), Reject> {
    let end = bytes.iter().position(|&byte| byte == b'\r').unwrap_or(bytes.len());
    let mut parts = bytes[..end].split(|&byte| byte == b' ');
    let (Some(_), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Reject::bad("malformed request line"));
    };
    if target.len() > uri_bytes_max {
        return Err(Reject::new(414, "the request target is too long"));
    }
    match version {
        b"HTTP/1.1" | b"HTTP/1.0" => Ok(()),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(Reject::new(505, "only HTTP/1.0 and HTTP/1.1 are served"))
        }
        _ => Err(Reject::bad("malformed version")),
    }
}

fn reject_of(error: httparse::Error) -> Reject {
    match error {
        httparse::Error::TooManyHeaders => Reject::new(431, "too many header fields"),
        httparse::Error::HeaderName => Reject::bad("malformed field name"),
        httparse::Error::HeaderValue => Reject::bad("malformed field value"),
        _ => Reject::bad("malformed request head"),
    }
}

struct Target {
    path: String,
    query: Option<String>,
}

impl Target {
    /// The four forms of RFC 9112 section 3.2.
    fn parse(method: &str, target: &str) -> Result<Self, Reject> {
        if method == "CONNECT" {
            // The authority form; whatever it names, the method will be refused.
            return Ok(Target { path: "/".to_owned(), query: None });
        }
        if target == "*" {
            if method != "OPTIONS" {
                return Err(Reject::bad("the target * is for OPTIONS only"));
            }
            return Ok(Target { path: "*".to_owned(), query: None });
        }
        let origin = if target.starts_with('/') { target } else { strip_origin(target)? };
        // A fragment is never sent (RFC 9112 section 3.2.1).
        if origin.contains('#') {
            return Err(Reject::bad("the target contains a fragment"));
        }
        let (path, query) = match origin.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (origin, None),
        };
        let path = if path.is_empty() { "/" } else { path };
        Ok(Target { path: path::normalise(path)?, query })
    }
}

/// Turns the absolute form into the origin form.
fn strip_origin(target: &str) -> Result<&str, Reject> {
    let (scheme, rest) = target.split_once("://").ok_or(Reject::bad("malformed request target"))?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(Reject::bad("the target's scheme is not http"));
    }
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    if !is_host(authority.as_bytes()) || authority.is_empty() {
        return Err(Reject::bad("malformed authority in the request target"));
    }
    Ok(path)
}

/// What the fields say about framing and the connection.
#[derive(Default)]
struct FieldFacts<'a> {
    hosts: usize,
    content_length: Option<u64>,
    codings: Vec<&'a [u8]>,
    has_transfer_encoding: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
}

impl<'a> FieldFacts<'a> {
    fn gather(fields: &[httparse::Header<'a>]) -> Result<Self, Reject> {
        let mut facts = FieldFacts::default();
        for field in fields {
            let value = field.value;
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            if is("host") {
                facts.hosts += 1;
                if facts.hosts > 1 {
                    return Err(Reject::bad("the host field is there twice"));
                }
                if !is_host(value) {
                    return Err(Reject::bad("malformed host field"));
                }
            } else if is("content-length") {
                let length = parse_length(value)?;
                if facts.content_length.is_some_and(|earlier| earlier != length) {
                    return Err(Reject::bad("content-length fields differ"));
                }
                facts.content_length = Some(length);
            } else if is("transfer-encoding") {
                facts.has_transfer_encoding = true;
                facts.codings.extend(list(value));
            } else if is("connection") {
                facts.close |= list(value).any(|option| option.eq_ignore_ascii_case(b"close"));
                facts.keep_alive |= list(value).any(|option| option.eq_ignore_ascii_case(b"keep-alive"));
            } else if is("expect") {
                if !value.eq_ignore_ascii_case(b"100-continue") {
                    return Err(Reject::new(417, "only the expectation 100-continue is met"));
                }
                facts.expects_continue = true;
            }
        }
        Ok(facts)
    }

    fn framing(&self, version: Version) -> Result<Framing, Reject> {
        if !self.has_transfer_encoding {
            return Ok(Framing::Length(self.content_length.unwrap_or(0)));
        }
        if self.content_length.is_some() {
            return Err(Reject::bad("both content-length and transfer-encoding"));
        }
        if version == Version::Http10 {
            return Err(Reject::bad("transfer-encoding in HTTP/1.0"));
        }
        let is_chunked = |coding: &&&[u8]| coding.eq_ignore_ascii_case(b"chunked");
        match self.codings.split_last() {
            None => Err(Reject::bad("empty transfer-encoding")),
            Some((last, [])) if is_chunked(&last) => Ok(Framing::Chunked),
            Some((last, before)) if is_chunked(&last) && !before.iter().any(|coding| is_chunked(&coding)) => {
                Err(Reject::new(501, "unknown transfer coding"))
            }
            Some((_, all)) if all.iter().any(|coding| is_chunked(&coding)) => {
                Err(Reject::bad("chunked is not the last transfer coding"))
            }
            Some(_) => Err(Reject::new(501, "unknown transfer coding")),
        }
    }
}

/// The elements of a comma-separated list; empty ones are left out (RFC 9110 section 5.6.1.2).
fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim).filter(|element| !element.is_empty())
}

/// Without spaces and tabs at both ends; other white space is part of the value (and makes it unknown).
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// A content length: digits and nothing else. The integer parser of the language would also take a sign. A list of equal
/// lengths, which RFC 9110 section 8.6 lets a server accept, is refused.
fn parse_length(value: &[u8]) -> Result<u64, Reject> {
    const MALFORMED: Reject = Reject::bad("malformed content-length");
    if value.is_empty() {
        return Err(MALFORMED);
    }
    value.iter().try_fold(0_u64, |length, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0')).ok_or(MALFORMED)?;
        length.checked_mul(10).and_then(|length| length.checked_add(digit)).ok_or(MALFORMED)
    })
}

/// Whether `value` can be a host with or without a port (RFC 9110 section 7.2). May be empty, as the RFC allows.
fn is_host(value: &[u8]) -> bool {
    let is_reg_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+;=%".contains(byte);
    let (host, port) = match value {
        [b'[', ..] => {
            let Some(end) = value.iter().position(|&byte| byte == b']') else { return false };
            let inside = &value[1..end];
            if inside.is_empty()
                || !inside.iter().all(|byte| byte.is_ascii_hexdigit() || b":.%v".contains(byte))
            {
                return false;
            }
            (&[][..], &value[end + 1..])
        }
        _ => value.split_at(value.iter().position(|&byte| byte == b':').unwrap_or(value.len())),
    };
    let port_ok = match port {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    port_ok && host.iter().all(is_reg_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::http::scan::HeadScanner;

    fn parse(text: &str) -> Result<Head, u16> {
        let bytes = text.as_bytes();
        let range = HeadScanner::default().scan(bytes, 4096, 1024).map_err(|reject| reject.status)?;
        Head::parse(bytes, range.expect("the test's head is complete"), 1024).map_err(|reject| reject.status)
    }

    fn with_fields(fields: &str) -> Result<Head, u16> {
        parse(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"))
    }

    #[test]
    fn reads_an_ordinary_request() {
        let head =
            parse("GET /a%20b/./c?x=1&y HTTP/1.1\r\nHost: a:80\r\nX-Y:  z \r\nx-y: w\r\n\r\n").unwrap();
        assert_eq!((head.method(), head.path(), head.query()), (Method::Get, "/a b/c", Some("x=1&y")));
        assert_eq!(head.fields("x-Y").collect::<Vec<_>>(), [b"z", b"w"]);
        assert_eq!(head.framing(), Framing::Length(0));
        assert!(head.keep_alive());
    }

    #[test]
    fn decides_keep_alive() {
        let keep = |version: &str, field: &str| {
            parse(&format!("GET / {version}\r\nHost: a\r\n{field}\r\n")).unwrap().keep_alive()
        };
        assert!(keep("HTTP/1.1", ""));
        assert!(!keep("HTTP/1.1", "Connection: Close\r\n"));
        assert!(!keep("HTTP/1.1", "Connection: x, close\r\n"));
        assert!(!keep("HTTP/1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
        assert!(!keep("HTTP/1.0", ""));
        assert!(keep("HTTP/1.0", "Connection: Keep-Alive\r\n"));
    }

    #[test]
    fn framing_is_strict() {
        assert_eq!(with_fields("Content-Length: 5\r\n").unwrap().framing(), Framing::Length(5));
        assert_eq!(with_fields("Transfer-Encoding: Chunked\r\n").unwrap().framing(), Framing::Chunked);
        for (fields, status) in [
            ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400),
            ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
            ("Content-Length: 5, 5\r\n", 400),
            ("Content-Length: +5\r\n", 400),
            ("Content-Length: -5\r\n", 400),
            ("Content-Length: 0x5\r\n", 400),
            ("Content-Length: 1_0\r\n", 400),
            ("Content-Length: 1 0\r\n", 400),
            ("Content-Length:\r\n", 400),
            ("Content-Length: 18446744073709551616\r\n", 400),
            ("Transfer-Encoding: \r\n", 400),
            ("Transfer-Encoding: xchunked\r\n", 501),
            ("Transfer-Encoding: gzip, chunked\r\n", 501),
            ("Transfer-Encoding: chunked, identity\r\n", 400),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", 400),
            ("Transfer-Encoding: \u{a0}chunked\r\n", 501),
            ("Transfer-Encoding : chunked\r\n", 400),
            ("Transfer-Encoding: identity\r\n", 501),
            ("Transfer-Encoding\r\n", 400),
            (" X: y\r\n", 400),
            ("X: y\r\n z\r\n", 400),
            (": y\r\n", 400),
            ("\u{e9}: y\r\n", 400),
            ("X: \u{7f}\r\n", 400),
            ("Host: b\r\n", 400),
            ("Expect: tea\r\n", 417),
        ] {
            assert_eq!(with_fields(fields).map(|head| head.framing()), Err(status), "{fields:?}");
        }
    }

    #[test]
    fn request_lines() {
        for (line, expected) in [
            ("GET / HTTP/1.0", Ok("/")),
            ("GET http://a.b:80/x HTTP/1.0", Ok("/x")),
            ("GET http://a?x HTTP/1.0", Ok("/")),
            ("OPTIONS * HTTP/1.0", Ok("*")),
            ("CONNECT a:1 HTTP/1.0", Ok("/")),
            ("GET * HTTP/1.0", Err(400)),
            ("GET a HTTP/1.0", Err(400)),
            ("GET ftp://a/ HTTP/1.0", Err(400)),
            ("GET /#x HTTP/1.0", Err(400)),
            ("GET / HTTP/2.0", Err(505)),
            ("GET / HTTP/1.2", Err(505)),
            ("GET / HTTP/1.32", Err(400)),
            ("GET / http/1.1", Err(400)),
            ("GET /", Err(400)),
            ("GET  / HTTP/1.1", Err(400)),
            ("GET / HTTP/1.1 ", Err(400)),
            (" GET / HTTP/1.1", Err(400)),
            ("G(T / HTTP/1.0", Err(400)),
        ] {
            let head = parse(&format!("{line}\r\n\r\n"));
            assert_eq!(head.as_ref().map(Head::path), expected.as_ref().map(|path| *path), "{line:?}");
        }
        assert_eq!(parse("GET / HTTP/1.1\r\n\r\n").map(|_| ()), Err(400), "no host");
        let long = format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(1024));
        assert_eq!(parse(&long).map(|_| ()), Err(414));
        let many = "X: y\r\n".repeat(HEADERS_COUNT_MAX);
        assert_eq!(with_fields(&many).map(|_| ()), Err(431));
    }

    #[test]
    fn hosts() {
        for host in ["", "a", "a:80", "a.b-c:", "127.0.0.1:1", "[::1]", "[::1]:80"] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in ["a b", "a/b", "a@b", "a:b", "a:80:80", "[::1", "[]", "[::1]x", "a,b"] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
