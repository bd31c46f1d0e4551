//! The report of each kind of finding that no lesson has, by the smallest program that shows it.

use std::sync::atomic::{AtomicU32 as Outside, Ordering};

use unsnarl::{
    Named, channel,
    check::{Checker, FindingKind},
    parking_lot::{Mutex, RwLock, RwLockUpgradableReadGuard},
    report::terminal,
    sync::{
        Arc, Barrier, Semaphore,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
};

use super::terminal::plain;

#[track_caller]
fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).unwrap()
}

/// What is said of the program under `name`; it has this kind of bug, and the title has these words.
fn report(name: &str, kind: FindingKind, model: impl Fn() + Send + Sync + 'static) {
    let verdict =
        Checker::new(name).regressions(false).max_steps(300).spurious_wakeups(0).cores(1).run(model);
    let finding = verdict.finding().unwrap_or_else(|| panic!("{name}: {verdict:?}"));
    assert_eq!(finding.kind, kind, "{finding}");
    insta::assert_snapshot!(name, terminal::finding(finding, &plain()));
}

#[test]
fn a_mutex_that_its_holder_locks_again() {
    report("self-lock", FindingKind::Deadlock, || {
        let table = Mutex::new(0);
        let _guard = table.lock();
        *table.lock() += 1;
    });
}

#[test]
fn a_reader_that_would_write() {
    report("self-upgrade", FindingKind::Deadlock, || {
        let table = RwLock::new(0);
        let seen = table.read();
        *table.write() += *seen;
    });
    report("upgrade", FindingKind::Deadlock, || {
        let table = Arc::new(RwLock::new(0));
        let other = Arc::clone(&table);
        let writer =
            spawn("writer", move || *RwLockUpgradableReadGuard::upgrade(other.upgradable_read()) += 1);
        let reader = spawn("reader", move || {
            let _seen = table.read();
            drop(table.upgradable_read());
        });
        writer.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn a_reader_behind_a_writer() {
    report("writer-preference", FindingKind::Deadlock, || {
        let table = Arc::new(RwLock::new(0));
        let (reads, writes) = (Arc::clone(&table), table);
        let reader = spawn("reader", move || {
            let _outer = reads.read();
            let _inner = reads.read();
        });
        let writer = spawn("writer", move || *writes.write() += 1);
        reader.join().unwrap();
        writer.join().unwrap();
    });
}

#[test]
fn a_lock_that_is_held_while_joining() {
    report("join-under-lock", FindingKind::Deadlock, || {
        let table = Arc::new(Mutex::new(0));
        let other = Arc::clone(&table);
        let guard = table.lock();
        let worker = spawn("worker", move || *other.lock() += 1);
        worker.join().unwrap();
        drop(guard);
    });
}

#[test]
fn a_receiver_whose_sender_is_kept() {
    report("recv", FindingKind::Deadlock, || {
        let (jobs, todo) = channel::unbounded::<u32>();
        let kept = jobs.clone();
        let worker = spawn("worker", move || while todo.recv().is_ok() {});
        let source = spawn("source", move || jobs.send(1).unwrap());
        source.join().unwrap();
        worker.join().unwrap();
        drop(kept);
    });
}

#[test]
fn a_sender_without_room() {
    report("send", FindingKind::Deadlock, || {
        let (results, taken) = channel::bounded(1);
        let worker = spawn("worker", move || (0..3).for_each(|result| results.send(result).unwrap()));
        assert_eq!(taken.recv(), Ok(0));
        worker.join().unwrap();
        drop(taken);
    });
}

#[test]
fn a_permit_that_is_not_given_back() {
    report("permits", FindingKind::Deadlock, || {
        let slots = Arc::new(Semaphore::new(1));
        let theirs = Arc::clone(&slots);
        let worker = spawn("worker", move || theirs.acquire().unwrap().forget());
        let permit = slots.acquire().unwrap();
        drop(permit);
        worker.join().unwrap();
    });
}

#[test]
fn a_barrier_that_too_few_come_to() {
    report("barrier-of-three", FindingKind::Deadlock, || {
        let start = Arc::new(Barrier::new(3));
        let theirs = Arc::clone(&start);
        let worker = spawn("worker", move || {
            theirs.wait();
        });
        start.wait();
        worker.join().unwrap();
    });
}

#[test]
fn a_thread_that_is_left_behind() {
    report("leak", FindingKind::Leak, || {
        let (jobs, todo) = channel::unbounded::<u32>();
        drop(spawn("worker", move || while todo.recv().is_ok() {}));
        std::mem::forget(jobs);
    });
}

#[test]
fn a_thread_that_waits_busily_for_what_never_comes() {
    report("livelock", FindingKind::Livelock, || {
        let stop = Arc::new(AtomicBool::new(false));
        let looked_at = Arc::clone(&stop);
        let worker = spawn("worker", move || {
            while !looked_at.load(SeqCst) {
                thread::yield_now();
            }
        });
        worker.join().unwrap();
        stop.store(true, SeqCst);
    });
}

#[test]
fn a_program_that_remembers() {
    static RUNS: Outside = Outside::new(0);
    report("nondeterminism", FindingKind::Nondeterminism, || {
        let table = Arc::new(Mutex::new(0).named("table"));
        let other = Arc::clone(&table);
        let worker = spawn("worker", move || *other.lock() += 1);
        // ORDERING: SeqCst, of the standard library: a memory that the checker does not know of.
        if RUNS.fetch_add(1, Ordering::SeqCst) % 2 == 1 {
            *table.lock() += 1;
        }
        thread::yield_now();
        *table.lock() += 1;
        worker.join().unwrap();
    });
}
