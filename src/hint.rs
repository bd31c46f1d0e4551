//! Hints to the processor, and to the scheduler in a model.

#[cfg(backend = "native")]
pub use std::hint::spin_loop;
