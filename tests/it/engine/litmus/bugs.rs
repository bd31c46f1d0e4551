//! Protocols whose mistake only weak memory shows: the default check finds it, sequential consistency alone does not, and the
//! mended twin passes completely.

use unsnarl::{
    check::{Checker, FindingKind},
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU32, Ordering,
            Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst},
            fence,
        },
    },
    thread,
};

/// `model(true)` has the mistake.
#[track_caller]
fn found_and_mended(kind: FindingKind, model: fn(bool)) {
    let checker = Checker::new("weak bug").regressions(false).max_time(std::time::Duration::from_secs(60));
    let verdict = checker.run(move || model(true));
    let finding = verdict.finding().unwrap_or_else(|| panic!("the mistake is not found: {verdict:?}"));
    assert_eq!(finding.kind, kind, "{finding}");
    let stale = ["read an overwritten value", "overwritten already"];
    assert!(
        finding
            .steps
            .iter()
            .filter_map(|step| step.outcome.as_ref())
            .any(|said| stale.iter().any(|words| said.contains(words))),
        "{finding}"
    );
    let verdict = checker.clone().weak_memory(false).run(move || model(true));
    assert!(verdict.pass().is_some(), "sequential consistency does not show it: {verdict:?}");
    let verdict = checker.run(move || model(false));
    assert!(verdict.pass().is_some(), "the mended twin passes: {verdict:?}");
}

/// Runs the two bodies in threads and waits for them.
fn both(first: impl FnOnce() + Send + 'static, second: impl FnOnce() + Send + 'static) {
    for handle in [thread::spawn(first), thread::spawn(second)] {
        handle.join().unwrap();
    }
}

/// Loads and stores: no increment is lost only if the two exclude each other and see each other's.
fn increment(count: &AtomicU32) {
    count.store(count.load(Relaxed) + 1, Relaxed);
}

/// Notices a second thread inside. Read-modify-write operations on one variable always see each other.
fn alone_inside(inside: &AtomicBool) {
    assert!(!inside.swap(true, SeqCst), "two threads are inside");
    inside.swap(false, SeqCst);
}

#[test]
fn a_spin_lock_that_is_unlocked_without_release() {
    found_and_mended(FindingKind::Panic, |wrong| {
        let shared = Arc::new((AtomicBool::new(false), AtomicU32::new(0)));
        let worker = |shared: Arc<(AtomicBool, AtomicU32)>| {
            move || {
                while shared.0.compare_exchange(false, true, Acquire, Relaxed).is_err() {
                    thread::yield_now();
                }
                increment(&shared.1);
                shared.0.store(false, if wrong { Relaxed } else { Release });
            }
        };
        both(worker(Arc::clone(&shared)), worker(Arc::clone(&shared)));
        assert_eq!(shared.1.load(Relaxed), 2, "an increment is lost");
    });
}

#[test]
fn a_lock_of_peterson_without_sequential_consistency() {
    #[derive(Default)]
    struct Peterson {
        wants: [AtomicBool; 2],
        turn: AtomicU32,
        inside: AtomicBool,
    }
    found_and_mended(FindingKind::Panic, |wrong| {
        let (store, load) = if wrong { (Release, Acquire) } else { (SeqCst, SeqCst) };
        let shared = Arc::new(Peterson::default());
        let worker = |me: usize, shared: Arc<Peterson>| {
            move || {
                let other = 1 - me;
                shared.wants[me].store(true, store);
                shared.turn.store(other as u32, store);
                while shared.wants[other].load(load) && shared.turn.load(load) == other as u32 {
                    thread::yield_now();
                }
                alone_inside(&shared.inside);
                shared.wants[me].store(false, store);
            }
        };
        both(worker(0, Arc::clone(&shared)), worker(1, shared));
    });
}

#[test]
fn a_door_of_dekker_without_fences() {
    #[derive(Default)]
    struct Door {
        wants: [AtomicBool; 2],
        inside: AtomicBool,
    }
    found_and_mended(FindingKind::Panic, |wrong| {
        let shared = Arc::new(Door::default());
        let worker = |me: usize, shared: Arc<Door>| {
            move || {
                shared.wants[me].store(true, Relaxed);
                fence(if wrong { AcqRel } else { SeqCst });
                if !shared.wants[1 - me].load(Relaxed) {
                    alone_inside(&shared.inside);
                }
            }
        };
        both(worker(0, Arc::clone(&shared)), worker(1, shared));
    });
}

/// A sequence lock around two words, whose fences have these orderings: `Relaxed` stands for none.
fn sequence_lock(writer_fence: Ordering, reader_fence: Ordering) {
    #[derive(Default)]
    struct SequenceLock {
        sequence: AtomicU32,
        words: [AtomicU32; 2],
    }
    let fence_unless_relaxed = |ordering: Ordering| {
        if ordering != Relaxed {
            fence(ordering);
        }
    };
    let shared = Arc::new(SequenceLock::default());
    let own = Arc::clone(&shared);
    let write = move || {
        own.sequence.store(1, Relaxed);
        fence_unless_relaxed(writer_fence);
        own.words[0].store(1, Relaxed);
        own.words[1].store(1, Relaxed);
        own.sequence.store(2, Release);
    };
    let read = move || {
        let before = shared.sequence.load(Acquire);
        let words = [shared.words[0].load(Relaxed), shared.words[1].load(Relaxed)];
        fence_unless_relaxed(reader_fence);
        if before % 2 == 0 && shared.sequence.load(Relaxed) == before {
            assert_eq!(words[0], words[1], "the words belong together");
        }
    };
    both(write, read);
}

#[test]
fn a_sequence_lock_whose_reader_has_no_fence() {
    found_and_mended(FindingKind::Panic, |wrong| {
        sequence_lock(Release, if wrong { Relaxed } else { Acquire });
    });
}

#[test]
fn a_sequence_lock_whose_writer_has_no_fence() {
    found_and_mended(FindingKind::Panic, |wrong| {
        sequence_lock(if wrong { Relaxed } else { Release }, Acquire);
    });
}

#[test]
fn a_message_that_is_published_without_release() {
    found_and_mended(FindingKind::Panic, |wrong| {
        let shared = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
        let own = Arc::clone(&shared);
        let publish = move || {
            own.0.store(42, Relaxed);
            own.1.store(true, if wrong { Relaxed } else { Release });
        };
        let wait = move || {
            while !shared.1.load(Acquire) {
                thread::yield_now();
            }
            assert_eq!(shared.0.load(Relaxed), 42);
        };
        both(publish, wait);
    });
}

#[test]
fn a_last_owner_who_does_not_acquire() {
    found_and_mended(FindingKind::Panic, |wrong| {
        let shared = Arc::new((AtomicU32::new(2), [AtomicBool::new(false), AtomicBool::new(false)]));
        let worker = |me: usize, shared: Arc<(AtomicU32, [AtomicBool; 2])>| {
            move || {
                let (owners, done) = &*shared;
                done[me].store(true, Relaxed);
                if owners.fetch_sub(1, Release) == 1 {
                    if !wrong {
                        fence(Acquire);
                    }
                    assert!(done[1 - me].load(Relaxed), "the last owner does not see what the other one did");
                }
            }
        };
        both(worker(0, Arc::clone(&shared)), worker(1, shared));
    });
}

#[test]
fn a_sleeper_who_is_overlooked() {
    // The flags of a parking queue: each side stores its own and looks at the other's.
    found_and_mended(FindingKind::Deadlock, |wrong| {
        let shared = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let own = Arc::clone(&shared);
        let fence_if_right = move || {
            if !wrong {
                fence(SeqCst);
            }
        };
        let sleeper = thread::spawn(move || {
            let (sleeps, work) = &*own;
            sleeps.store(true, Relaxed);
            fence_if_right();
            if !work.load(Relaxed) {
                thread::park();
            }
        });
        let (sleeps, work) = &*shared;
        work.store(true, Relaxed);
        fence_if_right();
        if sleeps.load(Relaxed) {
            sleeper.thread().unpark();
        }
        sleeper.join().unwrap();
    });
}
