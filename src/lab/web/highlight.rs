//! Rust source as HTML with the kinds of its words marked.

use std::fmt::Write;

const KEYWORDS: &[&str] = &[
    "as", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn", "for", "if",
    "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
];

/// What is shown as text: `&`, `<` and quotes are escaped.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// The lines of the source, each with its numbered element. `first` is the number of the first line.
pub(super) fn lines(source: &str, first: usize) -> String {
    let mut out = String::new();
    for (nth, line) in marked(source).split('\n').enumerate() {
        let number = first + nth;
        let _ = writeln!(
            out,
            "<span class=\"row\" id=\"L{number}\"><span class=\"number\">{number}</span><span class=\"code\">{line}</span></span>"
        );
    }
    out
}

/// The source with marks; no mark goes over the end of a line.
fn marked(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let (length, class) = token(rest, c);
        let (text, after) = rest.split_at(length);
        rest = after;
        match class {
            None => out.push_str(&escape(text)),
            Some(class) => {
                let parts: Vec<String> = text
                    .split('\n')
                    .map(|part| format!("<span class=\"{class}\">{}</span>", escape(part)))
                    .collect();
                out.push_str(&parts.join("\n"));
            }
        }
    }
    out
}

/// The length of the first token in bytes, and its class.
fn token(rest: &str, c: char) -> (usize, Option<&'static str>) {
    let word = |text: &str| text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Some("comment"));
    }
    if rest.starts_with("/*") {
        return (rest.find("*/").map_or(rest.len(), |end| end + 2), Some("comment"));
    }
    if c == '"' || rest.starts_with("b\"") {
        return (string(rest, rest.find('"').unwrap_or(0) + 1), Some("string"));
    }
    if rest.starts_with("r\"") || rest.starts_with("r#") {
        let hashes = rest[1..].bytes().take_while(|byte| *byte == b'#').count();
        if rest.as_bytes().get(1 + hashes) == Some(&b'"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = 2 + hashes;
            return (
                rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len()),
                Some("string"),
            );
        }
    }
    if c == '\'' {
        return match character(rest) {
            Some(length) => (length, Some("string")),
            None => (1 + word(&rest[1..]), Some("lifetime")),
        };
    }
    if c == '#' && (rest.starts_with("#[") || rest.starts_with("#![")) {
        return (rest.find(']').map_or(rest.len(), |end| end + 1), Some("comment"));
    }
    if c.is_ascii_digit() {
        return (word(rest), Some("number"));
    }
    if c.is_alphabetic() || c == '_' {
        let length = word(rest);
        let text = &rest[..length];
        let class = if KEYWORDS.contains(&text) {
            Some("keyword")
        } else if rest[length..].starts_with('!') && !rest[length..].starts_with("!=") {
            Some("macro")
        } else if text.starts_with(char::is_uppercase) {
            Some("type")
        } else {
            rest[length..].starts_with('(').then_some("function")
        };
        return (length, class);
    }
    (c.len_utf8(), None)
}

/// Where the string that has begun ends.
fn string(rest: &str, from: usize) -> usize {
    let mut escaped = false;
    for (at, c) in rest[from..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return from + at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character literal; none if it is a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        return rest[2..].find('\'').map(|end| 2 + end + 1 + usize::from(rest[2..].starts_with('\'')));
    }
    let (at, next) = chars.next()?;
    (next == '\'').then_some(at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_what_it_is() {
        let sources = crate::lab::lessons().iter().chain(crate::lab::real_bugs()).map(|lesson| lesson.source);
        for source in sources.chain(["'a' '\\'' '\\n' r#\"a\"b\"# \"a\\\"<\" 'static x != y"]) {
            let marked = marked(source);
            let mut text = String::new();
            let mut inside = false;
            for c in marked.chars() {
                match c {
                    '<' => inside = true,
                    '>' if inside => inside = false,
                    _ if !inside => text.push(c),
                    _ => {}
                }
            }
            for (from, to) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            {
                text = text.replace(from, to);
            }
            assert_eq!(text, source);
        }
    }

    #[test]
    fn words_are_marked() {
        let marked = marked("let x: Mutex<'a> = lock(\"s\"); // c\nassert!(1)");
        for (class, word) in [
            ("keyword", "let"),
            ("type", "Mutex"),
            ("lifetime", "&#39;a"),
            ("function", "lock"),
            ("string", "&quot;s&quot;"),
            ("comment", "// c"),
            ("macro", "assert"),
            ("number", "1"),
        ] {
            assert!(marked.contains(&format!("<span class=\"{class}\">{word}</span>")), "{class}: {marked}");
        }
    }
}
