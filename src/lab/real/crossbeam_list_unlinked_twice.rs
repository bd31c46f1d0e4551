//! crossbeam: two threads unlink the same node of a list.
//!
//! # The symptom
//!
//! Memory of a list is freed twice when two threads clean it up at once.
//!
//! # The story
//!
//! Who walks over a list takes nodes out that are marked as deleted, and frees them. Two threads meet the same node; each
//! sees that it is still linked, takes it out, and frees it.
//!
//! That a node is linked is true for both. Only one of them may be the one that makes it false.
//!
//! The right to free comes with the step that unlinks, and that step can succeed once.
//!
//! # The bad interleaving
//!
//! ```text
//! cleaner 1                 cleaner 2
//! linked? yes
//!                           linked? yes
//! unlink; free
//!                           unlink; free: it was freed already
//! ```
//!
//! # The fix
//!
//! Unlink by an operation that says whether it was this one that did it.
//!
//! # Reading
//!
//! - crossbeam, commit a3095772.
//! - Michael, "High performance dynamic lock-free hash tables and list-based sets", SPAA 2002.

use super::{Lesson, Stage, spawn, text};
use crate::{
    check::FindingKind,
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
};

const SOURCE: &str = include_str!("crossbeam_list_unlinked_twice.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "crossbeam-list-unlinked-twice",
    title: "crossbeam: one node, unlinked twice",
    concept: "ownership",
    summary: "Two threads see that a node is linked, and both unlink and free it",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Panic, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Node {
    is_linked: AtomicBool,
    is_freed: AtomicBool,
}

fn buggy() {
    clean_up_twice(|node| {
        let was_linked = node.is_linked.load(SeqCst);
        node.is_linked.store(false, SeqCst);
        was_linked
    });
}

fn fixed() {
    clean_up_twice(|node| node.is_linked.swap(false, SeqCst));
}

/// `unlink` says whether the caller is the one that unlinked.
fn clean_up_twice(unlink: fn(&Node) -> bool) {
    let node = Node { is_linked: AtomicBool::new(true), is_freed: AtomicBool::new(false) };
    thread::scope(|scope| {
        for name in ["cleaner 1", "cleaner 2"] {
            spawn(scope, name, || {
                if unlink(&node) {
                    assert!(!node.is_freed.swap(true, SeqCst), "the node is freed twice");
                }
            });
        }
    });
    assert!(node.is_freed.load(SeqCst), "nobody frees the node");
}
