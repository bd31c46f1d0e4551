//! The pool on real threads; its interleavings are explored by models.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

use unsnarl::server::pool::{Pool, RejectReason};

use super::bounded::client::until;

#[test]
fn no_accepted_job_is_lost() {
    let done = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&done);
    let pool = Pool::new("lossless", 3, 8, move |_, _: usize| {
        count.fetch_add(1, Ordering::Relaxed);
    })
    .unwrap();
    let accepted: usize = std::thread::scope(|scope| {
        let submitters: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..1000).filter(|job| pool.try_submit(*job).is_ok()).count()))
            .collect();
        submitters.into_iter().map(|submitter| submitter.join().unwrap()).sum()
    });
    pool.shutdown();
    assert_eq!(done.load(Ordering::Relaxed), accepted);
    let rejected = pool.try_submit(7).unwrap_err();
    assert_eq!((rejected.job, rejected.reason), (7, RejectReason::ShutDown));
}

#[test]
fn a_full_queue_gives_the_job_back() {
    let (open, gate) = mpsc::sync_channel::<()>(0);
    let gate = std::sync::Mutex::new(gate);
    let pool = Pool::new("full", 1, 2, move |_, _: u32| {
        let _ = gate.lock().unwrap().recv();
    })
    .unwrap();
    pool.try_submit(0).unwrap();
    until("the worker has taken the first", || pool.status().queue_len == 0);
    pool.try_submit(1).unwrap();
    pool.try_submit(2).unwrap();
    let rejected = pool.try_submit(3).unwrap_err();
    assert_eq!((rejected.job, rejected.reason), (3, RejectReason::Full));
    let mut more = [4, 5].into();
    pool.try_submit_all(&mut more);
    assert_eq!(more, [4, 5]);
    assert!(pool.status().workers[0].busy);
    assert_eq!(pool.try_submit_to_idle(6), Err(6));
    drop(open);
    pool.shutdown();
    assert_eq!(pool.status().workers[0].done, 3);
}

#[test]
fn a_job_for_the_idle_needs_one_who_sleeps() {
    let (send, receive) = mpsc::channel();
    let pool = Pool::new("idle", 1, 1, move |_, job: u32| send.send(job).unwrap()).unwrap();
    until("the worker sleeps", || pool.try_submit_to_idle(7).is_ok());
    assert_eq!(receive.recv(), Ok(7));
    pool.shutdown();
    assert_eq!(pool.try_submit_to_idle(8), Err(8));
}

#[test]
fn a_panic_does_not_end_the_worker() {
    let (send, receive) = mpsc::channel();
    let pool = Pool::new("brittle", 1, 8, move |_, job: u32| {
        assert!(job != 1, "as the test wants it");
        send.send(job).unwrap();
    })
    .unwrap();
    (0..3).for_each(|job| pool.try_submit(job).unwrap());
    pool.shutdown();
    assert_eq!(receive.iter().collect::<Vec<_>>(), [0, 2]);
    assert_eq!(pool.status().panicked, 1);
}
