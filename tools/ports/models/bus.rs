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
fn a_broadcast_reaches_who_listens() {
    explore("bus", || {
        let mut bus = bus::Bus::new(1);
        let mut listener = bus.add_rx();
        let other = unsnarl::thread::spawn(move || listener.recv().unwrap());
        bus.broadcast(7);
        assert_eq!(other.join().unwrap(), 7);
    });
}
