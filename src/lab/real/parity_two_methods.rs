//! parity-ethereum: two methods take the same two locks in opposite orders.
//!
//! # The symptom
//!
//! A node that imports blocks and answers requests stops doing both.
//!
//! # The story
//!
//! One method took the lock of the first table and, with it held, that of the second. Another method, in another file,
//! took them the other way round. Each was right by itself.
//!
//! No reader of one method can see the mistake. An order of locks is a rule for the whole program: it has to be written
//! down in one place, or be made impossible to break.
//!
//! It takes two threads, one in each method, at the same moment. A test with one thread never sees it.
//!
//! # The bad interleaving
//!
//! ```text
//! importer                  answerer
//! lock blocks
//!                           lock transactions
//! lock transactions: waits
//!                           lock blocks: waits
//!   for ever                  for ever
//! ```
//!
//! # The fix
//!
//! Both methods take the locks in one order.
//!
//! # Reading
//!
//! - parity-ethereum, pull request 9952.
//! - Qin, Chen, Yu, Song, Zhang, "Understanding Memory and Thread Safety Practices and Issues in Real-World Rust Programs", PLDI 2020.

use super::{Lesson, Stage, spawn, text};
use crate::{Named, check::FindingKind, parking_lot::Mutex, thread};

const SOURCE: &str = include_str!("parity_two_methods.rs");

pub(super) const LESSON: Lesson = Lesson {
    name: "parity-two-methods",
    title: "parity-ethereum: two orders in two methods",
    concept: "lock ordering",
    summary: "Two methods of one type take two locks in opposite orders",
    story: text::section!(SOURCE, "The story"),
    reading: text::items!(SOURCE, "Reading"),
    questions: &[],
    stages: &[Stage::buggy(FindingKind::Deadlock, buggy)],
    fixed,
    file: file!(),
    source: SOURCE,
    bound: None,
};

struct Chain {
    blocks: Mutex<u32>,
    transactions: Mutex<u32>,
}

impl Chain {
    fn import(&self) {
        let mut blocks = self.blocks.lock();
        let mut transactions = self.transactions.lock();
        *blocks += 1;
        *transactions += 3;
    }

    fn answer(&self) -> u32 {
        let transactions = self.transactions.lock();
        let blocks = self.blocks.lock();
        *blocks + *transactions
    }

    fn answer_in_order(&self) -> u32 {
        let blocks = self.blocks.lock();
        let transactions = self.transactions.lock();
        *blocks + *transactions
    }
}

fn buggy() {
    import_and_answer(Chain::answer);
}

fn fixed() {
    import_and_answer(Chain::answer_in_order);
}

fn import_and_answer(answer: fn(&Chain) -> u32) {
    let chain =
        Chain { blocks: Mutex::new(0).named("blocks"), transactions: Mutex::new(0).named("transactions") };
    thread::scope(|scope| {
        spawn(scope, "importer", || chain.import());
        spawn(scope, "answerer", || assert_eq!(answer(&chain) % 4, 0, "an import was seen by half"));
    });
}
