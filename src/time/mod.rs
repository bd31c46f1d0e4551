//! Clocks. In a model [`Instant`] is virtual time: it moves only when nothing else can, or when a timeout fires.

#[cfg(not(backend = "native"))]
mod instant;
#[cfg(not(backend = "native"))]
pub use instant::Instant;
#[cfg(backend = "native")]
pub use std::time::Instant;
pub use std::time::{Duration, SystemTime, SystemTimeError, TryFromFloatSecsError, UNIX_EPOCH};
