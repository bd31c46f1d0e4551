//! Plain memory that several threads of a lesson know.

use crate::{cell::UnsafeCell, check::is_in_model};

/// A number in plain memory. Accesses that race are what the checker reports.
pub(super) struct Plain(UnsafeCell<u32>);

// SAFETY: it is made in models only, where threads run one at a time.
unsafe impl Sync for Plain {}

impl Plain {
    #[track_caller]
    pub(super) fn new(value: u32) -> Self {
        assert!(
            is_in_model(),
            "unsnarl: a program with data races is for a checker only, see `lab::check_buggy`"
        );
        Plain(UnsafeCell::new(value))
    }

    #[track_caller]
    pub(super) fn get(&self) -> u32 {
        // SAFETY: see `Sync` above.
        self.0.with(|plain| unsafe { *plain })
    }

    #[track_caller]
    pub(super) fn set(&self, value: u32) {
        // SAFETY: see `Sync` above.
        self.0.with_mut(|plain| unsafe { *plain = value });
    }
}
