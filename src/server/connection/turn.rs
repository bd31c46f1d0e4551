//! Who drives a connection now, and what that thread lends to it.

use crate::{
    server::{clock::DateText, http::Head, limits::READ_BYTES},
    time::Instant,
};

/// One turn of a connection on a thread.
pub(crate) struct Turn<'a> {
    /// Whether the thread may block in the handler and on the disk.
    pub(super) may_block: bool,
    /// The number of the worker, if it is one.
    pub(super) worker: Option<usize>,
    /// The time, if nothing in this turn takes long.
    pub(super) moment: Option<Instant>,
    pub(super) scratch: &'a mut Scratch,
}

impl<'a> Turn<'a> {
    /// On a thread that may block: a worker, or the connection's own.
    pub(crate) fn blocking(worker: Option<usize>, scratch: &'a mut Scratch) -> Self {
        Turn { may_block: true, worker, moment: None, scratch }
    }

    /// On a thread that must not block. The clock was read at `moment` for all connections that became ready together: reading
    /// it several times for each request would cost as much as a tenth of all that is done for one outside of the kernel.
    pub(crate) fn at_once(moment: Instant, scratch: &'a mut Scratch) -> Self {
        Turn { may_block: false, worker: None, moment: Some(moment), scratch }
    }

    /// The time.
    pub(crate) fn now(&self) -> Instant {
        self.moment.unwrap_or_else(Instant::now)
    }
}

/// Memory of a thread that serves one connection after the other.
#[derive(Default)]
pub(crate) struct Scratch {
    /// For the bytes of a connection that has none of its own.
    pub(super) spare: Vec<u8>,
    /// For a request's head.
    pub(super) request: Option<Box<Head>>,
    /// For a response's head.
    pub(super) head: Vec<u8>,
    pub(super) date: DateText,
}

impl Scratch {
    /// Keeps the memory of a request's head for the next one; what one large head needed is not kept.
    pub(super) fn give_back(&mut self, head: Box<Head>) {
        if head.kept_bytes() <= 2 * READ_BYTES {
            self.request = Some(head);
        }
    }
}
