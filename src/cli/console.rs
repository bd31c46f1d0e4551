//! Writing to the terminal, or to whatever stands in its place.

use std::{
    fmt,
    io::{self, Write},
};

use clap::ValueEnum;
use serde::Serialize;

use super::{Result, stop};
use crate::report::terminal::Style;

/// Whether the output has colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    /// From here on every stream decides like this.
    pub(super) fn apply(self) {
        match self {
            Colour::Auto => anstream::ColorChoice::Auto,
            Colour::Always => anstream::ColorChoice::Always,
            Colour::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// The style of everything that is printed here: with colours, since the stream takes them out where they are not wanted.
pub(super) fn style() -> Style {
    Style::of_stdout().colour(true)
}

/// Prints the result.
pub(super) fn print(text: impl fmt::Display) {
    // A reader that went away (`| head`) is no error.
    let mut out = anstream::stdout().lock();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// Prints one JSON document.
pub(super) fn print_json(document: &impl Serialize) -> Result {
    let mut text = serde_json::to_string_pretty(document).map_err(stop::fault)?;
    text.push('\n');
    // Not through `anstream`: what looks like an escape code inside a string stays.
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(stop::fault(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says what is wrong, on standard error.
pub(super) fn complain(kind: &str, message: &str) {
    let _ = writeln!(anstream::stderr(), "{} {message}", style().error(format!("{kind}:")));
}

/// Passes on what another program said, on standard error.
pub(super) fn pass_on(text: &str) {
    let _ = write!(anstream::stderr(), "{text}");
}

/// A text in lines of the terminal's width, each behind `indent`.
pub(super) fn wrapped(text: &str, indent: &str) -> String {
    let width = style().columns().saturating_sub(indent.len());
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}
