//! Reports: what a person reads, and what other programs read.

mod kinds;
mod terminal;
