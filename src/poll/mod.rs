//! A one-shot readiness poller for TCP streams.
//!
//! In a model it watches simulated streams.

#[cfg(any(backend = "native", backend = "instrumented"))]
#[cfg_attr(backend = "instrumented", expect(unreachable_pub, reason = "public where it is the only poller"))]
mod native;
#[cfg(not(backend = "native"))]
#[cfg_attr(backend = "instrumented", expect(unreachable_pub, reason = "public where it is the only poller"))]
mod sim;

#[cfg(backend = "instrumented")]
mod dual;
#[cfg(backend = "instrumented")]
pub use dual::Poller;
#[cfg(backend = "native")]
pub use native::Poller;
#[cfg(any(backend = "loom", backend = "shuttle"))]
pub use sim::Poller;
