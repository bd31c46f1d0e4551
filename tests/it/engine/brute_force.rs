//! The reduced search against brute force, on generated programs: same findings, same outcomes.

use std::{
    cell::Cell,
    collections::BTreeSet,
    sync::{Arc, Mutex as StdMutex},
    time::Duration,
};

use proptest::prelude::*;
use unsnarl::{
    channel,
    check::{Checker, FindingKind, Strategy as Search, Verdict, choose},
    parking_lot::{Condvar, Mutex, RwLock, RwLockUpgradableReadGuard, RwLockWriteGuard},
    sync::{
        Semaphore,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use super::{
    channel_actions::{ChannelAction, Channels, How, channel_actions},
    queue_actions::{QueueAction, Queues, queue_actions},
};

/// One operation of a generated thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// Locks mutex `.0`; with `.1` also mutex `.1` inside.
    Lock(usize, Option<usize>),
    TryLock(usize),
    Store(usize, u32),
    Load(usize),
    Add(usize),
    /// Sets the atomic `.0` to 7 if it is `.1`.
    CompareExchange(usize, u32),
    /// Waits until the mutex's value is not 0.
    Await,
    /// Waits once, whatever the value.
    WaitOnce,
    /// Sets the mutex's value and notifies one waiter, or all.
    Signal(bool),
    Read(usize),
    /// Reads, gives the lock back, writes: what a reader that upgrades should do.
    ReadThenWrite,
    Write,
    TryRead,
    TryWrite,
    /// Reads twice, the second time in spite of waiting writers.
    ReadAgain,
    /// Reads with the right to upgrade.
    Upgradable,
    /// Reads with the right to upgrade, then writes.
    Upgrade,
    TryUpgrade,
    UpgradeTimeout,
    /// Writes, then reads with the right to upgrade if `.0`, or just reads, while it takes a mutex.
    Downgrade(bool),
    Acquire,
    AcquireTwo,
    Release,
    TryAcquire,
    Send,
    TrySend,
    /// Asks for a number below this, and adds to one of the atomics or does nothing.
    Choose(usize),
    Recv,
    TryRecv,
    Unpark(usize),
    ParkTimeout,
    WaitTimeout,
    LockTimeout(usize),
    AcquireTimeout,
    RecvTimeout,
    /// Spins until the atomic is not 0.
    Spin(usize),
    /// Spins until one of the atomics is not 0.
    SpinOnEither,
    Yield,
    /// Something with the channels that are there for it.
    OnChannels(ChannelAction),
    OnQueues(QueueAction),
}

struct Shared {
    mutexes: [Mutex<u32>; 2],
    atomics: [AtomicU32; 2],
    flag: Mutex<u32>,
    changed: Condvar,
    table: RwLock<u32>,
    permits: Semaphore,
    sender: channel::Sender<u32>,
    receiver: channel::Receiver<u32>,
    queues: Queues,
}

fn perform(shared: &Shared, action: Action, log: &mut Vec<u32>) {
    match action {
        Action::Lock(outer, inner) => {
            let mut guard = shared.mutexes[outer].lock();
            *guard = guard.wrapping_mul(3).wrapping_add(1);
            log.push(*guard);
            if let Some(inner) = inner.filter(|inner| *inner != outer) {
                let mut guard = shared.mutexes[inner].lock();
                *guard = guard.wrapping_mul(3).wrapping_add(2);
                log.push(*guard);
            }
        }
        Action::TryLock(which) => match shared.mutexes[which].try_lock() {
            Some(mut guard) => {
                *guard = guard.wrapping_mul(5).wrapping_add(1);
                log.push(*guard);
            }
            None => log.push(1_000),
        },
        Action::Store(which, value) => shared.atomics[which].store(value, SeqCst),
        Action::Load(which) => log.push(shared.atomics[which].load(SeqCst)),
        Action::Add(which) => log.push(shared.atomics[which].fetch_add(10, SeqCst)),
        Action::CompareExchange(which, expected) => {
            log.push(
                shared.atomics[which]
                    .compare_exchange(expected, 7, SeqCst, SeqCst)
                    .unwrap_or_else(|found| found + 100),
            );
        }
        Action::Await => {
            let mut flag = shared.flag.lock();
            let mut waits = 0;
            while *flag == 0 {
                waits += 1;
                shared.changed.wait(&mut flag);
            }
            log.push(*flag * 10 + waits);
        }
        Action::WaitOnce => {
            let mut flag = shared.flag.lock();
            shared.changed.wait(&mut flag);
            log.push(*flag);
        }
        Action::WaitTimeout => {
            let mut flag = shared.flag.lock();
            let result = shared.changed.wait_for(&mut flag, Duration::from_millis(5));
            log.push(*flag * 2 + u32::from(result.timed_out()));
        }
        Action::Signal(all) => {
            *shared.flag.lock() += 1;
            log.push(if all {
                2 + u32::try_from(shared.changed.notify_all()).unwrap()
            } else {
                u32::from(shared.changed.notify_one())
            });
        }
        Action::Read(times) => {
            let guard = shared.table.read();
            log.push(*guard + times as u32);
        }
        Action::ReadThenWrite => {
            let before = *shared.table.read();
            let mut table = shared.table.write();
            log.push(before * 10 + *table);
            *table += 1;
        }
        Action::Write => *shared.table.write() += 1,
        Action::TryRead => log.push(shared.table.try_read().map_or(1_000, |guard| *guard)),
        Action::TryWrite => match shared.table.try_write() {
            Some(mut guard) => {
                *guard = *guard * 3 + 2;
                log.push(*guard);
            }
            None => log.push(1_000),
        },
        Action::ReadAgain => {
            let first = shared.table.read();
            let second = shared.table.read_recursive();
            log.push(*first + *second);
        }
        Action::Upgradable => log.push(*shared.table.upgradable_read()),
        Action::Upgrade => {
            let guard = shared.table.upgradable_read();
            let before = *guard;
            let mut guard = RwLockUpgradableReadGuard::upgrade(guard);
            *guard = *guard * 3 + 1;
            log.push(before * 10 + *guard);
        }
        Action::TryUpgrade => match shared.table.try_upgradable_read() {
            Some(guard) => match RwLockUpgradableReadGuard::try_upgrade(guard) {
                Ok(mut guard) => {
                    *guard = *guard * 3 + 2;
                    log.push(*guard);
                }
                Err(guard) => log.push(500 + *guard),
            },
            None => log.push(1_000),
        },
        Action::UpgradeTimeout => {
            let guard = shared.table.upgradable_read();
            let upgraded = RwLockUpgradableReadGuard::try_upgrade_for(guard, Duration::from_millis(3));
            log.push(match upgraded {
                Ok(mut guard) => {
                    *guard += 1;
                    *guard
                }
                Err(guard) => 500 + *guard,
            });
        }
        Action::Downgrade(upgradable) => {
            let mut guard = shared.table.write();
            *guard += 1;
            if upgradable {
                let guard = RwLockWriteGuard::downgrade_to_upgradable(guard);
                *shared.mutexes[0].lock() += *guard;
            } else {
                let guard = RwLockWriteGuard::downgrade(guard);
                *shared.mutexes[0].lock() += *guard;
            }
        }
        Action::Acquire => match shared.permits.acquire() {
            Ok(_permit) => log.push(shared.atomics[0].load(SeqCst)),
            Err(_) => log.push(1_000),
        },
        Action::AcquireTwo => match shared.permits.acquire_many(2) {
            Ok(permit) => permit.forget(),
            Err(_) => log.push(1_000),
        },
        Action::Release => shared.permits.add_permits(1),
        Action::TryAcquire => match shared.permits.try_acquire() {
            Ok(permit) => {
                permit.forget();
                log.push(1);
            }
            Err(_) => log.push(0),
        },
        Action::Send => log.push(u32::from(shared.sender.send(log.len() as u32).is_ok())),
        Action::Choose(count) => {
            let number = choose(count);
            log.push(number as u32);
            if let Some(atomic) = shared.atomics.get(number) {
                log.push(atomic.fetch_add(1, SeqCst));
            }
        }
        Action::TrySend => log.push(u32::from(shared.sender.try_send(50 + log.len() as u32).is_ok())),
        Action::Recv => log.push(shared.receiver.recv().unwrap_or(1_000)),
        Action::TryRecv => log.push(shared.receiver.try_recv().unwrap_or(1_000)),
        Action::LockTimeout(which) => {
            log.push(
                shared.mutexes[which].try_lock_for(Duration::from_millis(2)).map_or(1_000, |guard| *guard),
            );
        }
        Action::AcquireTimeout => match shared.permits.acquire_timeout(Duration::from_millis(4)) {
            Ok(permit) => {
                permit.forget();
                log.push(1);
            }
            Err(_) => log.push(0),
        },
        Action::RecvTimeout => {
            log.push(shared.receiver.recv_timeout(Duration::from_millis(4)).unwrap_or(1_000));
        }
        Action::Spin(which) => {
            while shared.atomics[which].load(SeqCst) == 0 {
                thread::yield_now();
            }
        }
        Action::SpinOnEither => {
            while shared.atomics[0].load(SeqCst) == 0 && shared.atomics[1].load(SeqCst) == 0 {
                thread::yield_now();
            }
        }
        Action::Yield => thread::yield_now(),
        Action::OnQueues(action) => shared.queues.perform(action, log),
        Action::Unpark(_) | Action::ParkTimeout | Action::OnChannels(_) => {
            unreachable!("handled by the thread")
        }
    }
}

type Program = Vec<Vec<Action>>;
pub(super) type Outcomes = BTreeSet<Vec<Vec<u32>>>;

/// Something to explore; it says what it came to.
pub(super) type Model = Arc<dyn Fn() -> Vec<Vec<u32>> + Send + Sync>;

/// One execution of the program: the log of each thread, and the final state.
fn run(program: &Program) -> Vec<Vec<u32>> {
    let (sender, receiver) = channel::bounded(1);
    let on_channels = |action: &Action| matches!(action, Action::OnChannels(_));
    // Only for programs that use them: their ends would be steps of every execution.
    let uses_channels = program.iter().flatten().any(on_channels);
    let channels = uses_channels.then(|| Arc::new(Channels::new()));
    let shared = Arc::new(Shared {
        mutexes: [Mutex::new(0), Mutex::new(0)],
        atomics: [AtomicU32::new(0), AtomicU32::new(0)],
        flag: Mutex::new(0),
        changed: Condvar::new(),
        table: RwLock::new(0),
        permits: Semaphore::new(1),
        sender,
        receiver,
        queues: Queues::new(),
    });
    let handles: Vec<_> = program
        .iter()
        .map(|actions| {
            let (shared, actions) = (Arc::clone(&shared), actions.clone());
            let channels = channels.clone();
            thread::spawn(move || {
                let mut log = Vec::new();
                for action in actions {
                    match action {
                        Action::ParkTimeout => thread::park_timeout(Duration::from_millis(3)),
                        Action::Unpark(_) => thread::current().unpark(),
                        Action::OnChannels(action) => {
                            let pause = || drop(shared.mutexes[0].lock());
                            channels.as_ref().expect("made").perform(action, &mut log, pause);
                        }
                        action => perform(&shared, action, &mut log),
                    }
                }
                log
            })
        })
        .collect();
    let mut logs: Vec<Vec<u32>> = handles.into_iter().map(|handle| handle.join().unwrap()).collect();
    // The final state counts, too.
    logs.push(vec![
        *shared.mutexes[0].lock(),
        *shared.mutexes[1].lock(),
        shared.atomics[0].load(SeqCst),
        shared.atomics[1].load(SeqCst),
        *shared.table.read(),
    ]);
    logs.push(shared.queues.rest());
    logs
}

/// Runs the model under one kind of search, with so many searches at once: what it found, and the outcomes of all executions
/// that came to an end.
pub(super) fn explore(cores: usize, model: &Model, search: Search, spurious: u32) -> (Verdict, Outcomes) {
    let outcomes = Arc::new(StdMutex::new(Outcomes::new()));
    let (model, seen) = (Arc::clone(model), Arc::clone(&outcomes));
    let brute = search == Search::BruteForce;
    let verdict = Checker::new("generated")
        .strategy(search)
        .regressions(false)
        .shrink(false)
        .cores(cores)
        .steps_alone(1)
        .spurious_wakeups(spurious)
        // The reduced searches get more, so that they end whenever brute force does.
        .max_time(Duration::from_secs(if brute { 2 } else { 60 }))
        .run(move || {
            let outcome = model();
            seen.lock().unwrap().insert(outcome);
        });
    let outcomes = std::mem::take(&mut *outcomes.lock().unwrap());
    (verdict, outcomes)
}

fn kind(verdict: &Verdict) -> Option<FindingKind> {
    assert!(!matches!(verdict, Verdict::Fault { .. } | Verdict::Inconclusive { .. }), "{verdict:?}");
    verdict.finding().map(|finding| finding.kind)
}

fn compare(program: &Program, spurious: u32) -> Result<(), TestCaseError> {
    let program = program.clone();
    compare_searches(Arc::new(move || run(&program)), spurious, Executions::OneOfEachTrace)
}

/// What is asked of the number of executions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Executions {
    /// As many as there are traces, and none in vain.
    OneOfEachTrace,
    /// No more than brute force needs: with stale values some graphs are reached twice.
    NoMoreThanBruteForce,
}

pub(super) fn compare_searches(model: Model, spurious: u32, asked: Executions) -> Result<(), TestCaseError> {
    let (brute, brute_outcomes) = explore(1, &model, Search::BruteForce, spurious);
    if let Verdict::Pass(pass) = &brute
        && pass.bounds.iter().any(|bound| bound.contains("budget"))
    {
        // Nothing can be said.
        TOO_LARGE.set(TOO_LARGE.get() + 1);
        return Ok(());
    }
    // Sleep sets execute each trace exactly once, too, beside executions that turn out to be in vain.
    let mut traces = None;
    for (cores, search) in [(1, Search::SleepSets), (1, Search::Exhaustive), (3, Search::Exhaustive)] {
        let (verdict, outcomes) = explore(cores, &model, search.clone(), spurious);
        prop_assert_eq!(kind(&verdict), kind(&brute), "{:?}", search);
        if brute.pass().is_some() {
            prop_assert_eq!(&outcomes, &brute_outcomes, "{:?} on {} cores", search, cores);
            let (few, many) = (verdict.explored().unwrap().executions, brute.explored().unwrap().executions);
            prop_assert!(few <= many, "{few} > {many}");
            if asked == Executions::OneOfEachTrace {
                prop_assert_eq!(*traces.get_or_insert(few), few, "traces");
                if search == Search::Exhaustive {
                    prop_assert_eq!(verdict.explored().unwrap().redundant, 0, "in vain on {} cores", cores);
                }
            }
        }
    }
    Ok(())
}

/// One that succeeds at first, after a store, or after an addition.
fn compare_exchange() -> impl Strategy<Value = Action> {
    let expected = prop_oneof![2 => Just(0), 2 => Just(1), 1 => Just(10)];
    (0..2_usize, expected).prop_map(|(which, expected)| Action::CompareExchange(which, expected))
}

fn locks() -> impl Strategy<Value = Action> {
    prop_oneof![
        (0..2_usize, proptest::option::of(0..2_usize)).prop_map(|(outer, inner)| Action::Lock(outer, inner)),
        (0..2_usize).prop_map(Action::Load),
        (0..2_usize).prop_map(Action::Add),
        (0..2_usize, 1..4_u32).prop_map(|(which, value)| Action::Store(which, value)),
    ]
}

fn everything() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => locks(),
        1 => (0..2_usize).prop_map(Action::TryLock),
        1 => compare_exchange(),
        1 => Just(Action::Await),
        1 => Just(Action::WaitOnce),
        2 => any::<bool>().prop_map(Action::Signal),
        1 => (0..2_usize).prop_map(Action::Read),
        1 => Just(Action::ReadThenWrite),
        1 => Just(Action::Write),
        1 => Just(Action::TryRead),
        1 => Just(Action::TryWrite),
        1 => Just(Action::Acquire),
        1 => Just(Action::AcquireTwo),
        2 => Just(Action::Release),
        1 => Just(Action::TryAcquire),
        1 => Just(Action::Send),
        1 => Just(Action::TrySend),
        1 => (2..4_usize).prop_map(Action::Choose),
        1 => Just(Action::Recv),
        1 => Just(Action::TryRecv),
    ]
}

fn blocking() -> impl Strategy<Value = Action> {
    prop_oneof![
        (0..2_usize, proptest::option::of(0..2_usize)).prop_map(|(outer, inner)| Action::Lock(outer, inner)),
        Just(Action::Await),
        Just(Action::WaitOnce),
        any::<bool>().prop_map(Action::Signal),
        (0..2_usize).prop_map(Action::Read),
        Just(Action::ReadThenWrite),
        Just(Action::Write),
        Just(Action::Acquire),
        Just(Action::AcquireTwo),
        Just(Action::Release),
        Just(Action::Send),
        Just(Action::Recv),
    ]
}

/// What a reader-writer lock can do, with a mutex around it or inside.
fn upgrading(timed: bool) -> BoxedStrategy<Action> {
    let untimed = prop_oneof![
        2 => Just(Action::Read(0)),
        2 => Just(Action::Write),
        1 => Just(Action::ReadAgain),
        2 => Just(Action::Upgradable),
        3 => Just(Action::Upgrade),
        2 => any::<bool>().prop_map(Action::Downgrade),
        1 => Just(Action::Lock(0, None)),
    ];
    if !timed {
        return untimed.boxed();
    }
    prop_oneof![
        4 => untimed,
        1 => Just(Action::TryRead),
        1 => Just(Action::TryWrite),
        1 => Just(Action::TryUpgrade),
        1 => Just(Action::UpgradeTimeout),
    ]
    .boxed()
}

fn timed() -> impl Strategy<Value = Action> {
    prop_oneof![
        2 => locks(),
        1 => Just(Action::WaitTimeout),
        1 => any::<bool>().prop_map(Action::Signal),
        1 => Just(Action::ParkTimeout),
        1 => Just(Action::Unpark(0)),
    ]
}

fn timed_and_blocking() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => locks(),
        1 => Just(Action::Send),
        1 => Just(Action::RecvTimeout),
        1 => (0..2_usize).prop_map(Action::LockTimeout),
        1 => Just(Action::AcquireTimeout),
        1 => Just(Action::Release),
        1 => Just(Action::ParkTimeout),
    ]
}

fn spinning() -> impl Strategy<Value = Action> {
    prop_oneof![
        (0..2_usize).prop_map(Action::Spin),
        Just(Action::SpinOnEither),
        Just(Action::Yield),
        (0..2_usize).prop_map(Action::Load),
        (0..2_usize, 0..2_u32).prop_map(|(which, value)| Action::Store(which, value)),
        (0..2_usize).prop_map(Action::Add),
        compare_exchange(),
        (0..2_usize, proptest::option::of(0..2_usize)).prop_map(|(outer, inner)| Action::Lock(outer, inner)),
    ]
}

pub(super) fn programs<A: std::fmt::Debug>(
    action: impl Strategy<Value = A> + Clone,
    threads: std::ops::Range<usize>,
    actions: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Vec<A>>> {
    proptest::collection::vec(proptest::collection::vec(action, actions), threads)
}

/// How many programs of each family; `UNSNARL_CASES` asks for more.
pub(super) fn config() -> ProptestConfig {
    let cases = std::env::var("UNSNARL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    ProptestConfig { cases, max_shrink_iters: 400, ..ProptestConfig::default() }
}

#[test]
fn a_writer_between_two_readers() {
    // Found by `blocking_programs`: the release of one reader seemed to order the other.
    compare(&vec![vec![Action::Write], vec![Action::Read(0)], vec![Action::Read(0)]], 0).unwrap();
}

#[test]
fn a_timeout_just_before_the_notification() {
    // Found by `timed_programs`: a sleeping notification was not woken by the waiter's leaving.
    let waits_first = vec![Action::WaitTimeout, Action::ParkTimeout, Action::Signal(false)];
    compare(&vec![waits_first, vec![Action::WaitTimeout]], 0).unwrap();
}

#[test]
fn a_wakeup_for_no_reason_before_the_notification_and_after_another_thread() {
    // The second waiter looks at the flag between the store and the notification, and the first one wakes after that, still
    // before the notification. The wake-up was put right before the notification only.
    compare(&vec![vec![Action::Signal(true)], vec![Action::Await], vec![Action::Await]], 1).unwrap();
}

thread_local! {
    /// How many of the programs of this thread's test were too large for brute force.
    static TOO_LARGE: Cell<u32> = const { Cell::new(0) };
}

/// Runs the test on generated programs, and says how many were compared: `cargo test` prints it with `--nocapture`.
pub(super) fn for_all<S: Strategy>(programs: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let mut runner = runner();
    let cases = runner.config().cases;
    runner.run(programs, test).unwrap_or_else(|error| panic!("{error}"));
    println!("{cases} programs, of which {} were too large for brute force", TOO_LARGE.take());
}

/// The same programs in every ordinary run, so that the gate does not depend on luck; new ones when `UNSNARL_CASES` is set.
fn runner() -> proptest::test_runner::TestRunner {
    runner_with(config())
}

pub(super) fn runner_with(config: ProptestConfig) -> proptest::test_runner::TestRunner {
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
    if std::env::var_os("UNSNARL_CASES").is_some() {
        return TestRunner::new(config);
    }
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn lock_programs() {
    for_all(&programs(locks().boxed(), 2..4, 1..4), |program| compare(&program, 0));
}

#[test]
fn programs_of_everything() {
    for_all(&programs(everything().boxed(), 2..4, 1..4), |program| compare(&program, 0));
}

#[test]
fn blocking_programs() {
    for_all(&programs(blocking().boxed(), 2..5, 1..3), |program| compare(&program, 0));
}

#[test]
fn programs_with_spurious_wakeups() {
    for_all(&programs(blocking().boxed(), 2..4, 1..3), |program| compare(&program, 1));
}

#[test]
fn programs_on_queues() {
    let queues = queue_actions().prop_map(Action::OnQueues);
    let action = prop_oneof![4 => queues, 1 => locks()].boxed();
    for_all(&programs(action, 2..4, 1..4), |program| compare(&program, 0));
}

#[test]
fn timed_programs() {
    for_all(&programs(timed().boxed(), 2..3, 1..4), |program| compare(&program, 0));
}

#[test]
fn programs_of_timed_and_blocking_operations() {
    for_all(&programs(timed_and_blocking().boxed(), 2..4, 1..3), |program| compare(&program, 0));
}

#[test]
fn a_failing_attempt_to_write_beside_a_reader() {
    // Found by `programs_of_everything`: the failure seemed not to depend on the reader.
    compare(&vec![vec![Action::TryRead], vec![Action::TryWrite]], 0).unwrap();
}

#[test]
fn a_lock_given_back_right_after_it_was_converted() {
    // Found by `upgrading_programs`: the upgraded lock seemed never to be given back.
    compare(&vec![vec![Action::Upgrade, Action::Read(0)], vec![Action::Write]], 0).unwrap();
}

#[test]
fn a_reader_beside_a_lock_that_became_a_read_lock() {
    // Found by `upgrading_programs`: the reader seemed to need the other's release.
    compare(&vec![vec![Action::Read(0), Action::Lock(0, None)], vec![Action::Downgrade(false)]], 0).unwrap();
}

#[test]
fn a_release_beside_a_lock_that_became_a_read_lock() {
    // Found by `upgrading_programs_that_try_and_give_up`: a reader's release seemed to need the other's.
    let tries = vec![Action::TryRead, Action::TryWrite];
    compare(&vec![tries, vec![Action::Downgrade(false)]], 0).unwrap();
}

#[test]
fn a_message_for_the_one_that_gave_up_in_the_end() {
    // What timed out since nobody could go on seemed to come after everything.
    let receives = vec![Action::RecvTimeout, Action::RecvTimeout];
    compare(&vec![receives, vec![Action::Send, Action::RecvTimeout]], 0).unwrap();
}

#[test]
fn a_writer_that_queues_before_a_release() {
    // Found by `upgrading_programs`: the writer seemed not to need the release.
    let second = vec![Action::Lock(0, None), Action::Downgrade(false)];
    compare(&vec![vec![Action::Downgrade(false)], second], 0).unwrap();
}

#[test]
fn upgrading_programs() {
    for_all(&programs(upgrading(false), 2..4, 1..4), |program| compare(&program, 0));
}

#[test]
fn upgrading_programs_that_try_and_give_up() {
    for_all(&programs(upgrading(true), 2..4, 1..3), |program| compare(&program, 0));
}

fn on_channels(indices: &'static [usize], ends: bool) -> BoxedStrategy<Action> {
    channel_actions(indices, ends).prop_map(Action::OnChannels).boxed()
}

#[test]
fn programs_that_select() {
    for_all(&programs(on_channels(&[0, 2], false), 2..4, 1..3), |program| compare(&program, 0));
}

#[test]
fn programs_that_meet() {
    for_all(&programs(on_channels(&[1, 3], false), 2..4, 1..3), |program| compare(&program, 0));
}

#[test]
fn programs_that_select_among_all_channels() {
    for_all(&programs(on_channels(&[0, 1, 2, 3], false), 2..4, 1..3), |program| compare(&program, 0));
}

#[test]
fn who_is_met_and_must_not_time_out_again() {
    // Found by `programs_that_try_to_meet`: the second select seemed to be able to time out before it was met.
    let (send, receive) = ((1, true), (1, false));
    let waits = Action::OnChannels(ChannelAction::Select(How::TimeOut, receive, receive));
    let tries = Action::OnChannels(ChannelAction::Select(How::Try, send, receive));
    compare(&vec![vec![tries], vec![waits, waits]], 0).unwrap();
}

#[test]
fn programs_that_try_to_meet() {
    for_all(&programs(on_channels(&[1, 3], true), 2..3, 1..3), |program| compare(&program, 0));
}

#[test]
fn programs_that_select_in_time() {
    for_all(&programs(on_channels(&[0, 1, 2], true), 2..3, 1..3), |program| compare(&program, 0));
}

#[test]
fn spinning_programs() {
    for_all(&programs(spinning().boxed(), 2..4, 1..4), |program| compare(&program, 0));
}

#[test]
fn two_notifications_beside_a_reader_and_a_writer() {
    compare(
        &vec![
            vec![Action::Signal(false)],
            vec![Action::Read(0)],
            vec![Action::Write],
            vec![Action::Signal(false)],
        ],
        0,
    )
    .unwrap();
}
#[test]
fn two_broadcasts_beside_a_reader_and_a_writer() {
    compare(
        &vec![
            vec![Action::Signal(true)],
            vec![Action::Read(0)],
            vec![Action::Write],
            vec![Action::Signal(true)],
        ],
        0,
    )
    .unwrap();
}

/// All programs of two threads that do one and two of these things, and of three threads that do one each.
fn all_small_programs(actions: &[Action]) {
    for (at, first) in actions.iter().enumerate() {
        for second in &actions[at..] {
            for third in actions {
                compare(&vec![vec![*first], vec![*second], vec![*third]], 0).unwrap();
            }
        }
    }
    all_programs_of_two_threads(actions);
}

fn all_programs_of_two_threads(actions: &[Action]) {
    for first in actions {
        for second in actions {
            for third in actions {
                compare(&vec![vec![*first, *second], vec![*third]], 0).unwrap();
            }
        }
    }
}

#[test]
fn all_small_programs_on_a_mutex() {
    all_programs_of_two_threads(&[Action::Lock(0, None), Action::TryLock(0), Action::LockTimeout(0)]);
}

#[test]
fn all_small_programs_on_an_atomic() {
    let exchange = |expected| Action::CompareExchange(0, expected);
    all_small_programs(&[Action::Store(0, 1), Action::Add(0), Action::Load(0), exchange(0), exchange(1)]);
}

#[test]
fn all_small_programs_on_a_reader_writer_lock() {
    all_programs_of_two_threads(&[
        Action::Read(0),
        Action::Write,
        Action::TryRead,
        Action::TryWrite,
        Action::TryUpgrade,
    ]);
}

#[test]
fn all_small_programs_on_permits() {
    all_small_programs(&[Action::AcquireTwo, Action::Release, Action::TryAcquire, Action::AcquireTimeout]);
}

#[test]
fn all_small_programs_on_a_channel() {
    all_small_programs(&[Action::Send, Action::TrySend, Action::Recv, Action::TryRecv, Action::RecvTimeout]);
}

#[test]
fn all_small_programs_on_a_condition_variable() {
    let signal = Action::Signal;
    all_programs_of_two_threads(&[
        Action::WaitTimeout,
        Action::Await,
        signal(false),
        signal(true),
        Action::Lock(0, None),
    ]);
}

/// Where a thread has chosen another number than in an execution, that does not show what it touches next.
#[test]
fn what_a_thread_touches_after_it_chose() {
    let program = vec![
        vec![Action::CompareExchange(0, 0)],
        vec![Action::Add(0)],
        vec![Action::Choose(2), Action::Acquire],
    ];
    for spurious_wakeups in 0..2 {
        compare(&program, spurious_wakeups).unwrap_or_else(|error| panic!("{error}"));
    }
}
