//! Channels whose messages come from the clock.

use super::select::{self, Side, Wait};
use crate::{
    backend::{RawChannel, plain::Plain},
    time::{Duration, Instant},
};

/// A timer inside a model: its messages appear in virtual time.
pub(super) struct Timer {
    /// Never holds a message: receives are on it, so that their order is looked at.
    pub(super) raw: RawChannel,
    /// When the next message appears, and the time between two.
    state: Plain<(Option<Instant>, Option<Duration>)>,
}

impl Timer {
    #[track_caller]
    pub(super) fn new(first: Option<Instant>, period: Option<Duration>) -> Self {
        Timer { raw: RawChannel::new(Some(1)), state: Plain::new((first, period)) }
    }

    /// When the next message appears.
    pub(super) fn next(&self) -> Option<Instant> {
        self.state.with(|(next, _)| *next)
    }

    /// Takes the message that has appeared.
    pub(super) fn take(&self) -> Option<Instant> {
        let now = Instant::now();
        self.state.with(|(next, period)| {
            let fired = next.filter(|next| *next <= now)?;
            *next = period.and_then(|period| now.checked_add(period));
            Some(fired)
        })
    }

    /// Receives a message, if there is one in time.
    #[track_caller]
    pub(super) fn receive(&self, wait: Wait) -> Option<Instant> {
        select::in_model(&[Side::timer(self)], false, false, wait).and_then(|(_, chosen)| chosen.fired)
    }

    pub(super) fn has_message(&self) -> bool {
        self.next().is_some_and(|next| next <= Instant::now())
    }
}
