//! Weak memory: litmus tests with whole sets of outcomes, and generated programs against the axioms of C++20.

mod axioms;
mod generated;
mod language;
mod programs;
