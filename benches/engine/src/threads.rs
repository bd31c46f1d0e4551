//! How most programs run: the main thread spawns all others, in order, and joins them, in order.

use unsnarl::{sync::Arc, thread};

/// Runs `body` on each of `count` threads over the same state, with the thread's number from 0 on; gives the state back when
/// all have ended.
pub(crate) fn together<S: Send + Sync + 'static>(
    state: S,
    count: usize,
    body: impl Fn(&S, usize) + Copy + Send + 'static,
) -> Arc<S> {
    let state = Arc::new(state);
    threads((0..count).map(|index| {
        let state = Arc::clone(&state);
        Box::new(move || body(&state, index)) as Body
    }));
    state
}

/// A thread's body, where the threads of a program run different ones.
pub(crate) type Body = Box<dyn FnOnce() + Send>;

/// Spawns one thread for each body and joins them.
pub(crate) fn threads(bodies: impl IntoIterator<Item = Body>) {
    let handles: Vec<_> = bodies.into_iter().map(|body| thread::spawn(body)).collect();
    for handle in handles {
        handle.join().expect("a thread's panic is a finding");
    }
}
