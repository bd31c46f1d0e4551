//! Finds where a request head ends, looking at each byte once (but for a CR that is the last one yet), many at a time.
//!
//! Strict on purpose (RFC 9112 section 2.2 lets a server accept more): a line ends in CR LF and nothing else. Two parties
//! that disagree on where a line ends can be made to disagree on where a request ends, which is request smuggling.

use super::Reject;
use crate::server::limits::Limits;

/// Empty lines that are skipped before a request line (RFC 9112 section 2.2).
const EMPTY_LINES_MAX: usize = 2;

/// The place up to which the bytes of a connection have been looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadScanner {
    position: usize,
    line_start: usize,
    /// Bytes of empty lines before the request line.
    skipped: usize,
    in_fields: bool,
}

/// Where a head lies in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadRange {
    /// The first byte of the request line.
    pub start: usize,
    /// The first byte after the empty line.
    pub end: usize,
}

impl HeadScanner {
    /// Looks at what has been added to `bytes` since the last call; says where the head lies once it is complete.
    ///
    /// # Errors
    ///
    /// 400 for a NUL, a bare CR or a bare LF; 414 for a request line and 431 for a head above its limit.
    pub fn scan(
        &mut self,
        bytes: &[u8],
        header_bytes_max: usize,
        uri_bytes_max: usize,
    ) -> Result<Option<HeadRange>, Reject> {
        loop {
            // Up to the next byte that means something there is nothing to decide.
            self.position += text_len(&bytes[self.position..]);
            let rest = &bytes[self.position..];
            let line_end = self.position + usize::from(rest.first() == Some(&b'\r'));
            check_length(line_end - self.skipped, self.in_fields, header_bytes_max, uri_bytes_max)?;
            match rest {
                [b'\r', b'\n', ..] => {}
                // A CR is looked at again when it is known what follows.
                [] | [b'\r'] => return Ok(None),
                [0, ..] | [b'\r', 0, ..] => return Err(Reject::bad("the request head contains NUL")),
                [b'\r', ..] => return Err(Reject::bad("a line contains CR without LF")),
                _ => return Err(Reject::bad("a line ends in LF without CR")),
            }
            let is_empty = self.position == self.line_start;
            self.position += 2;
            self.line_start = self.position;
            if !is_empty {
                self.in_fields = true;
            } else if self.in_fields {
                return Ok(Some(HeadRange { start: self.skipped, end: self.position }));
            } else {
                self.skipped = self.position;
                if self.skipped > 2 * EMPTY_LINES_MAX {
                    return Err(Reject::bad("too many empty lines before the request line"));
                }
            }
        }
    }

    /// Whether it has not looked at anything yet.
    pub(super) fn is_new(&self) -> bool {
        *self == HeadScanner::default()
    }

    /// Whether nothing but empty lines, or what may become one, has come.
    #[must_use]
    pub fn is_before_request(&self) -> bool {
        self.position == self.skipped
    }
}

/// What has been looked at, all of it before a line's end, must not be longer than the limit that it meets first.
fn check_length(
    length: usize,
    in_fields: bool,
    header_bytes_max: usize,
    uri_bytes_max: usize,
) -> Result<(), Reject> {
    let line_bytes_max = uri_bytes_max.saturating_add(REQUEST_LINE_OVERHEAD_BYTES);
    if !in_fields && length > line_bytes_max && line_bytes_max <= header_bytes_max {
        return Err(Reject::new(414, "the request target is too long"));
    }
    if length > header_bytes_max {
        return Err(Reject::new(431, "the request head is too large"));
    }
    Ok(())
}

/// Whether a head of so many bytes, with so many in its first line without the end, is within the limits of a scan.
pub(super) fn are_within_limits(request_line_bytes: usize, head_bytes: usize, limits: &Limits) -> bool {
    // Up to the CR of the first line, and of the last one.
    let lengths = [(request_line_bytes + 1, false), (head_bytes - 1, true)];
    lengths.iter().all(|&(length, in_fields)| {
        check_length(length, in_fields, limits.header_bytes_max, limits.uri_bytes_max).is_ok()
    })
}

/// The length of what comes before the first CR, LF or NUL. Lines of a head are short: what prepares a search of long texts
/// would take longer than this, which looks at eight bytes at a time.
fn text_len(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let repeated = |byte: u8| ONES * u64::from(byte);
    // The high bit of the first byte that is zero, and perhaps of bytes after it.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & repeated(0x80);
    let (words, rest) = bytes.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word) | zeros(word ^ repeated(b'\r')) | zeros(word ^ repeated(b'\n'));
        if found != 0 {
            return at * size_of::<u64>() + found.trailing_zeros() as usize / 8;
        }
    }
    let found = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n' | 0));
    bytes.len() - rest.len() + found.unwrap_or(rest.len())
}

/// A method, two spaces, the version and the line's end.
const REQUEST_LINE_OVERHEAD_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(bytes: &[u8]) -> Result<Option<HeadRange>, u16> {
        HeadScanner::default().scan(bytes, 256, 64).map_err(|reject| reject.status)
    }

    #[test]
    fn finds_the_end() {
        assert_eq!(scan(b"GET / HTTP/1.1\r\n\r\nX"), Ok(Some(HeadRange { start: 0, end: 18 })));
        assert_eq!(scan(b"\r\nGET / HTTP/1.1\r\n\r\n"), Ok(Some(HeadRange { start: 2, end: 20 })));
        assert_eq!(scan(b"GET / HTTP/1.1\r\n\r"), Ok(None));
        assert_eq!(scan(b""), Ok(None));
    }

    #[test]
    fn refuses_what_two_parties_may_read_differently() {
        for bytes in [
            &b"GET / HTTP/1.1\n\n"[..],
            b"\n",
            b"GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
            b"GET / HTTP/1.1\r\r\n\r\n",
            b"GET /\0 HTTP/1.1\r\n\r\n",
            b"\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(scan(bytes), Err(400), "{:?}", bytes.escape_ascii().to_string());
        }
    }

    #[test]
    fn has_limits() {
        assert_eq!(scan(&[b'a'; 200]), Err(414));
        let mut head = b"GET / HTTP/1.1\r\n".to_vec();
        head.resize(300, b'a');
        assert_eq!(scan(&head), Err(431));
    }

    proptest! {
        #[test]
        fn text_ends_at_what_means_something(bytes in "[\\x00\r\n\t\u{b}\u{c}\u{e}a\u{80}\u{8a}\u{8d}\u{10d}]{0,30}|[ab\u{8d}]{0,30}[\\x00\r\n]?") {
            let bytes = bytes.as_bytes();
            let expected = bytes.iter().position(|byte| b"\0\r\n".contains(byte)).unwrap_or(bytes.len());
            prop_assert_eq!(text_len(bytes), expected);
        }

        /// Cutting the bytes anywhere changes nothing.
        #[test]
        fn pieces_do_not_matter(
            bytes in "(GET|\r|\n|\r\n|a| |:|\0){0,40}",
            cuts in proptest::collection::vec(0..80_usize, 0..80),
            header_bytes_max in 8..80_usize,
            uri_bytes_max in 0..16_usize,
        ) {
            let bytes = bytes.into_bytes();
            let whole = HeadScanner::default().scan(&bytes, header_bytes_max, uri_bytes_max);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([bytes.len()]).collect();
            cuts.sort_unstable();
            let mut scanner = HeadScanner::default();
            let mut pieces = Ok(None);
            for cut in cuts {
                pieces = scanner.scan(&bytes[..cut], header_bytes_max, uri_bytes_max);
                if pieces != Ok(None) {
                    break;
                }
            }
            prop_assert_eq!(pieces, whole);
        }
    }
}
