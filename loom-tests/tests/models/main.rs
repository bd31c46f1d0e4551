//! Models of the server's protocols: the source that ships, and each protocol with one mistake in it.

mod engine;
mod pool;
