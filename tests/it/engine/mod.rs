//! The engine against exact counts, against brute force, and on known bugs.

mod brute_force;
mod channel_actions;
mod cores;
mod counts;
mod ends;
mod findings;
mod litmus;
mod mixed;
mod peers;
mod prediction;
mod queue_actions;
mod races;
mod regressions;
mod samplers;
mod scenarios;
mod selects;
mod semantics;
#[cfg(feature = "lab")]
mod session;
mod shrinking;
mod teardown;
mod threads;
mod tries;
