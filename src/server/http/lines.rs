//! The lines of a request head as the parser takes them apart, and what it lets pass that is refused here.

use std::mem::MaybeUninit;

use httparse::Header;

use super::{Reject, Version};
use crate::server::limits::HEADERS_COUNT_LIMIT;

/// The lines of a head, taken apart by the parser.
pub(super) struct Lines<'a, 'b> {
    pub(super) method: &'a str,
    pub(super) target: &'a str,
    pub(super) version: Version,
    pub(super) fields: &'b [Header<'a>],
    /// Bytes of all lines, with the empty one.
    pub(super) length: usize,
}

impl<'a, 'b> Lines<'a, 'b> {
    /// The lines that `bytes` begin with.
    pub(super) fn parse(
        bytes: &'a [u8],
        table: &'b mut [MaybeUninit<Header<'a>>],
    ) -> Result<Self, httparse::Error> {
        let mut request = httparse::Request::new(&mut []);
        let httparse::Status::Complete(length) = request.parse_with_uninit_headers(bytes, table)? else {
            return Err(httparse::Error::Status);
        };
        Ok(Lines {
            method: request.method.unwrap_or_default(),
            target: request.path.unwrap_or_default(),
            version: if request.version == Some(0) { Version::Http10 } else { Version::Http11 },
            fields: request.headers,
            length,
        })
    }

    /// Bytes of the first line, without its end.
    pub(super) fn request_line_bytes(&self) -> usize {
        self.method.len() + self.target.len() + "  HTTP/1.1".len()
    }

    /// Whether the request line is one that is served. The parser skips empty lines before it, and lets UTF-8 pass, of which two
    /// parties may think differently (RFC 3986 section 2).
    pub(super) fn is_sound(&self, bytes: &[u8], uri_bytes_max: usize) -> bool {
        self.method.as_ptr() == bytes.as_ptr()
            && self.target.len() <= uri_bytes_max
            && self.target.is_ascii()
            && bytes[self.request_line_bytes()..].starts_with(b"\r\n")
    }

    /// Whether each line ends in CR LF. The parser takes an LF alone, too, but a CR only before an LF, and no NUL.
    pub(super) fn end_in_cr_lf(&self, bytes: &[u8]) -> bool {
        let is_after_line = |field: &Header<'_>| {
            let start = field.name.as_ptr().addr() - bytes.as_ptr().addr();
            bytes[..start].ends_with(b"\r\n")
        };
        self.fields.iter().all(is_after_line) && bytes[..self.length].ends_with(b"\r\n\r\n")
    }
}

/// Lends the table into which the parser puts up to so many fields.
pub(super) fn with_table<'a, T>(
    headers_count_max: usize,
    parse: impl FnOnce(&mut [MaybeUninit<Header<'a>>]) -> T,
) -> T {
    // Not initialised: that would cost more than many heads do.
    let mut table = [const { MaybeUninit::uninit() }; HEADERS_COUNT_LIMIT];
    parse(&mut table[..headers_count_max.min(HEADERS_COUNT_LIMIT)])
}

/// What is wrong with the head that `bytes` are: the request line, or else what the parser says, if it does.
pub(super) fn why_refused(bytes: &[u8], uri_bytes_max: usize, error: Option<httparse::Error>) -> Reject {
    match check_request_line(bytes, uri_bytes_max) {
        Err(reject) => reject,
        Ok(()) => error.map_or(Reject::bad("malformed request head"), reject_of),
    }
}

/// What is wrong with the request line of a head that is refused. The parser would not tell apart a target above its limit, and
/// a version that is well formed but not served.
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
    if !target.iter().all(u8::is_ascii_graphic) {
        return Err(Reject::bad("the request target contains a character that must be escaped"));
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
