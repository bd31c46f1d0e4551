//! What a program puts behind the server: a function from requests to responses.

use std::{error::Error, fmt};

use super::{
    http::{Head, Response},
    table::BlockingStep,
};
use crate::net::SocketAddr;

/// Answers requests. Every `Fn(&Request<'_>) -> R` is one, if `R` is a response or becomes one ([`IntoResponse`]): a
/// [`Response`], a text, or a `Result` of them.
///
/// It runs on a worker of the pool (or on the connection's own thread), may block, and then blocks that worker. A panic costs
/// this one request: the client gets a 500 and its connection is closed.
///
/// # Examples
///
/// ```
/// use unsnarl::server::{Handler, Request, http::Response};
///
/// fn length(request: &Request<'_>) -> Result<String, Response> {
///     let text = std::str::from_utf8(request.body()).map_err(|_| Response::text(400, "not UTF-8"))?;
///     Ok(format!("{} characters", text.chars().count()))
/// }
///
/// fn is_handler(_: impl Handler) {}
/// is_handler(length);
/// ```
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: &Request<'_>) -> Response;

    /// Answers one request if that needs no waiting: neither disk nor lock nor long computing. `None` sends it to a worker,
    /// who calls [`handle`](Self::handle).
    ///
    /// It runs on the threads that watch all connections, so whatever it waits for, all wait for. What it saves is the way
    /// through the queue, which costs more than a small answer. Default: `None`.
    fn handle_now(&self, request: &Request<'_>) -> Option<Response> {
        let _ = request;
        None
    }
}

impl<F, R> Handler for F
where
    F: Fn(&Request<'_>) -> R + Send + Sync + 'static,
    R: IntoResponse,
{
    fn handle(&self, request: &Request<'_>) -> Response {
        self(request).into_response()
    }
}

/// What a handler may return instead of a [`Response`].
///
/// An error becomes a 500 whose text does not tell the client what went wrong; [`Response::cause`] keeps it for a log. For
/// another status make the error type say so, by this trait, or return `Result<_, Response>`.
pub trait IntoResponse {
    /// The response.
    fn into_response(self) -> Response;
}

impl IntoResponse for Response {
    fn into_response(self) -> Response {
        self
    }
}

impl IntoResponse for String {
    /// 200 with the text as it is.
    fn into_response(self) -> Response {
        Response::new(200)
            .with_field("content-type", "text/plain; charset=utf-8")
            .with_body(super::http::Body::Bytes(self.into_bytes()))
    }
}

impl IntoResponse for &'static str {
    fn into_response(self) -> Response {
        self.to_owned().into_response()
    }
}

impl IntoResponse for () {
    /// 204.
    fn into_response(self) -> Response {
        Response::new(204)
    }
}

impl<T: IntoResponse, E: IntoResponse> IntoResponse for Result<T, E> {
    fn into_response(self) -> Response {
        match self {
            Ok(value) => value.into_response(),
            Err(error) => error.into_response(),
        }
    }
}

impl<T: IntoResponse> IntoResponse for Option<T> {
    /// 404 for nothing.
    fn into_response(self) -> Response {
        self.map_or_else(|| Response::text(404, "404 Not Found"), T::into_response)
    }
}

impl IntoResponse for std::io::Error {
    fn into_response(self) -> Response {
        failed(&self)
    }
}

impl IntoResponse for Box<dyn Error> {
    fn into_response(self) -> Response {
        failed(&*self)
    }
}

impl IntoResponse for Box<dyn Error + Send + Sync> {
    fn into_response(self) -> Response {
        failed(&*self)
    }
}

fn failed(error: &dyn Error) -> Response {
    Response::text(500, "500 Internal Server Error: the handler failed").with_cause(error.to_string())
}

/// A request as a handler sees it: complete, checked, its body decoded.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    head: &'a Head,
    body: &'a [u8],
    peer: Option<SocketAddr>,
    enter: &'a dyn Fn(BlockingStep),
    params: &'a [(&'a str, &'a str)],
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        head: &'a Head,
        body: &'a [u8],
        peer: Option<SocketAddr>,
        enter: &'a dyn Fn(BlockingStep),
    ) -> Self {
        Request { head, body, peer, enter, params: &[] }
    }

    /// The same request with what a route found in its path.
    pub(crate) fn with_params<'b>(&self, params: &'b [(&'b str, &'b str)]) -> Request<'b>
    where
        'a: 'b,
    {
        Request { params, ..*self }
    }

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

    /// What stands in the path where the route has `{name}` or `{*name}`; see [`Router`](super::Router).
    ///
    /// # Panics
    ///
    /// When the route has no such place: a mistake in the program, not in the request.
    #[must_use]
    #[track_caller]
    pub fn param(&self, name: &str) -> &'a str {
        match self.params.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => value,
            None => panic!("the route has no parameter {{{name}}}"),
        }
    }

    /// Notes for the status page where the handler may block from now on.
    pub fn enter(&self, step: BlockingStep) {
        (self.enter)(step);
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("head", &self.head)
            .field("params", &self.params)
            .field("peer", &self.peer)
            .finish_non_exhaustive()
    }
}
