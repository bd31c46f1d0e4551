//! Linearizability (Herlihy and Wing 1990): every operation seems to happen at one moment between its call and its return.
//!
//! Give a sequential [`Specification`], what each thread does, and the concurrent object: [`check`] runs the threads through
//! their interleavings and looks, for each history, for an order of the operations that the specification allows and that
//! keeps operations in order of which one returned before the other was called (Wing and Gong 1993).
//!
//! ```
//! use unsnarl::{check::{Checker, FindingKind}, linear::{self, Specification}, sync::atomic::{AtomicUsize, Ordering::SeqCst}};
//!
//! #[derive(Clone, Default)]
//! struct Counter(usize);
//!
//! #[derive(Debug)]
//! struct Increment;
//!
//! impl Specification for Counter {
//!     type Operation = Increment;
//!     type Response = usize;
//!     fn apply(&mut self, _: &Increment) -> usize {
//!         self.0 += 1;
//!         self.0
//!     }
//! }
//!
//! // Two steps instead of one: both threads may read the same value.
//! let verdict = linear::check::<Counter, _>(
//!     &Checker::new("counter").regressions(false),
//!     vec![vec![Increment], vec![Increment]],
//!     || AtomicUsize::new(0),
//!     |counter, _| {
//!         let next = counter.load(SeqCst) + 1;
//!         counter.store(next, SeqCst);
//!         next
//!     },
//! );
//! assert_eq!(verdict.finding().unwrap().kind, FindingKind::NotLinearizable);
//! ```

mod history;

use std::{fmt, sync::Arc};

pub use history::{Completed, is_linearizable};

use crate::{
    check::{Checker, NOT_LINEARIZABLE, Verdict},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// What an object does when its operations come one after the other.
pub trait Specification: Clone + Default {
    /// A call with its arguments.
    type Operation: fmt::Debug;
    /// What the call returns.
    type Response: fmt::Debug + PartialEq;

    /// Performs the operation.
    fn apply(&mut self, operation: &Self::Operation) -> Self::Response;
}

/// Runs `threads`, each a sequence of operations, on an object that `make` makes and `perform` uses, through all
/// interleavings that `checker` asks for.
///
/// A history that is not linearizable is a finding of kind
/// [`NotLinearizable`](crate::check::FindingKind::NotLinearizable), with the history in its title. Blocks until the verdict
/// is there.
pub fn check<S, T>(
    checker: &Checker,
    threads: Vec<Vec<S::Operation>>,
    make: impl Fn() -> T + Send + Sync + 'static,
    perform: impl Fn(&T, &S::Operation) -> S::Response + Send + Sync + 'static,
) -> Verdict
where
    S: Specification + 'static,
    S::Operation: Send + Sync + 'static,
    S::Response: Send + 'static,
    T: Send + Sync + 'static,
{
    let (threads, perform) = (Arc::new(threads), Arc::new(perform));
    checker.run(move || {
        let object = Arc::new(make());
        // A visible clock: whether one operation returned before another was called is an order that must be explored.
        let clock = Arc::new(AtomicUsize::new(0));
        let handles: Vec<_> = (0..threads.len())
            .map(|thread| {
                let (threads, perform) = (Arc::clone(&threads), Arc::clone(&perform));
                let (object, clock) = (Arc::clone(&object), Arc::clone(&clock));
                thread::spawn(move || {
                    let complete = |operation: usize| {
                        let called = clock.load(Ordering::SeqCst);
                        let response = perform(&object, &threads[thread][operation]);
                        let returned = clock.fetch_add(1, Ordering::SeqCst);
                        Completed { thread, operation, called, returned, response }
                    };
                    (0..threads[thread].len()).map(complete).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut history = Vec::new();
        for handle in handles {
            match handle.join() {
                Ok(completed) => history.extend(completed),
                Err(payload) => std::panic::resume_unwind(payload),
            }
        }
        if !is_linearizable::<S>(&threads, &history) {
            panic!("{NOT_LINEARIZABLE}{}", history::describe::<S>(&threads, &history));
        }
    })
}
