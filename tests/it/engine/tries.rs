//! Tries, and compare-exchanges: what fails in one place succeeds in another, and then others depend on it.

use unsnarl::{
    channel::{self, Receiver, Sender},
    check::{Checker, Strategy},
    parking_lot::{Mutex, RwLock, RwLockUpgradableReadGuard},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// What a thread does to the object that all share.
type Act<T> = fn(&T);

/// Every way to give each of so many threads one of these acts, but for which thread has which.
fn choices(acts: usize, threads: usize) -> Vec<Vec<usize>> {
    let Some(fewer) = threads.checked_sub(1) else { return vec![Vec::new()] };
    let with_one_more = |chosen: Vec<usize>| {
        let first = chosen.last().copied().unwrap_or(0);
        (first..acts).map(move |act| [&chosen[..], &[act]].concat())
    };
    choices(acts, fewer).into_iter().flat_map(with_one_more).collect()
}

/// Programs of so many threads that each do one of these acts: the reduced search executes as many as there are traces, none in
/// vain. Sleep sets, which know nothing of what an act would do in another place, count the traces.
fn assert_each_trace_once<T: Send + Sync + 'static>(
    threads: usize,
    make: fn() -> T,
    acts: &'static [(&'static str, Act<T>)],
) {
    for chosen in choices(acts.len(), threads) {
        let names: Vec<_> = chosen.iter().map(|index| acts[*index].0).collect();
        let model = move || {
            let shared = Arc::new(make());
            let start = |index: &usize| {
                let index = *index;
                let shared = Arc::clone(&shared);
                thread::spawn(move || acts[index].1(&shared))
            };
            let threads: Vec<_> = chosen.iter().map(start).collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        };
        let count = |strategy| {
            let checker = Checker::new("tries").strategy(strategy).regressions(false).cores(1);
            let verdict = checker.run(model.clone());
            let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}"));
            assert!(pass.is_complete(), "{pass:?}");
            (pass.explored.executions, pass.explored.redundant)
        };
        let (traces, _) = count(Strategy::SleepSets);
        assert_eq!(count(Strategy::Exhaustive), (traces, 0), "{names:?}");
    }
}

#[test]
fn compare_exchanges() {
    assert_each_trace_once::<AtomicUsize>(
        4,
        || AtomicUsize::new(0),
        &[
            ("load", |a| _ = a.load(SeqCst)),
            ("store 1", |a| a.store(1, SeqCst)),
            ("store 2", |a| a.store(2, SeqCst)),
            ("0 to 1", |a| _ = a.compare_exchange(0, 1, SeqCst, SeqCst)),
            ("1 to 2", |a| _ = a.compare_exchange(1, 2, SeqCst, SeqCst)),
            ("2 to 0", |a| _ = a.compare_exchange(2, 0, SeqCst, SeqCst)),
        ],
    );
}

#[test]
fn tries_of_a_mutex() {
    assert_each_trace_once::<Mutex<u32>>(
        4,
        || Mutex::new(0),
        &[
            ("lock", |m| *m.lock() += 1),
            ("try", |m| drop(m.try_lock())),
            ("in time", |m| drop(m.try_lock_for(Duration::from_millis(1)))),
        ],
    );
}

#[test]
fn tries_of_a_reader_writer_lock() {
    assert_each_trace_once::<RwLock<u32>>(
        4,
        || RwLock::new(0),
        &[
            ("read", |l| drop(l.read())),
            ("try to read", |l| drop(l.try_read())),
            ("write", |l| *l.write() += 1),
            ("try to write", |l| drop(l.try_write())),
            ("try to read upgradably", |l| drop(l.try_upgradable_read())),
            ("try to upgrade", |l| drop(RwLockUpgradableReadGuard::try_upgrade(l.upgradable_read()))),
        ],
    );
}

#[test]
fn tries_of_a_channel() {
    assert_each_trace_once::<(Sender<u8>, Receiver<u8>)>(
        4,
        || channel::bounded::<u8>(1),
        &[
            ("try to send", |(sender, _)| _ = sender.try_send(1)),
            ("send in time", |(sender, _)| _ = sender.send_timeout(1, Duration::from_millis(1))),
            ("try to receive", |(_, receiver)| _ = receiver.try_recv()),
            ("receive in time", |(_, receiver)| _ = receiver.recv_timeout(Duration::from_millis(1))),
            ("length", |(sender, _)| _ = sender.len()),
        ],
    );
}
