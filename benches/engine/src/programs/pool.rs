//! A thread pool with a queue of jobs and a shutdown.

use std::collections::VecDeque;

use unsnarl::{
    parking_lot::{Condvar, Mutex},
    sync::Arc,
    thread,
};

use super::{ALL, Program};

pub(super) const PROGRAMS: &[Program] = &[Program::correct("pool, 2 workers", pool).hopeless_for(ALL)];

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
