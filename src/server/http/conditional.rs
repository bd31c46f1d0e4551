//! Conditional requests (RFC 9110 section 13): whether the client wants what there is.

use super::{Head, Method, head::name_bit};
use crate::time::SystemTime;

/// What tells one version of a representation from another.
#[derive(Debug, Clone, Copy)]
pub struct Validators<'a> {
    /// The entity tag, with its quotes; a weak one begins with `W/`.
    pub etag: &'a str,
    /// When it was last modified, to the second.
    pub modified: Option<SystemTime>,
}

/// What the conditions of a request come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Do what the method says.
    Proceed,
    /// The client has it already: 304.
    NotModified,
    /// The client wants another version: 412.
    Failed,
}

/// The fields that [`evaluate`] looks at.
const CONDITIONS: u64 = name_bit(b"if-match")
    | name_bit(b"if-none-match")
    | name_bit(b"if-modified-since")
    | name_bit(b"if-unmodified-since");

/// Evaluates the conditions in the order of RFC 9110 section 13.2.2. Dates that cannot be read are no conditions.
#[must_use]
pub fn evaluate(head: &Head, validators: Validators<'_>) -> Verdict {
    if head.lacks(CONDITIONS) {
        return Verdict::Proceed;
    }
    let is_read = matches!(head.method(), Method::Get | Method::Head);
    match any_tag(head, "if-match", |tag| is_strong_match(tag, validators.etag)) {
        Some(false) => return Verdict::Failed,
        Some(true) => {}
        None => {
            if let (Some(date), Some(modified)) = (date(head, "if-unmodified-since"), validators.modified)
                && modified > date
            {
                return Verdict::Failed;
            }
        }
    }
    match any_tag(head, "if-none-match", |tag| is_weak_match(tag, validators.etag)) {
        Some(true) if is_read => Verdict::NotModified,
        Some(true) => Verdict::Failed,
        Some(false) => Verdict::Proceed,
        None => match (date(head, "if-modified-since"), validators.modified) {
            (Some(date), Some(modified)) if is_read && modified <= date => Verdict::NotModified,
            _ => Verdict::Proceed,
        },
    }
}

/// Whether a `Range` is to be heeded (RFC 9110 section 13.1.5): there is no `If-Range`, or it names this very version.
#[must_use]
pub fn range_applies(head: &Head, validators: Validators<'_>) -> bool {
    let mut conditions = head.fields("if-range");
    let Some(condition) = conditions.next() else { return true };
    let Ok(condition) = std::str::from_utf8(condition) else { return false };
    if conditions.next().is_some() {
        return false;
    }
    if condition.starts_with(['"', 'W']) {
        return is_strong_match(condition, validators.etag);
    }
    // Not "at or before": the client has bytes of the version of exactly this date.
    httpdate::parse_http_date(condition).is_ok_and(|date| Some(date) == validators.modified)
}

/// Whether one of the listed tags is a match, or `*`, which any representation matches; `None` without the field.
fn any_tag(head: &Head, name: &str, is_match: impl Fn(&str) -> bool) -> Option<bool> {
    head.field(name)?;
    // A comma within a tag takes it apart; neither part is a tag, so neither matches.
    let tags = head.list(name).filter_map(|tag| std::str::from_utf8(tag).ok());
    Some(tags.into_iter().any(|tag| tag == "*" || is_match(tag)))
}

/// The strong comparison of RFC 9110 section 8.8.3.2.
fn is_strong_match(tag: &str, etag: &str) -> bool {
    tag == etag && !tag.starts_with("W/")
}

/// The weak comparison of RFC 9110 section 8.8.3.2.
fn is_weak_match(tag: &str, etag: &str) -> bool {
    fn opaque(tag: &str) -> &str {
        tag.strip_prefix("W/").unwrap_or(tag)
    }
    opaque(tag) == opaque(etag)
}

/// The date of the only field called `name`.
fn date(head: &Head, name: &str) -> Option<SystemTime> {
    let mut fields = head.fields(name);
    let date = std::str::from_utf8(fields.next()?).ok()?;
    if fields.next().is_some() {
        return None;
    }
    httpdate::parse_http_date(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        server::http::scan::HeadScanner,
        time::{Duration, UNIX_EPOCH},
    };

    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

    fn head(method: &str, fields: &str) -> Head {
        let bytes = format!("{method} / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").into_bytes();
        let range = HeadScanner::default().scan(&bytes, 4096, 1024).unwrap().unwrap();
        Head::parse(&bytes, range, 1024).unwrap()
    }

    fn validators(etag: &str) -> Validators<'_> {
        Validators { etag, modified: Some(UNIX_EPOCH + Duration::from_secs(784_111_777)) }
    }

    fn get(fields: &str) -> Verdict {
        evaluate(&head("GET", fields), validators("\"x\""))
    }

    #[test]
    fn one_condition() {
        use Verdict::{Failed, NotModified, Proceed};
        for (fields, expected) in [
            (String::new(), Proceed),
            ("If-None-Match: \"x\"\r\n".into(), NotModified),
            ("If-None-Match: \"y\", W/\"x\"\r\n".into(), NotModified),
            ("If-None-Match: \"y\"\r\nIf-None-Match: \"x\"\r\n".into(), NotModified),
            ("If-None-Match: *\r\n".into(), NotModified),
            ("If-None-Match: \"y\"\r\n".into(), Proceed),
            ("If-None-Match: x\r\n".into(), Proceed),
            ("If-Match: \"x\"\r\n".into(), Proceed),
            ("If-Match: \"y\", \"x\"\r\n".into(), Proceed),
            ("If-Match: *\r\n".into(), Proceed),
            ("If-Match: \"y\"\r\n".into(), Failed),
            ("If-Match: W/\"x\"\r\n".into(), Failed),
            (format!("If-Modified-Since: {THEN}\r\n"), NotModified),
            (format!("If-Modified-Since: {AFTER}\r\n"), NotModified),
            (format!("If-Modified-Since: {BEFORE}\r\n"), Proceed),
            ("If-Modified-Since: yesterday\r\n".into(), Proceed),
            (format!("If-Modified-Since: {AFTER}\r\nIf-Modified-Since: {AFTER}\r\n"), Proceed),
            (format!("If-Unmodified-Since: {THEN}\r\n"), Proceed),
            (format!("If-Unmodified-Since: {BEFORE}\r\n"), Failed),
            ("If-Unmodified-Since: yesterday\r\n".into(), Proceed),
        ] {
            assert_eq!(get(&fields), expected, "{fields}");
        }
        assert_eq!(
            evaluate(&head("DELETE", "If-None-Match: \"x\"\r\n"), validators("\"x\"")),
            Failed,
            "not a method that reads"
        );
        let since = head("DELETE", &format!("If-Modified-Since: {AFTER}\r\n"));
        assert_eq!(evaluate(&since, validators("\"x\"")), Proceed);
        assert_eq!(evaluate(&head("GET", "If-Match: W/\"x\"\r\n"), validators("W/\"x\"")), Failed);
        assert_eq!(evaluate(&head("GET", "If-None-Match: \"x\"\r\n"), validators("W/\"x\"")), NotModified);
    }

    /// RFC 9110 section 13.2.2: a tag makes the date of its kind void, and what must hold comes before what saves bytes.
    #[test]
    fn precedence() {
        use Verdict::{Failed, NotModified, Proceed};
        for (fields, expected) in [
            (format!("If-Match: \"x\"\r\nIf-Unmodified-Since: {BEFORE}\r\n"), Proceed),
            (format!("If-None-Match: \"y\"\r\nIf-Modified-Since: {AFTER}\r\n"), Proceed),
            (format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {BEFORE}\r\n"), NotModified),
            ("If-Match: \"y\"\r\nIf-None-Match: \"x\"\r\n".into(), Failed),
            ("If-Match: \"x\"\r\nIf-None-Match: \"x\"\r\n".into(), NotModified),
            (format!("If-Unmodified-Since: {BEFORE}\r\nIf-None-Match: \"x\"\r\n"), Failed),
        ] {
            assert_eq!(get(&fields), expected, "{fields}");
        }
    }

    #[test]
    fn if_range() {
        let applies = |etag: &str, fields: &str| range_applies(&head("GET", fields), validators(etag));
        assert!(applies("\"x\"", ""));
        assert!(applies("\"x\"", "If-Range: \"x\"\r\n"));
        assert!(!applies("\"x\"", "If-Range: \"y\"\r\n"));
        assert!(!applies("\"x\"", "If-Range: W/\"x\"\r\n"));
        assert!(!applies("W/\"x\"", "If-Range: W/\"x\"\r\n"));
        assert!(applies("\"x\"", &format!("If-Range: {THEN}\r\n")));
        assert!(!applies("\"x\"", &format!("If-Range: {AFTER}\r\n")));
        assert!(!applies("\"x\"", &format!("If-Range: {BEFORE}\r\n")));
        assert!(!applies("\"x\"", "If-Range: soon\r\n"));
    }
}
