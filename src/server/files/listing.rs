//! The list of a folder, as a page.

use std::fmt::Write;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Miss, resolve::Root};
use crate::{
    fs,
    server::{
        http::{Body, Response},
        limits::LISTING_ENTRIES_MAX,
    },
    time::SystemTime,
};

/// What is left as it is in an address; a colon is not, so that no name is taken for a scheme.
const KEEP: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path in an address.
pub(super) fn encoded(path: &str) -> String {
    utf8_percent_encode(path, KEEP).to_string()
}

/// One line of the list.
struct Item {
    /// With a slash if it is a folder.
    name: String,
    is_folder: bool,
    len: u64,
    modified: Option<SystemTime>,
}

impl Root {
    /// Lists the folder that `path`, with its final slash, names.
    pub(super) fn list(&self, path: &str) -> Result<Response, Miss> {
        let place = self.resolve(self.named(path)?)?;
        let mut items = Vec::new();
        let mut is_cut = false;
        for entry in fs::read_dir(&place.file)? {
            let entry = entry?;
            // What is no UTF-8 cannot be asked for, and what begins with a dot is not meant to be seen.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') {
                continue;
            }
            if items.len() == LISTING_ENTRIES_MAX {
                is_cut = true;
                break;
            }
            // Through a link; one that leads nowhere is left out.
            let Ok(metadata) = fs::metadata(entry.path()) else { continue };
            let is_folder = metadata.is_dir();
            let name = if is_folder { name + "/" } else { name };
            items.push(Item { name, is_folder, len: metadata.len(), modified: metadata.modified().ok() });
        }
        items.sort_by(|a, b| (!a.is_folder, &a.name).cmp(&(!b.is_folder, &b.name)));
        Ok(Response::new(200)
            .with_field("content-type", "text/html; charset=utf-8")
            .with_field("x-content-type-options", "nosniff")
            .with_field("cache-control", "no-cache")
            .with_field(
                "content-security-policy",
                "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'",
            )
            .with_body(Body::Bytes(page(path, &items, is_cut).into_bytes())))
    }
}

fn page(path: &str, items: &[Item], is_cut: bool) -> String {
    let title = escaped(path);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>:root{{color-scheme:light dark}}body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;\
         margin:2rem auto;padding:0 1rem}}h1{{font-size:1.3rem;overflow-wrap:anywhere}}\
         table{{border-collapse:collapse;width:100%}}td,th{{padding:.15rem .5rem;text-align:left}}\
         .n{{text-align:right;font-variant-numeric:tabular-nums}}</style>\n<h1>{title}</h1>\n\
         <table>\n<tr><th>Name<th class=\"n\">Bytes<th>Modified\n"
    );
    if path != "/" {
        page += "<tr><td><a href=\"../\">../</a><td><td>\n";
    }
    for Item { name, is_folder, len, modified } in items {
        let len = if *is_folder { String::new() } else { len.to_string() };
        let modified = modified.map(httpdate::fmt_http_date).unwrap_or_default();
        // Writing to a string succeeds.
        let _ = writeln!(
            page,
            "<tr><td><a href=\"{}\">{}</a><td class=\"n\">{len}<td>{modified}",
            encoded(name),
            escaped(name)
        );
    }
    page += "</table>\n";
    if is_cut {
        let _ = writeln!(page, "<p>There are more; only {LISTING_ENTRIES_MAX} are shown.");
    }
    page
}

/// As text in a page.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(name: &str) -> Item {
        Item { name: name.to_owned(), is_folder: false, len: 1, modified: None }
    }

    #[test]
    fn names_are_text_and_addresses() {
        let page = page("/<b>/", &[item("<script>alert('x')</script>"), item("javascript:x")], false);
        assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
        assert!(page.contains("href=\"javascript%3Ax\""), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;</a>"), "{page}");
    }

    proptest! {
        #[test]
        fn nothing_ends_what_it_stands_in(name in "\\PC{0,30}") {
            prop_assert!(!escaped(&name).contains(['<', '>', '"', '\'']));
            prop_assert!(encoded(&name).bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-._~%".contains(&byte)));
            let decoded = percent_encoding::percent_decode_str(&encoded(&name)).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(decoded, name);
        }
    }
}
