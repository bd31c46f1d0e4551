//! The integration tests: one binary, one module per area.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the facade")]

#[cfg(feature = "model")]
mod engine;
#[cfg(feature = "server")]
mod server;
