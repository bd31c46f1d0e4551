//! Findings and verdicts for people.

pub(crate) mod lanes;
pub mod terminal;
pub(crate) mod words;
