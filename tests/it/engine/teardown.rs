//! Executions that are stopped early: their threads are unwound, wherever they are.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use unsnarl::{
    check::{Checker, FindingKind, Verdict},
    parking_lot::{Condvar, Mutex},
    sync::{self, Arc},
    thread,
};

/// Locks in its destructor, twice, so that the thread is suspended there with something to follow.
struct Locks(Arc<Mutex<u32>>);

impl Drop for Locks {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        *self.0.lock() += 1;
    }
}

fn run(name: &str, model: impl Fn() + Send + Sync + 'static) -> Verdict {
    Checker::new(name).regressions(false).run(model)
}

#[test]
fn destructors_of_a_panic_are_steps_like_others() {
    for own_panic in [false, true] {
        let verdict = run("panicking destructors", move || {
            let total = Arc::new(Mutex::new(0));
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let total = Arc::clone(&total);
                    thread::spawn(move || {
                        let body = || {
                            let _locks = Locks(Arc::clone(&total));
                            if own_panic {
                                panic!("with a message");
                            }
                            resume_unwind(Box::new("without one"));
                        };
                        assert!(catch_unwind(AssertUnwindSafe(body)).is_err());
                        *total.lock() += 1;
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(*total.lock(), 6);
        });
        let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:?}"));
        assert!(pass.is_complete() && pass.explored.executions == 20, "{pass:?}");
    }
}

/// A thread whose destructor waits for a lock that its joiner holds.
#[test]
fn in_a_destructor_that_waits_for_ever() {
    for own_panic in [false, true] {
        let verdict = run("a destructor that waits", move || {
            let total = Arc::new(Mutex::new(0));
            let panicking = {
                let total = Arc::clone(&total);
                thread::spawn(move || {
                    let _locks = Locks(total);
                    if own_panic {
                        panic!("with a message");
                    }
                    resume_unwind(Box::new("without one"));
                })
            };
            let _guard = total.lock();
            let _ = panicking.join();
        });
        assert_eq!(verdict.finding().expect("each waits for the other").kind, FindingKind::Deadlock);
    }
}

/// Threads that have nothing to do with a panic are unwound although another one stands in a destructor for ever.
#[test]
fn others_beside_such_a_destructor() {
    let dropped = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&dropped);
    let verdict = run("others beside a destructor that waits", move || {
        struct Counts(std::sync::Arc<std::sync::atomic::AtomicUsize>);
        impl Drop for Counts {
            fn drop(&mut self) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        }
        let shared = Arc::new((Mutex::new(0), Condvar::new()));
        let spawn = |panics: bool| {
            let (shared, counts) = (Arc::clone(&shared), Counts(std::sync::Arc::clone(&count)));
            thread::spawn(move || {
                let _counts = counts;
                let waits = Waits(shared);
                if panics {
                    resume_unwind(Box::new("without a message"));
                }
                drop(waits);
            })
        };
        let threads = [spawn(false), spawn(true), spawn(false)];
        threads.into_iter().for_each(|thread| drop(thread.join()));
    });
    let finding = verdict.finding().expect("all wait for ever");
    assert_eq!(finding.kind, FindingKind::Deadlock);
    // Each run of the model has three of them; the one that waits in its unwinding is left as it is.
    let dropped = dropped.load(std::sync::atomic::Ordering::SeqCst);
    assert!(dropped > 0 && dropped.is_multiple_of(2), "{dropped}");
}

/// Waits for ever in its destructor.
struct Waits(Arc<(Mutex<u32>, Condvar)>);

impl Drop for Waits {
    fn drop(&mut self) {
        let mut guard = self.0.0.lock();
        while *guard == 0 {
            self.0.1.wait(&mut guard);
        }
    }
}

/// A panic that the hook does not see poisons all the same.
#[test]
fn a_resumed_panic_poisons() {
    let verdict = run("resumed panic", || {
        let mutex = Arc::new(sync::Mutex::new(0));
        let other = Arc::clone(&mutex);
        let thread = thread::spawn(move || {
            let _guard = other.lock();
            resume_unwind(Box::new("without a message"));
        });
        assert!(thread.join().is_err());
        assert!(mutex.is_poisoned());
    });
    assert!(verdict.pass().is_some(), "{verdict:?}");
}
