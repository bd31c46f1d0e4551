//! A job that asked for an engine and ran without it is red.

use unsnarl::check::EngineName;

/// Names the engine that the job wants, as [`EngineName::as_str`] does.
const EXPECTED_VARIABLE: &str = "UNSNARL_EXPECT_ENGINE";

#[test]
fn the_engine_is_the_one_that_was_asked_for() {
    let Ok(expected) = std::env::var(EXPECTED_VARIABLE) else { return };
    let here = EngineName::of_this_build().as_str();
    assert_eq!(here, expected, "{EXPECTED_VARIABLE} names another engine: is the cfg in RUSTFLAGS?");
}
