//! How slow a client may be while bytes of its body, or of its answer, go through.
//!
//! A client has so much time (the grace), and earns the time that its bytes need at the slowest rate that is served; but it never
//! has more ahead of it than the grace. So a large body may take long, and nobody is served who falls below that rate for longer
//! than the grace, however fast he was before.

use crate::time::{Duration, Instant};

/// The deadline of a client that has to keep up a rate.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    grace: Duration,
    bytes_per_second: u64,
    deadline: Instant,
}

impl Pace {
    pub(super) fn new(now: Instant, grace: Duration, bytes_per_second: u64) -> Self {
        Pace { grace, bytes_per_second: bytes_per_second.max(1), deadline: now + grace }
    }

    /// So many bytes more have gone through until `now`.
    pub(super) fn moved(&mut self, bytes: u64, now: Instant) {
        let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second);
        let earned = u64::try_from(nanoseconds).map_or(self.grace, Duration::from_nanos).min(self.grace);
        self.deadline = (self.deadline + earned).min(now + self.grace);
    }

    /// When more must have gone through.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_earned_by_bytes_and_not_saved() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut pace = Pace::new(begin, Duration::from_secs(10), 100);
        assert_eq!(pace.deadline(), at(10));
        // At the rate the deadline stays ahead by the grace.
        pace.moved(500, at(5));
        assert_eq!(pace.deadline(), at(15));
        // Below it comes nearer.
        pace.moved(100, at(10));
        assert_eq!(pace.deadline(), at(16));
        // A fast client has no more than the grace either.
        pace.moved(u64::MAX, at(11));
        assert_eq!(pace.deadline(), at(21));
        pace.moved(1, at(11));
        assert_eq!(pace.deadline(), at(21));
    }
}
