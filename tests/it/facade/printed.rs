//! What `{:?}` prints of the facade's items is what it prints of the originals, in every state.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The outputs for the crate of this name, in both forms.
macro_rules! forms {
    ($all:ident: $($value:expr),* $(,)?) => {{
        $(match &$value {
            value => {
                $all.push(format!("{value:?}"));
                $all.push(format!("{value:#?}"));
            }
        })*
    }};
}

macro_rules! of_std {
    ($krate:ident) => {{
        use $krate::sync::{
            Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock,
            atomic::{AtomicBool, AtomicI8, AtomicU64},
            mpsc,
        };
        let mut all = Vec::new();
        let mutex = Mutex::new((1, "a"));
        forms!(all: mutex);
        {
            let guard = mutex.lock().unwrap();
            forms!(all: mutex, guard, mutex.try_lock().map(drop));
        }
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let _guard = mutex.lock();
            std::panic::resume_unwind(Box::new(()));
        }));
        forms!(all: mutex, mutex.lock().map(drop));
        let lock = RwLock::new([1, 2]);
        forms!(all: lock);
        {
            let guard = lock.read().unwrap();
            forms!(all: lock, guard);
        }
        {
            let guard = lock.write().unwrap();
            forms!(all: lock, guard, lock.try_read().map(drop));
        }
        let changed = Condvar::new();
        let flag = Mutex::new(());
        let timed_out = changed.wait_timeout(flag.lock().unwrap(), std::time::Duration::from_millis(1));
        forms!(all: changed, timed_out.unwrap().1, Barrier::new(1), Barrier::new(1).wait());
        let once = Once::new();
        forms!(all: once);
        once.call_once_force(|state| forms!(all: state));
        let cell = OnceLock::new();
        forms!(all: cell);
        forms!(all: cell.set(1), cell.set(2), cell);
        let lazy = LazyLock::new(|| 7);
        forms!(all: lazy);
        assert_eq!(*lazy, 7);
        forms!(all: lazy, AtomicBool::new(true), AtomicI8::new(-3), AtomicU64::new(9));
        let (sender, receiver) = mpsc::channel::<u8>();
        forms!(all: sender, receiver, receiver.iter(), receiver.try_iter(), sender.send(1), receiver.recv(), receiver.try_recv());
        let (sender, receiver) = mpsc::sync_channel::<u8>(1);
        drop(receiver);
        forms!(all: sender, sender.send(3), sender.try_send(3));
        forms!(all: mpsc::channel::<u8>().1.into_iter());
        let thread = $krate::thread::Builder::new().name("named".to_owned()).spawn(|| ()).unwrap();
        forms!(all: thread.thread().name());
        forms!(all: thread);
        thread.join().unwrap();
        $krate::thread::scope(|scope| forms!(all: scope.spawn(|| ())));
        all
    }};
}

macro_rules! of_parking_lot {
    ($($krate:ident)::*) => {{
        use $($krate)::*::{Condvar, FairMutex, Mutex, Once, ReentrantMutex, RwLock, const_mutex};
        let mut all = Vec::new();
        let mutex = Mutex::new(1);
        forms!(all: mutex, const_mutex("b"), Condvar::new());
        {
            let guard = mutex.lock();
            forms!(all: mutex, guard);
        }
        let lock = RwLock::new(vec![1]);
        forms!(all: lock);
        {
            let guard = lock.upgradable_read();
            forms!(all: lock, guard);
        }
        {
            let guard = lock.write();
            forms!(all: lock, guard);
        }
        let reentrant = ReentrantMutex::new(1);
        {
            let guard = reentrant.lock();
            forms!(all: reentrant, guard);
        }
        let fair = FairMutex::new(1);
        {
            let guard = fair.lock();
            forms!(all: fair, guard);
        }
        forms!(all: reentrant, fair);
        let once = Once::new();
        forms!(all: once, once.state());
        once.call_once_force(|state| forms!(all: state));
        forms!(all: once, once.state());
        all
    }};
}

macro_rules! of_crossbeam_channel {
    ($($krate:ident)::*) => {{
        use $($krate)::*::{Select, bounded, never, unbounded};
        let mut all = Vec::new();
        let (sender, receiver) = bounded::<u8>(1);
        forms!(all: sender, receiver, receiver.iter(), receiver.try_iter(), unbounded::<u8>().1, never::<u8>());
        forms!(all: receiver.try_recv(), sender.try_send(1), sender.try_send(2));
        let mut select = Select::new();
        let case = select.recv(&receiver);
        forms!(all: select, case);
        let operation = select.select();
        forms!(all: operation);
        forms!(all: operation.recv(&receiver), receiver.into_iter());
        all
    }};
}

#[test]
fn as_std_prints() {
    assert_eq!(of_std!(unsnarl), of_std!(std));
}

#[test]
fn as_parking_lot_prints() {
    assert_eq!(of_parking_lot!(unsnarl::parking_lot), of_parking_lot!(parking_lot));
}

#[test]
fn as_crossbeam_channel_prints() {
    assert_eq!(of_crossbeam_channel!(unsnarl::channel), of_crossbeam_channel!(crossbeam_channel));
}
