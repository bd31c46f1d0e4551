//! HTTP/1.1 messages (RFC 9110, RFC 9112): bytes in, values out.
//!
//! Nothing here reads, writes, waits or locks, so every rule can be tested with plain bytes.

pub mod body;
pub mod conditional;
pub mod head;
pub mod path;
pub mod response;
pub mod scan;
pub mod status;

pub use head::{Framing, Head, Method, Version};
pub use response::{Body, Response};

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

impl Reject {
    pub(crate) const fn new(status: u16, reason: &'static str) -> Self {
        Reject { status, reason }
    }

    pub(crate) const fn bad(reason: &'static str) -> Self {
        Reject::new(400, reason)
    }
}
