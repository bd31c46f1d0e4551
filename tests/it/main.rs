//! The one integration binary; each area is a module.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the facade")]

#[cfg(feature = "server")]
mod server;
