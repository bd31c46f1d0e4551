//! Clauses 15 to 19.

use std::{
    cell::{Cell, RefCell},
    panic::catch_unwind,
    sync::Arc,
    time::Duration,
};

use unsnarl::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

use super::A_MOMENT;

#[test]
fn c15_join_returns_the_outcome() {
    assert_eq!(thread::spawn(|| 7).join().unwrap(), 7);
    let payload = thread::spawn(|| panic!("expected")).join().unwrap_err();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "expected");
    let thread = thread::spawn(|| {});
    while !thread.is_finished() {
        thread::yield_now();
    }
    thread.join().unwrap();
}

#[test]
fn c16_scopes_wait_and_lend() {
    let mut numbers = [1, 2, 3];
    let (left, right) = numbers.split_at_mut(1);
    let sum = thread::scope(|scope| {
        scope.spawn(|| left[0] = 10);
        let sum = scope.spawn(|| right.iter().sum::<i32>());
        // Not joined by hand: the scope must wait for the inner one too.
        scope.spawn(|| scope.spawn(|| thread::sleep(A_MOMENT)));
        sum.join().unwrap()
    });
    assert_eq!((sum, numbers[0]), (5, 10));
}

/// The scope's end may wait for a thread already when another one joins it, or asks for it.
#[test]
fn c16_threads_of_a_scope_join_each_other() {
    let asked = AtomicBool::new(false);
    let until_asked = || {
        while !asked.load(Ordering::SeqCst) {
            thread::sleep(A_MOMENT / 4);
        }
        5
    };
    thread::scope(|scope| {
        let slow = scope.spawn(until_asked);
        let asked = &asked;
        scope.spawn(move || {
            thread::sleep(A_MOMENT);
            assert!(!slow.is_finished());
            asked.store(true, Ordering::SeqCst);
            while !slow.is_finished() {
                thread::sleep(A_MOMENT / 4);
            }
            assert_eq!(slow.join().unwrap(), 5);
        });
    });
    thread::scope(|scope| {
        let slow = scope.spawn(|| thread::sleep(A_MOMENT * 4));
        scope.spawn(move || {
            thread::sleep(A_MOMENT);
            slow.join().unwrap();
        });
    });
}

#[test]
fn c16_a_scope_panics_for_an_unjoined_thread() {
    let result = catch_unwind(|| {
        thread::scope(|scope| {
            scope.spawn(|| panic!("expected"));
        });
    });
    let message = result.unwrap_err();
    assert_eq!(*message.downcast::<&str>().unwrap(), "a scoped thread panicked");
    thread::scope(|scope| assert!(scope.spawn(|| panic!("expected")).join().is_err()));
}

#[test]
fn c16_a_panicking_scope_waits_too() {
    let ended = Arc::new(AtomicUsize::new(0));
    let result = catch_unwind(|| {
        thread::scope(|scope| {
            let ended = &ended;
            scope.spawn(move || {
                thread::sleep(A_MOMENT);
                ended.store(1, Ordering::SeqCst);
            });
            panic!("expected");
        })
    });
    assert!(result.is_err());
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[test]
fn c17_park_tokens_are_kept() {
    thread::current().unpark();
    thread::current().unpark();
    thread::park();
    // The second token went into the first, so this one waits its time out (or ends for no reason, which is allowed).
    thread::park_timeout(A_MOMENT);
    let thread = thread::spawn(|| {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) {
            thread::park_timeout(Duration::from_secs(10));
            if thread::current().name().is_none() {
                return true;
            }
        }
        false
    });
    thread.thread().unpark();
    assert!(thread.join().unwrap());
}

#[test]
fn c18_names_and_identities() {
    let thread =
        thread::Builder::new().name("worker".to_owned()).stack_size(1 << 20).spawn(thread::current).unwrap();
    assert_eq!(thread.thread().name(), Some("worker"));
    let id = thread.thread().id();
    let inside = thread.join().unwrap();
    assert_eq!((inside.id(), inside.name()), (id, Some("worker")));
    assert_ne!(id, thread::current().id());
    assert!(thread::available_parallelism().unwrap().get() > 0 && !thread::panicking());
}

struct Count(Arc<AtomicUsize>);

impl Drop for Count {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

thread::thread_local! {
    static NUMBER: Cell<u32> = const { Cell::new(1) };
    static COUNT: RefCell<Option<Count>> = const { RefCell::new(None) };
}

#[test]
fn c19_thread_locals_are_each_threads_own() {
    NUMBER.set(2);
    let dropped = Arc::new(AtomicUsize::new(0));
    let seen = thread::spawn({
        let dropped = Arc::clone(&dropped);
        move || {
            COUNT.set(Some(Count(dropped)));
            NUMBER.replace(5)
        }
    });
    assert_eq!((seen.join().unwrap(), NUMBER.get()), (1, 2));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert!(COUNT.with_borrow(Option::is_none));
}

#[test]
#[allow(deprecated, reason = "published crates use them")]
fn what_std_has_deprecated_is_there() {
    use unsnarl::sync::{
        Condvar, Mutex, ONCE_INIT, Once,
        atomic::{ATOMIC_BOOL_INIT, ATOMIC_USIZE_INIT, AtomicBool, AtomicUsize, Ordering, spin_loop_hint},
    };

    static ONCE: Once = ONCE_INIT;
    static COUNT: AtomicUsize = ATOMIC_USIZE_INIT;
    static FLAG: AtomicBool = ATOMIC_BOOL_INIT;
    ONCE.call_once(|| COUNT.store(3, Ordering::SeqCst));
    assert_eq!((COUNT.compare_and_swap(3, 4, Ordering::SeqCst), FLAG.load(Ordering::SeqCst)), (3, false));
    spin_loop_hint();
    thread::sleep_ms(1);
    thread::park_timeout_ms(1);
    let (lock, changed) = (Mutex::new(()), Condvar::new());
    assert!(!changed.wait_timeout_ms(lock.lock().unwrap(), 1).unwrap().1);
}
