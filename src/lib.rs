//! Write your threads once, check every interleaving, ship the same source.
//!
//! 1. A *facade*: [`sync`], [`parking_lot`], [`channel`], [`thread`], [`time`], [`net`], [`fs`], [`cell`]: the names that a
//!    program uses instead of those of `std`, `parking_lot` and `crossbeam-channel`. Without features they *are* those.
//! 2. A *checker* (feature `model`): [`check()`] runs a program through its interleavings in an ordinary test, finds
//!    deadlocks, lost wake-ups, races and wrong answers, and explains them.
//! 3. A *server* (feature `server`): a bounded thread-pool HTTP/1.1 server whose shipped source is the checked source.
//! 4. *Lessons* (feature `lab`) and *lock-order prediction on real runs* (feature `watch`).
//!
//! # A deadlock, found
//!
//! ```
//! # #[cfg(feature = "model")] {
//! use unsnarl::{check::{Checker, FindingKind}, parking_lot::Mutex, sync::Arc, thread};
//!
//! let verdict = Checker::new("transfer").regressions(false).run(|| {
//!     let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
//!     let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
//!     let other = thread::spawn(move || *b2.lock() += *a2.lock());
//!     *a.lock() += *b.lock();
//!     other.join().unwrap();
//! });
//! assert_eq!(verdict.finding().unwrap().kind, FindingKind::Deadlock);
//! # }
//! ```
//!
//! # A program that is right
//!
//! ```
//! # #[cfg(feature = "model")]
//! unsnarl::check(|| {
//!     use unsnarl::{channel, thread};
//!     let (sender, receiver) = channel::bounded(1);
//!     let producer = thread::spawn(move || (0..3).try_for_each(|i| sender.send(i)));
//!     assert_eq!(receiver.iter().sum::<i32>(), 3);
//!     producer.join().unwrap().unwrap();
//! });
//! ```
//!
//! # The same names in production
//!
//! ```
//! use unsnarl::{sync::{Arc, Semaphore}, thread};
//!
//! let slots = Arc::new(Semaphore::new(2));
//! let workers: Vec<_> = (0..4)
//!     .map(|_| {
//!         let slots = Arc::clone(&slots);
//!         thread::spawn(move || slots.acquire().map(|_permit| ()).is_ok())
//!     })
//!     .collect();
//! assert!(workers.into_iter().all(|worker| worker.join().unwrap()));
//! ```
//!
//! # When not to use it
//!
//! For `async` code: the facade blocks. For lock-free algorithms that break by load buffering alone: our own engine explores all
//! other values of the memory model of C++20. For programs that need more than 128 threads in a model.
//!
//! # What a pass does not prove
//!
//! See [`check`](mod@check): a pass says whether it is complete, and if not, what was left out.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    backend = "native",
    allow(
        clippy::disallowed_types,
        clippy::disallowed_methods,
        reason = "here the facade's names are the listed ones; the list holds where the facade has types of its own"
    )
)]

mod backend;
pub mod cell;
pub mod channel;
#[cfg(feature = "model")]
pub mod check;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(any(feature = "model", feature = "watch"))]
mod deadlock;
#[cfg(feature = "deque")]
pub mod deque;
#[cfg(feature = "model")]
#[cfg_attr(
    not(backend = "instrumented"),
    allow(dead_code, unused_imports, reason = "loom or shuttle runs the models of this build")
)]
mod engine;
#[cfg(not(backend = "native"))]
pub mod fault;
pub mod fs;
pub mod hint;
#[cfg(feature = "lab")]
pub mod lab;
#[cfg(feature = "model")]
pub mod linear;
pub mod net;
pub mod parking_lot;
#[cfg(feature = "poll")]
pub mod poll;
#[cfg(feature = "queue")]
pub mod queue;
#[cfg(feature = "model")]
pub mod report;
pub mod sync;
pub mod thread;
pub mod time;
#[cfg(all(feature = "watch", backend = "instrumented"))]
pub mod watch;

#[cfg(feature = "model")]
pub use check::{Checker, check};
pub use sync::named::Named;

#[cfg(feature = "server")]
pub mod server;
