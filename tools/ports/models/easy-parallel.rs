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
fn all_closures_run() {
    explore("easy-parallel", || {
        let total = unsnarl::sync::Mutex::new(0);
        easy_parallel::Parallel::new().each(1..3, |n| *total.lock().unwrap() += n).run();
        assert_eq!(total.into_inner().unwrap(), 3);
    });
}
