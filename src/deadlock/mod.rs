//! Pure graphs of waiting: no locks inside, no facade, so that they can be tested against naive searches.

#[cfg(any(feature = "watch", all(feature = "model", backend = "instrumented")))]
mod cycles;
#[cfg(feature = "watch")]
pub(crate) mod lock_order;
// The guests do not predict.
#[cfg(all(feature = "model", backend = "instrumented"))]
pub(crate) mod nesting;
#[cfg(feature = "model")]
pub(crate) mod wait_for;
