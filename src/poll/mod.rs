//! A one-shot readiness poller for TCP streams.

#[cfg(backend = "native")]
mod native;
#[cfg(backend = "native")]
pub use native::Poller;
