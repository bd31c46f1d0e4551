//! Time and the question whether the caller is inside a model.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Where clocks start: far enough from zero that a program may subtract from an instant.
const ORIGIN: Duration = Duration::from_secs(1_000_000);

/// The time since an arbitrary origin; virtual inside a model.
pub(crate) fn now() -> Duration {
    in_model!(handle => ORIGIN + handle.with(|world| world.virtual_time()));
    static START: OnceLock<Instant> = OnceLock::new();
    ORIGIN + START.get_or_init(Instant::now).elapsed()
}

/// Whether the caller is a thread of a model.
pub(crate) fn in_model() -> bool {
    in_model!(_handle => true);
    false
}

/// A number for the running execution that no other of this process has; 0 outside of models.
pub(crate) fn execution_id() -> u64 {
    in_model!(handle => handle.execution_id());
    0
}
