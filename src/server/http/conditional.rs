//! Conditional requests (RFC 9110 section 13): has the client the newest representation already?

use super::{Head, Method};
use crate::time::SystemTime;

/// Whether to answer 304 for a representation with `etag` (quotes included) and `modified`, a whole second.
///
/// `If-None-Match` wins over `If-Modified-Since` (RFC 9110 section 13.2.2).
#[must_use]
pub fn is_not_modified(head: &Head, etag: &str, modified: Option<SystemTime>) -> bool {
    if !matches!(head.method(), Method::Get | Method::Head) {
        return false;
    }
    let mut tags = head.fields("if-none-match").peekable();
    if tags.peek().is_some() {
        return tags.any(|list| matches(list, etag));
    }
    let since = head.field("if-modified-since").and_then(|value| std::str::from_utf8(value).ok());
    match (since.and_then(|since| httpdate::parse_http_date(since).ok()), modified) {
        (Some(since), Some(modified)) => modified <= since,
        _ => false,
    }
}

/// The weak comparison of RFC 9110 section 8.8.3.2.
fn matches(list: &[u8], etag: &str) -> bool {
    let Ok(list) = std::str::from_utf8(list) else { return false };
    let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
    list.trim() == "*" || list.split(',').any(|tag| opaque(tag.trim()) == opaque(etag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        server::http::scan::HeadScanner,
        time::{Duration, UNIX_EPOCH},
    };

    fn not_modified(fields: &str) -> bool {
        let bytes = format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes();
        let range = HeadScanner::default().scan(&bytes, 4096, 1024).unwrap().unwrap();
        let head = Head::parse(&bytes, range, 1024).unwrap();
        is_not_modified(&head, "\"x\"", Some(UNIX_EPOCH + Duration::from_secs(784_111_777)))
    }

    #[test]
    fn tags_and_dates() {
        assert!(!not_modified(""));
        assert!(not_modified("If-None-Match: \"x\"\r\n"));
        assert!(not_modified("If-None-Match: \"y\", W/\"x\"\r\n"));
        assert!(not_modified("If-None-Match: \"y\"\r\nIf-None-Match: \"x\"\r\n"));
        assert!(not_modified("If-None-Match: *\r\n"));
        assert!(!not_modified("If-None-Match: \"y\"\r\n"));
        assert!(not_modified("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
        assert!(!not_modified("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"));
        assert!(!not_modified("If-Modified-Since: yesterday\r\n"));
        assert!(!not_modified(
            "If-None-Match: \"y\"\r\nIf-Modified-Since: Sun, 06 Nov 2094 08:49:37 GMT\r\n"
        ));
    }
}
