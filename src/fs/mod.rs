//! File reads in the shape of [`std::fs`].
//!
//! On the native backend every item here *is* the `std` item. In a model files live in memory, see [`sim`].

#[cfg(backend = "native")]
pub use std::fs::{File, Metadata, canonicalize, metadata, read};

#[cfg(backend = "instrumented")]
mod dual;
#[cfg(not(backend = "native"))]
pub mod sim;

#[cfg(backend = "instrumented")]
pub use dual::{File, Metadata, canonicalize, metadata, read};
#[cfg(any(backend = "loom", backend = "shuttle"))]
pub use sim::{File, Metadata, canonicalize, metadata, read};
