//! The integration tests: one binary, one module per area.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the facade")]

#[cfg(feature = "model")]
mod engine;
#[cfg(feature = "model")]
mod linear;
#[cfg(feature = "server")]
mod server;
// Outside of a check, which is where these tests are, the loom and shuttle backends have nothing to offer.
#[cfg(any(backend = "native", backend = "instrumented"))]
mod facade;
#[cfg(all(feature = "lab", backend = "instrumented"))]
mod lab;
#[cfg(all(feature = "watch", backend = "instrumented"))]
mod watch;
