//! The raw layer over shuttle. What shuttle cannot do is listed in `docs/backends.md`; here it is refused, never guessed.

mod cell;
mod run;
mod scheduler;

pub(crate) use super::{
    guest::{
        atomic,
        choice::{choose, pass_time, show, tell_choice},
        condvar::RawCondvar,
        execution::{execution_id, in_model, now},
        limits::{Limits, Outcome},
        thread,
    },
    portable::{barrier::PortableBarrier as RawBarrier, channel},
};
pub(crate) use cell::UnsafeCell;
pub(crate) use run::run;

/// The stack of a shuttle thread, in bytes.
const STACK_BYTES: usize = 0x4_0000;

/// The stack size to ask shuttle for when the program asks for `bytes`.
pub(super) fn stack_size(bytes: Option<usize>) -> Option<usize> {
    bytes.map(|bytes| bytes.max(STACK_BYTES))
}

/// Any number of threads will do.
pub(super) fn check_thread_count(_number: u64) {}

/// Makes shuttle set its own panic hook, so that ours comes on top of it: shuttle's prints.
pub(super) fn prepare_hook() {
    ::shuttle::Runner::new(::shuttle::scheduler::RoundRobinScheduler::new(1), run::config(1_000)).run(|| {});
}

/// Whether a panic from this source file is shuttle's verdict and not the program's.
pub(super) fn is_checker_source(file: &str) -> bool {
    file.contains("/shuttle-") || file.contains("\\shuttle-")
}

/// Shuttle's verdict in words that say what to do.
pub(super) fn explain(message: &str) -> String {
    message.trim().to_owned()
}
