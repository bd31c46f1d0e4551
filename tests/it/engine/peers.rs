//! What loom 0.7.3 and shuttle 0.9.9 get wrong, and where it is tested that we do not.
//!
//! | loom | tested by |
//! |---|---|
//! | `notify_one` wakes the oldest waiter only | `semantics::notify_one_may_wake_any_waiter`, `a_shared_condvar_with_notify_one_loses_a_wakeup` |
//! | `try_lock` never fails under contention | `semantics::try_lock_fails_while_another_thread_is_inside_an_empty_critical_section` |
//! | two `try_lock` are a deadlock | `semantics::two_try_locks_are_no_deadlock` |
//! | false deadlocks: unpark before a wait, last sender dropped, a lone timed wait | `semantics::unpark_before_park_and_before_a_condvar_wait_is_kept_for_park_only`, `receivers_end_when_the_last_sender_is_dropped_and_senders_fail_without_receivers`, `a_lone_timed_wait_ends` |
//! | two read guards in one thread panic | `semantics::two_readers_in_one_thread_and_a_reader_that_upgrades` |
//! | a send without receivers is `Ok` | `semantics::receivers_end_when_the_last_sender_is_dropped_and_senders_fail_without_receivers` |
//! | `SeqCst` is too weak | `litmus::programs` |
//! | no load buffering | `litmus::stale::load_buffering_is_not_shown`: nor have we |
//! | a limit of executions is overrun | [`a_limit_of_executions_is_kept`] |
//! | a stale checkpoint lets a model pass | [`a_schedule_of_another_program_does_not_end_the_check`] |
//! | a deadlock with a live `Arc` aborts the process | `findings::ab_ba_is_a_lock_cycle` |
//! | five threads at most | [`twelve_threads_complete`] |
//! | `spawn` asks for no `Send` | the documentation of `thread::spawn` |
//! | a panic in a thread ends the model | `semantics::a_panic_poisons_and_join_gives_it` |
//! | `Barrier` panics; no `Weak`, `LazyLock`, `scope`, `park_timeout` | [`what_loom_lacks_works_in_a_model`] |
//!
//! | shuttle | tested by |
//! |---|---|
//! | detached threads that deadlock pass; a deadlock beside a busy thread is a limit of steps | `semantics::a_deadlock_of_detached_threads_beside_a_busy_one_is_found_when_it_closes` |
//! | `try_read` by a reader leaks a permit | [`a_reader_that_tries_to_read_again_leaves_nothing_behind`] |
//! | statics keep their value | `semantics::statics_start_afresh_and_survivors_with_data_are_noted` |
//! | the end of the time is told as a failure | `cores::the_time_budget_ends_all_searches` |
//! | all atomics are `SeqCst` | `litmus::programs` |
//! | timeouts never fire | `semantics::a_timeout_is_a_choice_and_moves_virtual_time` |
//! | no data races | `races` |
//! | unnamed threads bear their parent's name | [`unnamed_threads_have_names_of_their_own`] |
//!
//! Both miss hangs by locks that prefer writers: `semantics::a_writer_that_waits_between_two_reads_of_one_thread`.

use std::{fs, path::PathBuf};

use unsnarl::{
    check::{Checker, Pass, Strategy, Verdict},
    parking_lot::{Mutex, RwLock},
    sync::{
        Arc, Barrier, LazyLock, Weak,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

fn checker() -> Checker {
    Checker::new("peers").regressions(false)
}

fn complete(verdict: &Verdict) -> &Pass {
    let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}"));
    assert!(pass.is_complete(), "{pass:?}");
    pass
}

/// So many threads add to one number.
fn additions(threads: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let total = Arc::new(Mutex::new(0));
        let add = || {
            let total = Arc::clone(&total);
            thread::spawn(move || *total.lock() += 1)
        };
        let handles: Vec<_> = (0..threads).map(|_| add()).collect();
        handles.into_iter().for_each(|handle| handle.join().unwrap());
        assert_eq!(*total.lock(), threads);
    }
}

#[test]
fn a_limit_of_executions_is_kept() {
    for strategy in [Strategy::Auto, Strategy::Exhaustive, Strategy::Random(1), Strategy::Portfolio(1)] {
        let verdict = checker().strategy(strategy.clone()).max_executions(10).run(additions(4));
        let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}"));
        assert_eq!(pass.explored.schedules(), 10, "{strategy:?}");
        assert!(!pass.is_complete(), "{pass:?}");
    }
}

#[test]
fn a_schedule_of_another_program_does_not_end_the_check() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("another_program");
    let _ = fs::remove_dir_all(&folder);
    let checker = Checker::new("peers").regressions_in(&folder);
    let failing = checker.run(super::findings::ab_ba);
    assert!(failing.finding().is_some(), "{failing:#?}");
    let verdict = checker.run(additions(4));
    let pass = complete(&verdict);
    assert_eq!(pass.explored.executions, 24);
    assert!(pass.notes.iter().any(|note| note.contains("no longer applies")), "{pass:?}");
}

#[test]
fn twelve_threads_complete() {
    for threads in [8, 12] {
        // Each has a number of its own: one trace.
        let verdict = checker().run(move || {
            let numbers: Arc<Vec<_>> = Arc::new((0..threads).map(|_| Mutex::new(0)).collect());
            let add = |index: usize| {
                let numbers = Arc::clone(&numbers);
                thread::spawn(move || *numbers[index].lock() += 1)
            };
            let handles: Vec<_> = (0..threads).map(add).collect();
            handles.into_iter().for_each(|handle| handle.join().unwrap());
        });
        assert_eq!(complete(&verdict).explored.executions, 1, "{threads} threads");
    }
}

#[test]
fn what_loom_lacks_works_in_a_model() {
    static SEEN: LazyLock<AtomicUsize> = LazyLock::new(|| AtomicUsize::new(0));
    let verdict = checker().run(|| {
        let (barrier, owner) = (Barrier::new(2), Arc::new(1));
        let weak: Weak<i32> = Arc::downgrade(&owner);
        thread::scope(|scope| {
            let other = scope.spawn(|| usize::from(barrier.wait().is_leader()));
            let mine = usize::from(barrier.wait().is_leader());
            assert_eq!(mine + other.join().unwrap(), 1, "one of them leads");
        });
        SEEN.fetch_add(1, SeqCst);
        assert_eq!(SEEN.load(SeqCst), 1, "it starts afresh");
        drop(owner);
        assert!(weak.upgrade().is_none());
        thread::park_timeout(std::time::Duration::from_millis(1));
    });
    assert!(complete(&verdict).explored.executions >= 2);
}

#[test]
fn a_reader_that_tries_to_read_again_leaves_nothing_behind() {
    let verdict = checker().run(|| {
        let table = Arc::new(RwLock::new(0));
        let theirs = Arc::clone(&table);
        let writer = thread::spawn(move || *theirs.write() += 1);
        let first = table.read();
        let second = table.try_read();
        drop((first, second));
        *table.write() += 1;
        writer.join().unwrap();
        assert_eq!(*table.read(), 2);
    });
    complete(&verdict);
}

#[test]
fn unnamed_threads_have_names_of_their_own() {
    let verdict = checker().run(|| {
        let parent = thread::Builder::new().name("parent".to_owned()).spawn(|| {
            let child = thread::spawn(|| panic!("from the child"));
            child.join().unwrap_err();
            panic!("from the parent");
        });
        parent.unwrap().join().unwrap();
    });
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:#?}"));
    let names: Vec<_> = finding.threads.iter().map(|thread| thread.name.as_str()).collect();
    assert_eq!(names, ["main", "parent", "thread-2"]);
}
