//! Takes parts of a lesson's text from its file at compile time, so that story and reading are written once: in the doc.

/// The part of this file's doc under a heading: paragraphs of one line each, with an empty line between.
macro_rules! section {
    ($source:expr, $heading:literal) => {{
        const LENGTH: usize = $crate::lab::text::copy_section($source, $heading, &mut []);
        const TEXT: [u8; LENGTH] = {
            let mut text = [0; LENGTH];
            $crate::lab::text::copy_section($source, $heading, &mut text);
            text
        };
        match ::std::str::from_utf8(&TEXT) {
            Ok(text) => text,
            Err(_) => panic!("a section starts and ends between characters"),
        }
    }};
}

/// The items of the list under a heading of this file's doc.
macro_rules! items {
    ($source:expr, $heading:literal) => {{
        const TEXT: &str = $crate::lab::text::section!($source, $heading);
        const ITEMS: [&str; $crate::lab::text::count_lines(TEXT)] = $crate::lab::text::split_lines(TEXT);
        &ITEMS
    }};
}

pub(super) use {items, section};

/// Copies the section under `//! # heading` as far as `out` has room, and returns its whole length. Each paragraph and each
/// list item comes to one line; paragraphs have an empty line between.
pub(super) const fn copy_section(source: &str, heading: &str, out: &mut [u8]) -> usize {
    let source = source.as_bytes();
    let heading = heading.as_bytes();
    let mut length = 0;
    let mut inside = false;
    let mut paragraph_ends = false;
    let mut line = 0;
    while starts_with(source, line, b"//!") {
        let mut end = line;
        while end < source.len() && source[end] != b'\n' {
            end += 1;
        }
        let mut at = line + 3;
        if starts_with(source, line, b"//! # ") {
            inside = end == line + 6 + heading.len() && starts_with(source, line + 6, heading);
        } else if inside && at == end {
            paragraph_ends = true;
        } else if inside {
            while source[at] == b' ' {
                at += 1;
            }
            let mut between: &[u8] = if paragraph_ends { b"\n\n" } else { b" " };
            if starts_with(source, at, b"- ") {
                at += 2;
                between = b"\n";
            }
            if length > 0 {
                length = append(out, length, between, 0, between.len());
            }
            length = append(out, length, source, at, end);
            paragraph_ends = false;
        }
        line = end + 1;
    }
    assert!(length > 0, "the doc has no such section");
    length
}

const fn starts_with(text: &[u8], at: usize, prefix: &[u8]) -> bool {
    let mut i = 0;
    while i < prefix.len() {
        if at + i >= text.len() || text[at + i] != prefix[i] {
            return false;
        }
        i += 1;
    }
    true
}

const fn append(out: &mut [u8], mut length: usize, text: &[u8], mut from: usize, to: usize) -> usize {
    while from < to {
        if length < out.len() {
            out[length] = text[from];
        }
        length += 1;
        from += 1;
    }
    length
}

pub(super) const fn count_lines(text: &str) -> usize {
    let text = text.as_bytes();
    let mut count = 1;
    let mut at = 0;
    while at < text.len() {
        if text[at] == b'\n' {
            count += 1;
        }
        at += 1;
    }
    count
}

pub(super) const fn split_lines<const N: usize>(mut text: &'static str) -> [&'static str; N] {
    let mut lines = [""; N];
    let mut nth = 0;
    let mut at = 0;
    while at < text.len() {
        if text.as_bytes()[at] == b'\n' {
            let (line, rest) = text.split_at(at);
            lines[nth] = line;
            nth += 1;
            text = rest.split_at(1).1;
            at = 0;
        } else {
            at += 1;
        }
    }
    lines[nth] = text;
    lines
}

#[cfg(test)]
mod tests {
    const SOURCE: &str = "//! Symptom.\n//!\n//! # The story\n//!\n//! One\n//! two.\n//!\n//! Three.\n//!\n//! # Reading\n//!\n//! - A,\n//!   b\n//! - C\n\nfn main() {}\n";

    #[test]
    fn paragraphs_come_to_one_line_each() {
        assert_eq!(section!(SOURCE, "The story"), "One two.\n\nThree.");
    }

    #[test]
    fn list_items_are_split() {
        assert_eq!(items!(SOURCE, "Reading"), &["A, b", "C"]);
    }
}
