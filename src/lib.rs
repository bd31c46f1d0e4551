//! unsnarl
#![cfg_attr(docsrs, feature(doc_cfg))]

mod backend;
pub mod cell;
pub mod channel;
pub mod fs;
pub mod hint;
pub mod net;
pub mod parking_lot;
#[cfg(feature = "poll")]
pub mod poll;
pub mod sync;
pub mod thread;
pub mod time;

pub use sync::named::Named;

#[cfg(feature = "server")]
pub mod server;
