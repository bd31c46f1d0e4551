//! The contracts of `crossbeam-queue` and `crossbeam-deque`.

use unsnarl::{
    Named,
    deque::{Injector, Steal, Worker},
    queue::{ArrayQueue, SegQueue},
    thread,
};

#[test]
fn c28_a_bounded_queue_gives_back_what_has_no_room() {
    let mut queue = ArrayQueue::new(2).named("queue");
    assert_eq!((queue.capacity(), queue.len(), queue.is_empty()), (2, 0, true));
    assert_eq!([queue.push(1), queue.push(2), queue.push(3)], [Ok(()), Ok(()), Err(3)]);
    assert!(queue.is_full());
    assert_eq!(queue.force_push(4), Some(1));
    assert_eq!([queue.pop(), queue.pop(), queue.pop()], [Some(2), Some(4), None]);
    assert_eq!((queue.push_mut(5), queue.pop_mut(), queue.force_push(6)), (Ok(()), Some(5), None));
    assert_eq!(format!("{queue:?}"), "ArrayQueue { .. }");
    assert_eq!(queue.into_iter().collect::<Vec<_>>(), [6]);
}

#[test]
fn c28_an_unbounded_queue_keeps_the_order_of_each_producer() {
    static QUEUE: SegQueue<u32> = SegQueue::new();
    let producers =
        [0, 1].map(|own| thread::spawn(move || (0..100).for_each(|number| QUEUE.push(2 * number + own))));
    for producer in producers {
        producer.join().unwrap();
    }
    assert_eq!(QUEUE.len(), 200);
    let all: Vec<u32> = std::iter::from_fn(|| QUEUE.pop()).collect();
    for own in [0, 1] {
        let of_one: Vec<u32> = all.iter().copied().filter(|number| number % 2 == own).collect();
        assert!(of_one.len() == 100 && of_one.is_sorted());
    }
    let mut queue = SegQueue::default();
    queue.push_mut(7);
    assert_eq!((queue.is_empty(), queue.pop_mut(), queue.is_empty()), (false, Some(7), true));
    queue.push(8);
    assert_eq!(format!("{queue:?}"), "SegQueue { .. }");
    assert_eq!(queue.into_iter().collect::<Vec<_>>(), [8]);
}

#[test]
fn c29_workers_take_from_their_end_and_stealers_the_oldest() {
    for (worker, own) in [(Worker::new_fifo(), [2, 3]), (Worker::new_lifo(), [3, 2])] {
        (1..4).for_each(|task| worker.push(task));
        let stealer = worker.stealer();
        assert_eq!((worker.len(), stealer.clone().len()), (3, 3));
        assert_eq!(stealer.steal(), Steal::Success(1));
        assert_eq!([worker.pop(), worker.pop()], own.map(Some));
        assert_eq!((worker.pop(), stealer.steal()), (None, Steal::Empty));
        assert!(worker.is_empty() && stealer.is_empty());
        assert_eq!(format!("{worker:?} {stealer:?}"), "Worker { .. } Stealer { .. }");
    }
}

/// The same in every mix of flavours, beside crossbeam's own.
#[test]
fn c29_batches_arrive_as_crossbeam_has_them() {
    macro_rules! batches {
        ($krate:ident) => {{
            use $krate::{Injector, Worker};
            let mut all = Vec::new();
            for from_fifo in [true, false] {
                for to_fifo in [true, false] {
                    let make = |fifo| if fifo { Worker::new_fifo() } else { Worker::new_lifo() };
                    let (from, to) = (make(from_fifo), make(to_fifo));
                    let injector = Injector::new();
                    for task in 0..9 {
                        from.push(task);
                        injector.push(task);
                    }
                    let stealer = from.stealer();
                    all.push(stealer.steal_batch(&to).success().map(|()| -1));
                    all.push(stealer.steal_batch_with_limit_and_pop(&to, 2).success());
                    all.push(injector.steal_batch_and_pop(&to).success());
                    all.push(injector.steal_batch_with_limit(&to, 1).success().map(|()| -2));
                    all.push(to.stealer().steal_batch_and_pop(&to).success());
                    all.push(to.stealer().steal_batch(&to).success().map(|()| -3));
                    all.extend(std::iter::from_fn(|| to.pop().map(Some)));
                    all.push(Some(injector.len() as i32));
                }
            }
            all
        }};
    }
    use unsnarl::deque;
    assert_eq!(batches!(deque), batches!(crossbeam_deque));
}

#[test]
fn c29_an_injector_is_shared() {
    let injector = Injector::default().named("tasks");
    assert!(injector.is_empty());
    thread::scope(|scope| {
        for task in 0..4 {
            let injector = &injector;
            scope.spawn(move || injector.push(task));
        }
    });
    let mut tasks: Vec<i32> = std::iter::from_fn(|| injector.steal().success()).collect();
    tasks.sort_unstable();
    assert_eq!(tasks, [0, 1, 2, 3]);
    assert_eq!(format!("{injector:?}"), "Injector { .. }");
}

/// Inside of a model.
#[cfg(feature = "model")]
mod in_a_model {
    use unsnarl::{
        Named,
        check::{Checker, FindingKind},
        deque::{Injector, Steal, Worker},
        hint,
        queue::{ArrayQueue, SegQueue},
        sync::{
            Arc, Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        thread,
    };

    #[test]
    fn what_was_said_before_a_push_is_known_after_the_pop() {
        unsnarl::check(|| {
            let (queue, data) = (Arc::new(SegQueue::new()), Arc::new(AtomicUsize::new(0)));
            let (queue2, data2) = (Arc::clone(&queue), Arc::clone(&data));
            let producer = thread::spawn(move || {
                // ORDERING: relaxed: the queue passes it on.
                data2.store(7, Ordering::Relaxed);
                queue2.push(());
            });
            if queue.pop().is_some() {
                // ORDERING: relaxed, see above.
                assert_eq!(data.load(Ordering::Relaxed), 7);
            }
            producer.join().unwrap();
        });
    }

    #[test]
    fn a_loop_around_pop_waits_for_a_push() {
        unsnarl::check(|| {
            let queue = Arc::new(ArrayQueue::new(1));
            let queue2 = Arc::clone(&queue);
            let producer = thread::spawn(move || queue2.push(1));
            while queue.pop().is_none() {
                hint::spin_loop();
            }
            producer.join().unwrap().unwrap();
        });
    }

    #[test]
    fn a_thief_that_takes_retry_for_empty_loses_tasks() {
        let model = |is_patient: bool| {
            move || {
                let injector = Arc::new(Injector::new());
                injector.push(1);
                injector.push(2);
                let thieves = [(); 2].map(|()| {
                    let injector = Arc::clone(&injector);
                    thread::spawn(move || {
                        loop {
                            match injector.steal() {
                                Steal::Success(_) => return 1,
                                Steal::Retry if is_patient => {}
                                Steal::Retry | Steal::Empty => return 0,
                            }
                        }
                    })
                });
                let stolen: usize = thieves.map(|thief| thief.join().unwrap()).iter().sum();
                assert_eq!(stolen, 2, "two thieves and two tasks");
            }
        };
        assert!(Checker::new("patient thieves").regressions(false).run(model(true)).pass().is_some());
        let verdict = Checker::new("hasty thieves").regressions(false).run(model(false));
        assert_eq!(verdict.finding().expect("a task is left over").kind, FindingKind::Panic);
    }

    #[test]
    fn a_batch_is_in_neither_queue_for_a_moment() {
        let seen = Arc::new(Mutex::new(std::collections::BTreeSet::new()));
        let note = Arc::clone(&seen);
        unsnarl::check(move || {
            let (from, to) = (Worker::new_fifo(), Worker::new_fifo());
            from.push(1);
            let (stealer, watched) = (from.stealer(), to.stealer());
            let watcher = thread::spawn(move || (watched.len(), from.len()));
            assert!(stealer.steal_batch(&to).is_success());
            let now = watcher.join().unwrap();
            note.lock().unwrap().insert(now);
        });
        let seen = seen.lock().unwrap();
        assert!(seen.contains(&(0, 0)) && seen.contains(&(0, 1)) && seen.contains(&(1, 0)), "{seen:?}");
        assert!(!seen.contains(&(1, 1)), "it is in one at most: {seen:?}");
    }

    #[test]
    fn a_report_calls_a_queue_by_its_name() {
        let verdict = Checker::new("named queue").regressions(false).run(|| {
            let queue = Arc::new(ArrayQueue::new(1).named("jobs"));
            let queue2 = Arc::clone(&queue);
            let producer = thread::spawn(move || queue2.push(1));
            assert!(queue.pop().is_some());
            producer.join().unwrap().unwrap();
        });
        let finding = verdict.finding().expect("the pop may come first");
        let text = unsnarl::report::terminal::finding(finding, &unsnarl::report::terminal::Style::plain());
        assert!(text.contains("pop jobs"), "{text}");
    }
}
