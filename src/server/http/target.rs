//! The request target (RFC 9112 section 3.2) and the host that it is meant for.

use std::borrow::Cow;

use super::{Reject, letters_digits_and, path};

/// What a request asks for.
#[derive(Debug)]
pub(super) struct Target<'a> {
    /// Decoded and normal, or `*`.
    pub(super) path: Cow<'a, str>,
    /// What follows the `?`.
    pub(super) query: Option<&'a str>,
    /// The host and port that an absolute target names; it wins over the `Host` field (RFC 9112 section 3.2.2).
    pub(super) authority: Option<&'a str>,
}

impl<'a> Target<'a> {
    /// The four forms of RFC 9112 section 3.2.
    pub(super) fn parse(method: &str, target: &'a str) -> Result<Self, Reject> {
        if method == "CONNECT" {
            // The authority form; whatever it names, the method will be refused.
            if target.is_empty() || !is_host(target.as_bytes()) {
                return Err(Reject::bad("malformed authority in the request target"));
            }
            return Ok(Target { path: "/".into(), query: None, authority: Some(target) });
        }
        if path::is_normal(target) {
            return Ok(Target { path: target.into(), query: None, authority: None });
        }
        if target == "*" {
            if method != "OPTIONS" {
                return Err(Reject::bad("the target * is for OPTIONS only"));
            }
            return Ok(Target { path: "*".into(), query: None, authority: None });
        }
        let (authority, origin) =
            if target.starts_with('/') { (None, target) } else { strip_origin(target)? };
        // A fragment is never sent (RFC 9112 section 3.2.1).
        if origin.contains('#') {
            return Err(Reject::bad("the target contains a fragment"));
        }
        let (path, query) = match origin.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (origin, None),
        };
        // Without a path, `OPTIONS http://host` is about the whole server (RFC 9112 section 3.2.4).
        if path.is_empty() && query.is_none() && method == "OPTIONS" {
            return Ok(Target { path: "*".into(), query: None, authority });
        }
        let path = if path.is_empty() { "/" } else { path };
        Ok(Target { path: path::normal(path)?, query, authority })
    }
}

/// Takes the absolute form apart: the authority, and the rest in origin form.
fn strip_origin(target: &str) -> Result<(Option<&str>, &str), Reject> {
    let (scheme, rest) = target.split_once("://").ok_or(Reject::bad("malformed request target"))?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(Reject::bad("the target's scheme is not http"));
    }
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(authority_end);
    if !is_host(authority.as_bytes()) || authority.is_empty() || authority.starts_with(':') {
        return Err(Reject::bad("malformed authority in the request target"));
    }
    Ok((Some(authority), path))
}

/// Whether a byte may stand in a name that is no IPv6 address (RFC 3986 section 3.2.2), without the comma, which separates lists.
const REG_NAME: [bool; 256] = letters_digits_and(b"-._~!$&'()*+;=%");

/// Whether `value` can be a host with or without a port (RFC 9110 section 7.2). May be empty, as the RFC allows.
pub(super) fn is_host(value: &[u8]) -> bool {
    let port = match value {
        [b'[', ..] => {
            let Some(end) = value.iter().position(|&byte| byte == b']') else { return false };
            let inside = &value[1..end];
            if inside.is_empty()
                || !inside.iter().all(|byte| byte.is_ascii_hexdigit() || b":.%v".contains(byte))
            {
                return false;
            }
            &value[end + 1..]
        }
        _ => {
            let end = value.iter().position(|&byte| !REG_NAME[usize::from(byte)]);
            &value[end.unwrap_or(value.len())..]
        }
    };
    match port {
        [] => true,
        [b':', digits @ ..] => digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for host in ["", "a", "a:80", "a.b-c:", "127.0.0.1:1", "[::1]", "[::1]:80"] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in ["a b", "a/b", "a@b", "a:b", "a:80:80", "[::1", "[]", "[::1]x", "a,b"] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn forms() {
        let parse = |method: &str, target: &'static str| {
            let target = Target::parse(method, target).ok()?;
            Some((target.path, target.query, target.authority))
        };
        let some = |path: &'static str, query: Option<&'static str>, authority: Option<&'static str>| {
            Some((path.into(), query, authority))
        };
        assert_eq!(parse("GET", "/a?b"), some("/a", Some("b"), None));
        assert_eq!(parse("GET", "http://h:1/a"), some("/a", None, Some("h:1")));
        assert_eq!(parse("GET", "HTTPS://h?q"), some("/", Some("q"), Some("h")));
        assert_eq!(parse("OPTIONS", "http://h"), some("*", None, Some("h")));
        assert_eq!(parse("OPTIONS", "*"), some("*", None, None));
        assert_eq!(parse("CONNECT", "h:443"), some("/", None, Some("h:443")));
        for (method, target) in
            [("GET", "*"), ("GET", "a"), ("GET", "http:///a"), ("GET", "http://u@h/"), ("CONNECT", "/a")]
        {
            assert_eq!(parse(method, target), None, "{method} {target}");
        }
    }
}
