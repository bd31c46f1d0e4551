//! The programs on which engines are compared: small, and searched to the end, if that is near enough.
//!
//! `cargo unsnarl bench engine` builds this once for each engine and puts what they say side by side.

mod measure;
mod programs;
mod threads;

pub use measure::{Measured, measure, measure_random};
pub use programs::{Program, find, programs};
