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
        let mut results = easy_parallel::Parallel::new().add(|| 1).add(|| 2).run();
        results.sort_unstable();
        assert_eq!(results, [1, 2]);
    });
}
