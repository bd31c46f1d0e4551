//! Real bugs: faults of published crates, rebuilt small on the facade, each beside its repair.

mod once_cell_early_unpark;
mod rayon_lock_latch;
mod tikv_guard_in_scrutinee;

use super::{Lesson, spawn, text};

/// By crate.
pub(super) static REAL_BUGS: &[Lesson] =
    &[once_cell_early_unpark::LESSON, rayon_lock_latch::LESSON, tikv_guard_in_scrutinee::LESSON];
