//! Findings and verdicts for people.

pub(crate) mod lanes;
#[cfg_attr(
    not(backend = "instrumented"),
    allow(dead_code, reason = "loom and shuttle give no data to explain")
)]
mod starvation;
pub mod terminal;
pub(crate) mod words;
