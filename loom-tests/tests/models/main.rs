//! Models of the server's protocols: the source that ships, and each protocol with one mistake in it.

mod accept;
mod bell;
mod broken_cache;
mod broken_drain;
mod broken_pool;
mod broken_shards;
mod broken_streaming;
mod broken_table;
mod cache;
mod facade;
mod generated;
#[cfg(any(unsnarl_backend = "loom", unsnarl_backend = "shuttle"))]
mod guests;
mod parking;
mod pool;
mod server;
mod stranded;
mod streaming;
mod table;
mod waking;

use unsnarl::check::EngineName;

/// Names the engine that a job wants, as [`EngineName::as_str`] does.
const EXPECTED_VARIABLE: &str = "UNSNARL_EXPECT_ENGINE";

/// A job that asked for an engine and ran without it is red.
#[test]
fn the_engine_is_the_one_that_was_asked_for() {
    let Ok(expected) = std::env::var(EXPECTED_VARIABLE) else { return };
    let here = EngineName::of_this_build().as_str();
    assert_eq!(here, expected, "{EXPECTED_VARIABLE} names another engine: is the cfg in RUSTFLAGS?");
}

/// So is a model in which nothing was explored.
#[test]
#[should_panic(expected = "one execution is no exploration")]
fn a_model_of_one_execution_is_red() {
    unsnarl_loom_tests::correct("models::alone").check(|| ());
}
