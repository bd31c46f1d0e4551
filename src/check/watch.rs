//! When to read the clock.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the checker's own clock runs outside of the model"
)]

use std::time::{Duration, Instant};

/// How long executions may go on without a look at the clock.
const BLIND: Duration = Duration::from_millis(1);

/// The most of them that do.
const EXECUTIONS_BLIND_MAX: u64 = 16;

/// Looks at the clock after every execution, but not more often than about each millisecond: reading it costs as much as a
/// small execution. A budget of time is thus exceeded by one execution, or a millisecond or two.
#[derive(Debug)]
pub(super) struct Watch {
    looked: Instant,
    /// How many executions are to pass between two looks, and how many have.
    interval: u64,
    passed: u64,
}

impl Default for Watch {
    fn default() -> Self {
        Watch { looked: Instant::now(), interval: 1, passed: 0 }
    }
}

impl Watch {
    /// If it is time for a look: the time, and how many executions there were since the last one.
    pub(super) fn before_execution(&mut self) -> Option<(Instant, u64)> {
        if self.passed < self.interval {
            self.passed += 1;
            return None;
        }
        let (now, passed) = (Instant::now(), self.passed);
        let interval = next_interval(self.interval, now - self.looked);
        *self = Watch { looked: now, interval, passed: 1 };
        Some((now, passed))
    }
}

/// How many executions the next look is away, when `interval` of them took so long.
fn next_interval(interval: u64, took: Duration) -> u64 {
    let next = if took > BLIND { interval / 2 } else { interval * 2 };
    next.clamp(1, EXECUTIONS_BLIND_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_executions_are_looked_after_one_by_one_and_short_ones_are_not() {
        let (long, short) = (Duration::from_millis(3), Duration::from_micros(3));
        assert_eq!(next_interval(16, long), 8);
        assert_eq!(next_interval(1, long), 1);
        assert_eq!(next_interval(1, short), 2);
        assert_eq!(next_interval(16, short), 16);
    }

    #[test]
    fn nothing_is_looked_at_before_the_first_execution() {
        let mut watch = Watch::default();
        assert!(watch.before_execution().is_none());
        let (_, passed) = watch.before_execution().expect("after it");
        assert_eq!(passed, 1);
    }
}
