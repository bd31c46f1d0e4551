//! Content codings (RFC 9110 sections 8.4 and 12.5.3): which a client accepts, and how bytes are put into them.

use super::{Head, framing::trim};

/// A content coding that is sent, in the order in which the server prefers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Coding {
    /// `br` (RFC 7932).
    Brotli,
    /// `zstd` (RFC 8878).
    Zstd,
    /// `gzip` (RFC 1952).
    Gzip,
}

impl Coding {
    /// All of them, the preferred one first.
    pub const ALL: [Coding; 3] = [Coding::Brotli, Coding::Zstd, Coding::Gzip];

    /// Its name in `Content-Encoding`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
            Coding::Gzip => "gzip",
        }
    }

    /// What is added to a file's name for the file that lies beside it in this coding.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Coding::Brotli => ".br",
            Coding::Zstd => ".zst",
            Coding::Gzip => ".gz",
        }
    }

    fn of_name(name: &[u8]) -> Option<Self> {
        // RFC 9110 section 8.4.1.3: `x-gzip` is the same.
        if name.eq_ignore_ascii_case(b"x-gzip") {
            return Some(Coding::Gzip);
        }
        Coding::ALL.into_iter().find(|coding| name.eq_ignore_ascii_case(coding.name().as_bytes()))
    }

    /// `bytes` in this coding; `None` where this build cannot make it: `zstd` is sent only from files that have it.
    #[must_use]
    pub fn encode(self, bytes: &[u8]) -> Option<Vec<u8>> {
        #[cfg(feature = "compression")]
        {
            use std::io::Write;
            match self {
                Coding::Brotli => {
                    let params = brotli::enc::BrotliEncoderParams { quality: 5, ..Default::default() };
                    let mut encoded = Vec::new();
                    brotli::BrotliCompress(&mut &bytes[..], &mut encoded, &params).ok()?;
                    Some(encoded)
                }
                Coding::Gzip => {
                    let mut encoder =
                        flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                    encoder.write_all(bytes).ok()?;
                    encoder.finish().ok()
                }
                Coding::Zstd => None,
            }
        }
        #[cfg(not(feature = "compression"))]
        {
            let _ = bytes;
            None
        }
    }
}

/// What a client accepts, best first; `None` stands for no coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    choices: [Option<Coding>; 4],
    len: usize,
}

impl Accepted {
    /// No coding and nothing else, as for a request without `Accept-Encoding`.
    const PLAIN: Accepted = Accepted { choices: [None; 4], len: 1 };

    /// Reads `Accept-Encoding`. Without the field a server may send any coding; this one sends none.
    #[must_use]
    pub fn of(head: &Head) -> Self {
        if head.field("accept-encoding").is_none() {
            return Accepted::PLAIN;
        }
        // Qualities in thousandths; `None` where the client does not say.
        let (mut codings, mut plain, mut others) = ([None; 3], None, None);
        for element in head.list("accept-encoding") {
            let Some((name, quality)) = element_of(element) else { continue };
            if let Some(coding) = Coding::of_name(name) {
                codings[coding as usize] = Some(quality);
            } else if name.eq_ignore_ascii_case(b"identity") {
                plain = Some(quality);
            } else if name == b"*" {
                others = Some(quality);
            }
        }
        let named =
            Coding::ALL.map(|coding| (codings[coding as usize].or(others).unwrap_or(0), Some(coding)));
        // Acceptable unless it is excluded, but after all that was asked for (RFC 9110 section 12.5.3).
        let plain = plain.unwrap_or(if others == Some(0) { 0 } else { 1 });
        let mut all = [named[0], named[1], named[2], (plain, None)];
        // Stable: among equals the server's own order holds.
        all.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
        let len = all.iter().filter(|(quality, _)| *quality > 0).count();
        Accepted { choices: all.map(|(_, choice)| choice), len }
    }

    /// The acceptable choices, best first.
    pub fn iter(&self) -> impl Iterator<Item = Option<Coding>> + '_ {
        self.choices[..self.len].iter().copied()
    }

    /// Whether nothing but plain bytes is wanted.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.len == 1 && self.choices[0].is_none()
    }
}

/// A name and its quality; `None` for what is malformed.
fn element_of(element: &[u8]) -> Option<(&[u8], u16)> {
    let mut parts = element.split(|&byte| byte == b';').map(trim);
    let name = parts.next()?;
    match (parts.next(), parts.next()) {
        (None, _) => Some((name, 1000)),
        (Some([b'q' | b'Q', b'=', quality @ ..]), None) => Some((name, quality_of(quality)?)),
        _ => None,
    }
}

/// `0`, `0.5`, `1.000`: in thousandths (RFC 9110 section 12.4.2).
fn quality_of(text: &[u8]) -> Option<u16> {
    let (whole, fraction) = match text {
        [whole] => (whole, &[][..]),
        [whole, b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return None,
    };
    let mut thousandths = 0;
    for at in 0..3 {
        let digit = fraction.get(at).copied().unwrap_or(b'0');
        thousandths = thousandths * 10 + u16::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    match (whole, thousandths) {
        (b'0', _) => Some(thousandths),
        (b'1', 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::http::scan::HeadScanner;

    fn accepted(fields: &str) -> Vec<&'static str> {
        let bytes = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes();
        let range = HeadScanner::default().scan(&bytes, 4096, 1024).unwrap().unwrap();
        let head = Head::parse(&bytes, range, 1024).unwrap();
        Accepted::of(&head).iter().map(|choice| choice.map_or("plain", Coding::name)).collect()
    }

    #[test]
    fn what_clients_say() {
        for (fields, expected) in [
            ("", &["plain"][..]),
            ("Accept-Encoding:\r\n", &["plain"]),
            ("Accept-Encoding: gzip\r\n", &["gzip", "plain"]),
            ("Accept-Encoding: x-gzip\r\n", &["gzip", "plain"]),
            ("Accept-Encoding: gzip, deflate, br, zstd\r\n", &["br", "zstd", "gzip", "plain"]),
            ("Accept-Encoding: gzip\r\nAccept-Encoding: br\r\n", &["br", "gzip", "plain"]),
            ("Accept-Encoding: br;q=0.5, GZIP;Q=0.8\r\n", &["gzip", "br", "plain"]),
            ("Accept-Encoding: br;q=0, gzip\r\n", &["gzip", "plain"]),
            ("Accept-Encoding: gzip;q=0.5, identity\r\n", &["plain", "gzip"]),
            ("Accept-Encoding: *\r\n", &["br", "zstd", "gzip", "plain"]),
            ("Accept-Encoding: *;q=0\r\n", &[]),
            ("Accept-Encoding: *;q=0, gzip\r\n", &["gzip"]),
            ("Accept-Encoding: identity;q=0\r\n", &[]),
            ("Accept-Encoding: identity;q=0, zstd;q=0.001\r\n", &["zstd"]),
            ("Accept-Encoding: br ; q=0.2 , gzip ; q=0.20\r\n", &["br", "gzip", "plain"]),
            ("Accept-Encoding: gzip;q=2, br;q=x, zstd;level=1\r\n", &["plain"]),
            ("Accept-Encoding: gzip;q=0.1234\r\n", &["plain"]),
        ] {
            assert_eq!(accepted(fields), expected, "{fields}");
        }
    }

    #[cfg(feature = "compression")]
    #[test]
    fn codings_are_undone_by_their_decoders() {
        use std::io::Read;
        let bytes = b"to be or not to be, ".repeat(100);
        let mut decoded = Vec::new();
        let gzip = Coding::Gzip.encode(&bytes).unwrap();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut decoded).unwrap();
        assert!(decoded == bytes && gzip.len() < 100);
        decoded.clear();
        let brotli = Coding::Brotli.encode(&bytes).unwrap();
        brotli::BrotliDecompress(&mut &brotli[..], &mut decoded).unwrap();
        assert!(decoded == bytes && brotli.len() < 100);
        assert_eq!(Coding::Zstd.encode(&bytes), None);
    }
}
