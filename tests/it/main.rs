//! The integration tests: one binary, one module per area.

#![allow(clippy::duplicate_mod, reason = "the tests of the server run with each of its front ends")]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "tests stand outside the facade")]

#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "model")]
mod engine;
// Outside of a check, which is where these tests are, the loom and shuttle backends have nothing to offer.
#[cfg(any(backend = "native", backend = "instrumented"))]
mod facade;
#[cfg(all(feature = "lab", backend = "instrumented"))]
mod lab;
#[cfg(all(feature = "lab-web", backend = "instrumented"))]
mod lab_web;
#[cfg(feature = "model")]
mod linear;
#[cfg(all(feature = "lab", backend = "instrumented"))]
mod report;
#[cfg(all(feature = "cli", unix))]
mod serve;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "model")]
mod tables;
#[cfg(all(feature = "watch", backend = "instrumented"))]
mod watch;
