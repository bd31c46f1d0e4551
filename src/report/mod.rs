//! Findings and verdicts: for people (the terminal, a page), for tools (JSON, JUnit, SARIF, workflow commands), and as
//! diagrams and traces.
//!
//! Every form is made of the same data: a [`Finding`](crate::check::Finding), or the [`results::Results`] of many checks.

pub mod dot;
pub mod github;
pub mod html;
#[cfg(feature = "cli")]
pub mod junit;
pub(crate) mod lanes;
pub mod mermaid;
#[cfg(feature = "cli")]
pub mod perfetto;
pub(crate) mod place;
pub mod results;
#[cfg(feature = "cli")]
pub mod sarif;
#[cfg_attr(not(backend = "instrumented"), allow(dead_code, reason = "loom and shuttle give no places"))]
pub(crate) mod sources;
mod spans;
pub mod terminal;
mod wait_graph;
pub(crate) mod words;
