//! Request methods (RFC 9110 section 9).

/// A request method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Transfer a representation.
    Get,
    /// As `Get`, the head only.
    Head,
    /// Process the content.
    Post,
    /// Replace the representation.
    Put,
    /// Remove the representation.
    Delete,
    /// Open a tunnel; never served.
    Connect,
    /// Describe the options.
    Options,
    /// Send the request back.
    Trace,
    /// Change a part of the representation (RFC 5789).
    Patch,
    /// Any other; [`Head::method_name`](super::Head::method_name) tells which.
    Other,
}

impl Method {
    /// The method of this name; names are case-sensitive.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match name {
            "GET" => Method::Get,
            "HEAD" => Method::Head,
            "POST" => Method::Post,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            "CONNECT" => Method::Connect,
            "OPTIONS" => Method::Options,
            "TRACE" => Method::Trace,
            "PATCH" => Method::Patch,
            _ => Method::Other,
        }
    }

    /// The method's name; empty for [`Other`](Self::Other).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Connect => "CONNECT",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Patch => "PATCH",
            Method::Other => "",
        }
    }
}
