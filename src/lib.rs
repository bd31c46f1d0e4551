//! unsnarl
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
pub mod cell;
pub mod channel;
#[cfg(feature = "model")]
pub mod check;
#[cfg(any(feature = "model", feature = "watch"))]
mod deadlock;
#[cfg(feature = "model")]
#[cfg_attr(not(backend = "instrumented"), allow(dead_code, reason = "loom or shuttle runs the models of this build"))]
mod engine;
pub mod fs;
pub mod hint;
#[cfg(feature = "lab")]
pub mod lab;
pub mod net;
pub mod parking_lot;
#[cfg(feature = "model")]
pub mod report;
#[cfg(feature = "poll")]
pub mod poll;
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
