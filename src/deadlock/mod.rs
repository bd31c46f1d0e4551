//! Pure graphs of waiting: no locks inside, no facade, so that they can be tested against naive searches.

#[cfg(feature = "watch")]
pub(crate) mod lock_order;
#[cfg(feature = "model")]
pub(crate) mod wait_for;
