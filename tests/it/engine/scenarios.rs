//! Twenty-five programs that lock-order detectors and wait-for graphs disagree about: what is a deadlock, what only looks like
//! one. A check says of each what is true, and its report names how.

use unsnarl::{
    Named, channel,
    check::{Checker, FindingKind, Pass},
    parking_lot::{Condvar, Mutex, RwLock},
    sync::{Arc, Barrier},
    thread,
};

/// What is true of a program.
enum Truth {
    /// It can deadlock; so begins the title of the report.
    Deadlocks(&'static str),
    /// It cannot, and nothing is said of it.
    Silent,
}

use Truth::{Deadlocks, Silent};

const CIRCLE: Truth = Deadlocks("deadlock: `");
const LOST: Truth = Deadlocks("deadlock (lost wake-up): ");
const MISSING: Truth = Deadlocks("deadlock (missing notification): ");

const SCENARIOS: &[(&str, fn(), Truth)] = &[
    ("two locks in both orders", both_orders, CIRCLE),
    ("a circle of three locks and threads", three, CIRCLE),
    ("the middle lock is let go of", middle_dropped, CIRCLE),
    ("guards are dropped out of order", out_of_order, CIRCLE),
    ("one role, fresh instances", fresh_instances, CIRCLE),
    ("read and write over two rwlocks", read_write, CIRCLE),
    ("two read guards of one thread, and nobody writes", reads_twice, Silent),
    ("under a common outer lock", common_outer, Silent),
    ("both orders in one thread", one_thread, Silent),
    ("the second order tries", tries, Silent),
    ("a try of a lock that one holds", tries_own, Silent),
    ("two readers in both orders", readers, Silent),
    ("the inverse order after a join", after_join, Silent),
    ("the inverse order before it is shared", before_shared, Silent),
    ("hand over hand against the last and the first", needs_three, CIRCLE),
    ("one mutex twice", twice, CIRCLE),
    ("read, then write", read_then_write, CIRCLE),
    ("read, a writer queues, read again", writer_queues, CIRCLE),
    ("both orders, met at a barrier", met, CIRCLE),
    ("a ring of three, met at a barrier", met_ring, CIRCLE),
    ("notified before the wait, no state", notified_before, LOST),
    ("waits with another lock that the notifier needs", waits_with_a_lock, MISSING),
    ("joins with a lock that the thread needs", joins_with_a_lock, CIRCLE),
    ("sends with the receiver's lock", sends_with_a_lock, Deadlocks("deadlock (channel starvation): ")),
    ("two binary semaphores in both orders", binary_semaphores, MISSING),
];

type Pair = (Mutex<u32>, Mutex<u32>);

fn pair() -> Arc<Pair> {
    Arc::new((Mutex::new(0).named("a"), Mutex::new(0).named("b")))
}

fn run<const N: usize>(bodies: [Box<dyn FnOnce() + Send>; N]) {
    let threads = bodies.map(thread::spawn);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// Two threads with the same things.
fn two<T: Send + Sync + 'static>(
    shared: Arc<T>,
    one: impl FnOnce(&T) + Send + 'static,
    other: impl FnOnce(&T) + Send + 'static,
) {
    let theirs = Arc::clone(&shared);
    run([Box::new(move || one(&shared)), Box::new(move || other(&theirs))]);
}

fn nest(outer: &Mutex<u32>, inner: &Mutex<u32>) {
    let outer = outer.lock();
    *inner.lock() += *outer;
}

fn both_orders() {
    two(pair(), |(a, b)| nest(a, b), |(a, b)| nest(b, a));
}

fn ring(nested: fn(&[Mutex<u32>; 3], usize)) {
    let locks = Arc::new([(); 3].map(|()| Mutex::new(0)));
    let body = |at| -> Box<dyn FnOnce() + Send> {
        let locks = Arc::clone(&locks);
        Box::new(move || nested(&locks, at))
    };
    run([body(0), body(1), body(2)]);
}

fn three() {
    ring(|locks, at| nest(&locks[at], &locks[(at + 1) % 3]));
}

fn middle_dropped() {
    let one = |locks: &[Mutex<u32>; 3]| {
        let _a = locks[0].lock();
        let b = locks[1].lock();
        drop((locks[2].lock(), b));
    };
    let locks = Arc::new([(); 3].map(|()| Mutex::new(0)));
    two(locks, one, |locks| nest(&locks[2], &locks[0]));
}

fn out_of_order() {
    let one = |(a, b): &Pair| {
        let a = a.lock();
        let b = b.lock();
        drop(a);
        drop(b);
    };
    two(pair(), one, |(a, b)| nest(b, a));
}

/// Each thread has a connection of its own at first; the table shows it those of the others.
fn fresh_instances() {
    let table: Arc<Mutex<Vec<Arc<Mutex<u32>>>>> = Arc::new(Mutex::new(Vec::new()).named("table"));
    let serves = |table: &Mutex<Vec<Arc<Mutex<u32>>>>| {
        let connection = Arc::new(Mutex::new(0).named("connection"));
        table.lock().push(Arc::clone(&connection));
        let mut own = connection.lock();
        *own += u32::try_from(table.lock().len()).unwrap();
    };
    let sweeps = |table: &Mutex<Vec<Arc<Mutex<u32>>>>| {
        let connections = table.lock();
        connections.iter().for_each(|connection| *connection.lock() = 0);
    };
    two(table, serves, sweeps);
}

fn read_write() {
    let locks = Arc::new((RwLock::new(0), RwLock::new(0)));
    let one = |(a, b): &(RwLock<u32>, RwLock<u32>)| {
        let a = a.read();
        *b.write() += *a;
    };
    two(locks, one, |(a, b)| {
        let b = b.read();
        *a.write() += *b;
    });
}

fn reads_twice() {
    let lock = Arc::new(RwLock::new(1));
    let body = |lock: &RwLock<u32>| {
        let first = lock.read();
        assert_eq!(*first, *lock.read());
    };
    two(lock, body, body);
}

fn common_outer() {
    let shared = Arc::new((Mutex::new(()), pair()));
    let one = |(gate, locks): &(Mutex<()>, Arc<Pair>)| {
        let _gate = gate.lock();
        nest(&locks.0, &locks.1);
    };
    two(shared, one, |(gate, locks)| {
        let _gate = gate.lock();
        nest(&locks.1, &locks.0);
    });
}

fn one_thread() {
    let one = |(a, b): &Pair| {
        nest(a, b);
        nest(b, a);
    };
    two(pair(), one, |(a, _)| *a.lock() += 1);
}

fn tries() {
    two(
        pair(),
        |(a, b)| nest(a, b),
        |(a, b)| {
            let b = b.lock();
            if let Some(mut a) = a.try_lock() {
                *a += *b;
            }
        },
    );
}

fn tries_own() {
    let body = |(a, _): &Pair| {
        let _held = a.lock();
        assert!(a.try_lock().is_none());
    };
    two(pair(), body, body);
}

fn readers() {
    let locks = Arc::new((RwLock::new(1), RwLock::new(1)));
    let one = |(a, b): &(RwLock<u32>, RwLock<u32>)| {
        let a = a.read();
        assert_eq!(*a, *b.read());
    };
    two(locks, one, |(a, b)| {
        let b = b.read();
        assert_eq!(*b, *a.read());
    });
}

fn after_join() {
    let locks = pair();
    let theirs = Arc::clone(&locks);
    thread::spawn(move || nest(&theirs.0, &theirs.1)).join().unwrap();
    nest(&locks.1, &locks.0);
}

fn before_shared() {
    let locks = pair();
    nest(&locks.1, &locks.0);
    two(locks, |(a, b)| nest(a, b), |(a, b)| nest(a, b));
}

/// Each of two threads holds one lock of a chain; only with the third the circle closes.
fn needs_three() {
    ring(|locks, at| match at {
        2 => nest(&locks[2], &locks[0]),
        at => {
            let first = locks[at].lock();
            let mut next = locks[at + 1].lock();
            drop(first);
            *next += 1;
        }
    });
}

fn twice() {
    let lock = Mutex::new(0);
    nest(&lock, &lock);
}

fn read_then_write() {
    let lock = RwLock::new(0);
    let seen = lock.read();
    *lock.write() += *seen;
}

fn writer_queues() {
    let reads = |lock: &RwLock<u32>| {
        let first = lock.read();
        assert_eq!(*first, *lock.read());
    };
    two(Arc::new(RwLock::new(0)), reads, |lock| *lock.write() += 1);
}

fn met() {
    let shared = Arc::new((Barrier::new(2), Mutex::new(0), Mutex::new(0)));
    let one = |(met, a, b): &(Barrier, Mutex<u32>, Mutex<u32>)| {
        let a = a.lock();
        met.wait();
        *b.lock() += *a;
    };
    two(shared, one, |(met, a, b)| {
        let b = b.lock();
        met.wait();
        *a.lock() += *b;
    });
}

fn met_ring() {
    let shared = Arc::new((Barrier::new(3), [(); 3].map(|()| Mutex::new(0))));
    let body = |at: usize| -> Box<dyn FnOnce() + Send> {
        let shared = Arc::clone(&shared);
        Box::new(move || {
            let held = shared.1[at].lock();
            shared.0.wait();
            *shared.1[(at + 1) % 3].lock() += *held;
        })
    };
    run([body(0), body(1), body(2)]);
}

fn notified_before() {
    two(
        Arc::new((Mutex::new(()), Condvar::new())),
        |(mutex, changed)| changed.wait(&mut mutex.lock()),
        |(_, changed)| _ = changed.notify_one(),
    );
}

type Monitor = (Mutex<u32>, Mutex<bool>, Condvar);

fn waits_with_a_lock() {
    let waits = |(other, ready, changed): &Monitor| {
        let _other = other.lock();
        let mut ready = ready.lock();
        while !*ready {
            changed.wait(&mut ready);
        }
    };
    let notifies = |(other, ready, changed): &Monitor| {
        *other.lock() += 1;
        *ready.lock() = true;
        changed.notify_one();
    };
    two(Arc::new((Mutex::new(0), Mutex::new(false), Condvar::new())), waits, notifies);
}

fn joins_with_a_lock() {
    let locks = pair();
    let theirs = Arc::clone(&locks);
    let held = locks.0.lock();
    let thread = thread::spawn(move || *theirs.0.lock() += 1);
    thread.join().unwrap();
    drop(held);
}

fn sends_with_a_lock() {
    let (sender, receiver) = channel::bounded(1);
    let receiver = Arc::new(Mutex::new(receiver).named("receiver"));
    let theirs = Arc::clone(&receiver);
    let takes = thread::spawn(move || while theirs.lock().try_recv().is_ok() {});
    let held = receiver.lock();
    sender.send(1).unwrap();
    sender.send(2).unwrap();
    drop(held);
    takes.join().unwrap();
}

/// A semaphore with one permit, as one makes it of a mutex and a condition variable.
struct Binary(Mutex<bool>, Condvar);

impl Binary {
    fn new() -> Self {
        Binary(Mutex::new(true), Condvar::new())
    }

    fn with(&self, inside: impl FnOnce()) {
        let mut free = self.0.lock();
        while !*free {
            self.1.wait(&mut free);
        }
        *free = false;
        drop(free);
        inside();
        *self.0.lock() = true;
        self.1.notify_one();
    }
}

fn binary_semaphores() {
    let semaphores = Arc::new((Binary::new(), Binary::new()));
    two(semaphores, |(a, b)| a.with(|| b.with(|| ())), |(a, b)| b.with(|| a.with(|| ())));
}

#[test]
fn each_is_told_as_it_is() {
    for (name, model, truth) in SCENARIOS {
        let checker = Checker::new(*name).regressions(false).cores(1).spurious_wakeups(0);
        let verdict = checker.run(*model);
        match truth {
            Deadlocks(title) => {
                let finding = verdict.finding().unwrap_or_else(|| panic!("{name}: {verdict:?}"));
                assert_eq!(finding.kind, FindingKind::Deadlock, "{name}: {finding}");
                assert!(finding.title.starts_with(title), "{name}: {finding}");
            }
            Silent => {
                assert!(verdict.pass().is_some_and(Pass::is_complete), "{name}: {verdict:?}");
                // Nor by prediction, from one execution.
                let once = Checker::new(*name).regressions(false).max_executions(1).run(*model);
                let pass = once.pass().unwrap_or_else(|| panic!("{name}: {once:?}"));
                assert!(!pass.notes.iter().any(|note| note.contains("deadlock")), "{name}: {pass:?}");
            }
        }
    }
    assert_eq!(SCENARIOS.len(), 25);
}

/// What can deadlock only if all three come together says so.
#[test]
fn a_circle_of_three_names_all_three() {
    let verdict = Checker::new("needs three").regressions(false).cores(1).run(needs_three);
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
    assert_eq!(finding.cycle.len(), 3, "{finding}");
}
