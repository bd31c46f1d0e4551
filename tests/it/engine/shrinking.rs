//! Long schedules with many preemptions come down to the known minimum.

use std::collections::BTreeSet;

use crate::tables;

use unsnarl::{
    check::{Checker, Finding, FindingKind, Schedule, Strategy},
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};

/// How often each thread does something that has nothing to do with the bug.
const NOISE: usize = 100;

/// A program, and the smallest schedule that shows its bug.
struct Program {
    name: &'static str,
    model: fn(),
    kind: FindingKind,
    /// The minimum, by hand; the tests say why.
    preemptions: usize,
    threads: usize,
    steps: usize,
}

/// The schedule of a random walk that is long and jumps about, and what it is shrunk to.
fn shrunk(program: &Program) -> (Finding, Finding) {
    let checker = Checker::new(program.name).regressions(false).spurious_wakeups(0).cores(1);
    for seed in 0..200 {
        let checker = checker.clone().strategy(Strategy::Random(seed)).max_executions(20);
        let long = checker.clone().shrink(false).run(program.model);
        let Some(long) = long.finding() else { continue };
        if long.steps.len() < 300 || long.preemptions < 40 {
            continue;
        }
        let short = checker.run(program.model);
        return (long.clone(), short.finding().expect("it was found without shrinking").clone());
    }
    panic!("{}: no random walk of 300 steps and 40 preemptions shows the bug", program.name);
}

fn threads_of(finding: &Finding) -> usize {
    finding.steps.iter().map(|step| step.thread).collect::<BTreeSet<_>>().len()
}

/// Gives the program's row in the table of docs/shrinking.md.
fn check(program: &Program) -> String {
    let (long, short) = shrunk(program);
    assert_eq!((long.kind, short.kind), (program.kind, program.kind));
    assert_eq!(
        (short.preemptions, threads_of(&short), short.steps.len()),
        (program.preemptions, program.threads, program.steps),
        "{short}"
    );
    let saved = short.shrunk.expect("much was saved");
    assert_eq!((saved.from_steps, saved.from_preemptions), (long.steps.len(), long.preemptions));
    // It is a schedule like any other.
    let schedule = Schedule::parse(&short.schedule).unwrap();
    let again = Checker::new(program.name).regressions(false).replay(schedule).run(program.model);
    assert_eq!(again.finding().expect("it replays").steps, short.steps);
    let size = |finding: &Finding| {
        format!("{} | {} | {}", finding.preemptions, threads_of(finding), finding.steps.len())
    };
    format!("| {} | {} | {} | {} |", program.name, size(&long), size(&short), saved.executions)
}

/// Locks that nobody else wants.
fn noise(own: &Mutex<u32>) {
    for _ in 0..NOISE {
        *own.lock() += 1;
    }
}

/// Two threads lock in both orders, after noise; two more make noise only.
///
/// The minimum: one of the two must be preempted once, between its locks. The first comes through its noise and one lock, the
/// second starts, comes through its noise and one lock, and both are stuck: 2 starts, 2 × 100 of noise, 2 locks.
fn inversion() {
    let (a, b) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)));
    let locks = [(Arc::clone(&a), Arc::clone(&b)), (b, a)];
    let mut threads: Vec<_> = locks
        .into_iter()
        .map(|(first, second)| {
            thread::spawn(move || {
                noise(&Mutex::new(0));
                let _first = first.lock();
                let _second = second.lock();
            })
        })
        .collect();
    threads.extend((0..2).map(|_| thread::spawn(|| noise(&Mutex::new(0)))));
    for thread in threads {
        thread.join().unwrap();
    }
}

/// A counter that is read and written in two steps.
///
/// The minimum: one thread is preempted once, between load and store. All three threads end, since the panic is `main`'s: 3
/// starts, 3 × 100 of noise, 3 × 2 of counting, 3 joins, and one load at the end.
fn lost_update() {
    let count = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let count = Arc::clone(&count);
            thread::spawn(move || {
                noise(&Mutex::new(0));
                let now = count.load(SeqCst);
                count.store(now + 1, SeqCst);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(count.load(SeqCst), 3);
}

/// A waiter that looks before it locks, and two threads of noise.
///
/// The minimum: the waiter is preempted once, after it looked. It starts, makes noise, looks, locks and waits; the other one
/// starts, makes noise, sets the flag and notifies; and that the waiter is stuck shows when the two others have ended.
fn lost_wakeup() {
    let shared = Arc::new((AtomicU32::new(0), Mutex::new(()), Condvar::new()));
    let other = Arc::clone(&shared);
    let mut threads = vec![thread::spawn(move || {
        noise(&Mutex::new(0));
        if other.0.load(SeqCst) == 0 {
            other.2.wait(&mut other.1.lock());
        }
    })];
    threads.push(thread::spawn(move || {
        noise(&Mutex::new(0));
        shared.0.store(1, SeqCst);
        shared.2.notify_one();
    }));
    threads.extend((0..2).map(|_| thread::spawn(|| noise(&Mutex::new(0)))));
    for thread in threads {
        thread.join().unwrap();
    }
}

/// Two threads that answer each other in between.
///
/// The minimum: each is preempted once. The first starts, makes noise and stores; the second starts, makes noise, loads and
/// stores; the first loads and stores; the second loads and panics: 2 starts, 2 × 100 of noise, 3
/// stores, 3 loads, and the 2 joins by which `main` learns of it.
fn answers() {
    let cells: Arc<[AtomicU32; 3]> = Arc::default();
    let other = Arc::clone(&cells);
    let mut threads = vec![thread::spawn(move || {
        noise(&Mutex::new(0));
        other[0].store(1, SeqCst);
        if other[1].load(SeqCst) == 1 {
            other[2].store(1, SeqCst);
        }
    })];
    threads.push(thread::spawn(move || {
        noise(&Mutex::new(0));
        if cells[0].load(SeqCst) == 1 {
            cells[1].store(1, SeqCst);
        }
        assert_eq!(cells[2].load(SeqCst), 0, "an answer to the answer");
    }));
    threads.extend((0..2).map(|_| thread::spawn(|| noise(&Mutex::new(0)))));
    for thread in threads {
        thread.join().unwrap();
    }
}

const INVERSION: Program = Program {
    name: "lock inversion",
    model: inversion,
    kind: FindingKind::Deadlock,
    preemptions: 1,
    threads: 2,
    steps: 204,
};

const LOST_UPDATE: Program = Program {
    name: "lost update",
    model: lost_update,
    kind: FindingKind::Panic,
    preemptions: 1,
    threads: 4,
    steps: 313,
};

const LOST_WAKEUP: Program = Program {
    name: "lost wake-up",
    model: lost_wakeup,
    kind: FindingKind::Deadlock,
    preemptions: 1,
    threads: 4,
    steps: 409,
};

const ANSWERS: Program = Program {
    name: "two answers",
    model: answers,
    kind: FindingKind::Panic,
    preemptions: 2,
    threads: 3,
    steps: 210,
};

#[test]
fn a_lock_inversion() {
    check(&INVERSION);
}

#[test]
fn a_lost_update() {
    check(&LOST_UPDATE);
}

#[test]
fn a_lost_wakeup() {
    check(&LOST_WAKEUP);
}

#[test]
fn answers_in_between() {
    check(&ANSWERS);
}

#[test]
fn the_table_in_the_docs_is_what_comes_out() {
    let rows = [&INVERSION, &LOST_UPDATE, &LOST_WAKEUP, &ANSWERS].map(check);
    tables::require("docs/shrinking.md", &rows);
}
