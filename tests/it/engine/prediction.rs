//! Deadlocks that are predicted from executions that passed, and those that must not be.
//!
//! Each program is looked at by five executions of the random walk, which pass; what the exhaustive search says of it is the
//! truth.

use std::time::Duration;

use unsnarl::{
    Named,
    check::{Checker, FindingKind, Schedule, Strategy, Verdict},
    parking_lot::{Condvar, Mutex, ReentrantMutex, RwLock, RwLockUpgradableReadGuard},
    sync::{
        Arc, Barrier, Semaphore,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
};

use crate::tables;

/// So many executions of the random walk come first.
const EXECUTIONS: u64 = 5;

/// What is to come of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Expected {
    /// The deadlock is predicted, and steered into.
    Confirmed,
    /// There is none, and nothing is said.
    Silent,
    /// There is none, but what keeps the threads apart is not seen: a note says that it was not feasible.
    NotFeasible,
}

use Expected::{Confirmed, NotFeasible, Silent};

type Program = (&'static str, fn(), Expected);

const PROGRAMS: &[Program] = &[
    ("two mutexes", two_mutexes, Confirmed),
    ("`main` and a thread", main_and_a_thread, Confirmed),
    ("a ring of three", ring_of_three, Confirmed),
    ("four philosophers", four_philosophers, Confirmed),
    ("two that read and want to write", readers_that_write, Confirmed),
    ("an upgradable lock and a mutex", upgradable_and_mutex, Confirmed),
    ("a lock taken again after a wait", relock_after_wait, Confirmed),
    ("the mutex of a condition variable", monitor_in_the_circle, Confirmed),
    ("a gate on one path only", gate_on_one_path, Confirmed),
    ("in the last round of a loop", last_round, Confirmed),
    ("a third lock between", third_between, Confirmed),
    ("order chosen by a flag", order_by_flag, Confirmed),
    ("after a barrier that both pass", after_a_barrier, Confirmed),
    ("a visit to the first lock before", visit_before, Confirmed),
    ("transfers between four accounts", transfers, Confirmed),
    ("a gate that both read", gate_for_readers, Confirmed),
    ("a reader and a mutex", reader_and_mutex, Confirmed),
    ("a gate", gate, Silent),
    ("a gate that one reads", gate_read_and_written, Silent),
    ("a semaphore with one permit", semaphore_gate, Silent),
    ("joined before the other is spawned", joined_before, Silent),
    ("joined by the other", joined_by_the_other, Silent),
    ("before the spawn", before_the_spawn, Silent),
    ("after a message", after_a_message, Silent),
    ("after a notification", after_a_notification, Silent),
    ("on two sides of a barrier", two_sides_of_a_barrier, Silent),
    ("after an unpark", after_an_unpark, Silent),
    ("readers only", readers_only, Silent),
    ("read again inside", read_again_inside, Silent),
    ("one thread in both orders", one_thread, Silent),
    ("a lock that its holder may take again", reentrant, Silent),
    ("two locks of one place, in one order", one_place, Silent),
    ("hand over hand", hand_over_hand, Silent),
    ("other locks of one place", other_locks, Silent),
    ("the second by a try", by_a_try, Silent),
    ("after an atomic flag", after_a_flag, NotFeasible),
    ("one of them only, as an atomic decides", one_of_them, NotFeasible),
];

/// Steps that have nothing to do with the rest.
fn noise() {
    let own = Mutex::new(0);
    for _ in 0..60 {
        *own.lock() += 1;
    }
}

fn locks() -> Arc<[Mutex<u32>; 3]> {
    Arc::new([Mutex::new(0), Mutex::new(0), Mutex::new(0)])
}

fn nest(outer: &Mutex<u32>, inner: &Mutex<u32>) {
    let outer = outer.lock();
    *inner.lock() += *outer;
}

/// Runs them at the same time, the second one late.
fn both(first: impl FnOnce() + Send + 'static, second: impl FnOnce() + Send + 'static) {
    let second = move || {
        noise();
        second();
    };
    let threads = [thread::spawn(first), thread::spawn(second)];
    for thread in threads {
        thread.join().unwrap();
    }
}

fn two_mutexes() {
    let (one, two) = (locks(), locks());
    let (one2, two2) = (Arc::clone(&one), Arc::clone(&two));
    both(move || nest(&one[0], &two[0]), move || nest(&two2[0], &one2[0]));
}

fn main_and_a_thread() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    let thread = thread::spawn(move || nest(&theirs[0], &theirs[1]));
    noise();
    nest(&locks[1], &locks[0]);
    thread.join().unwrap();
}

fn ring_of_three() {
    let locks = locks();
    let threads: Vec<_> = (0..3)
        .map(|at| {
            let locks = Arc::clone(&locks);
            thread::spawn(move || {
                (0..at).for_each(|_| noise());
                nest(&locks[at], &locks[(at + 1) % 3]);
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn four_philosophers() {
    let forks: Arc<Vec<Mutex<u32>>> = Arc::new((0..4).map(|_| Mutex::new(0)).collect());
    let threads: Vec<_> = (0..4)
        .map(|at| {
            let forks = Arc::clone(&forks);
            thread::spawn(move || {
                (0..at).for_each(|_| noise());
                nest(&forks[at], &forks[(at + 1) % 4]);
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

fn readers_that_write() {
    let locks = Arc::new((RwLock::new(0), RwLock::new(0)));
    let theirs = Arc::clone(&locks);
    both(
        move || {
            let one = locks.0.read();
            *locks.1.write() = *one;
        },
        move || {
            let two = theirs.1.read();
            *theirs.0.write() = *two;
        },
    );
}

fn upgradable_and_mutex() {
    let locks = Arc::new((RwLock::new(0), Mutex::new(0)));
    let theirs = Arc::clone(&locks);
    both(
        move || {
            let seen = locks.0.upgradable_read();
            *locks.1.lock() = *seen;
            *RwLockUpgradableReadGuard::upgrade(seen) += 1;
        },
        move || {
            let mut two = theirs.1.lock();
            *two = *theirs.0.upgradable_read();
        },
    );
}

/// One keeps a lock while it waits, and takes the mutex again when it is woken; the other one takes them the other way round.
fn relock_after_wait() {
    let shared = Arc::new((Mutex::new(0), Mutex::new(false), Condvar::new()));
    let theirs = Arc::clone(&shared);
    let waker = Arc::clone(&shared);
    let waits = thread::spawn(move || {
        let _kept = shared.0.lock();
        let mut ready = shared.1.lock();
        while !*ready {
            shared.2.wait(&mut ready);
        }
    });
    let wakes = thread::spawn(move || {
        *waker.1.lock() = true;
        waker.2.notify_all();
        noise();
        let ready = waker.1.lock();
        *theirs.0.lock() += u32::from(*ready);
    });
    waits.join().unwrap();
    wakes.join().unwrap();
}

/// The order of the critical sections of such a mutex counts, but not when it is the question.
fn monitor_in_the_circle() {
    let shared = Arc::new((Mutex::new(false), Condvar::new(), Mutex::new(0)));
    let theirs = Arc::clone(&shared);
    let waker = Arc::clone(&shared);
    let waits = thread::spawn(move || {
        let mut ready = shared.0.lock();
        while !*ready {
            shared.1.wait(&mut ready);
        }
        *shared.2.lock() += 1;
    });
    let other = thread::spawn(move || {
        noise();
        nest_in(&theirs.2, &theirs.0);
    });
    *waker.0.lock() = true;
    waker.1.notify_one();
    waits.join().unwrap();
    other.join().unwrap();
}

fn nest_in(outer: &Mutex<u32>, inner: &Mutex<bool>) {
    let mut outer = outer.lock();
    *outer += u32::from(*inner.lock());
}

fn gate_on_one_path() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    both(
        move || {
            {
                let _gate = locks[2].lock();
                nest(&locks[0], &locks[1]);
            }
            nest(&locks[0], &locks[1]);
        },
        move || {
            let _gate = theirs[2].lock();
            nest(&theirs[1], &theirs[0]);
        },
    );
}

fn last_round() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    both(
        move || {
            for round in 0..6 {
                let (outer, inner) = if round == 5 { (1, 0) } else { (0, 1) };
                nest(&locks[outer], &locks[inner]);
            }
        },
        move || nest(&theirs[0], &theirs[1]),
    );
}

fn third_between() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    both(
        move || {
            let _a = locks[0].lock();
            nest(&locks[1], &locks[2]);
        },
        move || nest(&theirs[2], &theirs[0]),
    );
}

/// Both threads look at a flag which of the locks comes first, and one of them turns it in between.
fn order_by_flag() {
    let shared = Arc::new((AtomicBool::new(false), locks()));
    let theirs = Arc::clone(&shared);
    let ordered = |(turned, locks): &(AtomicBool, Arc<[Mutex<u32>; 3]>)| {
        let (outer, inner) = if turned.load(SeqCst) { (1, 0) } else { (0, 1) };
        nest(&locks[outer], &locks[inner]);
    };
    both(
        move || ordered(&shared),
        move || {
            theirs.0.store(true, SeqCst);
            ordered(&theirs);
        },
    );
}

fn after_a_barrier() {
    let shared = Arc::new((Barrier::new(2), locks()));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            shared.0.wait();
            nest(&shared.1[0], &shared.1[1]);
        },
        move || {
            theirs.0.wait();
            noise();
            nest(&theirs.1[1], &theirs.1[0]);
        },
    );
}

/// Who holds the first thread back too early keeps the second one out, too.
fn visit_before() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    both(
        move || nest(&locks[0], &locks[1]),
        move || {
            *theirs[0].lock() += 1;
            nest(&theirs[1], &theirs[0]);
        },
    );
}

/// All locks are of one place, and taken at one place. Only the last transfers of both threads are in each other's way.
fn transfers() {
    let accounts: Arc<Vec<Mutex<u32>>> = Arc::new((0..4).map(|_| Mutex::new(0)).collect());
    let run = |accounts: &[Mutex<u32>], transfers: &[(usize, usize)]| {
        transfers.iter().for_each(|(from, to)| nest(&accounts[*from], &accounts[*to]));
    };
    let theirs = Arc::clone(&accounts);
    both(
        move || run(&accounts, &[(0, 1), (0, 2), (1, 2), (2, 3)]),
        move || run(&theirs, &[(0, 3), (0, 1), (1, 3), (3, 2)]),
    );
}

fn gate_for_readers() {
    let shared = Arc::new((RwLock::new(()), locks()));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            let _gate = shared.0.read();
            nest(&shared.1[0], &shared.1[1]);
        },
        move || {
            let _gate = theirs.0.read();
            nest(&theirs.1[1], &theirs.1[0]);
        },
    );
}

fn reader_and_mutex() {
    let shared = Arc::new((RwLock::new(0), Mutex::new(0)));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            let mut one = shared.1.lock();
            *one += *shared.0.read();
        },
        move || {
            let mut two = theirs.0.write();
            *two += *theirs.1.lock();
        },
    );
}

fn gate() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    both(
        move || {
            let _gate = locks[2].lock();
            nest(&locks[0], &locks[1]);
        },
        move || {
            let _gate = theirs[2].lock();
            nest(&theirs[1], &theirs[0]);
        },
    );
}

fn gate_read_and_written() {
    let shared = Arc::new((RwLock::new(()), locks()));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            let _gate = shared.0.read();
            nest(&shared.1[0], &shared.1[1]);
        },
        move || {
            let _gate = theirs.0.write();
            nest(&theirs.1[1], &theirs.1[0]);
        },
    );
}

fn semaphore_gate() {
    let shared = Arc::new((Semaphore::new(1), locks()));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            let _permit = shared.0.acquire();
            nest(&shared.1[0], &shared.1[1]);
        },
        move || {
            let _permit = theirs.0.acquire();
            nest(&theirs.1[1], &theirs.1[0]);
        },
    );
}

fn joined_before() {
    let locks = locks();
    let (first, second) = (Arc::clone(&locks), Arc::clone(&locks));
    thread::spawn(move || nest(&first[0], &first[1])).join().unwrap();
    let thread = thread::spawn(move || nest(&second[1], &second[0]));
    nest(&locks[1], &locks[0]);
    thread.join().unwrap();
}

fn joined_by_the_other() {
    let locks = locks();
    let (first, second) = (Arc::clone(&locks), Arc::clone(&locks));
    let first = thread::spawn(move || nest(&first[0], &first[1]));
    let second = thread::spawn(move || {
        first.join().unwrap();
        nest(&second[1], &second[0]);
    });
    second.join().unwrap();
}

fn before_the_spawn() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    nest(&locks[0], &locks[1]);
    let thread = thread::spawn(move || nest(&theirs[1], &theirs[0]));
    noise();
    thread.join().unwrap();
}

fn after_a_message() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    let (sender, receiver) = mpsc::channel();
    both(
        move || {
            nest(&locks[0], &locks[1]);
            sender.send(()).unwrap();
        },
        move || {
            receiver.recv().unwrap();
            nest(&theirs[1], &theirs[0]);
        },
    );
}

/// The second one may find the flag set without ever waiting: then it is the mutex that tells it.
fn after_a_notification() {
    let shared = Arc::new((Mutex::new(false), Condvar::new(), locks()));
    let theirs = Arc::clone(&shared);
    let first = thread::spawn(move || {
        nest(&shared.2[0], &shared.2[1]);
        *shared.0.lock() = true;
        shared.1.notify_one();
    });
    let second = thread::spawn(move || {
        let mut ready = theirs.0.lock();
        while !*ready {
            theirs.1.wait(&mut ready);
        }
        drop(ready);
        nest(&theirs.2[1], &theirs.2[0]);
    });
    first.join().unwrap();
    second.join().unwrap();
}

fn two_sides_of_a_barrier() {
    let shared = Arc::new((Barrier::new(2), locks()));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            nest(&shared.1[0], &shared.1[1]);
            shared.0.wait();
        },
        move || {
            theirs.0.wait();
            nest(&theirs.1[1], &theirs.1[0]);
        },
    );
}

fn after_an_unpark() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    let waits = thread::spawn(move || {
        thread::park();
        nest(&theirs[1], &theirs[0]);
    });
    nest(&locks[0], &locks[1]);
    waits.thread().unpark();
    waits.join().unwrap();
}

fn readers_only() {
    let locks = Arc::new((RwLock::new(0), RwLock::new(0)));
    let theirs = Arc::clone(&locks);
    both(
        move || assert_eq!(*locks.0.read(), *locks.1.read()),
        move || assert_eq!(*theirs.1.read(), *theirs.0.read()),
    );
}

/// The second read is inside of the first, so the writer cannot be where it would be waited for.
fn read_again_inside() {
    let shared = Arc::new((RwLock::new(0), Mutex::new(0)));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            let one = shared.0.read();
            let mut two = shared.1.lock();
            *two += *one + *shared.0.read_recursive();
        },
        move || {
            let mut one = theirs.0.write();
            *one += *theirs.1.lock();
        },
    );
}

fn reentrant() {
    let shared = Arc::new((ReentrantMutex::new(()), Mutex::new(0)));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            let _outer = shared.0.lock();
            let mut inner = shared.1.lock();
            let _again = shared.0.lock();
            *inner += 1;
        },
        move || {
            let _outer = theirs.0.lock();
            *theirs.1.lock() += 1;
        },
    );
}

fn one_thread() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    both(
        move || {
            nest(&locks[0], &locks[1]);
            nest(&locks[1], &locks[0]);
        },
        move || nest(&theirs[2], &theirs[1]),
    );
}

fn one_place() {
    let locks: Arc<Vec<Mutex<u32>>> = Arc::new((0..2).map(|_| Mutex::new(0)).collect());
    let theirs = Arc::clone(&locks);
    both(move || nest(&locks[0], &locks[1]), move || nest(&theirs[0], &theirs[1]));
}

/// Locks of one place that come into use in another order each time.
fn hand_over_hand() {
    let locks: Arc<Vec<Mutex<u32>>> = Arc::new((0..4).map(|_| Mutex::new(0)).collect());
    let threads: Vec<_> = (0..3)
        .map(|at| {
            let locks = Arc::clone(&locks);
            thread::spawn(move || {
                let mut held = locks[at].lock();
                for next in &locks[at + 1..] {
                    held = next.lock();
                }
                *held += 1;
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

/// The threads take their locks in both orders, but none of them is the other's.
fn other_locks() {
    let (mine, theirs) = (locks(), locks());
    both(move || nest(&mine[0], &mine[1]), move || nest(&theirs[1], &theirs[0]));
}

fn by_a_try() {
    let locks = locks();
    let theirs = Arc::clone(&locks);
    both(
        move || nest(&locks[0], &locks[1]),
        move || {
            let outer = theirs[1].lock();
            if let Some(mut inner) = theirs[0].try_lock() {
                *inner += *outer;
            }
        },
    );
}

fn after_a_flag() {
    let shared = Arc::new((AtomicBool::new(false), locks()));
    let theirs = Arc::clone(&shared);
    both(
        move || {
            nest(&shared.1[0], &shared.1[1]);
            shared.0.store(true, SeqCst);
        },
        move || {
            while !theirs.0.load(SeqCst) {
                thread::yield_now();
            }
            nest(&theirs.1[1], &theirs.1[0]);
        },
    );
}

fn one_of_them() {
    let shared = Arc::new((AtomicBool::new(false), locks()));
    let theirs = Arc::clone(&shared);
    let thread = thread::spawn(move || {
        if !theirs.0.swap(true, SeqCst) {
            nest(&theirs.1[1], &theirs.1[0]);
        }
    });
    if !shared.0.swap(true, SeqCst) {
        nest(&shared.1[0], &shared.1[1]);
    }
    thread.join().unwrap();
}

fn sampled(name: &str) -> Checker {
    Checker::new(name).regressions(false).strategy(Strategy::Random(0)).max_executions(EXECUTIONS)
}

fn predictions(verdict: &Verdict) -> Vec<&String> {
    let notes = match verdict {
        Verdict::Pass(pass) => &pass.notes,
        Verdict::Finding(finding) => &finding.notes,
        other => panic!("{other:?}"),
    };
    notes.iter().filter(|note| note.contains("predicted") || note.contains("possible deadlock")).collect()
}

/// Gives the program's row in the table of docs/prediction.md.
fn check(&(name, model, expected): &Program) -> String {
    let plain = sampled(name).predict(false).run(model);
    assert!(plain.pass().is_some() && predictions(&plain).is_empty(), "{name}: {plain:?}");
    let verdict = sampled(name).run(model);
    let notes = predictions(&verdict);
    let truth = Checker::new(name).regressions(false).strategy(Strategy::Exhaustive).run(model);
    match expected {
        Confirmed => {
            let finding = verdict.finding().unwrap_or_else(|| panic!("{name}: {verdict:?}"));
            assert_eq!(finding.kind, FindingKind::Deadlock, "{name}");
            assert_eq!(
                truth.finding().map(|truth| truth.kind),
                Some(FindingKind::Deadlock),
                "{name}: {truth:?}"
            );
            assert!(notes.len() == 1 && notes[0].contains("confirmed"), "{name}: {notes:?}");
            let schedule = Schedule::parse(&finding.schedule).unwrap();
            let again = Checker::new(name).regressions(false).replay(schedule).run(model);
            assert_eq!(again.finding().expect("it replays").cycle, finding.cycle, "{name}");
            let execution = notes[0].rsplit(' ').next().unwrap();
            format!("| {name} | {} | yes | confirmed by execution {execution} |", finding.cycle.len())
        }
        Silent => {
            assert!(verdict.pass().is_some(), "{name}: {verdict:?}");
            assert!(truth.pass().is_some_and(unsnarl::check::Pass::is_complete), "{name}: {truth:?}");
            assert_eq!(notes, Vec::<&String>::new(), "{name}");
            format!("| {name} | | no | |")
        }
        NotFeasible => {
            assert!(verdict.pass().is_some(), "{name}: {verdict:?}");
            assert!(truth.pass().is_some_and(unsnarl::check::Pass::is_complete), "{name}: {truth:?}");
            assert!(
                notes.len() == 1 && notes[0].contains("not feasible within 200 executions"),
                "{name}: {notes:?}"
            );
            format!("| {name} | | no | not feasible within 200 executions |")
        }
    }
}

#[test]
fn what_is_predicted_is_what_the_docs_say() {
    let rows: Vec<String> = PROGRAMS.iter().map(check).collect();
    tables::require("docs/prediction.md", &rows);
}

/// Two threads that are at the bad place at about the same time: the executions that are looked at for what orders them run
/// into it by themselves.
#[test]
fn what_is_run_into_on_the_way_is_confirmed() {
    let model = || {
        let locks = locks();
        let noise = || {
            let own = Mutex::new(0);
            (0..20).for_each(|_| *own.lock() += 1);
        };
        let theirs = Arc::clone(&locks);
        let thread = thread::spawn(move || {
            noise();
            nest(&theirs[0], &theirs[1]);
        });
        noise();
        nest(&locks[1], &locks[0]);
        thread.join().unwrap();
    };
    let checker =
        Checker::new("on the way").regressions(false).strategy(Strategy::Random(1)).max_executions(3);
    let plain = checker.clone().predict(false).run(model);
    assert!(plain.pass().is_some(), "{plain:?}");
    let verdict = checker.run(model);
    let notes = predictions(&verdict);
    assert!(verdict.finding().is_some() && notes.len() == 1, "{verdict:?}");
    assert!(notes[0].contains("confirmed by one of those that were then followed"), "{notes:?}");
}

/// A search that a bound ends leaves out what could be predicted.
#[test]
fn what_a_bound_leaves_out_is_predicted() {
    let bounded = |predict: bool| {
        Checker::new("bounded").regressions(false).preemption_bound(0).predict(predict).run(two_mutexes)
    };
    let without = bounded(false);
    assert!(without.pass().is_some_and(|pass| !pass.is_complete()), "{without:?}");
    let verdict = bounded(true);
    let finding = verdict.finding().unwrap_or_else(|| panic!("{verdict:?}"));
    assert_eq!((finding.kind, finding.preemptions), (FindingKind::Deadlock, 1), "{finding}");
}

/// What the searches on several cores see is looked at together.
#[test]
fn several_cores_predict_together() {
    let checker = Checker::new("cores").regressions(false).strategy(Strategy::Random(3));
    let checker = checker.cores(2).steps_alone(1).max_time(Duration::from_millis(20));
    let plain = checker.clone().predict(false).run(visit_before);
    assert!(plain.pass().is_some(), "{plain:?}");
    let verdict = checker.run(visit_before);
    assert_eq!(predictions(&verdict).len(), 1, "{verdict:?}");
    assert!(verdict.finding().is_some(), "{verdict:?}");
}

/// Both chains, as somebody needs them who wants to see whether it can be.
#[test]
fn a_note_names_locks_threads_and_places() {
    let verdict = sampled("named").run(|| {
        let shared =
            Arc::new((AtomicBool::new(false), Mutex::new(0).named("one"), Mutex::new(0).named("two")));
        let theirs = Arc::clone(&shared);
        let late = thread::Builder::new().name("late".to_owned()).spawn(move || {
            while !theirs.0.load(SeqCst) {
                thread::yield_now();
            }
            nest(&theirs.2, &theirs.1);
        });
        nest(&shared.1, &shared.2);
        shared.0.store(true, SeqCst);
        late.unwrap().join().unwrap();
    });
    let notes = predictions(&verdict);
    let [note] = notes[..] else { panic!("{notes:?}") };
    let without_numbers: String = note.chars().filter(|char| !char.is_ascii_digit()).collect();
    let place = "tests/it/engine/prediction.rs::";
    assert_eq!(
        without_numbers,
        format!(
            "possible deadlock: `main` takes `two` at {place} while it holds `one` since {place}; \
             `late` takes `one` at {place} while it holds `two` since {place}: not feasible within  executions"
        )
    );
}
