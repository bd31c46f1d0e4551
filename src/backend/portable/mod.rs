//! Pieces that are written once on the facade's own mutex and condition variable, for backends that lack them.

pub(crate) mod semaphore;
