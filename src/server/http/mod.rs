//! HTTP/1.1 messages (RFC 9110, RFC 9112): bytes in, values out.
//!
//! Nothing here reads, writes, waits or locks, so every rule can be tested with plain bytes.

pub mod body;
pub mod coding;
pub mod conditional;
pub mod framing;
pub mod head;
mod lines;
pub mod media;
pub mod method;
pub mod multipart;
pub mod path;
pub mod range;
pub mod response;
pub mod scan;
pub mod status;
pub mod stream;
mod target;

pub use framing::{Framing, Version};
pub use head::Head;
pub use method::Method;
pub use response::{Body, Response};
pub use stream::BodyStream;

/// A request that cannot be served as it stands: the status that says so, and the reason for people.
///
/// The connection is closed after it, since where the next request would begin is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reject {
    /// The status code of the answer.
    pub status: u16,
    /// What is wrong, one lower-case clause.
    pub reason: &'static str,
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.reason)
    }
}

impl std::error::Error for Reject {}

impl Reject {
    pub(crate) const fn new(status: u16, reason: &'static str) -> Self {
        Reject { status, reason }
    }

    pub(crate) const fn bad(reason: &'static str) -> Self {
        Reject::new(400, reason)
    }
}

/// Which bytes are ASCII letters, digits, or one of `others`.
const fn letters_digits_and(others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
}

/// Whether `name` is a token (RFC 9110 section 5.6.2), as methods and field names are.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(is_token_byte)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
