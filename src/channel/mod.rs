//! Multi-producer multi-consumer channels in the shape of `crossbeam-channel`.
//!
//! On the native backend every item here *is* the `crossbeam-channel` item.

#[cfg(backend = "native")]
pub use crossbeam_channel::{IntoIter, Iter, Receiver, Sender, TryIter, bounded, unbounded};
pub use crossbeam_channel::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
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
mod shell;

#[cfg(not(backend = "native"))]
pub use self::{
    iter::{IntoIter, Iter, TryIter},
    shell::{Receiver, Sender, bounded, unbounded},
};
