//! How long a search will take, from how fast it gets on.
//!
//! A search with partial-order reduction learns of most branches only when it comes to the executions that show them. The
//! share of the known branches that lie behind it (Knuth 1975) is therefore far too high at first. How fast this share
//! *grows* tells more: where it stands still, or falls, branches are found as fast as they are explored.

/// How many executions lie before the first mark.
const FIRST_MARK: u64 = 64;

/// How far the search was at some moment.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    executions: u64,
    /// The share of the known branches that lay behind it.
    share: f64,
}

/// Remembers how far the search was when it had about half, and a quarter, of the executions that it has now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Pace {
    earlier: Mark,
    latest: Mark,
}

impl Pace {
    /// Whether it is time for a mark.
    pub(super) fn is_due(&self, executions: u64) -> bool {
        executions >= FIRST_MARK.max(self.latest.executions * 2)
    }

    /// Notes how far the search is.
    pub(super) fn mark(&mut self, executions: u64, share: f64) {
        self.earlier = self.latest;
        self.latest = Mark { executions, share };
    }

    /// How many executions the search will have had at its end; infinity where there is no end in sight, and `None` where it
    /// is too early to tell.
    pub(super) fn expected(&self, executions: u64, share: f64) -> Option<f64> {
        let is_far = executions >= self.latest.executions + self.latest.executions / 2;
        let since = if is_far { self.latest } else { self.earlier };
        if since.executions == 0 {
            return None;
        }
        let gained = share - since.share;
        if gained <= 0.0 {
            return Some(f64::INFINITY);
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let (executions, taken) = (executions as f64, (executions - since.executions) as f64);
        Some(executions + (1.0 - share) / gained * taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_search_is_expected_to_end_on_time() {
        let mut pace = Pace::default();
        assert_eq!(pace.expected(32, 0.032), None);
        for executions in 1..=500 {
            if pace.is_due(executions) {
                pace.mark(executions, executions as f64 / 1_000.0);
            }
        }
        let expected = pace.expected(500, 0.5).expect("there are marks");
        assert!((expected - 1_000.0).abs() < 1e-6, "{expected}");
    }

    #[test]
    fn a_search_that_stands_still_is_not_expected_to_end() {
        let mut pace = Pace::default();
        pace.mark(64, 0.2);
        assert_eq!(pace.expected(128, 0.2), Some(f64::INFINITY));
    }
}
