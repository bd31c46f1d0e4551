//! Weak memory: the outcomes that programs of a few atomic operations have, compared as whole sets with the literature and
//! with an axiomatic oracle.

mod axioms;
mod bugs;
mod engine;
mod generated;
mod language;
mod programs;
mod report;
mod stale;
