//! Hints to the processor, and to the scheduler in a model.

#[cfg(backend = "native")]
pub use std::hint::spin_loop;
pub use std::hint::{assert_unchecked, black_box, cold_path, select_unpredictable, unreachable_unchecked};

/// Says that the caller waits in a loop for another thread. In a model the caller does not run again before another thread
/// has, so that a spinning thread cannot spin for ever.
#[cfg(not(backend = "native"))]
#[track_caller]
pub fn spin_loop() {
    crate::backend::thread::spin_loop();
}
