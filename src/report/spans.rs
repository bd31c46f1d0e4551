//! The marked places in their source, in the manner of the compiler's messages.

use std::{collections::BTreeMap, ops::Range};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet, renderer::DecorStyle};

use super::{
    place::{self, PlaceParts},
    terminal::Style,
};
use crate::check::{Finding, Mark, SourceReport};

/// The snippets; empty if no marked place has a source.
pub(super) fn render(finding: &Finding, style: &Style) -> String {
    let mut files: Vec<(&SourceReport, Vec<(&Mark, PlaceParts<'_>)>)> = Vec::new();
    for mark in &finding.marks {
        let Some(parts) = place::parse(&mark.place) else { continue };
        let Some(source) = finding.sources.iter().find(|source| source.file == parts.file) else { continue };
        match files.iter_mut().find(|(known, _)| known.file == source.file) {
            Some((_, marks)) => marks.push((mark, parts)),
            None => files.push((source, vec![(mark, parts)])),
        }
    }
    if files.is_empty() {
        return String::new();
    }
    // The file with the finding first; one snippet each.
    files.sort_by_key(|(_, marks)| !marks.iter().any(|(mark, _)| mark.primary));
    let snippets: Vec<_> = files.iter().map(|(source, marks)| snippet(source, marks)).collect();
    let renderer = if style.has_colour() { Renderer::styled() } else { Renderer::plain() };
    let decor = if style.is_ascii() { DecorStyle::Ascii } else { DecorStyle::Unicode };
    let report = Level::ERROR.primary_title(String::new()).elements(snippets);
    let text = renderer.decor_style(decor).term_width(style.columns()).render(&[report]);
    // The title stands above the explanation already.
    text.split_once('\n').map_or(String::new(), |(_, rest)| format!("{rest}\n"))
}

fn snippet<'a>(
    source: &'a SourceReport,
    marks: &[(&'a Mark, PlaceParts<'_>)],
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let lines: BTreeMap<usize, &str> =
        source.lines.iter().map(|line| (line.number, line.text.as_str())).collect();
    let first = marks.iter().map(|(_, parts)| parts.line).min().unwrap_or(1);
    let last = marks.iter().map(|(_, parts)| parts.line).max().unwrap_or(1);
    // Lines between that nobody has are empty, and folded away.
    let mut text = String::new();
    let mut starts = BTreeMap::new();
    for number in first..=last {
        starts.insert(number, text.len());
        text.push_str(lines.get(&number).copied().unwrap_or(""));
        text.push('\n');
    }
    let annotations: Vec<_> = marks
        .iter()
        .map(|(mark, parts)| {
            let line = lines.get(&parts.line).copied().unwrap_or("");
            let span = span(line, parts.column);
            let kind = if mark.primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let start = starts[&parts.line];
            kind.span(start + span.start..start + span.end).label(mark.label.as_str())
        })
        .collect();
    Snippet::source(text).line_start(first).path(source.file.as_str()).fold(true).annotations(annotations)
}

/// What the place names, in bytes: the word that begins at the column, as `lock` in `table.lock()`.
pub(crate) fn span(line: &str, column: usize) -> Range<usize> {
    let start = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(at, _)| at);
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '!' | '*' | '&');
    let length = line[start..].find(|c| !is_word(c)).unwrap_or(line.len() - start);
    let first = line[start..].chars().next().map_or(0, char::len_utf8);
    start..start + length.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_the_word_at_the_column() {
        let of = |line: &'static str, column| &line[span(line, column)];
        assert_eq!(of("    let a = table.lock();", 19), "lock");
        assert_eq!(of("thread::scope(|s| {", 1), "thread::scope");
        assert_eq!(of("(x)", 1), "(");
        assert_eq!(of("été.lock()", 5), "lock");
        assert_eq!(of("short", 40), "");
    }
}
