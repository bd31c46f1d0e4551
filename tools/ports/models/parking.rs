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
fn an_unpark_is_not_lost() {
    explore("parking", || {
        let (parker, unparker) = parking::pair();
        let other = unsnarl::thread::spawn(move || unparker.unpark());
        parker.park();
        other.join().unwrap();
    });
}
