//! The server over real loopback sockets, and its parts beside naive ones.
//!
//! No test asserts a time; waits end at a generous deadline that only a hang reaches.

mod abuse;
mod cache;
mod client;
mod conformance;
mod drain;
mod files;
mod framing;
mod overload;
mod pool;
mod representations;
mod status;
mod table;
