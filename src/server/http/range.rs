//! Range requests (RFC 9110 section 14).

use std::ops::Range;

use super::framing::{list, trim};
use crate::server::limits::RANGES_COUNT_MAX;

/// A gap between two ranges up to which sending it costs less than a part of its own.
const GAP_BYTES_MAX: u64 = 80;

/// What of a representation is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All of it: there is no range that this server heeds.
    Whole,
    /// These bytes, at least one range and none of them empty, in this order.
    Parts(Vec<Range<u64>>),
    /// The ranges lie behind its end: 416.
    Unsatisfiable,
}

/// Reads the value of a `Range` field, for a representation of `len` bytes.
///
/// Another unit than bytes, a malformed set, and one of more than [`RANGES_COUNT_MAX`] ranges are not heeded, as the RFC lets
/// a server do. Ranges that overlap or nearly touch are joined, so that an answer is never larger than the representation and
/// a little for each part.
///
/// # Examples
///
/// ```
/// use unsnarl::server::http::range::{Selection, select};
/// assert_eq!(select(b"bytes=0-4,90-", 100), Selection::Parts(vec![0..5, 90..100]));
/// assert_eq!(select(b"bytes=-3", 100), Selection::Parts(vec![97..100]));
/// assert_eq!(select(b"bytes=100-", 100), Selection::Unsatisfiable);
/// ```
#[must_use]
pub fn select(value: &[u8], len: u64) -> Selection {
    let Some(specs) = specs(value) else { return Selection::Whole };
    if specs.is_empty() || specs.len() > RANGES_COUNT_MAX {
        return Selection::Whole;
    }
    // Of nothing, the last bytes are all there is, which no part can say.
    if len == 0 && specs.iter().any(|spec| matches!(spec, Spec::Last(1..))) {
        return Selection::Whole;
    }
    let parts: Vec<_> = specs.iter().filter_map(|spec| spec.of(len)).collect();
    if parts.is_empty() { Selection::Unsatisfiable } else { Selection::Parts(joined(parts)) }
}

#[derive(Debug, Clone, Copy)]
enum Spec {
    /// From the first to the last position, both included.
    From(u64, u64),
    /// So many last bytes.
    Last(u64),
}

impl Spec {
    fn parse(spec: &[u8]) -> Option<Self> {
        let dash = spec.iter().position(|&byte| byte == b'-')?;
        let (first, last) = (&spec[..dash], &spec[dash + 1..]);
        match (first, last) {
            ([], last) => Some(Spec::Last(number(last)?)),
            (first, []) => Some(Spec::From(number(first)?, u64::MAX)),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Spec::From(first, last))
            }
        }
    }

    fn of(self, len: u64) -> Option<Range<u64>> {
        let range = match self {
            Spec::From(first, last) => first..last.saturating_add(1).min(len),
            Spec::Last(count) => len.saturating_sub(count)..len,
        };
        (!range.is_empty()).then_some(range)
    }
}

/// `None` for another unit, and for what is malformed anywhere.
fn specs(value: &[u8]) -> Option<Vec<Spec>> {
    let equals = value.iter().position(|&byte| byte == b'=')?;
    if !value[..equals].eq_ignore_ascii_case(b"bytes") {
        return None;
    }
    // One more than is heeded is enough to know that there are too many.
    list(&value[equals + 1..]).take(RANGES_COUNT_MAX + 1).map(|spec| Spec::parse(trim(spec))).collect()
}

/// Digits and nothing else; a number that is too large for any file stays too large.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })
}

/// Keeps the client's order if all lie apart; else sorts and joins.
fn joined(parts: Vec<Range<u64>>) -> Vec<Range<u64>> {
    let mut sorted = parts.clone();
    sorted.sort_unstable_by_key(|part| (part.start, part.end));
    let mut joined: Vec<Range<u64>> = Vec::with_capacity(sorted.len());
    for part in sorted {
        match joined.last_mut() {
            Some(last) if part.start <= last.end.saturating_add(GAP_BYTES_MAX) => {
                last.end = last.end.max(part.end);
            }
            _ => joined.push(part),
        }
    }
    if joined.len() == parts.len() { parts } else { joined }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(parts: &[(u64, u64)]) -> Selection {
        Selection::Parts(parts.iter().map(|(start, end)| *start..*end).collect())
    }

    #[test]
    fn examples() {
        use Selection::{Unsatisfiable, Whole};
        for (value, expected) in [
            ("bytes=0-499", parts(&[(0, 500)])),
            ("Bytes=0-499", parts(&[(0, 500)])),
            ("bytes=500-999", parts(&[(500, 1000)])),
            ("bytes=500-5000", parts(&[(500, 1000)])),
            ("bytes=500-99999999999999999999999", parts(&[(500, 1000)])),
            ("bytes=999-", parts(&[(999, 1000)])),
            ("bytes=-1", parts(&[(999, 1000)])),
            ("bytes=-5000", parts(&[(0, 1000)])),
            ("bytes= 0-0 , -1", parts(&[(0, 1), (999, 1000)])),
            ("bytes=900-909,0-9", parts(&[(900, 910), (0, 10)])),
            ("bytes=0-9,5-20", parts(&[(0, 21)])),
            ("bytes=100-199,0-99", parts(&[(0, 200)])),
            ("bytes=0-9,50-59,900-909", parts(&[(0, 60), (900, 910)])),
            ("bytes=2000-,0-0", parts(&[(0, 1)])),
            ("bytes=1000-", Unsatisfiable),
            ("bytes=2000-3000,4000-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=5-4", Whole),
            ("bytes=0-0,5-4", Whole),
            ("bytes=", Whole),
            ("bytes=-", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=1", Whole),
            ("bytes 0-1", Whole),
            ("lines=0-1", Whole),
            ("", Whole),
        ] {
            assert_eq!(select(value.as_bytes(), 1000), expected, "{value}");
        }
        let bomb = format!("bytes={}", "0-,".repeat(RANGES_COUNT_MAX + 1));
        assert_eq!(select(bomb.as_bytes(), 1000), Whole);
        assert_eq!(select(b"bytes=0-", 0), Unsatisfiable);
        assert_eq!(select(b"bytes=-1", 0), Whole);
    }

    proptest! {
        /// What is sent is what was asked for, nothing twice, and beside it only small gaps.
        #[test]
        fn parts_are_what_was_asked_for(
            specs in proptest::collection::vec((0..1200_u64, 0..300_u64), 1..RANGES_COUNT_MAX), len in 1..1000_u64
        ) {
            let text: Vec<_> = specs.iter().map(|(first, more)| format!("{first}-{}", first + more)).collect();
            let wanted = |at: u64| specs.iter().any(|(first, more)| (*first..=first + more).contains(&at));
            match select(format!("bytes={}", text.join(", ")).as_bytes(), len) {
                Selection::Whole => prop_assert!(false, "well-formed"),
                Selection::Unsatisfiable => prop_assert!(!(0..len).any(wanted)),
                Selection::Parts(parts) => {
                    for at in 0..len {
                        let sent = parts.iter().filter(|part| part.contains(&at)).count();
                        prop_assert!(sent <= 1 && (sent == 1 || !wanted(at)));
                    }
                    prop_assert!(parts.iter().all(|part| !part.is_empty() && part.end <= len));
                    prop_assert!(parts.iter().map(|part| part.end - part.start).sum::<u64>() <= len);
                }
            }
        }

        #[test]
        fn any_bytes_are_read(value in proptest::collection::vec(any::<u8>(), 0..60), len in 0..1000_u64) {
            let _ = select(&value, len);
            let _ = select(&[b"bytes=", &value[..]].concat(), len);
        }
    }
}
