//! Models of the server's protocols: the source that ships, and each protocol with one mistake in it.

mod accept;
mod broken_cache;
mod broken_pool;
mod broken_table;
mod cache;
mod engine;
mod facade;
mod pool;
mod server;
mod stranded;
mod table;
