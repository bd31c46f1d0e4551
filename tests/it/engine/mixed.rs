//! Generated programs of what `brute_force` lacks: threads that spawn, park and wait for each other, barriers, panics and
//! poisoned locks, closed semaphores, sleeps, and atomics of every ordering beside locks.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use proptest::prelude::*;
use unsnarl::{
    parking_lot::{Condvar, Mutex},
    sync::{
        self, Barrier, Semaphore,
        atomic::{AtomicU32, Ordering, Ordering::SeqCst},
    },
    thread,
};

use super::brute_force::{Executions, Model, compare_searches, for_all, programs};

/// One operation of a generated thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Lock,
    TryLock,
    LockTimeout,
    Add(usize),
    Load(usize),
    /// Hands the token to the thread of this number, if there is one.
    Unpark(usize),
    Park,
    ParkTimeout,
    /// Waits until two threads have come.
    Barrier,
    /// Spawns a thread that adds to an atomic and takes the mutex; joins it at once.
    SpawnAndJoin,
    /// The same, joined when the thread ends, or never if `.0`.
    Spawn(bool),
    /// Spawns a thread that takes the mutex, asks whether it has ended, and joins it.
    SpawnAndAsk,
    Sleep,
    Acquire,
    AcquireTimeout,
    TryAcquire,
    Release,
    Permits,
    Close,
    /// Takes a lock that may be poisoned; panics inside if `.0`.
    Poison(bool),
    /// Waits until the number is not 0, or time runs out.
    AwaitInTime,
    Await,
    Signal(bool),
    /// Yields until it gets the mutex.
    SpinForLock,
    /// An atomic operation of this ordering.
    WeakStore(usize, Ordering),
    WeakLoad(usize, Ordering),
    WeakAdd(usize, Ordering),
    WeakExchange(usize, Ordering),
    Fence(Ordering),
}

struct Shared {
    mutex: Mutex<u32>,
    changed: Condvar,
    atomics: [AtomicU32; 2],
    barrier: Barrier,
    permits: Semaphore,
    poisoned: sync::Mutex<u32>,
    /// Set before any of them runs.
    threads: OnceLock<Vec<thread::Thread>>,
}

/// What a spawned thread does.
fn child(shared: &Shared) -> u32 {
    shared.atomics[0].fetch_add(100, SeqCst);
    let mut number = shared.mutex.lock();
    *number = *number * 2 + 1;
    *number
}

fn perform(
    shared: &Arc<Shared>,
    action: Action,
    log: &mut Vec<u32>,
    children: &mut Vec<thread::JoinHandle<u32>>,
) {
    let limit = Duration::from_millis(3);
    match action {
        Action::Lock => {
            let mut number = shared.mutex.lock();
            *number = *number * 3 + 1;
            log.push(*number);
        }
        Action::TryLock => log.push(shared.mutex.try_lock().map_or(1_000, |mut number| {
            *number += 1;
            *number
        })),
        Action::LockTimeout => log.push(shared.mutex.try_lock_for(limit).map_or(1_000, |mut number| {
            *number += 1;
            *number
        })),
        Action::Add(which) => log.push(shared.atomics[which].fetch_add(1, SeqCst)),
        Action::Load(which) => log.push(shared.atomics[which].load(SeqCst)),
        Action::Unpark(target) => {
            let threads = shared.threads.get().expect("set before any of them runs");
            if let Some(thread) = threads.get(target) {
                thread.unpark();
            }
        }
        Action::Park => {
            thread::park();
            log.push(shared.atomics[0].load(SeqCst));
        }
        Action::ParkTimeout => {
            thread::park_timeout(limit);
            log.push(shared.atomics[0].load(SeqCst));
        }
        Action::Barrier => log.push(u32::from(shared.barrier.wait().is_leader())),
        Action::SpawnAndJoin => {
            let theirs = Arc::clone(shared);
            log.push(thread::spawn(move || child(&theirs)).join().unwrap());
        }
        Action::Spawn(detached) => {
            let theirs = Arc::clone(shared);
            let handle = thread::spawn(move || child(&theirs));
            if !detached {
                children.push(handle);
            }
        }
        Action::SpawnAndAsk => {
            let theirs = Arc::clone(shared);
            let handle = thread::spawn(move || drop(theirs.mutex.lock()));
            log.push(u32::from(handle.is_finished()));
            handle.join().unwrap();
        }
        Action::Sleep => thread::sleep(limit),
        Action::Acquire => match shared.permits.acquire() {
            Ok(_permit) => log.push(shared.atomics[0].load(SeqCst)),
            Err(_) => log.push(1_000),
        },
        Action::AcquireTimeout => match shared.permits.acquire_timeout(limit) {
            Ok(permit) => {
                permit.forget();
                log.push(1);
            }
            Err(_) => log.push(0),
        },
        Action::TryAcquire => match shared.permits.try_acquire() {
            Ok(_permit) => log.push(shared.atomics[0].fetch_add(1, SeqCst)),
            Err(_) => log.push(1_000),
        },
        Action::Release => shared.permits.add_permits(1),
        Action::Permits => log.push(shared.permits.available_permits() as u32),
        Action::Close => shared.permits.close(),
        Action::Poison(panics) => {
            let (mut number, poisoned) = match shared.poisoned.lock() {
                Ok(number) => (number, false),
                Err(poisoned) => (poisoned.into_inner(), true),
            };
            *number += 1;
            log.push(*number * 2 + u32::from(poisoned));
            assert!(!panics, "as asked");
        }
        Action::AwaitInTime => {
            let mut number = shared.mutex.lock();
            let result = shared.changed.wait_while_for(&mut number, |number| *number == 0, limit);
            log.push(*number * 2 + u32::from(result.timed_out()));
        }
        Action::Await => {
            let mut number = shared.mutex.lock();
            shared.changed.wait_while(&mut number, |number| *number == 0);
            log.push(*number);
        }
        Action::Signal(all) => {
            let mut number = shared.mutex.lock();
            *number += 1;
            if all {
                shared.changed.notify_all();
            } else {
                shared.changed.notify_one();
            }
        }
        Action::SpinForLock => {
            let mut number = loop {
                if let Some(number) = shared.mutex.try_lock() {
                    break number;
                }
                thread::yield_now();
            };
            *number += 1;
            log.push(*number);
        }
        Action::WeakStore(which, ordering) => shared.atomics[which].store(7, ordering),
        Action::WeakLoad(which, ordering) => log.push(shared.atomics[which].load(ordering)),
        Action::WeakAdd(which, ordering) => log.push(shared.atomics[which].fetch_add(1, ordering)),
        Action::WeakExchange(which, ordering) => log.push(
            shared.atomics[which]
                .compare_exchange(0, 5, ordering, Ordering::Relaxed)
                .unwrap_or_else(|found| found + 100),
        ),
        Action::Fence(ordering) => sync::atomic::fence(ordering),
    }
}

fn run(program: &[Vec<Action>]) -> Vec<Vec<u32>> {
    let shared = Arc::new(Shared {
        mutex: Mutex::new(0),
        changed: Condvar::new(),
        atomics: [AtomicU32::new(0), AtomicU32::new(0)],
        barrier: Barrier::new(2),
        permits: Semaphore::new(1),
        poisoned: sync::Mutex::new(0),
        threads: OnceLock::new(),
    });
    let gate = needs_gate(program).then(|| Arc::new(Barrier::new(program.len() + 1)));
    let handles: Vec<_> = program
        .iter()
        .map(|actions| {
            let (shared, actions, gate) = (Arc::clone(&shared), actions.clone(), gate.clone());
            thread::spawn(move || {
                if let Some(gate) = gate {
                    gate.wait();
                }
                let (mut log, mut children) = (Vec::new(), Vec::new());
                for action in actions {
                    perform(&shared, action, &mut log, &mut children);
                }
                for child in children {
                    log.push(child.join().unwrap());
                }
                log
            })
        })
        .collect();
    shared.threads.set(handles.iter().map(|handle| handle.thread().clone()).collect()).expect("set once");
    if let Some(gate) = gate {
        gate.wait();
    }
    let mut logs: Vec<_> =
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(|_| vec![9_999])).collect();
    logs.push(vec![
        *shared.mutex.lock(),
        shared.atomics[0].load(SeqCst),
        shared.atomics[1].load(SeqCst),
        shared.permits.available_permits() as u32,
    ]);
    logs
}

/// Whether threads may run before the main thread has spawned them all, since spawning is a step, and need to know of each
/// other.
fn needs_gate(program: &[Vec<Action>]) -> bool {
    let has = |wanted: fn(&Action) -> bool| program.iter().flatten().any(wanted);
    has(|action| matches!(action, Action::Unpark(_)))
        && has(|action| matches!(action, Action::Spawn(_) | Action::SpawnAndJoin | Action::SpawnAndAsk))
}

fn model(program: &[Vec<Action>]) -> Model {
    let program = program.to_vec();
    Arc::new(move || run(&program))
}

fn compare(program: &[Vec<Action>], spurious: u32) -> Result<(), TestCaseError> {
    compare_searches(model(program), spurious, Executions::OneOfEachTrace)
}

fn parking() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (0..3_usize).prop_map(Action::Unpark),
        2 => Just(Action::Park),
        1 => Just(Action::ParkTimeout),
        1 => Just(Action::Lock),
        1 => (0..2_usize).prop_map(Action::Add),
        1 => Just(Action::Barrier),
    ]
}

fn spawning() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => Just(Action::SpawnAndJoin),
        2 => any::<bool>().prop_map(Action::Spawn),
        1 => Just(Action::SpawnAndAsk),
        2 => Just(Action::Lock),
        1 => (0..2_usize).prop_map(Action::Add),
        1 => Just(Action::Poison(false)),
        1 => Just(Action::Poison(true)),
    ]
}

fn permits() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => Just(Action::Acquire),
        2 => Just(Action::AcquireTimeout),
        2 => Just(Action::TryAcquire),
        2 => Just(Action::Release),
        1 => Just(Action::Permits),
        1 => Just(Action::Close),
        1 => (0..2_usize).prop_map(Action::Add),
        1 => Just(Action::Lock),
    ]
}

fn waiting() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => Just(Action::AwaitInTime),
        2 => Just(Action::Await),
        2 => any::<bool>().prop_map(Action::Signal),
        1 => Just(Action::Lock),
        1 => Just(Action::TryLock),
        1 => Just(Action::LockTimeout),
        1 => Just(Action::Sleep),
        1 => Just(Action::Barrier),
        1 => (0..2_usize).prop_map(Action::Add),
    ]
}

fn spinning() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => Just(Action::SpinForLock),
        1 => Just(Action::Lock),
        1 => Just(Action::TryLock),
        1 => Just(Action::Sleep),
        1 => Just(Action::Poison(true)),
        1 => (0..2_usize).prop_map(Action::Add),
        1 => (0..2_usize).prop_map(Action::Load),
    ]
}

fn everything() -> impl Strategy<Value = Action> {
    prop_oneof![parking(), spawning(), permits(), waiting(), spinning(),]
}

/// Atomics of every ordering, beside what orders them.
fn weak() -> impl Strategy<Value = Action> {
    let load = || prop_oneof![Just(Ordering::Relaxed), Just(Ordering::Acquire), Just(SeqCst)];
    let store = || prop_oneof![Just(Ordering::Relaxed), Just(Ordering::Release), Just(SeqCst)];
    let any = || prop_oneof![Just(Ordering::Relaxed), Just(Ordering::AcqRel), Just(SeqCst)];
    prop_oneof![
        3 => (0..2_usize, store()).prop_map(|(which, ordering)| Action::WeakStore(which, ordering)),
        3 => (0..2_usize, load()).prop_map(|(which, ordering)| Action::WeakLoad(which, ordering)),
        1 => (0..2_usize, any()).prop_map(|(which, ordering)| Action::WeakAdd(which, ordering)),
        1 => (0..2_usize, any()).prop_map(|(which, ordering)| Action::WeakExchange(which, ordering)),
        1 => Just(Action::Fence(SeqCst)),
        2 => Just(Action::Lock),
        1 => Just(Action::TryLock),
        1 => Just(Action::Signal(true)),
        1 => Just(Action::AwaitInTime),
        1 => Just(Action::Acquire),
        1 => Just(Action::Park),
        1 => (0..3_usize).prop_map(Action::Unpark),
        1 => Just(Action::SpawnAndJoin),
    ]
}

fn all<A: Strategy<Value = Action> + 'static>(
    action: A,
    threads: std::ops::Range<usize>,
    actions: std::ops::Range<usize>,
    spurious: u32,
) {
    for_all(&programs(action.boxed(), threads, actions), |program| compare(&program, spurious));
}

#[test]
fn programs_that_park() {
    all(parking(), 2..4, 1..4, 0);
}

#[test]
fn programs_that_spawn() {
    all(spawning(), 1..3, 1..3, 0);
}

#[test]
fn programs_on_permits() {
    all(permits(), 2..4, 1..4, 0);
}

#[test]
fn programs_that_wait_in_time() {
    all(waiting(), 2..4, 1..3, 0);
}

#[test]
fn programs_that_wake_by_themselves() {
    all(waiting(), 2..4, 1..3, 1);
}

#[test]
fn programs_that_spin_for_a_lock() {
    all(spinning(), 2..4, 1..3, 0);
}

#[test]
fn programs_of_all_that() {
    all(everything(), 2..4, 1..3, 0);
}

#[test]
fn programs_of_atomics_beside_locks() {
    let action = weak().boxed();
    for_all(&programs(action, 2..4, 1..4), |program| {
        compare_searches(model(&program), 0, Executions::NoMoreThanBruteForce)
    });
}

/// A thread has one token, whoever hands it: each of two can be the one before which the thread goes on.
#[test]
fn a_token_that_two_threads_hand_over() {
    let program = vec![vec![Action::Unpark(2)], vec![Action::Unpark(2)], vec![Action::Park]];
    compare(&program, 0).expect("no difference");
    let twice =
        vec![vec![Action::Unpark(2)], vec![Action::Unpark(2)], vec![Action::Park, Action::ParkTimeout]];
    compare(&twice, 0).expect("no difference");
}
