//! The bounded thread-pool HTTP/1.1 server.
