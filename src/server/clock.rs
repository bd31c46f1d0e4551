//! The `Date` field: the one place where the server asks for the time of day.

use crate::{
    server::http::response::DATE_BYTES,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

/// The last date written and its second, so that a busy thread formats it once a second.
#[derive(Debug, Default)]
pub(crate) struct DateText {
    moment: Option<Instant>,
    second: Option<u64>,
    text: [u8; DATE_BYTES],
}

impl DateText {
    /// The present date. For one `moment` the clock is read once.
    pub(crate) fn at(&mut self, moment: Option<Instant>) -> &[u8; DATE_BYTES] {
        if moment.is_some() && self.moment == moment {
            return &self.text;
        }
        self.moment = moment;
        let now = SystemTime::now();
        let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        if self.second.replace(second) != Some(second) {
            self.text.copy_from_slice(httpdate::fmt_http_date(now).as_bytes());
        }
        &self.text
    }
}
