extern crate threadpool;
extern crate unsnarl;

use unsnarl::check::{Checker, Verdict};

/// Runs the model, prints how far it was looked at, and fails if anything was found.
fn explore(name: &str, model: impl Fn() + Send + Sync + 'static) {
    match Checker::new(name).regressions(false).run(model) {
        Verdict::Pass(pass) => {
            let how = if pass.is_complete() { "complete" } else { "bounded" };
            println!("\n{how}: {} executions", pass.explored.executions);
        }
        other => panic!("{:?}", other),
    }
}

#[test]
fn two_jobs_are_done_before_join_returns() {
    use std::sync::Arc;
    use unsnarl::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    explore("threadpool", || {
        let pool = threadpool::ThreadPool::new(1);
        let done = Arc::new(AtomicUsize::new(0));
        let own = Arc::clone(&done);
        pool.execute(move || {
            own.fetch_add(1, SeqCst);
        });
        pool.join();
        assert_eq!(done.load(SeqCst), 1);
    });
}
