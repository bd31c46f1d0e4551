//! What a run is asked for and what it answers.

use std::time::Duration;

/// How far to search.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) max_executions: Option<u64>,
    pub(crate) max_time: Option<Duration>,
    /// Of one execution; shuttle has no such bound and searches without it.
    #[cfg_attr(backend = "shuttle", allow(dead_code, reason = "shuttle has no such bound"))]
    pub(crate) preemptions: Option<usize>,
    /// Of one execution.
    pub(crate) max_steps: usize,
    /// The seed of a random search, without a search in order before it; loom has none and searches in order.
    #[cfg_attr(backend = "loom", expect(dead_code, reason = "loom has no random search"))]
    pub(crate) random: Option<u64>,
}

/// How a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All executions were looked at.
    Complete { executions: u64 },
    /// Some executions were looked at; `why` says what ended the search.
    Bounded { executions: u64, why: String },
    /// The last execution failed.
    Failed { executions: u64, message: String },
}
