//! A readiness poller for TCP streams, one-shot or edge-triggered.
//!
//! In a model it watches simulated streams.

mod accept;
mod event;
#[cfg(any(backend = "native", backend = "instrumented"))]
#[cfg_attr(backend = "instrumented", expect(unreachable_pub, reason = "public where it is the only poller"))]
mod native;
#[cfg(not(backend = "native"))]
#[cfg_attr(backend = "instrumented", expect(unreachable_pub, reason = "public where it is the only poller"))]
mod sim;

#[cfg(backend = "instrumented")]
mod dual;
pub use accept::{accept, prepare};
#[cfg(backend = "instrumented")]
pub use dual::Poller;
pub use event::{Event, Interest};
#[cfg(backend = "native")]
pub use native::Poller;
#[cfg(any(backend = "loom", backend = "shuttle"))]
pub use sim::Poller;
