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
fn one_flight_at_a_time() {
    use std::sync::Arc;

    explore("singleflight", || {
        let group = Arc::new(singleflight::Group::new());
        let other = Arc::clone(&group);
        let thread = unsnarl::thread::spawn(move || other.work("key", || 7));
        assert_eq!(group.work("key", || 7), 7);
        assert_eq!(thread.join().unwrap(), 7);
    });
}
