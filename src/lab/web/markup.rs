//! The doc of a lesson's file as HTML.

use super::highlight::escape;

/// A part of the doc under a heading, as lines.
pub(super) fn section<'a>(source: &'a str, heading: &str) -> Vec<&'a str> {
    let doc = source.lines().map_while(|line| line.strip_prefix("//!"));
    let mut inside = false;
    let mut lines = Vec::new();
    for line in doc {
        let line = line.strip_prefix(' ').unwrap_or(line);
        if let Some(name) = line.strip_prefix("# ") {
            inside = name == heading;
        } else if inside {
            lines.push(line);
        }
    }
    lines
}

/// What the file says of itself first.
pub(super) fn first_paragraph(source: &str) -> String {
    let doc = source.lines().map_while(|line| line.strip_prefix("//!"));
    doc.map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Text with what stands between backticks as code.
pub(super) fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(nth, part)| match nth % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    });
    parts.collect()
}

/// Paragraphs, lists and blocks of text.
pub(super) fn blocks(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        if line.trim().is_empty() {
            at += 1;
        } else if line.starts_with("```") {
            let end = (at + 1..lines.len()).find(|end| lines[*end].starts_with("```")).unwrap_or(lines.len());
            let text = lines[at + 1..end].join("\n");
            let label = "tabindex=\"0\" role=\"region\" aria-label=\"The interleaving as columns\"";
            out.push_str(&format!("<pre class=\"columns\" {label}>{}</pre>\n", escape(&text)));
            at = end + 1;
        } else if line.starts_with("- ") {
            let (items, end) = list(lines, at);
            let items: String = items.iter().map(|item| format!("<li>{}</li>\n", inline(item))).collect();
            out.push_str(&format!("<ul>\n{items}</ul>\n"));
            at = end;
        } else {
            let end = (at..lines.len())
                .find(|end| lines[*end].trim().is_empty() || lines[*end].starts_with("```"))
                .unwrap_or(lines.len());
            out.push_str(&format!("<p>{}</p>\n", inline(&lines[at..end].join(" "))));
            at = end;
        }
    }
    out
}

/// The items of the list that begins at `at`, and where it ends.
fn list(lines: &[&str], mut at: usize) -> (Vec<String>, usize) {
    let mut items: Vec<String> = Vec::new();
    while at < lines.len() {
        if let Some(item) = lines[at].strip_prefix("- ") {
            items.push(item.to_owned());
        } else if let (Some(more), Some(item)) = (lines[at].strip_prefix("  "), items.last_mut()) {
            item.push(' ');
            item.push_str(more.trim());
        } else {
            break;
        }
        at += 1;
    }
    (items, at)
}

/// The programs of the file: what follows the description of the lesson, or the doc if there is none; and the number of the
/// first line.
pub(super) fn programs(source: &str) -> (usize, String) {
    let lines: Vec<&str> = source.lines().collect();
    let is_description = |line: &&str| line.contains("const ") && line.contains(": Lesson = Lesson {");
    let after = match lines.iter().position(is_description) {
        Some(start) => {
            lines[start..].iter().position(|line| *line == "};").map_or(start, |end| start + end + 1)
        }
        None => lines.iter().position(|line| !line.starts_with("//!")).unwrap_or(0),
    };
    let first = (after..lines.len()).find(|at| !lines[*at].trim().is_empty()).unwrap_or(after);
    (first + 1, lines[first.min(lines.len())..].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_every_lesson_are_found() {
        for lesson in crate::lab::lessons().iter().chain(crate::lab::real_bugs()) {
            for heading in ["The symptom", "The story", "The bad interleaving", "The fix"] {
                assert!(!section(lesson.source, heading).is_empty(), "{}: {heading}", lesson.name);
            }
            assert!(
                blocks(&section(lesson.source, "The bad interleaving")).contains("<pre"),
                "{}",
                lesson.name
            );
            let (first, code) = programs(lesson.source);
            assert_eq!(lesson.source.lines().nth(first - 1), code.lines().next(), "{}", lesson.name);
            for name in lesson.stages.iter().map(|stage| stage.name).chain(["fixed"]) {
                assert!(code.contains(&format!("fn {name}()")), "{}: {name}", lesson.name);
            }
        }
    }

    #[test]
    fn markup_of_the_text_is_escaped() {
        assert_eq!(inline("a `<b>` & c"), "a <code>&lt;b&gt;</code> &amp; c");
        assert_eq!(
            blocks(&["One", "two.", "", "- a", "  b", "- c"]),
            "<p>One two.</p>\n<ul>\n<li>a b</li>\n<li>c</li>\n</ul>\n"
        );
    }
}
