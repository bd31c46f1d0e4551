//! What a program puts behind the server: a function from requests to responses.

use std::{
    error::Error,
    fmt,
    io::{self, Read},
};

use super::{
    http::{Head, Reject, Response},
    table::BlockingStep,
};
use crate::{net::SocketAddr, time::Instant};

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

    /// Whether the handler gets the body of the request with this head in one piece or reads it as it arrives. Default:
    /// [`BodyMode::Whole`]; [`Streaming`] makes a handler that says otherwise.
    ///
    /// It is asked on the threads that watch all connections, and only for a request that has a body.
    fn body_mode(&self, head: &Head) -> BodyMode {
        let _ = head;
        BodyMode::Whole
    }
}

/// How a handler gets the body of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BodyMode {
    /// By [`Request::body`], all of it, before the handler is called: no thread waits for it.
    Whole,
    /// By [`Request::reader`], as it arrives; see [`Streaming`].
    Streamed {
        /// Bytes of the body after decoding; the read that would give more fails. `None` for the server's
        /// [`body_bytes_max`](super::Limits::body_bytes_max).
        bytes_max: Option<usize>,
    },
}

/// A handler that reads the body as it arrives, by [`Request::reader`], instead of getting it in one piece.
///
/// The handler is called when the head is there, always on a thread that may block: a worker, or the connection's own. It
/// waits in `read` for the client, and holds that thread as long as the body takes: never longer than at the slowest rate
/// ([`body_timeout`](super::Limits::body_timeout), [`body_bytes_per_second_min`](super::Limits::body_bytes_per_second_min)). So
/// have as many workers as uploads at a time, or run each connection on a thread of its own.
///
/// - A client that asked by `Expect: 100-continue` is told to go on when the handler first waits for its body.
/// - An error of `read` tells what is wrong with the body, or that it came too slowly or not to its end. Returned from the
///   handler as a [`std::io::Error`] it becomes the answer 400, 408, 413 or 431. It is final: the connection is closed after the
///   answer, whatever that is.
/// - What the handler leaves unread is read and dropped up to [`unread_bytes_max`](super::Limits::unread_bytes_max), so that the
///   next request can be read; with more, and where the client still waits for `100 Continue`, the connection is closed.
/// - The trailer of a chunked body is checked and dropped (RFC 9110 section 6.5.1).
///
/// # Examples
///
/// ```
/// use std::io::{self, Read};
/// use unsnarl::server::{Request, Router, Server, Streaming};
///
/// fn count(request: &Request<'_>) -> io::Result<String> {
///     let mut reader = request.reader();
///     let (mut bytes, mut room) = (0, [0; 8 * 1024]);
///     loop {
///         match reader.read(&mut room)? {
///             0 => return Ok(format!("{bytes} bytes")),
///             more => bytes += more,
///         }
///     }
/// }
///
/// let router = Router::new().put("/files/{name}", Streaming::new(count).bytes_max(1 << 32));
/// let server = Server::builder().addr("127.0.0.1:0").workers(16).handler(router).build()?;
/// # Ok::<(), unsnarl::server::ServerError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Streaming<H> {
    handler: H,
    bytes_max: Option<usize>,
}

impl<H: Handler> Streaming<H> {
    /// Calls `handler` when the head is there.
    #[must_use]
    pub fn new(handler: H) -> Self {
        Streaming { handler, bytes_max: None }
    }

    /// The most bytes of a body, instead of the server's [`body_bytes_max`](super::Limits::body_bytes_max): it may be more.
    #[must_use]
    pub fn bytes_max(self, bytes: usize) -> Self {
        Streaming { bytes_max: Some(bytes), ..self }
    }
}

impl<H: Handler> Handler for Streaming<H> {
    fn handle(&self, request: &Request<'_>) -> Response {
        self.handler.handle(request)
    }

    fn body_mode(&self, _: &Head) -> BodyMode {
        BodyMode::Streamed { bytes_max: self.bytes_max }
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

impl IntoResponse for io::Error {
    /// What is to be said of the request's body, if that is what the error is about; else a 500.
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

fn failed(error: &(dyn Error + 'static)) -> Response {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    if let Some(reject) = inner.and_then(|inner| inner.downcast_ref::<Reject>()) {
        return Response::of_reject(*reject);
    }
    Response::text(500, "500 Internal Server Error: the handler failed").with_cause(error.to_string())
}

/// The body of a request as bytes to read: made by [`Request::reader`].
pub struct RequestReader<'a>(Bytes<'a>);

enum Bytes<'a> {
    /// What is left of a body that is there.
    Whole(&'a [u8]),
    Arriving(&'a dyn BodySource),
}

/// A body that arrives while it is read.
pub(crate) trait BodySource {
    fn read(&self, room: &mut [u8]) -> io::Result<usize>;
}

impl Read for RequestReader<'_> {
    /// Blocks while nothing has arrived; 0 at the end of the body, which then is complete.
    ///
    /// # Errors
    ///
    /// See [`Streaming`]; none for a body that was there in one piece.
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Bytes::Whole(left) => left.read(room),
            Bytes::Arriving(source) => source.read(room),
        }
    }
}

impl fmt::Debug for RequestReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestReader").finish_non_exhaustive()
    }
}

/// A request as a handler sees it: complete, checked, its body decoded; or with a body that arrives while it is read.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    head: &'a Head,
    body: &'a [u8],
    arriving: Option<&'a dyn BodySource>,
    peer: Option<SocketAddr>,
    enter: &'a dyn Fn(BlockingStep),
    params: &'a [(&'a str, &'a str)],
    moment: Option<Instant>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(
        head: &'a Head,
        body: &'a [u8],
        peer: Option<SocketAddr>,
        enter: &'a dyn Fn(BlockingStep),
    ) -> Self {
        Request { head, body, arriving: None, peer, enter, params: &[], moment: None }
    }

    /// The same request with a body that arrives.
    pub(crate) fn with_arriving(self, source: &'a dyn BodySource) -> Self {
        Request { arriving: Some(source), ..self }
    }

    /// The same request, answered at that moment if it is known.
    pub(crate) fn at(self, moment: Option<Instant>) -> Self {
        Request { moment, ..self }
    }

    /// The time.
    pub(crate) fn now(&self) -> Instant {
        self.moment.unwrap_or_else(Instant::now)
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

    /// The request's content, empty without one; and empty for a [`Streaming`] handler, which has a
    /// [`reader`](Self::reader) instead.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// The request's content to be read. For a [`Streaming`] handler it arrives while it is read, and each byte is given once,
    /// by whichever reader asks first; otherwise each reader gives [`body`](Self::body) from its beginning.
    #[must_use]
    pub fn reader(&self) -> RequestReader<'a> {
        RequestReader(self.arriving.map_or(Bytes::Whole(self.body), Bytes::Arriving))
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
