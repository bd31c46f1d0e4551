//! What a program puts behind the server: a function from requests to responses.

use std::fmt;

use super::{
    http::{Head, Response},
    table::BlockingStep,
};
use crate::net::SocketAddr;

/// Answers requests. Every `Fn(&Request<'_>) -> Response` is one.
///
/// It runs on a worker of the pool, may block, and then blocks that worker. A panic costs this one request: the client
/// gets a 500 and its connection is closed.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: &Request<'_>) -> Response;
}

impl<F: Fn(&Request<'_>) -> Response + Send + Sync + 'static> Handler for F {
    fn handle(&self, request: &Request<'_>) -> Response {
        self(request)
    }
}

/// A request as a handler sees it: complete, checked, its body decoded.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    pub(crate) head: &'a Head,
    pub(crate) body: &'a [u8],
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) enter: &'a dyn Fn(BlockingStep),
}

impl<'a> Request<'a> {
    /// The request's head.
    #[must_use]
    pub fn head(&self) -> &'a Head {
        self.head
    }

    /// The request's content, empty without one.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The client's address.
    #[must_use]
    pub fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// Notes for the status page where the handler may block from now on.
    pub fn enter(&self, step: BlockingStep) {
        (self.enter)(step);
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("head", &self.head).field("peer", &self.peer).finish_non_exhaustive()
    }
}
