//! The bounded thread-pool HTTP/1.1 server.

pub mod cache;
pub mod http;
pub mod limits;
pub mod pool;
pub mod table;

pub use limits::Limits;
