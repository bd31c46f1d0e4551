//! A file that is read while it is written anew.
//!
//! # The symptom
//!
//! After a change of the configuration the server answers, for a moment, as if it had none. Nothing is in its log.
//!
//! # The story
//!
//! The disk is shared memory, too. Several threads, and several programs, can read and write one file at the same time,
//! and the system promises little about what they see of each other.
//!
//! A thread writes the page anew. It creates the file, which makes it empty, and then writes what is to be in it. These
//! are two operations.
//!
//! Another thread reads the file for a visitor. It comes between the two, and finds an existing, readable, empty file.
//! There is no error to notice.
//!
//! A lock in this program would keep its own threads apart, but not the editor that saves the same file.
//!
//! # The bad interleaving
//!
//! ```text
//! writer                    reader
//! create page (now empty)
//!                           read page -> ""
//! write "new"
//!
//! ```
//!
//! # The fix
//!
//! Write the new text to another name, and rename it over the old one when it is complete. Renaming is one step: who opens
//! the name gets the old file or the new one, and whole.
//!
//! # Questions
//!
//! - Why does the reader not get an error? The file is there and can be read. That it is not finished is known to the
//!   writer only.
//! - What happens to a reader who has opened the old file before the rename? It reads the old text to its end: the name is
//!   gone, the file is not.
//! - What must be done beside it if the machine may lose power? The new file has to be on the disk before the rename:
//!   `sync_all`.
//!
//! # Reading
//!
//! - POSIX.1-2024, `rename`: what is atomic about it.
//! - Thanumalayan Sankaranarayana Pillai et al., "All file systems are not created equal", OSDI 2014: what survives a
//!   crash.
//! - The documentation of `std::fs::rename`: what it replaces.

use super::{Lesson, Stage, spawn, text};
use crate::{check::FindingKind, fs, thread};

const SOURCE: &str = include_str!("file_half_written.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "file-half-written",
    title: "The file that is half written",
    concept: "blocking on the disk",
    summary: "A reader comes between emptying a file and writing it",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

const PAGE: &str = "/page.html";

fn buggy() {
    change_while_reading(|text| fs::write(PAGE, text));
}

fn fixed() {
    change_while_reading(|text| {
        fs::write("/page.html.new", text)?;
        fs::rename("/page.html.new", PAGE)
    });
}

fn change_while_reading(write: fn(&str) -> std::io::Result<()>) {
    fs::write(PAGE, "old").expect("the disk has room");
    thread::scope(|scope| {
        spawn(scope, "writer", || write("new").expect("the disk has room"));
        spawn(scope, "reader", || {
            let page = fs::read_to_string(PAGE).expect("the page is there");
            assert!(page == "old" || page == "new", "a page that is neither old nor new: {page:?}");
        });
    });
}
