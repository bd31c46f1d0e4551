//! Results as one HTML file that needs nothing beside itself: a list of the runs, and for each finding its threads in lanes,
//! to be gone through step by step with the wait-for graph and the source beside it.

use super::results::{Outcome, Results, Run};
use crate::check::{Finding, Record, Verdict};

const PAGE: &str = include_str!("page.html");
const RESULTS: &str = include_str!("results.js");

/// The look of all pages.
pub(crate) const STYLE: &str = include_str!("page.css");

/// Shows findings: `new Viewer(finding, { root })`. It stands before what uses it.
pub(crate) const VIEWER: &str = concat!(include_str!("dom.js"), include_str!("viewer.js"));

/// A page for all runs.
///
/// # Errors
///
/// If the results cannot be written as JSON.
pub fn page(results: &Results) -> serde_json::Result<String> {
    let data = data(results)?;
    Ok(PAGE
        .replace("/*STYLE*/", STYLE)
        .replace("/*SCRIPT*/", &format!("{VIEWER}{RESULTS}"))
        .replace("/*DATA*/", &data))
}

/// JSON as it may stand inside of a script element, where only `</` and `<!--` could end it.
pub(crate) fn data(value: &impl serde::Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string(value)?.replace('<', "\\u003c"))
}

/// A page for one finding.
///
/// ```
/// # use unsnarl::{check::Checker, parking_lot::Mutex};
/// let verdict = Checker::new("twice").regressions(false).run(|| {
///     let mutex = Mutex::new(());
///     let _first = mutex.lock();
///     let _second = mutex.lock();
/// });
/// let page = unsnarl::report::html::finding(verdict.finding().unwrap())?;
/// assert!(page.contains("</html>"));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// As [`page`].
pub fn finding(finding: &Finding) -> serde_json::Result<String> {
    let record = Record {
        model: finding.model.clone(),
        engine: finding.engine,
        expected: None,
        as_expected: false,
        verdict: Verdict::Finding(Box::new(finding.clone())),
    };
    let run = Run {
        package: String::new(),
        test: finding.model.clone(),
        outcome: Outcome::Checked(Box::new(record)),
    };
    page(&Results::new(vec![run], None, false))
}
