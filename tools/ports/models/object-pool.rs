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
fn an_object_is_with_one_thread_at_a_time() {
    use std::sync::Arc;

    explore("object-pool", || {
        let pool = Arc::new(object_pool::Pool::new(1, || 0_u32));
        let other = Arc::clone(&pool);
        let thread = unsnarl::thread::spawn(move || {
            if let Some(mut object) = other.try_pull() {
                *object += 1;
            }
        });
        if let Some(mut object) = pool.try_pull() {
            *object += 1;
        }
        thread.join().unwrap();
        let object = pool.try_pull().expect("it is back");
        assert!((1..=2).contains(&*object));
    });
}
