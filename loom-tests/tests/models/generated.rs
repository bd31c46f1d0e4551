//! Small programs made at random, under each engine, against a search of all their states that knows nothing of engines.
//!
//! Where an engine comes to the end of a program it must have seen each outcome that is possible and no other one; and a
//! program that can deadlock must be reported as such. The programs keep to what all three engines mean to get right:
//! mutexes, reader-writer locks, read-modify-writes and channels, without tries, timeouts and weak orderings.

#![allow(
    clippy::disallowed_types,
    reason = "outcomes are gathered from all executions, beside what is checked"
)]

use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use unsnarl::{
    channel::{self, Receiver, Sender},
    check::{Checker, EngineName, FindingKind, Verdict},
    sync::{
        Mutex, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// How many objects of each kind there are.
const OBJECTS: usize = 2;

/// What a thread does next. Each operation but a release records something: the value that it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Do {
    /// Locks a mutex and counts it up.
    Lock(usize),
    Unlock(usize),
    /// Reads a reader-writer lock's value, and lets go of it.
    Read(usize),
    /// Counts a reader-writer lock's value up, and lets go of it.
    Write(usize),
    Add(usize),
    Send(usize),
    Recv(usize),
}

/// A program: what each thread does.
type Program = Vec<Vec<Do>>;

/// What each thread found.
type Outcome = Vec<Vec<u64>>;

/// SplitMix64 (Steele et al. 2014).
struct Generator(u64);

impl Generator {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 33) as usize % bound
    }

    fn program(&mut self, threads: usize, length: usize) -> Program {
        (0..threads).map(|_| self.thread(length)).collect()
    }

    /// Sections of mutexes are well nested, and no mutex is locked twice by one thread.
    fn thread(&mut self, length: usize) -> Vec<Do> {
        let (mut done, mut held) = (Vec::new(), Vec::new());
        for _ in 0..length {
            let object = self.below(OBJECTS);
            match self.below(10) {
                0..4 if !held.contains(&object) => {
                    held.push(object);
                    done.push(Do::Lock(object));
                }
                0..4 => done.extend(held.pop().map(Do::Unlock)),
                4 => done.push(Do::Read(object)),
                5 => done.push(Do::Write(object)),
                6 | 7 => done.push(Do::Add(object)),
                8 => done.push(Do::Send(object)),
                _ => done.push(Do::Recv(object)),
            }
        }
        done.extend(held.into_iter().rev().map(Do::Unlock));
        done
    }
}

/// A state of a program, as the search of all states has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct State {
    at: Vec<usize>,
    found: Outcome,
    owners: [Option<usize>; OBJECTS],
    locked: [u64; OBJECTS],
    shared: [u64; OBJECTS],
    added: [u64; OBJECTS],
    sent: [VecDeque<u64>; OBJECTS],
}

/// The value that a thread sends at a place.
fn message(thread: usize, at: usize) -> u64 {
    (thread * 100 + at) as u64
}

fn count(value: &mut u64) -> Option<u64> {
    *value += 1;
    Some(*value - 1)
}

impl State {
    /// The state after the thread's next operation; `None` if it has ended or has to wait.
    fn after(&self, program: &Program, thread: usize) -> Option<State> {
        let at = self.at[thread];
        let mut next = self.clone();
        let found = match *program[thread].get(at)? {
            Do::Lock(object) if self.owners[object].is_none() => {
                next.owners[object] = Some(thread);
                count(&mut next.locked[object])
            }
            Do::Lock(_) => return None,
            Do::Unlock(object) => {
                next.owners[object] = None;
                None
            }
            Do::Read(object) => Some(self.shared[object]),
            Do::Write(object) => count(&mut next.shared[object]),
            Do::Add(object) => count(&mut next.added[object]),
            Do::Send(object) => {
                next.sent[object].push_back(message(thread, at));
                None
            }
            Do::Recv(object) => Some(next.sent[object].pop_front()?),
        };
        next.found[thread].extend(found);
        next.at[thread] += 1;
        Some(next)
    }
}

/// Every outcome of the program, and whether it can come to a state in which nobody can go on.
fn all_outcomes(program: &Program) -> (BTreeSet<Outcome>, bool) {
    let first =
        State { at: vec![0; program.len()], found: vec![Vec::new(); program.len()], ..State::default() };
    let (mut outcomes, mut deadlocks) = (BTreeSet::new(), false);
    let (mut seen, mut left) = (HashSet::from([first.clone()]), vec![first]);
    while let Some(state) = left.pop() {
        let mut is_end = true;
        for thread in 0..program.len() {
            if let Some(next) = state.after(program, thread) {
                is_end = false;
                if seen.insert(next.clone()) {
                    left.push(next);
                }
            }
        }
        let has_ended = |(thread, at): (usize, &usize)| *at == program[thread].len();
        match state.at.iter().enumerate().all(has_ended) {
            true => {
                outcomes.insert(state.found);
            }
            false => deadlocks |= is_end,
        }
    }
    (outcomes, deadlocks)
}

/// The objects of a program on the facade.
struct Objects {
    mutexes: [Mutex<u64>; OBJECTS],
    shared: [RwLock<u64>; OBJECTS],
    added: [AtomicU64; OBJECTS],
    channels: [(Sender<u64>, Receiver<u64>); OBJECTS],
}

fn run_thread(objects: &Objects, operations: &[Do], thread: usize) -> Vec<u64> {
    let mut guards: [Option<_>; OBJECTS] = [const { None }; OBJECTS];
    let mut found = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        match *operation {
            Do::Lock(object) => {
                let mut guard = objects.mutexes[object].lock().unwrap();
                found.extend(count(&mut guard));
                guards[object] = Some(guard);
            }
            Do::Unlock(object) => guards[object] = None,
            Do::Read(object) => found.push(*objects.shared[object].read().unwrap()),
            Do::Write(object) => found.extend(count(&mut objects.shared[object].write().unwrap())),
            Do::Add(object) => found.push(objects.added[object].fetch_add(1, Ordering::SeqCst)),
            Do::Send(object) => objects.channels[object].0.send(message(thread, at)).unwrap(),
            Do::Recv(object) => found.push(objects.channels[object].1.recv().unwrap()),
        }
    }
    found
}

fn run_program(program: &Program) -> Outcome {
    let objects = Arc::new(Objects {
        mutexes: Default::default(),
        shared: Default::default(),
        added: Default::default(),
        channels: std::array::from_fn(|_| channel::unbounded()),
    });
    let threads: Vec<_> = program
        .iter()
        .cloned()
        .enumerate()
        .map(|(thread, operations)| {
            let objects = Arc::clone(&objects);
            thread::spawn(move || run_thread(&objects, &operations, thread))
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

/// What the engine of this build makes of the program: whether it looked at everything, and the outcomes that it saw. `None` if it
/// found a deadlock.
fn explored(program: &Program, time: Duration) -> (bool, Option<BTreeSet<Outcome>>) {
    let seen = Arc::new(StdMutex::new(BTreeSet::new()));
    let (sink, text) = (Arc::clone(&seen), program.clone());
    let verdict = Checker::new("models::generated")
        .max_time(time)
        .loom_preemptions(None)
        .regressions(false)
        .predict(false)
        .shrink(false)
        .run(move || {
            let outcome = run_program(&text);
            sink.lock().unwrap().insert(outcome);
        });
    match verdict {
        Verdict::Finding(finding) => {
            assert_eq!(finding.kind, FindingKind::Deadlock, "{program:?}: {:?}", finding.explanation);
            (true, None)
        }
        Verdict::Pass(pass) => (pass.is_complete(), Some(std::mem::take(&mut *seen.lock().unwrap()))),
        // Not all of it, which the caller counts.
        Verdict::Inconclusive { .. } => (false, Some(std::mem::take(&mut *seen.lock().unwrap()))),
        other => panic!("{program:?}: {other:?}"),
    }
}

#[test]
fn each_outcome_is_seen_and_no_other() {
    let engine = EngineName::of_this_build();
    let (programs, time) = match engine {
        EngineName::Unsnarl => (400, Duration::from_secs(60)),
        EngineName::Loom | EngineName::Shuttle => (24, Duration::from_secs(1)),
    };
    let mut generator = Generator(1);
    let (mut complete, mut deadlocks) = (0, 0);
    for number in 0..programs {
        let (threads, length) = if number % 2 == 0 { (2, 4) } else { (3, 2) };
        let program = generator.program(threads, length);
        let (possible, can_deadlock) = all_outcomes(&program);
        match explored(&program, time) {
            (_, None) => {
                assert!(can_deadlock, "{engine:?} reports a deadlock that cannot be: {program:?}");
                (complete, deadlocks) = (complete + 1, deadlocks + 1);
            }
            (true, Some(seen)) => {
                assert!(!can_deadlock, "{engine:?} overlooks a deadlock: {program:?}");
                assert_eq!(seen, possible, "{engine:?} on {program:?}");
                complete += 1;
            }
            (false, Some(seen)) => {
                assert!(engine != EngineName::Unsnarl, "not complete: {program:?}");
                assert!(seen.is_subset(&possible), "{engine:?} on {program:?}");
            }
        }
    }
    println!("{engine:?}: {complete} of {programs} programs to the end, {deadlocks} deadlock");
    assert!(complete >= programs / 3, "{engine:?} came to the end of {complete} programs only");
    assert!(deadlocks > 0 && deadlocks < complete, "{engine:?}: {deadlocks} of {complete}");
}
