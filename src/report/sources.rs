//! The source lines that a finding names, so that a report can show them wherever it is read.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env, fs,
    path::{Path, PathBuf},
};

use super::place;
use crate::check::{Finding, LineReport, SourceReport};

/// How many lines before and after a place are kept.
const CONTEXT: usize = 4;
/// Longer lines are cut: they were not written to be read.
const LINE_CHARACTERS_MAX: usize = 400;

/// The lines around all places of the finding. `known` are texts that are not on disk, or were built in: file and text.
pub(crate) fn excerpts(finding: &Finding, known: &[(&str, &str)]) -> Vec<SourceReport> {
    let mut wanted: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for place in places(finding).filter_map(place::parse) {
        let from = place.line.saturating_sub(CONTEXT).max(1);
        wanted.entry(place.file).or_default().extend(from..=place.line + CONTEXT);
    }
    let excerpt = |(file, numbers): (&str, BTreeSet<usize>)| {
        let text = read(file, known)?;
        let lines = text.lines().enumerate().filter(|(index, _)| numbers.contains(&(index + 1)));
        let lines = lines.map(|(index, line)| LineReport {
            number: index + 1,
            text: line.chars().take(LINE_CHARACTERS_MAX).collect(),
        });
        Some(SourceReport { file: file.to_owned(), lines: lines.collect() })
    };
    wanted.into_iter().filter_map(excerpt).collect()
}

/// What objects are made for, by the source at their places: a variable or a field.
#[derive(Debug)]
pub(crate) struct Variables {
    known: Vec<(&'static str, &'static str)>,
    texts: HashMap<String, Option<String>>,
}

impl Variables {
    pub(crate) fn new(known: Vec<(&'static str, &'static str)>) -> Self {
        Variables { known, texts: HashMap::new() }
    }

    /// What the method at the place is called on, as in `self.table.lock()`.
    pub(crate) fn used_at(&mut self, file: &str, line: usize, column: usize) -> Option<String> {
        receiver(self.before(file, line, column)?).map(str::to_owned)
    }

    /// The line of the place, up to it.
    fn before(&mut self, file: &str, line: usize, column: usize) -> Option<&str> {
        let text = self.texts.entry(file.to_owned()).or_insert_with(|| read(file, &self.known));
        let line = text.as_ref()?.lines().nth(line.checked_sub(1)?)?;
        line.get(..column.checked_sub(1)?)
    }

    /// The name before the place, as in `let table = Mutex::new(…)` and `table: Arc::new(Mutex::new(…))`.
    pub(crate) fn made_at(&mut self, file: &str, line: usize, column: usize) -> Option<String> {
        variable(self.before(file, line, column)?).map(str::to_owned)
    }
}

/// The last name in the text that something is assigned to.
fn variable(before: &str) -> Option<&str> {
    let bytes = before.as_bytes();
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let assigns = |at: usize| match bytes[at] {
        b':' => bytes.get(at + 1) == Some(&b' ') && (at == 0 || bytes[at - 1] != b':'),
        b'=' => bytes.get(at + 1) == Some(&b' ') && at > 0 && bytes[at - 1] == b' ',
        _ => false,
    };
    let sign = (0..bytes.len()).rev().find(|at| assigns(*at))?;
    // `let table: Mutex<u32> = Mutex::new(…)`: with a type the name stands before it.
    let declares = bytes[sign] == b'=';
    let colon = (0..sign).find(|at| bytes[*at] == b':' && assigns(*at)).filter(|_| declares);
    let end = colon.unwrap_or(sign);
    let name = before[..end].trim_end();
    let start = name.rfind(|c| !is_word(c)).map_or(0, |at| at + 1);
    let name = &name[start..];
    (!name.is_empty() && name != "_" && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}

/// The last name of the path that the text ends with, without indices and tuple fields.
fn receiver(before: &str) -> Option<&str> {
    let mut rest = before.strip_suffix('.')?;
    loop {
        if rest.ends_with(']') {
            rest = &rest[..rest.rfind('[')?];
        }
        let start = rest.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map_or(0, |at| at + 1);
        let name = &rest[start..];
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            rest = rest[..start].strip_suffix('.')?;
            continue;
        }
        return (!name.is_empty() && name != "self").then_some(name);
    }
}

/// The text of a file that is known, or to be found.
fn read(file: &str, known: &[(&str, &str)]) -> Option<String> {
    let known = known.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned());
    known.or_else(|| fs::read_to_string(find(file)?).ok())
}

/// Every place that a report of the finding may show.
fn places(finding: &Finding) -> impl Iterator<Item = &str> {
    let of_threads = finding.threads.iter().flat_map(|thread| {
        let held = thread.holds.iter().map(|held| held.place.as_str());
        held.chain(thread.waits.as_ref().map(|waits| waits.place.as_str()))
    });
    let marks = finding.marks.iter().map(|mark| mark.place.as_str());
    let steps = finding.steps.iter().map(|step| step.place.as_str());
    marks.chain(of_threads).chain(steps)
}

/// The file on disk. The compiler names it relative to the folder in which it ran: for cargo the workspace's, where the lock
/// file is.
fn find(file: &str) -> Option<PathBuf> {
    let path = Path::new(file);
    if path.is_absolute() {
        // The standard library's and other packages' sources explain nothing.
        return None;
    }
    let here = env::current_dir().ok()?;
    let workspace = here.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    workspace.into_iter().chain(here.ancestors()).map(|folder| folder.join(path)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_what_the_value_is_assigned_to() {
        assert_eq!(variable("    let table = Arc::new("), Some("table"));
        assert_eq!(variable("    let mut table = "), Some("table"));
        assert_eq!(variable("let table: Mutex<u32> = "), Some("table"));
        assert_eq!(variable("static TABLE: Mutex<u32> = "), Some("TABLE"));
        assert_eq!(variable("        is_freed: "), Some("is_freed"));
        assert_eq!(variable("Self { head: 0, tail: Arc::new("), Some("tail"));
        assert_eq!(variable("let s = S { head: "), Some("head"));
        assert_eq!(variable("        std::sync::"), None);
        assert_eq!(variable("    let (a, b) = "), None);
        assert_eq!(variable("if a == "), None);
        assert_eq!(variable(""), None);
    }

    #[test]
    fn the_receiver_is_what_the_method_is_called_on() {
        assert_eq!(receiver("        self.table."), Some("table"));
        assert_eq!(receiver("    let a = forks[first]."), Some("forks"));
        assert_eq!(receiver("if !channel.inner.0."), Some("inner"));
        assert_eq!(receiver("self.0."), None);
        assert_eq!(receiver("lock()."), None);
        assert_eq!(receiver("thread::"), None);
        assert_eq!(receiver("."), None);
    }
}
