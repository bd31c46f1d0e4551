//! Media types of files (RFC 9110 section 8.3).

use std::path::Path;

/// The value of `Content-Type` for a file of this name.
///
/// Text has its charset said, UTF-8: without it browsers guess.
///
/// # Examples
///
/// ```
/// use unsnarl::server::http::media::content_type;
/// assert_eq!(content_type("a/b.html".as_ref()), "text/html; charset=utf-8");
/// assert_eq!(content_type("a/b.png".as_ref()), "image/png");
/// assert_eq!(content_type("LICENSE".as_ref()), "application/octet-stream");
/// ```
#[must_use]
pub fn content_type(file: &Path) -> String {
    let media = mime_guess::from_path(file).first_or_octet_stream();
    let is_text = media.type_() == "text" || media.subtype() == "javascript";
    let charset = if is_text && media.get_param("charset").is_none() { "; charset=utf-8" } else { "" };
    format!("{media}{charset}")
}

/// Whether content of this type grows smaller by compression: text and what is text inside, not images, sound, films and
/// archives, which are compressed already.
#[must_use]
pub fn is_compressible(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.starts_with("text/")
        || essence.ends_with("+xml")
        || essence.ends_with("+json")
        || matches!(
            essence,
            "application/javascript"
                | "application/json"
                | "application/xml"
                | "application/wasm"
                | "application/rtf"
                | "application/x-ndjson"
                | "application/toml"
                | "application/yaml"
                | "application/vnd.ms-fontobject"
                | "font/ttf"
                | "font/otf"
                | "image/bmp"
                | "image/x-icon"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        let of = |name: &str| content_type(Path::new(name));
        for name in ["a.html", "a.css", "a.js", "a.json", "a.svg", "a.wasm", "a.txt", "a.xml", "A.HTML"] {
            assert!(is_compressible(&of(name)), "{name}: {}", of(name));
        }
        for name in ["a.png", "a.jpg", "a.zip", "a.mp4", "a.woff2", "a.gz", "a", "a.pdf"] {
            assert!(!is_compressible(&of(name)), "{name}: {}", of(name));
        }
        assert_eq!(of("a.js"), "text/javascript; charset=utf-8");
        assert_eq!(of("a.json"), "application/json");
    }
}
