//! Multi-producer multi-consumer channels in the shape of `crossbeam-channel`.
//!
//! On the native backend every item here *is* the `crossbeam-channel` item.

#[cfg(backend = "native")]
pub use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
pub use crossbeam_channel::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
