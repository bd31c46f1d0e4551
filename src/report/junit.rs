//! Results as JUnit XML, which every CI server reads.

use std::{fmt::Write as _, time::Duration};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    results::{Outcome, ProblemKind, Results, Run},
    terminal::{self, Style},
};
use crate::check::{EngineName, Verdict};

/// A suite for each package and engine, a test case for each model.
///
/// # Errors
///
/// If the XML cannot be written: the writer's message.
pub fn document(results: &Results) -> Result<String, String> {
    let mut report = Report::new("unsnarl");
    let mut suites: Vec<(String, EngineName, TestSuite)> = Vec::new();
    let mut total = Duration::ZERO;
    for run in results.all() {
        let at =
            suites.iter().position(|(package, engine, _)| *package == run.package && *engine == run.engine());
        let at = at.unwrap_or_else(|| {
            let suite = TestSuite::new(format!("{} under {}", run.package, run.engine()));
            suites.push((run.package.clone(), run.engine(), suite));
            suites.len() - 1
        });
        let case = case(run);
        total += case.time.unwrap_or_default();
        suites[at].2.add_test_case(case);
    }
    for (.., mut suite) in suites {
        suite.set_time(suite.test_cases.iter().filter_map(|case| case.time).sum());
        report.add_test_suite(suite);
    }
    report.set_time(total);
    report.to_string().map_err(|error| error.to_string())
}

fn case(run: &Run) -> TestCase {
    let mut case = TestCase::new(run.model(), status(run));
    case.set_classname(format!("{}::{}", run.package, run.test));
    case.set_time(Duration::ZERO);
    // The schema has no properties for a test case: what there is to say goes to its output.
    if let Outcome::Checked(record) = &run.outcome {
        let mut out = format!("{} under {}", record.verdict.summary(), record.engine);
        if let Some(explored) = record.verdict.explored() {
            case.set_time(explored.elapsed);
            let _ = write!(out, ", {} executions", explored.schedules());
        }
        for bound in record.verdict.pass().into_iter().flat_map(|pass| &pass.bounds) {
            let _ = write!(out, "\nbounded: {bound}");
        }
        case.set_system_out(out);
    }
    case
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

fn status(run: &Run) -> TestCaseStatus {
    let not = |kind: NonSuccessKind, word: &str, message: &str, text: String| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(word).set_message(message).set_description(text);
        status
    };
    match &run.outcome {
        Outcome::Problem { problem: ProblemKind::Stopped, message, .. } => skipped(message),
        Outcome::Problem { problem, message, .. } => {
            let first = message.lines().next().unwrap_or_default();
            let word = serde_json::to_value(problem).ok();
            let word = word.as_ref().and_then(|word| word.as_str()).unwrap_or("problem");
            not(NonSuccessKind::Error, word, first, message.clone())
        }
        Outcome::Checked(record) => match &record.verdict {
            Verdict::Inconclusive { reason } => skipped(reason),
            _ if record.as_expected => TestCaseStatus::success(),
            Verdict::Finding(finding) => {
                let text = terminal::finding(finding, &Style::plain());
                not(NonSuccessKind::Failure, finding.kind.as_str(), &finding.title, text)
            }
            Verdict::Pass(_) => {
                let expected = record.expected.map_or("finding", crate::check::FindingKind::as_str);
                let message = format!("{}, but a {expected} was announced", record.verdict.summary());
                not(NonSuccessKind::Failure, "missing", &message, message.clone())
            }
            Verdict::Fault { message } => not(NonSuccessKind::Error, "fault", message, message.clone()),
        },
    }
}
