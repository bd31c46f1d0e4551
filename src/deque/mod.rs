//! Work-stealing deques in the shape of `crossbeam-deque`; needs the feature `deque`.
//!
//! On the native backend every item here *is* the `crossbeam-deque` item. In a model the operations of the [`Worker`] and a
//! push into an [`Injector`] are one step each. To steal takes two, one that looks and one that takes: if another thread took
//! something in between, the result is [`Steal::Retry`]; under loom and shuttle it is one step that never asks to retry. Tasks
//! that are stolen as a batch leave their queue in one step and arrive in the other in a second one.
//!
//! # Examples
//!
//! ```
//! # #[cfg(feature = "model")]
//! unsnarl::check(|| {
//!     use unsnarl::{
//!         deque::{Steal, Worker},
//!         thread,
//!     };
//!
//!     let own = Worker::new_fifo();
//!     own.push("task");
//!     let stealer = own.stealer();
//!     let thief = thread::spawn(move || loop {
//!         match stealer.steal() {
//!             Steal::Success(_) => break 1,
//!             Steal::Empty => break 0,
//!             Steal::Retry => {}
//!         }
//!     });
//!     let kept = usize::from(own.pop().is_some());
//!     assert_eq!(kept + thief.join().unwrap(), 1, "one of them has the task");
//! });
//! ```

#[cfg(not(backend = "native"))]
mod injector;
#[cfg(not(backend = "native"))]
mod worker;

#[cfg(not(backend = "native"))]
pub use self::{
    injector::Injector,
    worker::{Stealer, Worker},
};
pub use crossbeam_deque::Steal;
#[cfg(backend = "native")]
pub use crossbeam_deque::{Injector, Stealer, Worker};

#[cfg(not(backend = "native"))]
use crate::backend::{self, QueueCounts, RawQueue};

/// Takes a batch out of a queue by `take`, which puts it into the worker that it is given, and puts it into `dest`.
#[cfg(not(backend = "native"))]
#[track_caller]
fn steal_batch<T, R>(
    raw: &RawQueue,
    counts: impl Fn() -> QueueCounts,
    dest: &Worker<T>,
    take: impl FnOnce(&crossbeam_deque::Worker<T>) -> Steal<R>,
) -> Steal<R> {
    if !backend::in_model() {
        return take(dest.real());
    }
    let batch = dest.of_same_flavor();
    let stolen = raw.steal(counts, || take(&batch)).unwrap_or(Steal::Retry);
    if !batch.is_empty() {
        dest.push_all(&batch);
    }
    stolen
}
