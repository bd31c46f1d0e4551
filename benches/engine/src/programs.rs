//! The programs: written once on the facade, small enough to be searched to the end, in the ways in which threads meet.

use std::collections::VecDeque;

use unsnarl::{
    channel,
    check::FindingKind,
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

/// A program of the comparison.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) expected: Option<FindingKind>,
    pub(crate) body: fn(),
}

/// All of them, in the order of the table.
pub(crate) fn all() -> Vec<Program> {
    let correct = |name, body| Program { name, expected: None, body };
    let deadlocks = |name, body| Program { name, expected: Some(FindingKind::Deadlock), body };
    vec![
        correct("mutex, 2 threads x 3", || increments(2, 3)),
        correct("mutex, 3 threads x 2", || increments(3, 2)),
        correct("mutex, 4 threads x 2", || increments(4, 2)),
        deadlocks("AB/BA", || ab_ba(0)),
        deadlocks("AB/BA amid 3+3 lock pairs", || ab_ba(3)),
        deadlocks("AB/BA amid 10+10 lock pairs", || ab_ba(10)),
        deadlocks("lost wake-up", lost_wake_up),
        deadlocks("shared-condvar lost wake-up", shared_condvar),
        correct("bounded buffer, 1 slot, 2+2", bounded_buffer),
        correct("readers-writer lock, 2+1", readers_writer),
        correct("pool, 2 workers, 3 jobs", pool),
        correct("channel, 2 senders", senders),
        correct("seqlock", seqlock),
        correct("spin lock with yield", spin_lock),
    ]
}

type Body = Box<dyn FnOnce() + Send>;

/// Spawns one thread for each body and joins them.
fn threads(bodies: impl IntoIterator<Item = Body>) {
    let handles: Vec<_> = bodies.into_iter().map(|body| thread::spawn(body)).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

fn increments(count: usize, times: usize) {
    let total = Arc::new(Mutex::new(0));
    threads((0..count).map(|_| {
        let total = Arc::clone(&total);
        Box::new(move || {
            for _ in 0..times {
                *total.lock() += 1;
            }
        }) as Body
    }));
    assert_eq!(*total.lock(), count * times);
}

/// Two locks in two orders, before and after which both threads take and give back a third lock `others` times.
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

/// The waiter looks, lets the lock go, and waits without looking again.
fn lost_wake_up() {
    let state = Arc::new((Mutex::new(false), Condvar::new()));
    let waiter = Arc::clone(&state);
    threads([
        Box::new(move || {
            let (ready, changed) = &*waiter;
            let is_ready = *ready.lock();
            if !is_ready {
                changed.wait(&mut ready.lock());
            }
        }) as Body,
        Box::new(move || {
            let (ready, changed) = &*state;
            *ready.lock() = true;
            changed.notify_one();
        }) as Body,
    ]);
}

/// A buffer of one slot, which notifies when it has given the lock back. With one condition variable for both sides, a
/// notification meant for one may wake the other.
struct Slot {
    item: Mutex<Option<usize>>,
    filled: Condvar,
    emptied: Option<Condvar>,
}

impl Slot {
    fn new(is_shared: bool) -> Arc<Self> {
        let emptied = (!is_shared).then(Condvar::new);
        Arc::new(Slot { item: Mutex::new(None), filled: Condvar::new(), emptied })
    }

    fn emptied(&self) -> &Condvar {
        self.emptied.as_ref().unwrap_or(&self.filled)
    }

    fn put(&self, item: usize) {
        let mut slot = self.item.lock();
        while slot.is_some() {
            self.emptied().wait(&mut slot);
        }
        *slot = Some(item);
        drop(slot);
        self.filled.notify_one();
    }

    fn take(&self) -> usize {
        let mut slot = self.item.lock();
        loop {
            if let Some(item) = slot.take() {
                drop(slot);
                self.emptied().notify_one();
                return item;
            }
            self.filled.wait(&mut slot);
        }
    }
}

/// Two producers of one item each and a consumer of both, on one condition variable.
fn shared_condvar() {
    let slot = Slot::new(true);
    let (first, second) = (Arc::clone(&slot), Arc::clone(&slot));
    threads([
        Box::new(move || first.put(1)) as Body,
        Box::new(move || second.put(2)) as Body,
        Box::new(move || assert_eq!(slot.take() + slot.take(), 3)) as Body,
    ]);
}

/// Two producers and two consumers of one item each.
fn bounded_buffer() {
    let slot = Slot::new(false);
    threads((0..4).map(|index| {
        let slot = Arc::clone(&slot);
        Box::new(move || {
            if index < 2 {
                slot.put(index);
            } else {
                assert!(slot.take() < 2);
            }
        }) as Body
    }));
}

/// Two readers and a writer on a lock made of a mutex and a condition variable.
fn readers_writer() {
    /// How many read; `usize::MAX` while somebody writes.
    type State = (Mutex<usize>, Condvar, AtomicUsize);
    let state: Arc<State> = Arc::new((Mutex::new(0), Condvar::new(), AtomicUsize::new(0)));
    let reader = |state: Arc<State>| {
        Box::new(move || {
            let (readers, changed, value) = &*state;
            {
                let mut readers = readers.lock();
                while *readers == usize::MAX {
                    changed.wait(&mut readers);
                }
                *readers += 1;
            }
            assert!(value.load(SeqCst) < 2);
            let mut readers = readers.lock();
            *readers -= 1;
            if *readers == 0 {
                changed.notify_all();
            }
        }) as Body
    };
    let (first, second) = (reader(Arc::clone(&state)), reader(Arc::clone(&state)));
    let writer = Box::new(move || {
        let (readers, changed, value) = &*state;
        {
            let mut readers = readers.lock();
            while *readers != 0 {
                changed.wait(&mut readers);
            }
            *readers = usize::MAX;
        }
        value.store(1, SeqCst);
        *readers.lock() = 0;
        changed.notify_all();
    }) as Body;
    threads([first, second, writer]);
}

/// Two workers, three jobs, and a shutdown that the workers follow when the queue is empty.
fn pool() {
    #[derive(Default)]
    struct Queue {
        jobs: VecDeque<usize>,
        is_closed: bool,
    }
    let queue = Arc::new((Mutex::new(Queue::default()), Condvar::new()));
    let done = Arc::new(Mutex::new(0));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let (queue, done) = (Arc::clone(&queue), Arc::clone(&done));
            thread::spawn(move || {
                let (queue, changed) = &*queue;
                loop {
                    let job = {
                        let mut queue = queue.lock();
                        loop {
                            if let Some(job) = queue.jobs.pop_front() {
                                break job;
                            }
                            if queue.is_closed {
                                return;
                            }
                            changed.wait(&mut queue);
                        }
                    };
                    *done.lock() += job;
                }
            })
        })
        .collect();
    for job in 1..=3 {
        queue.0.lock().jobs.push_back(job);
        queue.1.notify_one();
    }
    queue.0.lock().is_closed = true;
    queue.1.notify_all();
    for worker in workers {
        worker.join().unwrap();
    }
    assert_eq!(*done.lock(), 6);
}

/// Two senders of two messages each and one receiver, on a channel of capacity 1.
fn senders() {
    let (sender, receiver) = channel::bounded(1);
    let second = sender.clone();
    threads([
        Box::new(move || (0..2).for_each(|item| sender.send(item).unwrap())) as Body,
        Box::new(move || (0..2).for_each(|item| second.send(item).unwrap())) as Body,
        Box::new(move || assert_eq!(receiver.iter().sum::<i32>(), 2)) as Body,
    ]);
}

/// One writer and one reader that tries again when it saw a write in progress.
fn seqlock() {
    let lock: Arc<(AtomicUsize, [AtomicUsize; 2])> = Arc::default();
    let writer = Arc::clone(&lock);
    threads([
        Box::new(move || {
            let (version, data) = &*writer;
            version.fetch_add(1, SeqCst);
            data[0].store(1, SeqCst);
            data[1].store(1, SeqCst);
            version.fetch_add(1, SeqCst);
        }) as Body,
        Box::new(move || {
            let (version, data) = &*lock;
            loop {
                let before = version.load(SeqCst);
                if before % 2 == 0 {
                    let seen = (data[0].load(SeqCst), data[1].load(SeqCst));
                    if version.load(SeqCst) == before {
                        assert_eq!(seen.0, seen.1);
                        break;
                    }
                }
                thread::yield_now();
            }
        }) as Body,
    ]);
}

/// Two threads on a lock that is one flag.
fn spin_lock() {
    let lock: Arc<(AtomicBool, AtomicUsize)> = Arc::default();
    threads((0..2).map(|_| {
        let lock = Arc::clone(&lock);
        Box::new(move || {
            let (is_taken, value) = &*lock;
            while is_taken.swap(true, SeqCst) {
                thread::yield_now();
            }
            value.store(value.load(SeqCst) + 1, SeqCst);
            is_taken.store(false, SeqCst);
        }) as Body
    }));
    assert_eq!(lock.1.load(SeqCst), 2);
}
