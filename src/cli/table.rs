//! Tables of aligned columns.

use std::time::Duration;

use super::console;

/// How a cell is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paint {
    Plain,
    Good,
    Bad,
    Dim,
    Heading,
}

/// A cell: the text and how it looks.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    text: String,
    paint: Paint,
    right: bool,
}

impl Cell {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Cell { text: text.into(), paint: Paint::Plain, right: false }
    }

    /// A number: to the right.
    pub(super) fn number(text: impl Into<String>) -> Self {
        Cell { right: true, ..Cell::new(text) }
    }

    pub(super) fn paint(mut self, paint: Paint) -> Self {
        self.paint = paint;
        self
    }

    fn write(&self, out: &mut String, width: usize) {
        let style = console::style();
        let padding = " ".repeat(width.saturating_sub(self.text.chars().count()));
        let text = match self.paint {
            Paint::Plain => self.text.clone(),
            Paint::Good => style.thread(0, &self.text),
            Paint::Bad => style.error(&self.text),
            Paint::Dim => style.dim(&self.text),
            Paint::Heading => style.heading(&self.text),
        };
        let (before, after) = if self.right { (padding.as_str(), "") } else { ("", padding.as_str()) };
        out.push_str(&format!("{before}{text}{after}"));
    }
}

/// The whole table, two spaces between the columns; the last column is not padded.
pub(super) fn render(heads: &[&str], rows: &[Vec<Cell>]) -> String {
    let rights: Vec<bool> = (0..heads.len())
        .map(|column| rows.iter().any(|row| row.get(column).is_some_and(|cell| cell.right)))
        .collect();
    let head: Vec<Cell> = heads
        .iter()
        .zip(&rights)
        .map(|(head, right)| Cell { text: (*head).to_owned(), paint: Paint::Heading, right: *right })
        .collect();
    let all: Vec<&Vec<Cell>> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| {
        all.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut out = String::new();
    for row in &all {
        let mut line = String::new();
        let filled = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last + 1);
        for (column, cell) in row.iter().take(filled).enumerate() {
            if column > 0 {
                line.push_str("  ");
            }
            let is_last = column + 1 == filled;
            cell.write(&mut line, if is_last && !cell.right { 0 } else { widths[column] });
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// The whole table in Markdown, numbers to the right.
pub(super) fn markdown(heads: &[&str], rows: &[Vec<Cell>]) -> String {
    let is_right = |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| cell.right));
    let rule = (0..heads.len()).map(|column| if is_right(column) { "--:|" } else { "---|" });
    let line = |texts: &[&str]| format!("| {} |\n", texts.join(" | "));
    let body = rows.iter().map(|row| line(&row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>()));
    format!("{}|{}\n{}", line(heads), rule.collect::<String>(), body.collect::<String>())
}

/// A count with its thousands apart.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A time in two or three digits.
pub(super) fn time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        s if s >= 1.0 => (s, "s"),
        s if s >= 1e-3 => (s * 1e3, "ms"),
        s if console::style().is_ascii() => (s * 1e6, "us"),
        s => (s * 1e6, "µs"),
    };
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// `1 run`, `2 runs`.
pub(super) fn of(number: usize, what: &str) -> String {
    format!("{} {what}{}", count(number as u64), if number == 1 { "" } else { "s" })
}
