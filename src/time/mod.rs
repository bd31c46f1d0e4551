//! Clocks. In a model [`Instant`] is virtual time: it moves only when nothing else can, or when a timeout fires.

#[cfg(backend = "native")]
pub use std::time::Instant;
pub use std::time::{Duration, SystemTime, UNIX_EPOCH};
