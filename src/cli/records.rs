//! Reading the records that checks leave in the events file, and writing them into our documents.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::check::{EngineName, FindingKind, Record, Verdict};

/// The fields of a record beside its verdict.
#[derive(Deserialize)]
struct Head {
    model: String,
    engine: EngineName,
    expected: Option<FindingKind>,
    as_expected: bool,
}

/// Reads one line.
///
/// A record of a finding has the fields `model` and `engine` twice, once of its own and once of the finding that is flattened
/// into it, so it cannot be read as what it was written from. Read as a plain value the second stands for both; they are equal.
pub(super) fn read(line: &str) -> serde_json::Result<Record> {
    let value: Value = serde_json::from_str(line)?;
    let Head { model, engine, expected, as_expected } = Head::deserialize(&value)?;
    Ok(Record { model, engine, expected, as_expected, verdict: Verdict::deserialize(&value)? })
}

/// Writes a record with each field once.
pub(super) fn write<S: Serializer>(record: &Record, serializer: S) -> Result<S::Ok, S::Error> {
    serde_json::to_value(record).map_err(serde::ser::Error::custom)?.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::Checker, parking_lot::Mutex};

    #[test]
    fn a_record_of_a_finding_can_be_read() {
        let verdict = Checker::new("twice").regressions(false).run(|| {
            let lock = Mutex::new(());
            let _first = lock.lock();
            let _second = lock.lock();
        });
        assert!(verdict.finding().is_some());
        let record = Record {
            model: "twice".to_owned(),
            engine: EngineName::Unsnarl,
            expected: None,
            as_expected: false,
            verdict,
        };
        assert_eq!(read(&serde_json::to_string(&record).unwrap()).unwrap(), record);
        let mut out = serde_json::Serializer::new(Vec::new());
        write(&record, &mut out).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert_eq!(text.matches("\"model\"").count(), 1, "{text}");
        assert_eq!(read(&text).unwrap(), record);
    }
}
