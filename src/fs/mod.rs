//! File reads in the shape of [`std::fs`].
//!
//! On the native backend every item here *is* the `std` item. In a model files live in memory, see [`sim`].

#[cfg(backend = "native")]
pub use std::fs::{File, Metadata, canonicalize, metadata, read};
