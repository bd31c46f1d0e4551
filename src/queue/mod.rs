//! Lock-free queues in the shape of `crossbeam-queue`; needs the feature `queue`.
//!
//! On the native backend every item here *is* the `crossbeam-queue` item. In a model each operation is one step. It
//! happens after all earlier operations on the queue: the real ones are sequentially consistent read-modify-writes of its ends.
//! Operations by exclusive borrow are no steps.
//!
//! A queue never blocks. Prefer a [channel](crate::channel) where somebody has to wait for a value or for room: a loop around
//! [`pop`](SegQueue::pop) uses up a core.
//!
//! # Examples
//!
//! Two producers, and a consumer that takes what is there:
//!
//! ```
//! # #[cfg(feature = "model")]
//! unsnarl::check(|| {
//!     use unsnarl::{queue::ArrayQueue, thread};
//!
//!     let queue = ArrayQueue::new(1);
//!     let sent: usize = thread::scope(|scope| {
//!         let producers = [1, 2].map(|value| {
//!             let queue = &queue;
//!             scope.spawn(move || usize::from(queue.push(value).is_ok()))
//!         });
//!         producers.into_iter().map(|producer| producer.join().unwrap()).sum()
//!     });
//!     // There is room for one of them.
//!     assert_eq!((sent, queue.len()), (1, 1));
//! });
//! ```

#[cfg(not(backend = "native"))]
mod array;
#[cfg(not(backend = "native"))]
mod seg;

#[cfg(not(backend = "native"))]
pub use self::{array::ArrayQueue, seg::SegQueue};
#[cfg(backend = "native")]
pub use crossbeam_queue::{ArrayQueue, SegQueue};
