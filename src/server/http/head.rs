//! The request head: method, target, version and fields, and what follows from them.
//!
//! Where the body ends is decided in `framing` and nowhere else, and in doubt the request is refused.

use std::borrow::Cow;

use super::{
    Framing, Method, Reject, Version,
    framing::{FieldFacts, list},
    lines::{Lines, why_refused, with_table},
    scan::{self, HeadRange, HeadScanner},
    target::Target,
};
use crate::server::limits::{HEADERS_COUNT_MAX, Limits};

/// A request head that has passed all checks.
#[derive(Debug, Clone)]
pub struct Head {
    method: Method,
    version: Version,
    /// The request line begins with it.
    method_bytes: usize,
    authority: Option<String>,
    path: String,
    query: Option<String>,
    /// The head's bytes; `fields` points into them.
    bytes: Vec<u8>,
    fields: Vec<FieldSpan>,
    /// The [`name_bit`]s of all fields.
    name_bits: u64,
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
        Head::parse_within(bytes, range, uri_bytes_max, HEADERS_COUNT_MAX)
    }

    /// As [`parse`](Self::parse), with up to so many fields instead of [`HEADERS_COUNT_MAX`]; at most
    /// [`HEADERS_COUNT_LIMIT`](crate::server::limits::HEADERS_COUNT_LIMIT).
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_within(
        bytes: &[u8],
        range: HeadRange,
        uri_bytes_max: usize,
        headers_count_max: usize,
    ) -> Result<Self, Reject> {
        let mut head = Head::blank();
        head.parse_anew(bytes, range, uri_bytes_max, headers_count_max)?;
        Ok(head)
    }

    /// None yet: for [`read_anew`](Self::read_anew).
    pub(crate) fn blank() -> Self {
        Head {
            method: Method::Get,
            version: Version::Http11,
            method_bytes: 0,
            authority: None,
            path: String::new(),
            query: None,
            bytes: Vec::new(),
            fields: Vec::new(),
            name_bits: 0,
            framing: Framing::Length(0),
            keep_alive: false,
            expects_continue: false,
        }
    }

    /// As [`parse_within`](Self::parse_within), in the memory of another head; which means nothing any more if this fails.
    fn parse_anew(
        &mut self,
        bytes: &[u8],
        range: HeadRange,
        uri_bytes_max: usize,
        headers_count_max: usize,
    ) -> Result<(), Reject> {
        let bytes = &bytes[range.start..range.end];
        with_table(headers_count_max, |table| match Lines::parse(bytes, table) {
            Ok(lines) if lines.length == bytes.len() && lines.is_sound(bytes, uri_bytes_max) => {
                self.take(bytes, &lines)
            }
            parsed => Err(why_refused(bytes, uri_bytes_max, parsed.err())),
        })
    }

    /// Takes what has come of a head, which has a `scanner` of its own: the head and where it ends, once it is complete. Of what
    /// `bytes` were when this was called before nothing may have changed.
    ///
    /// It says what [`HeadScanner::scan`] and [`parse_within`](Self::parse_within) say, which it calls for a head that does not
    /// come in one piece.
    ///
    /// # Errors
    ///
    /// As those two.
    ///
    /// # Examples
    ///
    /// ```
    /// use unsnarl::server::{Limits, http::{Head, scan::HeadScanner}};
    ///
    /// let (mut scanner, limits) = (HeadScanner::default(), Limits::default());
    /// assert!(Head::read(&mut scanner, b"GET /a HTTP/1.1\r\nHo", &limits)?.is_none());
    /// let bytes = b"GET /a HTTP/1.1\r\nHost: b\r\n\r\n";
    /// let (head, end) = Head::read(&mut scanner, bytes, &limits)?.expect("it is complete");
    /// assert_eq!((head.path(), end), ("/a", bytes.len()));
    /// # Ok::<(), unsnarl::server::http::Reject>(())
    /// ```
    pub fn read(
        scanner: &mut HeadScanner,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Option<(Self, usize)>, Reject> {
        let mut head = Head::blank();
        let end = head.read_anew(scanner, bytes, limits)?;
        Ok(end.map(|end| (head, end)))
    }

    /// As [`read`](Self::read), in the memory of another head; which means nothing before it is complete, and if this fails.
    ///
    /// Most heads come in one piece, which the parser's one look is enough for. Of those that do not, and those that are not as
    /// they should be, each byte is then looked at once by `scanner`, before all are parsed.
    pub(crate) fn read_anew(
        &mut self,
        scanner: &mut HeadScanner,
        bytes: &[u8],
        limits: &Limits,
    ) -> Result<Option<usize>, Reject> {
        if scanner.is_new()
            && let Some(end) = self.parse_at_once(bytes, limits)?
        {
            return Ok(Some(end));
        }
        let Some(range) = scanner.scan(bytes, limits.header_bytes_max, limits.uri_bytes_max)? else {
            return Ok(None);
        };
        self.parse_anew(bytes, range, limits.uri_bytes_max, limits.headers_count_max)?;
        Ok(Some(range.end))
    }

    /// Parses the head that `bytes` begin with, in one look at them: what is said is what scanning and parsing would say. `None`
    /// where the head is not complete or not as it should be, which is left to those two.
    fn parse_at_once(&mut self, bytes: &[u8], limits: &Limits) -> Result<Option<usize>, Reject> {
        with_table(limits.headers_count_max, |table| match Lines::parse(bytes, table) {
            Ok(lines)
                if lines.is_sound(bytes, limits.uri_bytes_max)
                    && lines.end_in_cr_lf(bytes)
                    && scan::are_within_limits(lines.request_line_bytes(), lines.length, limits) =>
            {
                self.take(&bytes[..lines.length], &lines)?;
                Ok(Some(lines.length))
            }
            _ => Ok(None),
        })
    }

    /// Keeps what the lines of `bytes` say, if that can be.
    fn take(&mut self, bytes: &[u8], lines: &Lines<'_, '_>) -> Result<(), Reject> {
        let Lines { method: method_name, target, version, fields, .. } = *lines;
        let method = Method::of_name(method_name);
        let target = Target::parse(method_name, target)?;
        let facts = FieldFacts::gather(fields)?;
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
        self.fields.clear();
        self.name_bits = 0;
        self.fields.extend(fields.iter().map(|field| {
            let name = field.name.as_bytes();
            self.name_bits |= name_bit(name);
            FieldSpan { name: span_of(name), value: span_of(field.value) }
        }));
        self.method = method;
        self.version = version;
        self.method_bytes = method_name.len();
        self.authority = target.authority.map(str::to_owned);
        match target.path {
            Cow::Borrowed(path) => {
                self.path.clear();
                self.path.push_str(path);
            }
            Cow::Owned(path) => self.path = path,
        }
        self.query = target.query.map(str::to_owned);
        self.framing = framing;
        self.keep_alive = keep_alive;
        self.expects_continue = facts.expects_continue && version == Version::Http11;
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Bytes of memory that it would keep for the next one.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.bytes.capacity() + self.path.capacity() + self.fields.capacity() * size_of::<FieldSpan>()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// The method's name as it was sent, also of one that [`Method`] does not know.
    #[must_use]
    pub fn method_name(&self) -> &str {
        // A token, which the parser has seen.
        std::str::from_utf8(&self.bytes[..self.method_bytes]).unwrap_or_default()
    }

    /// The host, and the port if it is named, that the request is meant for: of an absolute target, else of the `Host`
    /// field; empty without one (RFC 9110 section 7.2).
    #[must_use]
    pub fn authority(&self) -> &str {
        let field = || self.field("host").and_then(|value| std::str::from_utf8(value).ok());
        self.authority.as_deref().or_else(field).unwrap_or_default()
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
    #[inline] // Where the name is constant, so is its bit.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        let named = |field: &&FieldSpan| self.part(field.name).eq_ignore_ascii_case(name.as_bytes());
        self.fields_like(name).iter().find(named).map(|field| self.part(field.value))
    }

    /// The values of all fields called `name`, whatever its case, in order.
    pub fn fields<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields_like(name)
            .iter()
            .filter(move |field| self.part(field.name).eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| self.part(field.value))
    }

    /// The elements of the comma-separated lists of all fields called `name`, in order, without empty ones.
    pub fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.fields(name).flat_map(list)
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

    /// Whether no field has one of the names of these bits. When it is false there may be none all the same.
    pub(super) fn lacks(&self, name_bits: u64) -> bool {
        self.name_bits & name_bits == 0
    }

    /// The fields, if one of them may be called `name`.
    #[inline]
    fn fields_like(&self, name: &str) -> &[FieldSpan] {
        if self.lacks(name_bit(name.as_bytes())) { &[] } else { &self.fields }
    }

    fn part(&self, (start, end): (u32, u32)) -> &[u8] {
        &self.bytes[start as usize..end as usize]
    }
}

/// One bit of 64 for a field's name, whatever its case. Most names that are asked for are in no head, which the bits of those
/// that are in it tell at once.
pub(super) const fn name_bit(name: &[u8]) -> u64 {
    let first = if let [first, ..] = name { first.to_ascii_lowercase() } else { 0 };
    1 << ((first as usize * 5 + name.len()) % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!((head.method_name(), head.authority()), ("GET", "a:80"));
        let head = parse("BREW http://b/ HTTP/1.1\r\nHost: a\r\nX: a,, b\r\nx: c\r\n\r\n").unwrap();
        assert_eq!((head.method(), head.method_name(), head.authority()), (Method::Other, "BREW", "b"));
        assert_eq!(head.list("x").collect::<Vec<_>>(), [b"a", b"b", b"c"]);
    }

    /// What one head has left in the memory is not seen in the next one.
    #[test]
    fn memory_is_used_again() {
        let lines = [
            "GET http://b:1/a%20b?x HTTP/1.1\r\nHost: a\r\nIf-Match: x\r\nConnection: close\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
            "OPTIONS * HTTP/1.0\r\n\r\n",
            "GET /long/path HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nX: y\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        ];
        for first in lines {
            for second in lines {
                let mut head = Head::blank();
                for text in [first, second] {
                    let bytes = text.as_bytes();
                    let range = HeadScanner::default().scan(bytes, 4096, 1024).unwrap().unwrap();
                    let anew =
                        head.parse_anew(bytes, range, 1024, HEADERS_COUNT_MAX).map(|()| format!("{head:?}"));
                    assert_eq!(
                        anew,
                        Head::parse(bytes, range, 1024).map(|head| format!("{head:?}")),
                        "{text:?}"
                    );
                }
            }
        }
    }

    /// Where the request line would end if there were none, there happens to be a line's end.
    #[test]
    fn empty_lines_before_the_request_line_are_looked_at() {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let read = |before: &str| {
            let bytes = format!("{before}{request}");
            let read = Head::read(&mut HeadScanner::default(), bytes.as_bytes(), &Limits::default());
            read.map(|complete| complete.map(|(_, end)| end == bytes.len())).map_err(|reject| reject.reason)
        };
        let lines = "\r\n".repeat(7);
        assert_eq!(read("\r\n"), Ok(Some(true)));
        assert_eq!(read(&format!("{lines}\r\n")), Err("too many empty lines before the request line"));
        assert_eq!(read(&format!("\n\n{lines}")), Err("a line ends in LF without CR"));
    }

    proptest::proptest! {
        /// One look at the bytes comes to the same as two.
        #[test]
        fn at_once_or_scanned(
            bytes in r"(\r\n){0,2}(GET|OPTIONS|\PC{1,9}) (/|/a\?b|\*|\PC{1,9}) HTTP/1\.[012](\r\n|\n)((Host: a|x:y|Connection: close|Content-Length: 1|\PC{1,9}|[\x00\r\t]|:)(\r\n|\r\n|\r\n|\n)){0,4}(\r\n|\n)(x|\r\n){0,2}",
            header_bytes_max in 20..120_usize,
            uri_bytes_max in 0..16_usize,
        ) {
            let bytes = bytes.as_bytes();
            let (mut at_once, mut anew) = (Head::blank(), Head::blank());
            let limits = Limits { header_bytes_max, uri_bytes_max, headers_count_max: 3, ..Limits::default() };
            let parsed = at_once.parse_at_once(bytes, &limits);
            let scanned = HeadScanner::default().scan(bytes, header_bytes_max, uri_bytes_max);
            let expected = match scanned {
                Ok(Some(range)) => anew.parse_anew(bytes, range, uri_bytes_max, 3).map(|()| Some(range.end)),
                Ok(None) => Ok(None),
                Err(reject) => Err(reject),
            };
            // What is as it should be is not left to the two.
            let is_ordinary = matches!(scanned, Ok(Some(HeadRange { start: 0, .. }))) && expected.is_ok();
            if parsed != Ok(None) || is_ordinary {
                proptest::prop_assert_eq!(parsed, expected);
                if expected.is_ok() {
                    proptest::prop_assert_eq!(format!("{at_once:?}"), format!("{anew:?}"));
                }
            }
        }
    }

    #[test]
    fn names_of_any_case_are_found() {
        let head = with_fields("iF-mAtCh: x\r\n~: y\r\nRANGE: z\r\n").unwrap();
        assert_eq!(head.field("If-Match"), Some(&b"x"[..]));
        assert_eq!(head.fields("range").count(), 1);
        assert_eq!((head.field("~"), head.field("^")), (Some(&b"y"[..]), None));
        assert!(!head.lacks(name_bit(b"IF-MATCH")) && head.field("if-none-match").is_none());
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
            ("Content-Length: 5\r\nContent-Length: 5\r\n", 400),
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
            ("CONNECT / HTTP/1.0", Err(400)),
            ("GET * HTTP/1.0", Err(400)),
            ("GET a HTTP/1.0", Err(400)),
            ("GET ftp://a/ HTTP/1.0", Err(400)),
            ("GET /#x HTTP/1.0", Err(400)),
            ("GET /\u{e9} HTTP/1.0", Err(400)),
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
}
