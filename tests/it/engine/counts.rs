//! Exact numbers of executions: one for each Mazurkiewicz trace.

use unsnarl::{
    check::{Checker, Explored, Strategy},
    parking_lot::{Condvar, Mutex},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

fn explore(model: impl Fn() + Send + Sync + 'static) -> Explored {
    explore_with(Strategy::Exhaustive, model)
}

/// Alone, and with four searches at once, which are to come to the same.
fn explore_with(strategy: Strategy, model: impl Fn() + Send + Sync + 'static) -> Explored {
    let model = std::sync::Arc::new(model);
    let [alone, together] = [1, 4].map(|cores| {
        let model = std::sync::Arc::clone(&model);
        let verdict = Checker::new("count")
            .strategy(strategy.clone())
            .regressions(false)
            .cores(cores)
            .steps_alone(1)
            .max_time(std::time::Duration::from_secs(100))
            .run(move || model());
        let pass = verdict.pass().unwrap_or_else(|| panic!("{verdict:#?}"));
        assert!(pass.is_complete(), "{pass:?}");
        pass.explored.clone()
    });
    assert_eq!(alone.executions, together.executions);
    alone
}

/// Runs one body per thread, all spawned by main, which joins them.
fn threads(bodies: Vec<Box<dyn FnOnce() + Send>>) {
    let handles: Vec<_> = bodies.into_iter().map(thread::spawn).collect();
    for handle in handles {
        handle.join().unwrap();
    }
}

fn mutex(n: usize, k: usize) -> impl Fn() + Send + Sync + 'static {
    move || {
        let total = Arc::new(Mutex::new(0));
        threads(
            (0..n)
                .map(|_| {
                    let total = Arc::clone(&total);
                    Box::new(move || {
                        for _ in 0..k {
                            *total.lock() += 1;
                        }
                    }) as Box<dyn FnOnce() + Send>
                })
                .collect(),
        );
        assert_eq!(*total.lock(), n * k);
    }
}

#[test]
fn increments_under_one_mutex() {
    for (n, k, traces) in [(2, 3, 20), (3, 2, 90), (2, 5, 252), (3, 3, 1_680), (4, 2, 2_520)] {
        let explored = explore(mutex(n, k));
        assert_eq!((explored.executions, explored.redundant), (traces, 0), "{n} threads, {k} times");
        if traces < 1_000 {
            let explored = explore_with(Strategy::SleepSets, mutex(n, k));
            assert_eq!(explored.executions, traces, "sleep sets, {n} threads, {k} times");
        }
    }
}

/// Pairs of threads that each look for a free place, from the same one on: objects that nobody used before come into use in
/// another order in each execution.
#[test]
fn objects_in_another_order_of_first_use() {
    for pairs in 1..=4 {
        let explored = explore(move || {
            let places: Arc<Vec<_>> = Arc::new((0..2 * pairs).map(|_| Mutex::new(false)).collect());
            threads(
                (0..2 * pairs)
                    .map(|index| {
                        let places = Arc::clone(&places);
                        Box::new(move || {
                            let mut place = index % pairs * 2;
                            while std::mem::replace(&mut *places[place].lock(), true) {
                                place += 1;
                            }
                        }) as Box<dyn FnOnce() + Send>
                    })
                    .collect(),
            );
        });
        assert_eq!((explored.executions, explored.redundant), (1 << pairs, 0), "{pairs} pairs");
    }
}

/// Receives until nobody sends any more: messages arrive in any order of senders, and whose end comes when does not matter.
#[test]
fn receiving_to_the_end() {
    for (each, traces) in [(1, 2), (2, 6), (3, 20)] {
        let explored = explore(move || {
            let (sender, receiver) = unsnarl::channel::bounded(1);
            let mut bodies: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
            for sender in [sender.clone(), sender] {
                bodies.push(Box::new(move || (0..each).for_each(|item| sender.send(item).unwrap())));
            }
            bodies.push(Box::new(move || assert_eq!(receiver.iter().count(), 2 * each)));
            threads(bodies);
        });
        assert_eq!((explored.executions, explored.redundant), (traces, 0), "{each} from each");
    }
}

#[test]
fn own_mutexes_are_one_trace() {
    let explored = explore(|| {
        threads(
            (0..4)
                .map(|_| {
                    Box::new(|| {
                        let own = Mutex::new(0);
                        for _ in 0..5 {
                            *own.lock() += 1;
                        }
                    }) as Box<dyn FnOnce() + Send>
                })
                .collect(),
        );
    });
    assert_eq!((explored.executions, explored.redundant), (1, 0));
}

fn atomics(
    bodies: usize,
    cells: usize,
    body: impl Fn(usize, &[AtomicUsize]) + Send + Sync + 'static,
) -> impl Fn() + Send + Sync {
    let body = Arc::new(body);
    move || {
        let shared: Arc<Vec<AtomicUsize>> = Arc::new((0..cells).map(|_| AtomicUsize::new(0)).collect());
        threads(
            (0..bodies)
                .map(|index| {
                    let (shared, body) = (Arc::clone(&shared), Arc::clone(&body));
                    Box::new(move || body(index, &shared)) as Box<dyn FnOnce() + Send>
                })
                .collect(),
        );
    }
}

#[test]
fn readers_beside_a_writer() {
    for n in [2_usize, 5, 8, 13] {
        let explored = explore(atomics(n + 1, 1, |index, cells| {
            if index == 0 {
                cells[0].store(1, SeqCst);
            } else {
                cells[0].load(SeqCst);
            }
        }));
        assert_eq!((explored.executions, explored.redundant), (1 << n, 0), "{n} readers");
    }
}

#[test]
fn writers_and_increments() {
    for (n, traces) in [(2, 2), (3, 6), (4, 24), (5, 120)] {
        let explored = explore(atomics(n, 1, |index, cells| cells[0].store(index, SeqCst)));
        assert_eq!((explored.executions, explored.redundant), (traces, 0), "{n} writers");
        let explored = explore(atomics(n, 1, |_, cells| {
            cells[0].fetch_add(1, SeqCst);
        }));
        assert_eq!((explored.executions, explored.redundant), (traces, 0), "{n} increments");
    }
}

#[test]
fn increments_of_two_and_three_counters() {
    for (n, two, three) in [(2, 4, 8), (3, 36, 216), (4, 576, 13_824)] {
        for (cells, traces) in [(2, two), (3, three)] {
            let explored = explore(atomics(n, cells, |_, cells| {
                for cell in cells {
                    cell.fetch_add(1, SeqCst);
                }
            }));
            assert_eq!(
                (explored.executions, explored.redundant),
                (traces, 0),
                "{n} threads, {cells} counters"
            );
        }
    }
}

#[test]
fn load_then_store() {
    let explored = explore(atomics(2, 1, |_, cells| {
        let value = cells[0].load(SeqCst);
        cells[0].store(value + 1, SeqCst);
    }));
    assert_eq!((explored.executions, explored.redundant), (4, 0));
}

#[test]
fn last_zero() {
    for (n, traces) in [(2, 5), (5, 64), (10, 3_328)] {
        let explored = explore(atomics(n + 1, n + 1, move |index, cells| {
            if index == 0 {
                let mut at = n;
                while cells[at].load(SeqCst) != 0 {
                    at -= 1;
                }
            } else {
                cells[index].store(cells[index - 1].load(SeqCst) + 1, SeqCst);
            }
        }));
        assert_eq!((explored.executions, explored.redundant), (traces, 0), "lastzero({n})");
    }
}

/// One slot, a mutex and two condition variables, two producers and two consumers of one item each.
fn bounded_buffer() {
    let buffer = Arc::new((Mutex::new(None), Condvar::new(), Condvar::new()));
    let mut bodies: Vec<Box<dyn FnOnce() + Send>> = Vec::new();
    for item in 0..2 {
        let shared = Arc::clone(&buffer);
        bodies.push(Box::new(move || {
            let (slot, not_empty, not_full) = &*shared;
            let mut slot = slot.lock();
            while slot.is_some() {
                not_full.wait(&mut slot);
            }
            *slot = Some(item);
            not_empty.notify_one();
        }));
        let shared = Arc::clone(&buffer);
        bodies.push(Box::new(move || {
            let (slot, not_empty, not_full) = &*shared;
            let mut slot = slot.lock();
            while slot.is_none() {
                not_empty.wait(&mut slot);
            }
            *slot = None;
            not_full.notify_one();
        }));
    }
    threads(bodies);
}

#[test]
fn a_correct_bounded_buffer_completes() {
    let explored = explore(bounded_buffer);
    eprintln!("bounded buffer: {explored:?}");
    assert!(explored.executions > 100);
    assert_eq!(explored.redundant, 0);
}

/// The traces of `threads` that each increment all counters once: in which order each counter was incremented.
fn traces_within(bounded: Checker, threads_count: usize, cells: usize) -> usize {
    let seen = Arc::new(std::sync::Mutex::new(std::collections::BTreeSet::new()));
    let into = Arc::clone(&seen);
    let verdict = bounded.regressions(false).run(move || {
        let shared: Arc<Vec<AtomicUsize>> = Arc::new((0..cells).map(|_| AtomicUsize::new(0)).collect());
        let places: Vec<_> = (0..threads_count)
            .map(|_| {
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.iter().map(|cell| cell.fetch_add(1, SeqCst)).collect::<Vec<_>>())
            })
            .collect();
        let places: Vec<_> = places.into_iter().map(|thread| thread.join().unwrap()).collect();
        into.lock().unwrap().insert(places);
    });
    assert!(verdict.pass().is_some(), "{verdict:?}");
    seen.lock().unwrap().len()
}

#[test]
fn bounds_hold_the_traces_that_need_no_more() {
    // GenMC's bounded tests and Concuerror's results: cumulative, from bound 0 on.
    let preemptions = |bound| Checker::new("bounded").strategy(Strategy::Exhaustive).preemption_bound(bound);
    let within = |threads, cells, most| {
        (0..=most).map(|bound| traces_within(preemptions(bound), threads, cells)).collect::<Vec<_>>()
    };
    assert_eq!(within(3, 2, 2), [6, 24, 36]);
    assert_eq!(within(4, 2, 3), [24, 168, 432, 576]);
    assert_eq!(within(3, 3, 4), [6, 42, 120, 192, 216]);
    let delays = |bound| Checker::new("bounded").strategy(Strategy::Exhaustive).delay_bound(bound);
    let within = |threads, cells, most| {
        (0..=most).map(|bound| traces_within(delays(bound), threads, cells)).collect::<Vec<_>>()
    };
    assert_eq!(within(4, 1, 6), [1, 4, 9, 15, 20, 23, 24]);
    assert_eq!(within(3, 2, 7), [1, 5, 13, 22, 29, 33, 35, 36]);
}
