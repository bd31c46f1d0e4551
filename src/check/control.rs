//! Follows a check from another thread, and ends it.

#![allow(clippy::disallowed_types, reason = "the checker's own counters are outside of the model")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

/// Says how far a check is, and can cancel it; given to it by [`Checker::control`](super::Checker::control). Clones are of
/// the same check.
///
/// Our engine only: the others can be neither followed nor cancelled.
///
/// ```
/// use unsnarl::{check::{Checker, Control}, sync::atomic::{AtomicU64, Ordering::SeqCst}, thread};
///
/// let control = Control::new();
/// control.cancel();
/// let verdict = Checker::new("large").regressions(false).control(&control).run(|| {
///     static COUNT: AtomicU64 = AtomicU64::new(0);
///     let others: Vec<_> = (0..6).map(|_| thread::spawn(|| COUNT.fetch_add(1, SeqCst))).collect();
///     others.into_iter().for_each(|other| drop(other.join()));
/// });
/// let pass = verdict.pass().expect("there is no bug");
/// assert_eq!(pass.bounds, ["the check was cancelled after 0 executions in order and 0 sampled ones"]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    cancelled: AtomicBool,
    executions: AtomicU64,
    /// The bits of a floating-point number, plus one; 0 while there is no estimate.
    share: AtomicU64,
}

impl Control {
    /// One for a check that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the check to end. It does so after its present execution, with what it has seen until then.
    pub fn cancel(&self) {
        // ORDERING: relaxed: nothing but the flag itself is looked at.
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the check was asked to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        // ORDERING: relaxed, as above.
        self.0.cancelled.load(Ordering::Relaxed)
    }

    /// Executions so far, of all searches and samplers; a multiple of 64 until the verdict is there.
    #[must_use]
    pub fn executions(&self) -> u64 {
        // ORDERING: relaxed: a count for people.
        self.0.executions.load(Ordering::Relaxed)
    }

    /// The share of the exhaustive search that is done, by estimate, between 0 and 1; none while there is no estimate.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        // ORDERING: relaxed, as above.
        let bits = self.0.share.load(Ordering::Relaxed).checked_sub(1)?;
        Some(f64::from_bits(bits))
    }

    #[cfg_attr(
        not(backend = "instrumented"),
        allow(dead_code, reason = "only our own engine says how far it is")
    )]
    pub(super) fn add(&self, executions: u64, share: Option<f64>) {
        // ORDERING: relaxed, as above, in all of it.
        self.0.executions.fetch_add(executions, Ordering::Relaxed);
        if let Some(share) = share {
            // ORDERING: relaxed: a number of its own.
            self.0.share.store(share.clamp(0.0, 1.0).to_bits() + 1, Ordering::Relaxed);
        }
    }
}
