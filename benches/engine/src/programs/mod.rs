//! The programs: written once on the facade, one file a family.
//!
//! First families whose number of Mazurkiewicz traces is known: an optimal search executes exactly so many. There all threads
//! are spawned by the main thread, which joins them; only their operations count. Then programs in the ways in which threads
//! meet, with a bug or without.

mod ab_ba;
mod counters;
mod filesystem;
mod indexer;
mod last_zero;
mod load_store;
mod lost_wake_up;
mod mutex;
mod poke;
mod pool;
mod readers;
mod readers_writer;
mod senders;
mod seqlock;
mod slot;
mod spin_lock;
mod wcas;

use std::fmt;

use unsnarl::check::{EngineName, FindingKind};

/// A program of the comparison.
#[derive(Clone, Copy)]
pub struct Program {
    /// What it is called, in the literature if it comes from there.
    pub name: &'static str,
    /// How many Mazurkiewicz traces it has, if that is known: the executions of an optimal search.
    pub expected: Option<u64>,
    /// What a check finds; nothing if the program is correct.
    pub expected_finding: Option<FindingKind>,
    /// The engines whose search does not come to its end, or not within minutes: they need not be given much time.
    pub hopeless: &'static [EngineName],
    /// The program.
    pub body: fn(),
}

impl Program {
    const fn correct(name: &'static str, body: fn()) -> Self {
        Program { name, expected: None, expected_finding: None, hopeless: &[], body }
    }

    const fn exact(name: &'static str, traces: u64, body: fn()) -> Self {
        Program { expected: Some(traces), ..Program::correct(name, body) }
    }

    const fn hopeless_for(self, engines: &'static [EngineName]) -> Self {
        Program { hopeless: engines, ..self }
    }

    const fn deadlocks(name: &'static str, body: fn()) -> Self {
        Program { expected_finding: Some(FindingKind::Deadlock), ..Program::correct(name, body) }
    }
}

/// Engines for which a program is hopeless.
const LOOM: &[EngineName] = &[EngineName::Loom];
const SHUTTLE: &[EngineName] = &[EngineName::Shuttle];
const GUESTS: &[EngineName] = &[EngineName::Loom, EngineName::Shuttle];
const ALL: &[EngineName] = &[EngineName::Unsnarl, EngineName::Loom, EngineName::Shuttle];

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}

/// In the order of the table.
const FAMILIES: &[&[Program]] = &[
    mutex::PROGRAMS,
    readers::PROGRAMS,
    counters::PROGRAMS,
    load_store::PROGRAMS,
    wcas::PROGRAMS,
    poke::PROGRAMS,
    last_zero::PROGRAMS,
    indexer::PROGRAMS,
    filesystem::PROGRAMS,
    ab_ba::PROGRAMS,
    lost_wake_up::PROGRAMS,
    slot::PROGRAMS,
    readers_writer::PROGRAMS,
    pool::PROGRAMS,
    senders::PROGRAMS,
    seqlock::PROGRAMS,
    spin_lock::PROGRAMS,
];

/// All programs.
pub fn programs() -> impl Iterator<Item = &'static Program> {
    FAMILIES.iter().copied().flatten()
}

/// The program of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Program> {
    programs().find(|program| program.name == name)
}
