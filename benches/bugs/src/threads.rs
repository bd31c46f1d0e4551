//! How every program runs: the main thread spawns all others, in order, and joins them, in order.

use unsnarl::{sync::Arc, thread};

/// Runs each body on a thread of its own over the same state; gives the state back when all have ended, and what they
/// returned.
pub(crate) fn together<S, R, B>(state: S, bodies: impl IntoIterator<Item = B>) -> (S, Vec<R>)
where
    S: Send + Sync + 'static,
    R: Send + 'static,
    B: FnOnce(&S) -> R + Send + 'static,
{
    let state = Arc::new(state);
    let spawn = |body: B| {
        let state = Arc::clone(&state);
        thread::spawn(move || body(&state))
    };
    let handles: Vec<_> = bodies.into_iter().map(spawn).collect();
    let results = handles.into_iter().map(|handle| handle.join().expect("a thread's panic is a finding"));
    let results = results.collect();
    (Arc::into_inner(state).expect("the threads have ended"), results)
}

/// A thread's body, where the bodies of a program are closures of different types.
pub(crate) type Body<S, R = ()> = Box<dyn FnOnce(&S) -> R + Send>;
