//! Findings as workflow commands, which GitHub shows beside the lines of a pull request.

use std::fmt::Write as _;

use super::{place, results::Results};
use crate::check::Verdict;

/// A line for each result that is not as expected.
#[must_use]
pub fn annotations(results: &Results) -> String {
    let mut out = String::new();
    for run in results.all() {
        if run.is_as_expected() {
            continue;
        }
        let mut properties = vec![format!("title={}", property(&format!("unsnarl: {}", run.model())))];
        let message = match (&run.outcome, run.finding()) {
            (_, Some(finding)) => {
                if let Some(parts) = finding.place().and_then(place::parse) {
                    properties.insert(0, format!("file={}", property(parts.file)));
                    properties.insert(1, format!("line={},col={}", parts.line, parts.column));
                }
                let mut message = finding.title.clone();
                for paragraph in &finding.explanation {
                    let _ = write!(message, "\n{paragraph}");
                }
                if !finding.replay.is_empty() {
                    let _ = write!(message, "\nreplay: {}", finding.replay);
                }
                message
            }
            (super::results::Outcome::Problem { message, .. }, None) => {
                format!("no verdict under {}: {message}", run.engine())
            }
            (super::results::Outcome::Checked(record), None) => match &record.verdict {
                Verdict::Fault { message } => format!("fault under {}: {message}", run.engine()),
                verdict => format!(
                    "{} under {}, but a {} was announced",
                    verdict.summary(),
                    run.engine(),
                    record.expected.map_or("finding", crate::check::FindingKind::as_str)
                ),
            },
        };
        let _ = writeln!(out, "::error {}::{}", properties.join(","), data(&message));
    }
    out
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
