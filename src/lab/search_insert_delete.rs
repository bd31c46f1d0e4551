//! Three kinds of threads, and a lock that knows two.
//!
//! # The symptom
//!
//! An entry that was inserted is not in the list. Nobody has deleted it.
//!
//! # The story
//!
//! Searchers read a list, and may do so together. Inserters add at its end: one at a time, but beside searchers, who see
//! the new entry or do not. A deleter needs the list alone.
//!
//! A readers-writer lock knows two kinds: shared and alone. Searchers share, deleters are alone. What are inserters? They do
//! not disturb searchers, so they are made to share. They do not disturb searchers, but each other: two of them add at the
//! same place.
//!
//! Three kinds need three rules: which exclude each other, which do not, which exclude themselves. Searchers and inserters
//! each get a light switch of their own, which the deleter finds locked; and inserters also get a mutex among themselves.
//!
//! The deleter now takes two semaphores, one for each switch. An inserter who also searches, to find its place, takes
//! both as well.
//!
//! # The bad interleaving
//!
//! ```text
//! ada (inserts)             ben (inserts)
//! share the list
//!                           share the list
//! read the end: 0
//!                           read the end: 0
//! write at 0
//!                           write at 0
//!                             ada's entry is lost
//! ```
//!
//! # The fix
//!
//! `no searcher` and `no inserter`, each taken by a switch and by the deleter, and a mutex for inserters. Everybody
//! who takes both takes `no searcher` first.
//!
//! # Questions
//!
//! - Draw the table of who excludes whom. Which rows would a readers-writer lock need for inserters? None that it has:
//!   inserters exclude themselves and deleters, and not searchers. An upgradable read lock is just this.
//! - Can a deleter starve? Yes, searchers or inserters may come without end. A turnstile before all three helps.
//! - Why does an inserter not need the mutex to leave? Only the writing at the end must be alone; the switch has a lock of
//!   its own.
//!
//! # Reading
//!
//! - Allen Downey, "The Little Book of Semaphores", section 6.1: the search-insert-delete problem.
//! - Gregory Andrews, "Concurrent Programming: Principles and Practice", 1991, chapter 4, exercises: where it comes from.
//! - Tim Harris, "A pragmatic implementation of non-blocking linked-lists", DISC 2001: the same three operations without
//!   locks.

use super::{Lesson, Stage, signals, spawn, switch::Lightswitch, text};
use crate::{
    Named,
    check::FindingKind,
    parking_lot::Mutex,
    sync::{
        Semaphore,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

const SOURCE: &str = include_str!("search_insert_delete.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "search-insert-delete",
    title: "Search, insert, delete",
    concept: "three kinds, three rules",
    summary: "Inserters share the list with searchers, and so with each other",
    story: text::section!(SOURCE, "The story"),
    questions: text::questions!(SOURCE, "Questions"),
    reading: text::items!(SOURCE, "Reading"),
    stages: &[
        Stage::buggy(FindingKind::Panic, buggy),
        Stage::new(
            "inserter_searches_last",
            "A switch for each kind. An inserter also counts as a searcher, and takes that second.",
            FindingKind::Deadlock,
            inserter_searches_last,
        ),
    ],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: Some("One searcher, two inserters and one deleter were checked."),
};

struct List {
    no_searcher: Semaphore,
    no_inserter: Semaphore,
    searchers: Lightswitch,
    inserters: Lightswitch,
    one_inserts: Mutex<()>,
    length: AtomicUsize,
    is_deleted: AtomicBool,
}

impl List {
    fn search(&self) {
        self.searchers.enter(&self.no_searcher);
        assert!(!self.is_deleted.load(SeqCst), "a searcher reads what is deleted");
        self.searchers.leave(&self.no_searcher);
    }

    fn add(&self) {
        assert!(!self.is_deleted.load(SeqCst), "an inserter writes into what is deleted");
        let end = self.length.load(SeqCst);
        self.length.store(end + 1, SeqCst);
    }

    fn delete(&self) {
        signals::wait(&self.no_searcher);
        signals::wait(&self.no_inserter);
        self.is_deleted.store(true, SeqCst);
        self.is_deleted.store(false, SeqCst);
        signals::signal(&self.no_inserter);
        signals::signal(&self.no_searcher);
    }
}

fn buggy() {
    use_list(|list| {
        list.inserters.enter(&list.no_inserter);
        list.add();
        list.inserters.leave(&list.no_inserter);
    });
}

fn inserter_searches_last() {
    use_list(|list| {
        list.inserters.enter(&list.no_inserter);
        list.search();
        {
            let _alone = list.one_inserts.lock();
            list.add();
        }
        list.inserters.leave(&list.no_inserter);
    });
}

fn fixed() {
    use_list(|list| {
        list.inserters.enter(&list.no_inserter);
        {
            let _alone = list.one_inserts.lock();
            list.add();
        }
        list.inserters.leave(&list.no_inserter);
    });
}

fn use_list(insert: fn(&List)) {
    let list = List {
        no_searcher: Semaphore::new(1).named("no searcher"),
        no_inserter: Semaphore::new(1).named("no inserter"),
        searchers: Lightswitch::new("searchers"),
        inserters: Lightswitch::new("inserters"),
        one_inserts: Mutex::new(()).named("one inserts"),
        length: AtomicUsize::new(0).named("length"),
        is_deleted: AtomicBool::new(false).named("deleted"),
    };
    thread::scope(|scope| {
        spawn(scope, "searcher", || list.search());
        for name in ["ada", "ben"] {
            let list = &list;
            spawn(scope, name, move || insert(list));
        }
        spawn(scope, "deleter", || list.delete());
    });
    assert_eq!(list.length.into_inner(), 2, "an entry is lost");
}
