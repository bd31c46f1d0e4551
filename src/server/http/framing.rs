//! Where a request body ends (RFC 9112 section 6), and what else the fields say of the connection.

use super::{Reject, target::is_host};

/// A protocol version that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// HTTP/1.0
    Http10,
    /// HTTP/1.1
    Http11,
}

impl Version {
    /// As it stands in a request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Version::Http10 => "HTTP/1.0",
            Version::Http11 => "HTTP/1.1",
        }
    }
}

/// How the request body is delimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// This many bytes follow; 0 without a body.
    Length(u64),
    /// The chunked coding (RFC 9112 section 7.1).
    Chunked,
}

/// What the fields say about framing and the connection.
#[derive(Debug, Default)]
pub(super) struct FieldFacts<'a> {
    pub(super) hosts: usize,
    content_length: Option<u64>,
    codings: Vec<&'a [u8]>,
    has_transfer_encoding: bool,
    pub(super) close: bool,
    pub(super) keep_alive: bool,
    pub(super) expects_continue: bool,
}

impl<'a> FieldFacts<'a> {
    pub(super) fn gather(fields: &[httparse::Header<'a>]) -> Result<Self, Reject> {
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
                // RFC 9112 section 6.3 lets a server accept two that are equal, as a list.
                if facts.content_length.is_some() {
                    return Err(Reject::bad("content-length is there twice"));
                }
                facts.content_length = Some(length);
            } else if is("transfer-encoding") {
                facts.has_transfer_encoding = true;
                facts.codings.extend(list(value));
            } else if is("connection") {
                for option in list(value) {
                    facts.close |= option.eq_ignore_ascii_case(b"close");
                    facts.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            } else if is("expect") {
                if !value.eq_ignore_ascii_case(b"100-continue") {
                    return Err(Reject::new(417, "only the expectation 100-continue is met"));
                }
                facts.expects_continue = true;
            }
        }
        Ok(facts)
    }

    pub(super) fn framing(&self, version: Version) -> Result<Framing, Reject> {
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
pub(super) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim).filter(|element| !element.is_empty())
}

/// Without spaces and tabs at both ends; other white space is part of the value (and makes it unknown).
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
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
