//! Small concurrent programs with a known bug: the yardstick for how many schedules a strategy needs to find one.
//!
//! Each program comes with a repaired twin, the kind of finding that is expected, and the figures that others published.
//! `cargo unsnarl bench bugs` runs every strategy on them and puts the figures side by side.

mod measure;
mod oracle;
mod programs;
mod published;
mod strategies;
mod threads;

pub use measure::{Limits, Measured, measure};
pub use oracle::Oracle;
pub use programs::{Program, find, programs};
pub use published::{Facade, Figure, Published, Rff, Surw, published};
pub use strategies::{Contender, strategies};
