//! Responses and how their heads are written (RFC 9112 section 4).

use std::{
    borrow::Cow,
    io::{self, Read, Write},
    ops::Range,
};

use super::{
    Method, Reject, Version, status,
    stream::{BodyStream, Pieces, Source},
};
use crate::{fs::File, sync::Arc};

/// What a handler answers.
///
/// The server adds `Date`, `Content-Length` or `Transfer-Encoding`, and `Connection` itself.
///
/// # Examples
///
/// ```
/// use unsnarl::server::http::Response;
/// let response = Response::text(404, "nothing here").with_field("cache-control", "no-store");
/// assert_eq!(response.status(), 404);
/// ```
#[derive(Debug)]
pub struct Response {
    status: u16,
    fields: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    /// Whole field lines, written once for many responses.
    shared_fields: Option<Arc<str>>,
    body: Body,
    close: bool,
    cause: Option<String>,
}

/// The content of a response.
#[derive(Debug)]
pub enum Body {
    /// None.
    Empty,
    /// Bytes of this response alone.
    Bytes(Vec<u8>),
    /// Bytes that are shared, for example with the cache; they are not copied.
    Shared(Arc<[u8]>),
    /// A part of shared bytes. Sending panics when the range is not within them.
    Slice(Arc<[u8]>, Range<usize>),
    /// A part of a file, sent piece by piece. Should the file turn out shorter, the connection is cut, so that the client
    /// sees the loss. Where the file stands does not matter, and several parts may share one.
    File(Arc<File>, Range<u64>),
    /// Bytes that come into being while they are sent: made by [`Body::reader`], [`Body::sized_reader`], [`Body::pieces`] and
    /// [`Body::writer`].
    Stream(BodyStream),
    /// One after the other.
    Parts(Vec<Body>),
}

/// # Content that is made while it is sent
///
/// Where its length is not known it goes out in chunks (RFC 9112 section 7.1), and to a client of HTTP/1.0 up to the end of the
/// connection. For `HEAD` it is not made at all. When making it fails or panics, the connection is cut, so that the client sees
/// that it has not got all (which only HTTP/1.0 cannot see).
impl Body {
    /// What `reader` gives, to its end.
    ///
    /// It is read by a thread that may block, piece by piece as the client takes them: a slow client holds no thread between
    /// them.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    /// use unsnarl::server::http::{Body, Response};
    ///
    /// let zeros = std::io::repeat(0).take(1 << 30);
    /// let response = Response::new(200).with_body(Body::reader(zeros));
    /// assert_eq!(response.body().len(), None);
    /// ```
    #[must_use]
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Body::Stream(BodyStream { source: Source::Reader(Box::new(reader)), len: None })
    }

    /// The first `len` bytes that `reader` gives, announced by `Content-Length`. Should there be fewer, the connection is cut.
    #[must_use]
    pub fn sized_reader(reader: impl Read + Send + 'static, len: u64) -> Self {
        Body::Stream(BodyStream { source: Source::Reader(Box::new(reader)), len: Some(len) })
    }

    /// The pieces one after the other, each asked for when the client has taken those before. As [`reader`](Self::reader).
    ///
    /// # Examples
    ///
    /// ```
    /// use unsnarl::server::http::{Body, Response};
    ///
    /// let lines = (1..=1_000_000).map(|number| format!("{number}\n"));
    /// let response = Response::new(200).with_body(Body::pieces(lines));
    /// # let _ = response;
    /// ```
    #[must_use]
    pub fn pieces<I>(pieces: I) -> Self
    where
        I: IntoIterator<IntoIter: Send + 'static, Item: AsRef<[u8]> + Send + 'static>,
    {
        Body::reader(Pieces::new(pieces.into_iter()))
    }

    /// What `write` writes. What it has written is gathered and sent when there is enough of it, or when it flushes.
    ///
    /// The thread that runs it waits while the client has no room: with the pool and with events each such response holds a
    /// worker until it is done, which [`reader`](Self::reader) does not. It gets an error when the client has gone or was too
    /// slow.
    ///
    /// # Examples
    ///
    /// ```
    /// use unsnarl::server::http::{Body, Response};
    ///
    /// let response = Response::new(200).with_body(Body::writer(|out| {
    ///     for number in 1..=1_000_000 {
    ///         writeln!(out, "{number}")?;
    ///     }
    ///     Ok(())
    /// }));
    /// # let _ = response;
    /// ```
    #[must_use]
    pub fn writer(write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Self {
        Body::Stream(BodyStream { source: Source::Writer(Box::new(write)), len: None })
    }

    /// Its length in bytes; `None` where that is not known before it is sent.
    #[must_use]
    pub fn len(&self) -> Option<u64> {
        match self {
            Body::Empty => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Shared(bytes) => Some(bytes.len() as u64),
            Body::Slice(_, range) => Some(range.len() as u64),
            Body::File(_, range) => Some(range.end.saturating_sub(range.start)),
            Body::Stream(stream) => stream.len,
            Body::Parts(parts) => parts.iter().map(Body::len).sum(),
        }
    }

    /// Its bytes, if they are there in one piece.
    pub(crate) fn in_memory(&self) -> Option<&[u8]> {
        match self {
            Body::Empty => Some(&[]),
            Body::Bytes(bytes) => Some(bytes),
            Body::Shared(bytes) => Some(bytes),
            Body::Slice(bytes, range) => Some(&bytes[range.clone()]),
            Body::File(..) | Body::Stream(_) | Body::Parts(_) => None,
        }
    }

    /// Whether it is known to have no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

impl Response {
    /// A response without fields or content.
    ///
    /// # Panics
    ///
    /// When `status` is not a final status, 200 to 599.
    #[must_use]
    pub fn new(status: u16) -> Self {
        assert!((200..600).contains(&status), "{status} is not a final status code");
        Response {
            status,
            fields: Vec::new(),
            shared_fields: None,
            body: Body::Empty,
            close: false,
            cause: None,
        }
    }

    /// A response with `text` and a final line feed as content.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new).
    #[must_use]
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.push('\n');
        Response::new(status)
            .with_field("content-type", "text/plain; charset=utf-8")
            .with_body(Body::Bytes(text.into_bytes()))
    }

    /// The answer to a request that cannot be served; closes the connection.
    pub(crate) fn of_reject(reject: Reject) -> Self {
        Response::text(
            reject.status,
            format!("{} {}: {}", reject.status, status::reason(reject.status), reject.reason),
        )
        .with_close()
    }

    /// Adds a field.
    ///
    /// # Panics
    ///
    /// When `name` is not a token or `value` contains a control character: it would let a handler's input end the head. And
    /// for `Date`, `Content-Length`, `Transfer-Encoding` and `Connection`: two that differ would be as bad, see
    /// [`with_close`](Self::with_close). The server turns the panic into a 500.
    #[must_use]
    pub fn with_field(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (name, value) = (name.into(), value.into());
        assert!(super::is_token(&name), "a field name is a token (RFC 9110 section 5.1)");
        let is_own = OWN_FIELDS.iter().any(|own| own.eq_ignore_ascii_case(&name));
        assert!(!is_own, "the server writes the field {name} itself");
        let is_control = |char: char| char != '\t' && char.is_control();
        assert!(!value.contains(is_control), "a field value has no control characters");
        self.fields.push((name, value));
        self
    }

    /// A response with content and field lines that were formatted before, each ending in CR LF.
    pub(crate) fn prepared(status: u16, lines: Arc<str>, body: Body) -> Self {
        debug_assert!(lines.is_empty() || lines.ends_with("\r\n"), "field lines are complete");
        Response { status, fields: Vec::new(), shared_fields: Some(lines), body, close: false, cause: None }
    }

    /// Adds such field lines.
    pub(crate) fn with_shared_fields(mut self, lines: Arc<str>) -> Self {
        debug_assert!(lines.is_empty() || lines.ends_with("\r\n"), "field lines are complete");
        self.shared_fields = Some(lines);
        self
    }

    /// Replaces the content.
    #[must_use]
    pub fn with_body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    /// Replaces the content and its type.
    ///
    /// # Panics
    ///
    /// When `content_type` contains a control character.
    #[must_use]
    pub fn with_content(mut self, content_type: impl Into<Cow<'static, str>>, body: Body) -> Self {
        self.fields.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        self.with_field("content-type", content_type).with_body(body)
    }

    /// Makes the server close the connection after this response.
    #[must_use]
    pub fn with_close(mut self) -> Self {
        self.close = true;
        self
    }

    /// Keeps why the response is what it is, for a log; it is not sent.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// What [`with_cause`](Self::with_cause) kept.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The value of the first field called `name`, whatever its case, of those that were added.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let added = self.fields.iter().map(|(name, value)| (&**name, &**value));
        let shared = self.shared_fields.iter().flat_map(|lines| lines.lines());
        let mut all = added.chain(shared.filter_map(|line| line.split_once(": ")));
        all.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The content.
    #[must_use]
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// Whether the connection is to be closed.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.close
    }

    pub(crate) fn into_body(self) -> Body {
        self.body
    }

    /// Appends the head's bytes to `out`.
    pub(crate) fn write_head(&self, out: &mut Vec<u8>, context: &Context<'_>) {
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(&[100, 10, 1].map(|place| b'0' + (self.status / place % 10) as u8));
        out.extend_from_slice(b" ");
        out.extend_from_slice(status::reason(self.status).as_bytes());
        out.extend_from_slice(b"\r\ndate: ");
        out.extend_from_slice(context.date);
        out.extend_from_slice(b"\r\n");
        for (name, value) in &self.fields {
            for part in [name.as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        if let Some(lines) = &self.shared_fields {
            out.extend_from_slice(lines.as_bytes());
        }
        if !status::is_bodiless(self.status) {
            match self.body.len() {
                Some(len) => {
                    out.extend_from_slice(b"content-length: ");
                    out.extend_from_slice(itoa::Buffer::new().format(len).as_bytes());
                    out.extend_from_slice(b"\r\n");
                }
                None if self.is_chunked(context.version) => {
                    out.extend_from_slice(b"transfer-encoding: chunked\r\n");
                }
                None => {}
            }
        }
        if !context.keep_alive {
            out.extend_from_slice(b"connection: close\r\n");
        } else if context.version == Version::Http10 {
            out.extend_from_slice(b"connection: keep-alive\r\n");
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Whether the content goes out in chunks.
    pub(crate) fn is_chunked(&self, version: Version) -> bool {
        version == Version::Http11 && self.body.len().is_none()
    }

    /// Whether nothing but the end of the connection says where the content ends.
    pub(crate) fn ends_with_connection(&self, version: Version) -> bool {
        version == Version::Http10 && self.body.len().is_none()
    }

    /// Whether the content goes out in answer to `method`.
    pub(crate) fn sends_body(&self, method: Method) -> bool {
        method != Method::Head && !status::is_bodiless(self.status)
    }
}

/// What a response head says beside the handler's answer.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) version: Version,
    pub(crate) keep_alive: bool,
    pub(crate) date: &'a [u8; DATE_BYTES],
}

/// The length of a date as RFC 9110 section 5.6.7 wants it.
pub(crate) const DATE_BYTES: usize = 29;

/// Fields that the server writes itself; a second one would contradict it.
const OWN_FIELDS: [&str; 4] = ["date", "content-length", "transfer-encoding", "connection"];

#[cfg(test)]
mod tests {
    use super::*;

    fn head(response: &Response, version: Version, keep_alive: bool) -> String {
        let mut out = Vec::new();
        let context = Context { version, keep_alive, date: b"Sun, 06 Nov 1994 08:49:37 GMT" };
        response.write_head(&mut out, &context);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn heads() {
        let response = Response::text(200, "hi");
        assert_eq!(
            head(&response, Version::Http11, true),
            "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
             content-type: text/plain; charset=utf-8\r\ncontent-length: 3\r\n\r\n"
        );
        assert!(head(&response, Version::Http10, true).contains("\r\nconnection: keep-alive\r\n"));
        assert!(head(&response, Version::Http11, false).contains("\r\nconnection: close\r\n"));
        let not_modified = head(&Response::new(304), Version::Http11, true);
        assert!(
            not_modified.starts_with("HTTP/1.1 304 Not Modified\r\n")
                && !not_modified.contains("content-length")
        );
        assert!(response.sends_body(Method::Get) && !response.sends_body(Method::Head));
    }

    #[test]
    fn a_value_cannot_end_the_head() {
        let split = std::panic::catch_unwind(|| Response::new(302).with_field("location", "/\r\nx: y"));
        let message = *split.unwrap_err().downcast::<&str>().unwrap();
        assert_eq!(message, "a field value has no control characters");
    }
}
