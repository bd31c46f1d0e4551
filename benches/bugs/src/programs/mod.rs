//! The programs: one file a family, each with the bug and, as its twin, without.
//!
//! They are written afresh on the facade from descriptions of the programs of SCTBench (Thomson, Donaldson, Betts,
//! "Concurrency Testing Using Schedule Bounding", PPoPP 2014) and of the kernel and library bugs that PERIOD (ICSE 2022)
//! collected. What C leaves unprotected is a `SeqCst` atomic, so that each access is a step; what a mutex protects is plain
//! data in the mutex; freed memory is a flag that every use asserts.

mod account;
mod bluetooth_driver;
mod bounded_buffer;
mod carter01;
mod circular_buffer;
mod cve_2009_3547;
mod cve_2011_2183;
mod cve_2015_7550;
mod cve_2016_1972;
mod cve_2016_1973;
mod cve_2016_7911;
mod cve_2017_15265;
mod deadlock01;
mod lazy01;
mod qsort_mt;
mod reorder;
mod safe_stack;
mod stack;
mod work_steal_queue;
mod wronglock;

use std::fmt;

use unsnarl::check::FindingKind;

use crate::oracle::Oracle;

/// A program with a bug that is known, and without it; or a control, which has none.
#[derive(Clone, Copy)]
pub struct Program {
    /// What it is called in the literature.
    pub name: &'static str,
    /// What a check of [`buggy`](Self::buggy) finds; nothing for a control.
    pub expected: Option<FindingKind>,
    /// The program with its bug; a control, as it is.
    pub buggy: fn(Oracle),
    /// The program without the bug; nothing for a control.
    pub fixed: Option<fn(Oracle)>,
    /// How many schedules a strategy may take to find the bug, unless the command says otherwise.
    pub schedules_max: u64,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}

/// As in the published comparisons.
const SCHEDULES_MAX: u64 = 10_000;
/// For the program that needs five preemptions.
const SCHEDULES_MAX_SAFE_STACK: u64 = 1_000_000;

const fn panics(name: &'static str, buggy: fn(Oracle), fixed: fn(Oracle)) -> Program {
    Program {
        name,
        expected: Some(FindingKind::Panic),
        buggy,
        fixed: Some(fixed),
        schedules_max: SCHEDULES_MAX,
    }
}

const fn deadlocks(name: &'static str, buggy: fn(Oracle), fixed: fn(Oracle)) -> Program {
    Program { expected: Some(FindingKind::Deadlock), ..panics(name, buggy, fixed) }
}

const fn correct(name: &'static str, program: fn(Oracle)) -> Program {
    Program { name, expected: None, buggy: program, fixed: None, schedules_max: SCHEDULES_MAX }
}

/// In the order of the table.
static PROGRAMS: &[Program] = &[
    panics("account", account::buggy, account::fixed),
    panics("bluetooth_driver", bluetooth_driver::buggy, bluetooth_driver::fixed),
    deadlocks("carter01", carter01::buggy, carter01::fixed),
    panics("circular_buffer", circular_buffer::buggy, circular_buffer::fixed),
    deadlocks("deadlock01", deadlock01::buggy, deadlock01::fixed),
    panics("lazy01", lazy01::buggy, lazy01::fixed),
    panics("reorder_3", reorder::buggy::<2, 1>, reorder::fixed::<2, 1>),
    panics("reorder_4", reorder::buggy::<3, 1>, reorder::fixed::<3, 1>),
    panics("reorder_5", reorder::buggy::<4, 1>, reorder::fixed::<4, 1>),
    panics("reorder_10", reorder::buggy::<9, 1>, reorder::fixed::<9, 1>),
    panics("reorder_20", reorder::buggy::<10, 10>, reorder::fixed::<10, 10>),
    panics("reorder_50", reorder::buggy::<49, 1>, reorder::fixed::<49, 1>),
    panics("reorder_100", reorder::buggy::<99, 1>, reorder::fixed::<99, 1>),
    panics("stack", stack::buggy, stack::fixed),
    panics("wronglock", wronglock::buggy, wronglock::fixed),
    panics("WorkStealQueue", work_steal_queue::buggy, work_steal_queue::fixed),
    panics("StateWorkStealQueue", work_steal_queue::buggy_spinning, work_steal_queue::fixed_spinning),
    panics("boundedBuffer", bounded_buffer::buggy, bounded_buffer::fixed),
    panics("qsort_mt", qsort_mt::buggy, qsort_mt::fixed),
    panics("CVE-2009-3547", cve_2009_3547::buggy, cve_2009_3547::fixed),
    panics("CVE-2011-2183", cve_2011_2183::buggy, cve_2011_2183::fixed),
    panics("CVE-2015-7550", cve_2015_7550::buggy, cve_2015_7550::fixed),
    panics("CVE-2016-1972", cve_2016_1972::buggy, cve_2016_1972::fixed),
    panics("CVE-2016-1973", cve_2016_1973::buggy, cve_2016_1973::fixed),
    panics("CVE-2016-7911", cve_2016_7911::buggy, cve_2016_7911::fixed),
    panics("CVE-2017-15265", cve_2017_15265::buggy, cve_2017_15265::fixed),
    Program {
        schedules_max: SCHEDULES_MAX_SAFE_STACK,
        ..panics("SafeStack", safe_stack::buggy, safe_stack::fixed)
    },
    correct("bbuf", bounded_buffer::control),
];

/// All programs, in the order of the table.
#[must_use]
pub fn programs() -> &'static [Program] {
    PROGRAMS
}

/// The program of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Program> {
    programs().iter().find(|program| program.name == name)
}
