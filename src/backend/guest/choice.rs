//! Numbers that the checker chooses, as far as the guests can, and time that goes by.

pub(crate) use super::execution::advance as pass_time;
#[cfg(backend = "loom")]
use super::execution::refuse;

/// Loom has no choices but those of threads and of values in memory.
#[cfg(backend = "loom")]
#[track_caller]
pub(crate) fn choose(_operation: &'static str, _possible: impl FnOnce() -> u128) -> usize {
    refuse(
        "the loom backend cannot choose numbers, nor let operations fail: run this model under unsnarl's engine or shuttle \
         (Checker::needs(Capability::Choices))",
    );
}

/// A number of the set, to which 0 belongs, at random.
#[cfg(backend = "shuttle")]
#[track_caller]
pub(crate) fn choose(_operation: &'static str, possible: impl FnOnce() -> u128) -> usize {
    use ::shuttle::rand::{Rng, thread_rng};

    CHOSE.set(true);
    let possible = possible();
    let nth = thread_rng().gen_range(0..possible.count_ones());
    (0..u128::BITS as usize)
        .filter(|value| possible & 1 << value != 0)
        .nth(nth as usize)
        .expect("less than the number of possibilities")
}

#[cfg(backend = "shuttle")]
std::thread_local! {
    /// Whether a model of this run chose a number: a search in order then has not seen all that there is.
    pub(crate) static CHOSE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// There is nobody who looks.
pub(crate) fn show(_name: &str, _value: impl FnOnce() -> String) {}

/// There is no report to say it in.
pub(crate) fn tell_choice(_outcome: impl FnOnce() -> String) {}
