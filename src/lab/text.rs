//! Takes parts of a lesson's text from its file at compile time, so that story, questions and reading are written once: in
//! the file's doc.
//!
//! A lesson in a crate of one's own is a file that begins like this:
//!
//! ```
//! # const SOURCE: &str = "//! Two locks.\n//!\n//! # The story\n//!\n//! One\n//! two.\n//!\n//! # Questions\n//!\n//! - Why? Because.\n//!\n//! # Reading\n//!\n//! - A book.\n";
//! # /*
//! //! Two locks in two orders.
//! //!
//! //! # The story
//! //! …
//! const SOURCE: &str = include_str!("two_locks.rs");
//! # */
//! use unsnarl::{check::FindingKind, lab::{self, Lesson, Stage, text}, parking_lot::Mutex, thread};
//!
//! pub const LESSON: Lesson = Lesson {
//!     name: "two-locks",
//!     title: "Two locks",
//!     concept: "lock order",
//!     summary: "Two threads take two locks in two orders",
//!     story: text::section!(SOURCE, "The story"),
//!     questions: text::questions!(SOURCE, "Questions"),
//!     reading: text::items!(SOURCE, "Reading"),
//!     stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
//!     fixed,
//!     file: file!(),
//!     source: SOURCE,
//!     bound: None,
//! };
//!
//! fn buggy() {
//!     let (a, b) = (Mutex::new(()), Mutex::new(()));
//!     thread::scope(|scope| {
//!         lab::spawn(scope, "other", || drop((a.lock(), b.lock())));
//!         drop((b.lock(), a.lock()));
//!     });
//! }
//!
//! fn fixed() {
//!     let (a, b) = (Mutex::new(()), Mutex::new(()));
//!     thread::scope(|scope| {
//!         lab::spawn(scope, "other", || drop((a.lock(), b.lock())));
//!         drop((a.lock(), b.lock()));
//!     });
//! }
//!
//! assert!(lab::check_buggy(&LESSON).finding().is_some());
//! assert!(lab::check_fixed(&LESSON).pass().is_some());
//! ```

/// The part of this file's doc under a heading: paragraphs of one line each, with an empty line between.
#[doc(hidden)]
#[macro_export]
macro_rules! __lesson_section {
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
#[doc(hidden)]
#[macro_export]
macro_rules! __lesson_items {
    ($source:expr, $heading:literal) => {{
        const TEXT: &str = $crate::lab::text::section!($source, $heading);
        const ITEMS: [&str; $crate::lab::text::count_lines(TEXT)] = $crate::lab::text::split_lines(TEXT);
        &ITEMS
    }};
}

/// The items of the list under a heading of this file's doc, as questions: what follows the first `? ` is the answer.
#[doc(hidden)]
#[macro_export]
macro_rules! __lesson_questions {
    ($source:expr, $heading:literal) => {{
        const TEXT: &str = $crate::lab::text::section!($source, $heading);
        const ITEMS: [$crate::lab::Question; $crate::lab::text::count_lines(TEXT)] =
            $crate::lab::text::split_questions(TEXT);
        &ITEMS
    }};
}

pub use crate::{__lesson_items as items, __lesson_questions as questions, __lesson_section as section};

use super::Question;

/// Copies the section under `//! # heading` as far as `out` has room, and returns its whole length. Each paragraph and each
/// list item comes to one line; paragraphs have an empty line between.
#[doc(hidden)]
pub const fn copy_section(source: &str, heading: &str, out: &mut [u8]) -> usize {
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

#[doc(hidden)]
#[must_use]
pub const fn count_lines(text: &str) -> usize {
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

#[doc(hidden)]
#[must_use]
pub const fn split_lines<const N: usize>(mut text: &'static str) -> [&'static str; N] {
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

#[doc(hidden)]
#[must_use]
pub const fn split_questions<const N: usize>(text: &'static str) -> [Question; N] {
    let lines: [&'static str; N] = split_lines(text);
    let mut questions = [Question { question: "", answer: "" }; N];
    let mut nth = 0;
    while nth < N {
        let line = lines[nth];
        let mut at = 0;
        while !starts_with(line.as_bytes(), at, b"? ") {
            assert!(at < line.len(), "a question has a question mark, and then its answer");
            at += 1;
        }
        let (question, answer) = line.split_at(at + 1);
        questions[nth] = Question { question, answer: answer.split_at(1).1 };
        nth += 1;
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::{Question, items, questions, section};

    const SOURCE: &str = "//! Symptom.\n//!\n//! # The story\n//!\n//! One\n//! two.\n//!\n//! Three.\n//!\n//! # Questions\n//!\n//! - Why `a?` so?\n//!   Because.\n//!\n//! # Reading\n//!\n//! - A,\n//!   b\n//! - C\n\nfn main() {}\n";

    #[test]
    fn paragraphs_come_to_one_line_each() {
        assert_eq!(section!(SOURCE, "The story"), "One two.\n\nThree.");
    }

    #[test]
    fn list_items_are_split() {
        assert_eq!(items!(SOURCE, "Reading"), &["A, b", "C"]);
    }

    #[test]
    fn an_answer_follows_its_question() {
        assert_eq!(
            questions!(SOURCE, "Questions"),
            &[Question { question: "Why `a?` so?", answer: "Because." }]
        );
    }
}
