//! The environment variables that the checker in a test process reads; `check::checker` has the other end.

/// Names the file with a schedule to replay instead of exploring.
pub(super) const REPLAY: &str = "UNSNARL_REPLAY";
/// Seconds that each model's exploration may take.
pub(super) const BUDGET: &str = "UNSNARL_BUDGET_SECONDS";
/// A preemption bound for every model.
pub(super) const PREEMPTIONS: &str = "UNSNARL_PREEMPTIONS";
/// The strategy for every model.
pub(super) const STRATEGY: &str = "UNSNARL_STRATEGY";
/// The seed of every model's samples.
pub(super) const SEED: &str = "UNSNARL_SEED";
/// How many processor cores each exploration may use.
pub(super) const CORES: &str = "UNSNARL_CORES";
