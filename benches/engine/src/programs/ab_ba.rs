//! Two locks that two threads take in two orders.

use unsnarl::{
    parking_lot::Mutex,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use super::{LOOM, Program};
use crate::threads::{Body, threads, together};

pub(super) const PROGRAMS: &[Program] = &[
    Program::exact("AB/BA, recorded", 3, recorded),
    Program::deadlocks("AB/BA", || ab_ba(0)),
    Program::deadlocks("AB/BA amid 3+3", || ab_ba(3)),
    Program::deadlocks("AB/BA amid 10+10", || ab_ba(10)).hopeless_for(LOOM),
];

/// Before and after both threads take and give back a third lock `others` times.
fn ab_ba(others: usize) {
    let (a, b, other) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())), Arc::new(Mutex::new(0)));
    let body = |first: Arc<Mutex<()>>, second: Arc<Mutex<()>>| {
        let other = Arc::clone(&other);
        let busy = move || {
            for _ in 0..others {
                *other.lock() += 1;
            }
        };
        Box::new(move || {
            busy();
            {
                let _first = first.lock();
                let _second = second.lock();
            }
            busy();
        }) as Body
    };
    threads([body(Arc::clone(&a), Arc::clone(&b)), body(b, a)]);
}

/// The same without waiting, so that the deadlock does not end the search: a thread that comes to a lock draws a number there.
/// One thread is first at both locks, or the other one is, or each is first at its own: there it is that they wait for each
/// other.
fn recorded() {
    let drawn = together([AtomicUsize::new(0), AtomicUsize::new(0)], 2, |locks, index| {
        let first = locks[index].fetch_add(1, SeqCst);
        let second = locks[1 - index].fetch_add(1, SeqCst);
        assert!(first <= 1 && second <= 1);
    });
    assert!(drawn.iter().all(|lock| lock.load(SeqCst) == 2));
}
