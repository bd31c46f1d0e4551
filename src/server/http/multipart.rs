//! Several ranges in one answer: `multipart/byteranges` (RFC 9110 section 14.6).

use std::ops::Range;

use super::Body;

/// What stands between the parts.
#[derive(Debug)]
pub struct Multipart<'a> {
    boundary: String,
    content_type: &'a str,
    len: u64,
}

impl<'a> Multipart<'a> {
    /// For parts of a representation of `len` bytes and this type.
    ///
    /// `unlikely` makes the boundary: a number that the content cannot have foreseen.
    #[must_use]
    pub fn new(content_type: &'a str, len: u64, unlikely: u64) -> Self {
        Multipart { boundary: format!("unsnarl-{unlikely:016x}"), content_type, len }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// The content: each part that `part` gives, after its head.
    #[must_use]
    pub fn body(&self, ranges: &[Range<u64>], mut part: impl FnMut(Range<u64>) -> Body) -> Body {
        let mut parts = Vec::with_capacity(2 * ranges.len() + 1);
        for (at, range) in ranges.iter().enumerate() {
            let before = if at == 0 { "" } else { "\r\n" };
            let head = format!(
                "{before}--{}\r\ncontent-type: {}\r\ncontent-range: {}\r\n\r\n",
                self.boundary,
                self.content_type,
                content_range(range, self.len)
            );
            parts.push(Body::Bytes(head.into_bytes()));
            parts.push(part(range.clone()));
        }
        parts.push(Body::Bytes(format!("\r\n--{}--\r\n", self.boundary).into_bytes()));
        Body::Parts(parts)
    }
}

/// The value of `Content-Range` for `range` of `len` bytes.
#[must_use]
pub fn content_range(range: &Range<u64>, len: u64) -> String {
    format!("bytes {}-{}/{len}", range.start, range.end.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_parts() {
        let content = b"0123456789";
        let multipart = Multipart::new("text/plain", 10, 7);
        assert_eq!(multipart.content_type(), "multipart/byteranges; boundary=unsnarl-0000000000000007");
        let body = multipart.body(&[0..2, 8..10], |range| {
            Body::Bytes(content[range.start as usize..range.end as usize].to_vec())
        });
        let Body::Parts(parts) = &body else { panic!("{body:?}") };
        let bytes: Vec<u8> = parts
            .iter()
            .flat_map(|part| match part {
                Body::Bytes(bytes) => bytes.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            String::from_utf8(bytes.clone()).unwrap(),
            "--unsnarl-0000000000000007\r\ncontent-type: text/plain\r\ncontent-range: bytes 0-1/10\r\n\r\n01\r\n\
             --unsnarl-0000000000000007\r\ncontent-type: text/plain\r\ncontent-range: bytes 8-9/10\r\n\r\n89\r\n\
             --unsnarl-0000000000000007--\r\n"
        );
        assert_eq!(body.len(), Some(bytes.len() as u64));
    }
}
