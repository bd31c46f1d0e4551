//! Who drives a connection now, and what that thread lends to it.

use crate::server::clock::DateText;

/// One turn of a connection on a thread.
pub(crate) struct Turn<'a> {
    /// Whether the thread may block in the handler and on the disk.
    pub(crate) may_block: bool,
    /// The number of the worker, if it is one.
    pub(crate) worker: Option<usize>,
    pub(crate) scratch: &'a mut Scratch,
}

/// Memory of a thread that serves one connection after the other.
#[derive(Default)]
pub(crate) struct Scratch {
    /// For the bytes of a connection that has none of its own.
    pub(super) spare: Vec<u8>,
    /// For a response's head.
    pub(super) head: Vec<u8>,
    pub(super) date: DateText,
}
