//! The engine against exact counts, against brute force, and on known bugs.

mod counts;
mod findings;
