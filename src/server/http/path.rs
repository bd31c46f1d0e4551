//! Paths that cannot leave the root.

use std::borrow::Cow;

use super::{Reject, letters_digits_and};

/// Percent-decodes `path` once and resolves `.` and `..` (RFC 3986 section 5.2.4).
///
/// The result starts with `/`, has no empty, `.` or `..` segment, and ends with `/` exactly if it names a directory.
/// Decoding comes first, so an encoded `..` or `/` is seen for what it is, and it is done once, so `%252e` stays the
/// text `%2e`.
///
/// # Errors
///
/// 400 when the path climbs above the root (the RFC would clamp it; no honest client asks for that), has a malformed
/// escape, is not UTF-8, or contains a control character or a backslash, which some systems take for a separator.
///
/// # Examples
///
/// ```
/// use unsnarl::server::http::path::normalise;
/// assert_eq!(normalise("/a/./b/..//c%20d/").as_deref(), Ok("/a/c d/"));
/// assert!(normalise("/a/%2e%2e/../etc/passwd").is_err());
/// ```
pub fn normalise(path: &str) -> Result<String, Reject> {
    normal(path).map(Cow::into_owned)
}

/// As [`normalise`]: the path itself if nothing is to be done.
pub(super) fn normal(path: &str) -> Result<Cow<'_, str>, Reject> {
    if !path.starts_with('/') {
        return Err(Reject::bad("the path does not start with a slash"));
    }
    if is_normal(path) { Ok(Cow::Borrowed(path)) } else { resolve(path).map(Cow::Owned) }
}

fn resolve(path: &str) -> Result<String, Reject> {
    let decoded = decode(path)?;
    if decoded.contains(|char: char| char.is_control() || char == '\\') {
        return Err(Reject::bad("the path contains a control character or a backslash"));
    }
    let mut segments = Vec::new();
    for segment in decoded.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop().ok_or(Reject::bad("the path leaves the root"))?;
            }
            name => segments.push(name),
        }
    }
    let is_directory = decoded.ends_with(['/']) || decoded.ends_with("/.") || decoded.ends_with("/..");
    let mut normal = String::with_capacity(decoded.len());
    for segment in &segments {
        normal.push('/');
        normal.push_str(segment);
    }
    if is_directory || normal.is_empty() {
        normal.push('/');
    }
    Ok(normal)
}

/// Printable ASCII but for what begins an escape, a query or a fragment, and the backslash.
const PLAIN: [bool; 256] = letters_digits_and(b"/-._~!$&'()*+,;=:@\"<>[]^`{|}");

/// Whether nothing is to be done, as with most paths: printable ASCII without an escape, and no segment that is empty (but the
/// last one) or begins with a dot. Where that is a whole target it has no query and no fragment.
pub(super) fn is_normal(path: &str) -> bool {
    let mut before = 0;
    path.starts_with('/')
        && path.bytes().all(|byte| {
            let begins_badly = std::mem::replace(&mut before, byte) == b'/' && matches!(byte, b'/' | b'.');
            PLAIN[usize::from(byte)] && !begins_badly
        })
}

fn decode(path: &str) -> Result<String, Reject> {
    let bytes = path.as_bytes();
    for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        let digits = bytes.get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            return Err(Reject::bad("malformed percent escape in the path"));
        }
    }
    let decoded = percent_encoding::percent_decode(bytes).decode_utf8();
    Ok(decoded.map_err(|_| Reject::bad("the path is not UTF-8"))?.into_owned())
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use proptest::prelude::*;

    use super::{is_normal, normalise, resolve};

    #[test]
    fn examples() {
        for (path, expected) in [
            ("/", Some("/")),
            ("//", Some("/")),
            ("/a", Some("/a")),
            ("/a/", Some("/a/")),
            ("/a/.", Some("/a/")),
            ("/a/b/..", Some("/a/")),
            ("/a/..", Some("/")),
            ("/%61", Some("/a")),
            ("/a%2fb", Some("/a/b")),
            ("/%252e%252e/x", Some("/%2e%2e/x")),
            ("/..", None),
            ("/a/../..", None),
            ("/%2e%2e/x", None),
            ("/.%2E/x", None),
            ("/a%2f..%2f..%2fx", None),
            ("/..%5cx", None),
            ("/a\\b", None),
            ("/a%00b", None),
            ("/a%0d%0ab", None),
            ("/a%", None),
            ("/a%g0", None),
            ("/%ff", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(normalise(path).ok().as_deref(), expected, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_normal_stays_as_it_is(path in "/(/|\\.|%61|\\\\|a|b-c|\\PC){0,6}") {
            if is_normal(&path) {
                prop_assert_eq!(resolve(&path), Ok(path));
            }
        }

        #[test]
        fn never_escapes(path in "/(\\.|/|%2e|%2E|%2f|%5c|a|%|%25|2e|\\\\|\\PC){0,24}") {
            if let Ok(normal) = normalise(&path) {
                prop_assert!(normal.starts_with('/'));
                prop_assert!(!normal.contains("//"));
                let relative = normal.trim_start_matches('/');
                let inside = Path::new(relative).components().all(|part| matches!(part, Component::Normal(_)));
                prop_assert!(inside, "{normal:?}");
            }
        }
    }
}
