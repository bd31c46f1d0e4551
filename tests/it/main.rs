//! The integration tests: one binary, one module per area.

// Outside of a check, which is where these tests are, the loom and shuttle backends have nothing to offer.
#[cfg(any(backend = "native", backend = "instrumented"))]
mod facade;
