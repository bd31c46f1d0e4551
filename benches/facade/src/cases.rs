//! What is measured. Each pair of closures is the same text with other names.

use std::hint::black_box;

use crate::{Measured, measure};

/// Every case, one after the other.
pub(crate) fn all() -> Vec<Measured> {
    vec![
        std_mutex(),
        parking_lot_mutex(),
        nested(),
        std_rwlock_read(),
        parking_lot_rwlock_write(),
        notify_nobody(),
        fetch_add(),
        channel(),
        once_done(),
        thread_local(),
    ]
}

fn std_mutex() -> Measured {
    let (ours, theirs) = (unsnarl::sync::Mutex::new(0_u64), std::sync::Mutex::new(0_u64));
    measure(
        "lock and unlock sync::Mutex",
        "std",
        1,
        || *black_box(&ours).lock().unwrap() += 1,
        || *black_box(&theirs).lock().unwrap() += 1,
    )
}

fn parking_lot_mutex() -> Measured {
    let (ours, theirs) = (unsnarl::parking_lot::Mutex::new(0_u64), parking_lot::Mutex::new(0_u64));
    measure(
        "lock and unlock parking_lot::Mutex",
        "parking_lot",
        1,
        || *black_box(&ours).lock() += 1,
        || *black_box(&theirs).lock() += 1,
    )
}

fn nested() -> Measured {
    let ours = [const { unsnarl::parking_lot::Mutex::new(0_u64) }; 4];
    let theirs = [const { parking_lot::Mutex::new(0_u64) }; 4];
    measure(
        "four nested parking_lot::Mutex",
        "parking_lot",
        4,
        || {
            let [a, b, c, d] = black_box(&ours);
            let (a, b, c, d) = (a.lock(), b.lock(), c.lock(), d.lock());
            black_box(*a + *b + *c + *d);
        },
        || {
            let [a, b, c, d] = black_box(&theirs);
            let (a, b, c, d) = (a.lock(), b.lock(), c.lock(), d.lock());
            black_box(*a + *b + *c + *d);
        },
    )
}

fn std_rwlock_read() -> Measured {
    let (ours, theirs) = (unsnarl::sync::RwLock::new(7_u64), std::sync::RwLock::new(7_u64));
    measure(
        "read-lock and unlock sync::RwLock",
        "std",
        1,
        || {
            black_box(*black_box(&ours).read().unwrap());
        },
        || {
            black_box(*black_box(&theirs).read().unwrap());
        },
    )
}

fn parking_lot_rwlock_write() -> Measured {
    let (ours, theirs) = (unsnarl::parking_lot::RwLock::new(0_u64), parking_lot::RwLock::new(0_u64));
    measure(
        "write-lock and unlock parking_lot::RwLock",
        "parking_lot",
        1,
        || *black_box(&ours).write() += 1,
        || *black_box(&theirs).write() += 1,
    )
}

fn notify_nobody() -> Measured {
    let (ours, theirs) = (unsnarl::parking_lot::Condvar::new(), parking_lot::Condvar::new());
    measure(
        "notify_one without waiters",
        "parking_lot",
        0,
        || {
            black_box(black_box(&ours).notify_one());
        },
        || {
            black_box(black_box(&theirs).notify_one());
        },
    )
}

fn fetch_add() -> Measured {
    let (ours, theirs) = (unsnarl::sync::atomic::AtomicU64::new(0), std::sync::atomic::AtomicU64::new(0));
    measure(
        "fetch_add",
        "std",
        0,
        // ORDERING: relaxed: one thread counts; it is the cost that is looked at.
        || {
            black_box(black_box(&ours).fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        },
        // ORDERING: relaxed, as above.
        || {
            black_box(black_box(&theirs).fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        },
    )
}

fn channel() -> Measured {
    let (our_sender, our_receiver) = unsnarl::channel::bounded(8);
    let (their_sender, their_receiver) = crossbeam_channel::bounded(8);
    measure(
        "send and receive in one thread",
        "crossbeam-channel",
        0,
        || {
            our_sender.send(1_u64).unwrap();
            black_box(our_receiver.recv().unwrap());
        },
        || {
            their_sender.send(1_u64).unwrap();
            black_box(their_receiver.recv().unwrap());
        },
    )
}

/// One takes less time than the place of a loop in memory makes out; so a round has sixteen, one after the other.
fn once_done() -> Measured {
    let ours = [const { unsnarl::sync::OnceLock::new() }; 16];
    let theirs = [const { std::sync::OnceLock::new() }; 16];
    measure(
        "16 times OnceLock::get_or_init, each set",
        "std",
        0,
        || {
            black_box(black_box(&ours).each_ref().map(|once| *once.get_or_init(|| 3_u64)));
        },
        || {
            black_box(black_box(&theirs).each_ref().map(|once| *once.get_or_init(|| 3_u64)));
        },
    )
}

fn thread_local() -> Measured {
    unsnarl::thread::thread_local! {
        static OURS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }
    std::thread_local! {
        static THEIRS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }
    measure(
        "thread-local get and set",
        "std",
        0,
        || OURS.set(black_box(OURS.get() + 1)),
        || THEIRS.set(black_box(THEIRS.get() + 1)),
    )
}
