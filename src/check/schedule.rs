//! Schedules as text: one line a choice, readable, versioned, independent of the report.
//!
//! ```text
//! unsnarl schedule 1
//! model bank::transfer
//! finding deadlock
//! unlocks implied
//! run 0 join `thread-1`   # main at src/bank.rs:31:15
//! run 1 lock `from`       # thread-1 at src/bank.rs:12:20
//! pick 1 of 2       # which waiter is woken
//! ```
//!
//! What follows a `#` is for people. `unlocks visible` marks a program in which unlocks are steps of their own, because it
//! has operations that can tell when they happen.

use std::fmt;

/// The version that this build reads and writes.
pub const SCHEDULE_VERSION: u32 = 1;

const HEADER: &str = "unsnarl schedule";

/// The longest schedule text that is read, in bytes.
pub const SCHEDULE_BYTES_MAX: usize = 16 << 20;

/// A recorded sequence of choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The model that it belongs to.
    pub model: String,
    /// What it leads to, as a word.
    pub finding: String,
    /// Whether unlocks are steps.
    pub visible_unlocks: bool,
    /// The choices.
    pub lines: Vec<Line>,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// This thread takes its next step, which is this operation.
    Run {
        /// The thread's index: 0 is the main thread, the others in the order of spawning.
        thread: usize,
        /// The word for the operation.
        operation: String,
        /// The label of its object, if it has one: tells operations apart when the program has changed.
        object: Option<String>,
        /// For people.
        comment: String,
    },
    /// A choice of a value.
    Pick {
        /// The value.
        value: usize,
        /// How many there were.
        count: usize,
    },
}

/// Why a schedule could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleError {
    line: usize,
    kind: ErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ErrorKind {
    TooLong,
    NoHeader,
    Version(String),
    Header(&'static str),
    Unknown(String),
    Number(String),
    Operation(String),
    Label,
    Pick { value: usize, count: usize },
    Empty,
}

impl fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line;
        match &self.kind {
            ErrorKind::TooLong => write!(f, "schedule is longer than {SCHEDULE_BYTES_MAX} bytes"),
            ErrorKind::NoHeader => {
                write!(f, "not a schedule: line {line} should be `{HEADER} {SCHEDULE_VERSION}`")
            }
            ErrorKind::Version(found) => write!(
                f,
                "schedule of version {found}, but this build reads version {SCHEDULE_VERSION}: run the check again to record it anew"
            ),
            ErrorKind::Header(name) => write!(f, "line {line} of the schedule should be `{name} …`"),
            ErrorKind::Unknown(word) => {
                write!(
                    f,
                    "line {line} of the schedule begins with `{word}`, but only `run` and `pick` are known"
                )
            }
            ErrorKind::Number(word) => {
                write!(f, "line {line} of the schedule has `{word}` where a number should be")
            }
            ErrorKind::Operation(word) => {
                write!(f, "line {line} of the schedule names no known operation: `{word}`")
            }
            ErrorKind::Label => {
                write!(
                    f,
                    "line {line} of the schedule should have one label between backquotes, after an operation"
                )
            }
            ErrorKind::Pick { value, count } => {
                write!(f, "line {line} of the schedule picks {value} of {count}, which is out of range")
            }
            ErrorKind::Empty => f.write_str("the schedule has no steps"),
        }
    }
}

impl std::error::Error for ScheduleError {}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER} {SCHEDULE_VERSION}")?;
        writeln!(f, "model {}", self.model)?;
        writeln!(f, "finding {}", self.finding)?;
        writeln!(f, "unlocks {}", if self.visible_unlocks { "visible" } else { "implied" })?;
        for line in &self.lines {
            match line {
                Line::Run { thread, operation, object, comment } => {
                    let mut line = format!("run {thread} {operation}");
                    if let Some(object) = object {
                        line.push_str(&format!(" `{}`", quotable(object)));
                    }
                    if comment.is_empty() {
                        writeln!(f, "{line}")?;
                    } else {
                        writeln!(f, "{line:<24} # {comment}")?;
                    }
                }
                Line::Pick { value, count } => writeln!(f, "pick {value} of {count}")?,
            }
        }
        Ok(())
    }
}

impl Schedule {
    /// Reads all schedules of a file, which may have several one after the other.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`], which names the line and what should be there.
    pub fn parse_all(text: &str) -> Result<Vec<Schedule>, ScheduleError> {
        if text.len() > SCHEDULE_BYTES_MAX {
            return Err(ScheduleError { line: 0, kind: ErrorKind::TooLong });
        }
        let mut reader = Reader { lines: Vec::new(), at: 0 };
        for (number, line) in text.lines().enumerate() {
            let (content, comment) = uncommented(line);
            if !content.trim().is_empty() {
                reader.lines.push((number + 1, content.trim(), comment.trim()));
            }
        }
        let mut schedules = Vec::new();
        while reader.at < reader.lines.len() {
            schedules.push(reader.schedule()?);
        }
        if schedules.is_empty() {
            return Err(ScheduleError { line: 1, kind: ErrorKind::NoHeader });
        }
        Ok(schedules)
    }

    /// Reads one schedule.
    ///
    /// # Errors
    ///
    /// As [`parse_all`](Self::parse_all).
    pub fn parse(text: &str) -> Result<Schedule, ScheduleError> {
        Self::parse_all(text).map(|mut all| all.swap_remove(0))
    }
}

/// A label as it can stand between backquotes on one line.
fn quotable(label: &str) -> String {
    label.replace(|c: char| c == '`' || c.is_control(), "'")
}

/// A line's content and its comment, which a `#` begins that is no part of a label.
fn uncommented(line: &str) -> (&str, &str) {
    let mut is_label = false;
    for (at, c) in line.char_indices() {
        match c {
            '`' => is_label = !is_label,
            '#' if !is_label => return (&line[..at], &line[at + 1..]),
            _ => {}
        }
    }
    (line, "")
}

struct Reader<'a> {
    /// Number, content, comment of each line that is not empty.
    lines: Vec<(usize, &'a str, &'a str)>,
    at: usize,
}

impl Reader<'_> {
    fn schedule(&mut self) -> Result<Schedule, ScheduleError> {
        let (line, content, _) = self.lines[self.at];
        let version = content
            .strip_prefix(HEADER)
            .filter(|rest| rest.starts_with(char::is_whitespace))
            .ok_or(ScheduleError { line, kind: ErrorKind::NoHeader })?
            .trim();
        if version != SCHEDULE_VERSION.to_string() {
            return Err(ScheduleError { line, kind: ErrorKind::Version(version.to_owned()) });
        }
        self.at += 1;
        let model = self.header("model")?;
        let finding = self.header("finding")?;
        let (line, _, _) = self.here();
        let visible_unlocks = match self.header("unlocks")?.as_str() {
            "visible" => true,
            "implied" => false,
            _ => return Err(ScheduleError { line, kind: ErrorKind::Header("unlocks visible|implied") }),
        };
        let mut lines = Vec::new();
        while self.at < self.lines.len() && !self.lines[self.at].1.starts_with(HEADER) {
            lines.push(self.line()?);
        }
        if lines.is_empty() {
            return Err(ScheduleError { line, kind: ErrorKind::Empty });
        }
        Ok(Schedule { model, finding, visible_unlocks, lines })
    }

    fn here(&self) -> (usize, &str, &str) {
        self.lines
            .get(self.at)
            .copied()
            .unwrap_or_else(|| (self.lines.last().map_or(1, |(number, _, _)| number + 1), "", ""))
    }

    fn header(&mut self, name: &'static str) -> Result<String, ScheduleError> {
        let (line, content, _) = self.here();
        let value = content
            .strip_prefix(name)
            .filter(|rest| rest.starts_with(char::is_whitespace))
            .ok_or(ScheduleError { line, kind: ErrorKind::Header(name) })?
            .trim()
            .to_owned();
        self.at += 1;
        Ok(value)
    }

    fn line(&mut self) -> Result<Line, ScheduleError> {
        let (number, content, comment) = self.lines[self.at];
        let fail = |kind| Err(ScheduleError { line: number, kind });
        let parse = |word: &str| {
            word.parse::<usize>()
                .map_err(|_| ScheduleError { line: number, kind: ErrorKind::Number(word.to_owned()) })
        };
        let (content, object) = match content.split_once('`') {
            Some((content, label)) => {
                let label = label.strip_suffix('`').filter(|label| !label.contains('`'));
                let label = label.ok_or(ScheduleError { line: number, kind: ErrorKind::Label })?;
                (content, Some(quotable(label)))
            }
            None => (content, None),
        };
        let words: Vec<&str> = content.split_whitespace().collect();
        self.at += 1;
        match words[..] {
            ["pick", ..] if object.is_some() => fail(ErrorKind::Label),
            ["run", thread, operation] => {
                if !super::is_operation(operation) {
                    return fail(ErrorKind::Operation(operation.to_owned()));
                }
                Ok(Line::Run {
                    thread: parse(thread)?,
                    operation: operation.to_owned(),
                    object,
                    comment: comment.to_owned(),
                })
            }
            ["run", ..] => fail(ErrorKind::Header("run THREAD OPERATION")),
            ["pick", value, "of", count] => {
                let (value, count) = (parse(value)?, parse(count)?);
                if value >= count {
                    return fail(ErrorKind::Pick { value, count });
                }
                Ok(Line::Pick { value, count })
            }
            ["pick", ..] => fail(ErrorKind::Header("pick VALUE of COUNT")),
            _ => fail(ErrorKind::Unknown(words.first().copied().unwrap_or("`").to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(text: &str) -> String {
        Schedule::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn errors_name_the_line_and_the_fix() {
        insta::assert_snapshot!([
            error_of(""),
            error_of("hello"),
            error_of("unsnarl schedule 7\nmodel a"),
            error_of("unsnarl schedule 1\nfinding a"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks maybe"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\nwalk 1 lock"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\nrun x lock"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\nrun 1 fly"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\npick 3 of 2"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\nrun 1 lock `a"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\nrun 1 lock `a` `b`"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\npick 1 of 2 `a`"),
            error_of("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\n`a`"),
        ].join("\n"), @r"
        not a schedule: line 1 should be `unsnarl schedule 1`
        not a schedule: line 1 should be `unsnarl schedule 1`
        schedule of version 7, but this build reads version 1: run the check again to record it anew
        line 2 of the schedule should be `model …`
        line 4 of the schedule should be `unlocks visible|implied …`
        the schedule has no steps
        line 5 of the schedule begins with `walk`, but only `run` and `pick` are known
        line 5 of the schedule has `x` where a number should be
        line 5 of the schedule names no known operation: `fly`
        line 5 of the schedule picks 3 of 2, which is out of range
        line 5 of the schedule should have one label between backquotes, after an operation
        line 5 of the schedule should have one label between backquotes, after an operation
        line 5 of the schedule should have one label between backquotes, after an operation
        line 5 of the schedule begins with ```, but only `run` and `pick` are known
        ");
    }

    #[test]
    fn labels_are_read_as_they_are_written() {
        let read = |text: &str| Schedule::parse(text).unwrap();
        let schedule = read("unsnarl schedule 1\nmodel a\nfinding b\nunlocks implied\nrun 1 lock `a\rb\tc`");
        assert_eq!(schedule, read(&schedule.to_string()));
    }

    #[test]
    fn text_round_trips() {
        let schedule = Schedule {
            model: "a::b".to_owned(),
            finding: "deadlock".to_owned(),
            visible_unlocks: true,
            lines: vec![
                Line::Run {
                    thread: 0,
                    operation: "lock".to_owned(),
                    object: Some("a lock#2".to_owned()),
                    comment: "main at a.rs:1:2".to_owned(),
                },
                Line::Pick { value: 1, count: 3 },
                Line::Run {
                    thread: 2,
                    operation: "wake-timed".to_owned(),
                    object: None,
                    comment: String::new(),
                },
            ],
        };
        let text = format!("{schedule}\n{schedule}");
        assert_eq!(Schedule::parse_all(&text).unwrap(), vec![schedule.clone(), schedule]);
    }
}
