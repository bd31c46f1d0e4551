//! A finding for the terminal.

use std::{
    fmt::{self, Write as _},
    io::IsTerminal,
};

use anstyle::{AnsiColor, Color};

use super::{lanes, spans, words};
use crate::check::{Finding, FindingKind, ThreadReport};

/// Colours, width, and what is said.
#[derive(Clone, Debug)]
pub struct Style {
    colour: bool,
    ascii: bool,
    width: usize,
    measurements: bool,
}

impl Style {
    /// No colours; box-drawing characters; 100 columns.
    #[must_use]
    pub fn plain() -> Self {
        Style { colour: false, ascii: false, width: 100, measurements: true }
    }

    /// As standard error allows: colours if it is a terminal and neither `NO_COLOR` nor `TERM=dumb` is set; box-drawing
    /// characters unless the locale (`LC_ALL`, `LC_CTYPE`, `LANG`) says that there are none; the terminal's width, or what
    /// `COLUMNS` says, else 100 columns.
    #[must_use]
    pub fn of_stderr() -> Self {
        Self::of(std::io::stderr().is_terminal(), terminal_size::terminal_size_of(std::io::stderr()))
    }

    /// As [`of_stderr`](Self::of_stderr) for standard output.
    #[must_use]
    pub fn of_stdout() -> Self {
        Self::of(std::io::stdout().is_terminal(), terminal_size::terminal_size_of(std::io::stdout()))
    }

    fn of(is_terminal: bool, size: Option<(terminal_size::Width, terminal_size::Height)>) -> Self {
        let value = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = value("TERM").is_some_and(|term| term == "dumb");
        let forced = set("CLICOLOR_FORCE");
        let columns = value("COLUMNS").and_then(|columns| columns.parse().ok());
        let width = columns.or(size.map(|(width, _)| usize::from(width.0)));
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(value);
        Style {
            colour: (is_terminal || forced) && !set("NO_COLOR") && !dumb,
            ascii: dumb || locale.is_some_and(|locale| is_ascii_locale(&locale)),
            width: width.unwrap_or(100).clamp(40, 400),
            measurements: true,
        }
    }

    /// Whether colours are used.
    #[must_use]
    pub fn colour(mut self, colour: bool) -> Self {
        self.colour = colour;
        self
    }

    /// Only ASCII characters.
    #[must_use]
    pub fn ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    /// The width in columns.
    #[must_use]
    pub fn width(mut self, columns: usize) -> Self {
        self.width = columns.max(40);
        self
    }

    /// Whether it is said how long it took, and after how many executions: without that the report of a schedule is the
    /// same everywhere, for tests that compare it.
    #[must_use]
    pub fn measurements(mut self, measurements: bool) -> Self {
        self.measurements = measurements;
        self
    }

    pub(crate) fn is_ascii(&self) -> bool {
        self.ascii
    }

    pub(crate) fn has_colour(&self) -> bool {
        self.colour
    }

    pub(crate) fn columns(&self) -> usize {
        self.width
    }

    fn paint(&self, colour: Option<AnsiColor>, bold: bool, text: impl fmt::Display) -> String {
        if !self.colour {
            return text.to_string();
        }
        let mut style = anstyle::Style::new().fg_color(colour.map(Color::Ansi));
        if bold {
            style = style.bold();
        }
        format!("{style}{text}{style:#}")
    }

    pub(crate) fn error(&self, text: impl fmt::Display) -> String {
        self.paint(Some(AnsiColor::Red), true, text)
    }

    pub(crate) fn heading(&self, text: impl fmt::Display) -> String {
        self.paint(None, true, text)
    }

    pub(crate) fn dim(&self, text: impl fmt::Display) -> String {
        self.paint(Some(AnsiColor::BrightBlack), false, text)
    }

    pub(crate) fn place(&self, text: impl fmt::Display) -> String {
        self.paint(Some(AnsiColor::Cyan), false, text)
    }

    pub(crate) fn object(&self, text: impl fmt::Display) -> String {
        self.paint(Some(AnsiColor::Yellow), false, text)
    }

    pub(crate) fn thread(&self, index: usize, text: impl fmt::Display) -> String {
        const COLOURS: [AnsiColor; 5] = [
            AnsiColor::Green,
            AnsiColor::Magenta,
            AnsiColor::Blue,
            AnsiColor::BrightYellow,
            AnsiColor::BrightCyan,
        ];
        self.paint(Some(COLOURS[index % COLOURS.len()]), true, text)
    }
}

/// Whether the locale's characters are those of ASCII: that of programs without any settings.
fn is_ascii_locale(locale: &str) -> bool {
    matches!(locale, "C" | "POSIX")
}

/// The whole report of a finding.
#[must_use]
pub fn finding(finding: &Finding, style: &Style) -> String {
    let mut out = String::new();
    // Writing to a string does not fail.
    let _ = write_finding(&mut out, finding, style);
    // The last column of a row is as wide as the others.
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn write_finding(out: &mut String, finding: &Finding, style: &Style) -> fmt::Result {
    writeln!(out, "{} {}", style.error("unsnarl:"), style.heading(&finding.title))?;
    writeln!(out, "  model {}, engine {}", finding.model, finding.engine)?;
    writeln!(out)?;
    for paragraph in &finding.explanation {
        for line in wrap(paragraph, style.width.saturating_sub(2)) {
            writeln!(out, "  {line}")?;
        }
    }
    if finding.cycle.len() > 1 {
        writeln!(out, "\n{}", style.heading("The circle"))?;
        write_cycle(out, finding, style)?;
    }
    let snippets = spans::render(finding, style);
    if !snippets.is_empty() {
        write!(out, "\n{snippets}")?;
    }
    // What the snippets show is not said again.
    let shown = |place: &str| !snippets.is_empty() && finding.marks.iter().any(|mark| mark.place == place);
    let is_shown = |thread: &ThreadReport| {
        let waits = thread.waits.as_ref().is_some_and(|waits| shown(&waits.place));
        waits && thread.holds.iter().all(|held| shown(&held.place))
    };
    // Who else there is matters where threads are stuck.
    let is_stuck = matches!(finding.kind, FindingKind::Deadlock | FindingKind::Leak | FindingKind::Livelock);
    let tells_all = !is_stuck && !snippets.is_empty();
    let others = || finding.threads.iter().enumerate().filter(|(_, thread)| !is_shown(thread));
    if !tells_all && finding.threads.iter().any(|thread| !thread.finished) && others().next().is_some() {
        let heading = if snippets.is_empty() { "Threads" } else { "Other threads" };
        writeln!(out, "\n{}", style.heading(heading))?;
        for (index, thread) in others() {
            write_thread(out, index, thread, style)?;
        }
    }
    if !finding.steps.is_empty() {
        let count = finding.steps.len();
        let preemptions = finding.preemptions;
        let s = |n: usize| if n == 1 { "" } else { "s" };
        writeln!(
            out,
            "\n{} {}",
            style.heading("Schedule"),
            style.dim(format!("{count} step{}, {preemptions} preemption{}", s(count), s(preemptions)))
        )?;
        lanes::write(out, finding, style)?;
    }
    for note in &finding.notes {
        for (nth, line) in wrap(note, style.width.saturating_sub(8)).into_iter().enumerate() {
            writeln!(out, "{} {line}", if nth == 0 { "\n  note:" } else { "       " })?;
        }
    }
    writeln!(out)?;
    if style.measurements {
        writeln!(
            out,
            "  found after {} execution{} in {:.1?}",
            finding.explored.schedules(),
            if finding.explored.schedules() == 1 { "" } else { "s" },
            finding.explored.elapsed
        )?;
    }
    if let Some(shrunk) = &finding.shrunk {
        let s = |n: usize| if n == 1 { "" } else { "s" };
        writeln!(
            out,
            "  shrunk from {} step{} and {} preemption{} in {} executions",
            shrunk.from_steps,
            s(shrunk.from_steps),
            shrunk.from_preemptions,
            s(shrunk.from_preemptions),
            shrunk.executions
        )?;
    }
    if !finding.replay.is_empty() {
        writeln!(out, "  replay: {}", style.heading(&finding.replay))?;
    }
    Ok(())
}

/// Draws who waits for whom:
///
/// ```text
///   alice ──waits for──▶ `to`   held by bob since src/bank.rs:20:9
///     bob ──waits for──▶ `from` held by alice since src/bank.rs:12:9
/// ```
fn write_cycle(out: &mut String, finding: &Finding, style: &Style) -> fmt::Result {
    let threads: Vec<&ThreadReport> = finding.cycle.iter().map(|thread| &finding.threads[*thread]).collect();
    let wanted = |thread: &ThreadReport| {
        thread
            .waits
            .as_ref()
            .and_then(|waits| waits.object.as_ref())
            .map_or_else(String::new, |object| object.label.clone())
    };
    let name_width = threads.iter().map(|thread| thread.name.chars().count()).max().unwrap_or(0);
    let lock_width = threads.iter().map(|thread| wanted(thread).chars().count()).max().unwrap_or(0);
    let (arrow, top, middle, bottom) = if style.ascii {
        ("--waits for-->", "+->", "|  ", "+--")
    } else {
        ("──waits for─▶", "┌─▶", "│  ", "└──")
    };
    for (position, thread) in threads.iter().enumerate() {
        let next = threads[(position + 1) % threads.len()];
        let object = wanted(thread);
        let held = next.holds.iter().find(|held| held.object.label == object);
        let by = match held {
            Some(held) => (format!("held by {} since ", next.name), held.place.as_str()),
            None if wanted(next) == object => (format!("behind {}", next.name), ""),
            None => ("which has not ended".to_owned(), ""),
        };
        let by = (by.0.chars().count() + by.1.chars().count(), format!("{}{}", by.0, style.place(by.1)));
        let edge = if position == 0 {
            top
        } else if position + 1 == threads.len() {
            bottom
        } else {
            middle
        };
        let who = style.thread(finding.cycle[position], format!("{:>name_width$}", thread.name));
        let what = style.object(format!("{object:<lock_width$}"));
        let before = 2 + edge.chars().count() + 1 + name_width + 1 + arrow.chars().count() + 1 + lock_width;
        if before + 1 + by.0 <= style.width {
            writeln!(out, "  {edge} {who} {arrow} {what} {}", by.1)?;
        } else {
            let line = if position + 1 == threads.len() { "" } else { middle.trim_end() };
            writeln!(out, "  {edge} {who} {arrow} {what}\n  {line:<4}  {}", by.1)?;
        }
    }
    Ok(())
}

fn write_thread(out: &mut String, index: usize, thread: &ThreadReport, style: &Style) -> fmt::Result {
    let name = style.thread(index, &thread.name);
    if thread.finished {
        let how = thread.panic.as_ref().map_or("has ended".to_owned(), |panic| format!("panicked: {panic}"));
        return writeln!(out, "  {name} {}", style.dim(how));
    }
    writeln!(out, "  {name}")?;
    for held in &thread.holds {
        let how = match held.operation.as_str() {
            "read-lock" | "try-read-lock" | "read-lock-timed" => " (read)",
            "write-lock" | "try-write-lock" | "write-lock-timed" => " (write)",
            _ => "",
        };
        writeln!(
            out,
            "    holds {} `{}`{how}, taken at {}",
            held.object.kind,
            style.object(&held.object.label),
            style.place(&held.place)
        )?;
    }
    match &thread.waits {
        Some(waits) => {
            let name = waits.object.as_ref().map_or_else(String::new, |object| style.object(&object.label));
            writeln!(out, "    {}, at {}", words::waits_phrase_for(waits, &name), style.place(&waits.place))
        }
        None => writeln!(out, "    could go on"),
    }
}

/// Breaks a text into lines of at most `width` columns, at spaces.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}
