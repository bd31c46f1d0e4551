//! The `Date` field: the one place where the server asks for the time of day.

use crate::time::{Instant, SystemTime, UNIX_EPOCH};

/// The length of a date as RFC 9110 section 5.6.7 wants it.
const DATE_BYTES: usize = 29;

/// The last date written and its second, so that a busy thread formats it once a second.
#[derive(Debug, Default)]
pub(crate) struct DateText {
    moment: Option<Instant>,
    second: u64,
    text: String,
}

impl DateText {
    /// The present date. For one `moment` the clock is read once.
    pub(crate) fn at(&mut self, moment: Option<Instant>) -> &[u8] {
        if moment.is_some() && self.moment == moment {
            return self.text.as_bytes();
        }
        self.moment = moment;
        let now = SystemTime::now();
        let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if self.second != second || self.text.is_empty() {
            self.second = second;
            self.text = httpdate::fmt_http_date(now);
            debug_assert_eq!(self.text.len(), DATE_BYTES, "a date has a fixed length");
        }
        self.text.as_bytes()
    }
}
