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
fn a_job_runs_before_the_pool_has_gone() {
    explore("scheduled-thread-pool", || {
        let pool = scheduled_thread_pool::ScheduledThreadPool::new(1);
        let (sender, receiver) = unsnarl::sync::mpsc::channel();
        pool.execute(move || sender.send(7).unwrap());
        assert_eq!(receiver.recv(), Ok(7));
    });
}
