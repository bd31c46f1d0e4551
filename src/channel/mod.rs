//! Multi-producer multi-consumer channels in the shape of `crossbeam-channel`.
//!
//! On the native backend every item here *is* the `crossbeam-channel` item. In a model a [`select!`] is one step that waits
//! on all its channels; where several cases are possible, each is looked at.
//!
//! # Examples
//!
//! A worker that two sides talk to. Whichever message it sees first, it must see both:
//!
//! ```
//! # #[cfg(feature = "model")]
//! unsnarl::check(|| {
//!     use unsnarl::{
//!         channel::{bounded, select},
//!         thread,
//!     };
//!
//!     let (jobs, job) = bounded(1);
//!     let (stops, stop) = bounded(1);
//!     let worker = thread::spawn(move || {
//!         let mut done = 0;
//!         loop {
//!             select! {
//!                 recv(job) -> job => done += job.unwrap_or(0),
//!                 recv(stop) -> _ => return done + job.try_iter().sum::<u32>(),
//!             }
//!         }
//!     });
//!     jobs.send(3).unwrap();
//!     stops.send(()).unwrap();
//!     assert_eq!(worker.join().unwrap(), 3);
//! });
//! ```

#[cfg(backend = "native")]
pub use crossbeam_channel::{
    IntoIter, Iter, Receiver, Select, SelectedOperation, Sender, TryIter, after, at, bounded, never, select,
    select_biased, tick, unbounded,
};
pub use crossbeam_channel::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError, SendTimeoutError,
    TryReadyError, TryRecvError, TrySelectError, TrySendError,
};

#[cfg(backend = "instrumented")]
#[cfg_attr(
    not(feature = "model"),
    allow(unused_variables, reason = "without the engine no channel is in a model")
)]
mod counted;
#[cfg(not(backend = "native"))]
mod iter;
#[cfg(not(backend = "native"))]
mod select;
#[cfg(not(backend = "native"))]
mod select_macro;
#[cfg(not(backend = "native"))]
mod shell;
#[cfg(backend = "instrumented")]
#[cfg_attr(
    not(feature = "model"),
    allow(unused_variables, reason = "without the engine no channel is in a model")
)]
mod timer;

#[cfg(not(any(backend = "native", backend = "instrumented")))]
pub(crate) use self::select::Chosen;
#[cfg(not(backend = "native"))]
pub use self::{
    iter::{IntoIter, Iter, TryIter},
    select::{Select, SelectedOperation, internal},
    shell::{Receiver, Sender, after, at, bounded, never, tick, unbounded},
};
/// Waits for one of several sends and receives, with the syntax of `crossbeam_channel::select!`.
///
/// Where several cases are possible any of them runs, and in a model each in turn. With `default =>` it does not wait, with
/// `default(timeout) =>` at most that long.
#[cfg(not(backend = "native"))]
#[doc(inline)]
pub use crate::__unsnarl_select as select;
/// As [`select!`], but where several cases are possible the first one runs.
#[cfg(not(backend = "native"))]
#[doc(inline)]
pub use crate::__unsnarl_select_biased as select_biased;
