//! The integration tests: one binary, one module per area.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the facade")]

#[cfg(feature = "cli")]
mod cli;
mod engine;
