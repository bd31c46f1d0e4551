//! The raw layer over loom. What loom cannot do is listed in `docs/backends.md`; here it is refused, never guessed.

mod cell;
mod run;

use super::guest::execution;

pub(crate) use super::{
    guest::{
        atomic,
        choice::{choose, pass_time, show, tell_choice},
        condvar::RawCondvar,
        execution::{execution_id, in_model, now},
        limits::{Limits, Outcome},
        per_execution::PerExecution,
        thread,
    },
    portable::{barrier::PortableBarrier as RawBarrier, channel},
};
pub(crate) use cell::UnsafeCell;
pub(crate) use run::run;

/// The stack of a loom thread, in machine words: loom's own default of 4,096 is too small for formatting in a panic.
const STACK_WORDS: usize = 0x8000;

/// The stack size to ask loom for, in its unit, when the program asks for `bytes`.
pub(super) fn stack_size(bytes: Option<usize>) -> Option<usize> {
    Some(bytes.unwrap_or(0).div_ceil(size_of::<usize>()).max(STACK_WORDS))
}

/// Refuses the `number`th thread of an execution if it is one too many.
#[track_caller]
pub(super) fn check_thread_count(number: u64) {
    if number > ::loom::MAX_THREADS as u64 {
        execution::refuse(&format!(
            "the loom backend runs at most {} threads in one execution, the main one included: make the model smaller, or \
             run it under unsnarl's engine or shuttle",
            ::loom::MAX_THREADS,
        ));
    }
}

/// What must happen before the panic hook is set: nothing.
pub(super) fn prepare_hook() {}

/// Whether a panic from this source file is loom's verdict and not the program's.
pub(super) fn is_checker_source(file: &str) -> bool {
    file.contains("/loom-0.") || file.contains("\\loom-0.")
}

/// Loom's verdict in words that say what to do.
pub(super) fn explain(message: &str) -> String {
    let message = message.trim();
    if message.contains("maximum number of branches") {
        format!(
            "unsnarl: an execution took more steps than its limit, perhaps it spins without yielding; loom says: {message}"
        )
    } else {
        message.to_owned()
    }
}
