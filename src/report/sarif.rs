//! Findings as SARIF 2.1.0, which code hosts show beside the source (OASIS, "Static Analysis Results Interchange Format").

use std::collections::BTreeMap;

use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Invocation, Location, LogicalLocation, Message, MultiformatMessageString,
    PhysicalLocation, Region, ReportingDescriptor, Result as SarifResult, ResultLevel, Run as SarifRun,
    Sarif, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent,
};

use super::{
    place,
    results::{Outcome, Results, Run},
};
use crate::check::{Finding, FindingKind, Mark, Verdict};

/// Where the form is defined.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// How many steps of a finding are kept: the end of the schedule.
const STEPS_MAX: usize = 1000;

const KINDS: [(FindingKind, &str); 7] = [
    (FindingKind::Deadlock, "Threads that can never go on."),
    (
        FindingKind::Race,
        "Two accesses to the same memory, at least one of them a write, that nothing orders.",
    ),
    (FindingKind::Panic, "A thread panicked under some interleaving."),
    (FindingKind::Livelock, "Threads run for ever without getting anywhere."),
    (FindingKind::Leak, "A thread is left behind, blocked for ever."),
    (FindingKind::NotLinearizable, "Concurrent operations had results that no sequential order explains."),
    (FindingKind::Nondeterminism, "The program did different things under the same schedule."),
];

/// One run of the tool with a result for each finding that was not announced, and a notification for each test without a
/// verdict.
///
/// # Errors
///
/// If the document cannot be written.
pub fn document(results: &Results) -> serde_json::Result<String> {
    let driver = ToolComponent::builder()
        .name("unsnarl")
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(rules())
        .build();
    let found: Vec<SarifResult> = results.all().into_iter().filter_map(result).collect();
    let is_complete = !results.summary.partial && results.summary.faults == 0;
    let run = SarifRun::builder()
        .tool(Tool::builder().driver(driver).build())
        .results(found)
        .column_kind(serde_json::json!("unicodeCodePoints"))
        .invocations(vec![
            Invocation::builder()
                .execution_successful(is_complete)
                .tool_execution_notifications(
                    results
                        .problems
                        .iter()
                        .map(|run| {
                            serde_sarif::sarif::Notification::builder()
                                .level(serde_json::json!("error"))
                                .message(text(problem(run)))
                                .build()
                        })
                        .collect::<Vec<_>>(),
                )
                .build(),
        ])
        .build();
    let document =
        Sarif::builder().schema(SCHEMA).version(serde_json::json!("2.1.0")).runs(vec![run]).build();
    serde_json::to_string_pretty(&document)
}

fn text(text: impl Into<String>) -> Message {
    Message::builder().text(text.into()).build()
}

fn problem(run: &Run) -> String {
    match &run.outcome {
        Outcome::Problem { message, .. } => format!("{} under {}: {message}", run.test, run.engine()),
        Outcome::Checked(_) => run.test.clone(),
    }
}

fn rule_id(kind: FindingKind) -> String {
    format!("unsnarl/{kind}")
}

fn rules() -> Vec<ReportingDescriptor> {
    let rule = |(kind, what): &(FindingKind, &str)| {
        let short = MultiformatMessageString::builder().text((*what).to_owned()).build();
        ReportingDescriptor::builder()
            .id(rule_id(*kind))
            .name(kind.to_string())
            .short_description(short)
            .build()
    };
    KINDS.iter().map(rule).collect()
}

fn result(run: &Run) -> Option<SarifResult> {
    if run.is_as_expected() {
        return None;
    }
    if let Some(finding) = run.finding() {
        return Some(of_finding(run, finding));
    }
    // An announced bug that did not show has no place.
    let Outcome::Checked(record) = &run.outcome else { return None };
    let (Verdict::Pass(_), Some(expected)) = (&record.verdict, record.expected) else { return None };
    let message = format!("{}: {}, but a {expected} was announced", run.model(), record.verdict.summary());
    Some(
        SarifResult::builder()
            .rule_id(rule_id(expected))
            .level(ResultLevel::Error)
            .message(text(message))
            .build(),
    )
}

fn of_finding(run: &Run, finding: &Finding) -> SarifResult {
    let mut message = finding.title.clone();
    for paragraph in &finding.explanation {
        message.push('\n');
        message.push_str(paragraph);
    }
    let primary = finding.marks.iter().filter(|mark| mark.primary);
    let mut locations: Vec<Location> = primary.filter_map(|mark| location(mark, run.model())).collect();
    locations.truncate(1);
    let related: Vec<Location> =
        finding.marks.iter().filter_map(|mark| location(mark, run.model())).collect();
    let related: Vec<Location> = related
        .into_iter()
        .enumerate()
        .map(|(id, location)| Location { id: Some(id as i64), ..location })
        .collect();
    let fingerprint = format!("{}/{}/{}", run.model(), finding.kind, finding.place().unwrap_or("nowhere"));
    SarifResult::builder()
        .rule_id(rule_id(finding.kind))
        .level(ResultLevel::Error)
        .message(text(message))
        .locations(locations)
        .related_locations(related)
        .partial_fingerprints(BTreeMap::from([("unsnarl/v1".to_owned(), fingerprint)]))
        .code_flows(code_flows(finding))
        .build()
}

fn location(mark: &Mark, model: &str) -> Option<Location> {
    let physical = physical(&mark.place)?;
    let logical = LogicalLocation::builder().fully_qualified_name(model.to_owned()).build();
    Some(
        Location::builder()
            .physical_location(physical)
            .logical_locations(vec![logical])
            .message(text(mark.label.as_str()))
            .build(),
    )
}

fn physical(place: &str) -> Option<PhysicalLocation> {
    let parts = place::parse(place)?;
    let region = Region::builder().start_line(parts.line as i64).start_column(parts.column as i64).build();
    // A URI has no backslashes, and nothing that it would read otherwise.
    let uri = parts.file.replace('\\', "/").replace('%', "%25").replace(' ', "%20").replace('#', "%23");
    Some(
        PhysicalLocation::builder()
            .artifact_location(ArtifactLocation::builder().uri(uri).build())
            .region(region)
            .build(),
    )
}

/// The schedule: a flow for each thread, in the order of execution.
fn code_flows(finding: &Finding) -> Vec<CodeFlow> {
    let skipped = finding.steps.len().saturating_sub(STEPS_MAX);
    let mut flows = Vec::new();
    for (index, thread) in finding.threads.iter().enumerate() {
        let own = finding.steps.iter().enumerate().skip(skipped).filter(|(_, step)| step.thread == index);
        let locations: Vec<ThreadFlowLocation> = own
            .filter_map(|(at, step)| {
                let object = step.object.as_ref().map_or_else(String::new, |object| format!(" `{object}`"));
                let outcome =
                    step.outcome.as_ref().map_or_else(String::new, |outcome| format!(" ({outcome})"));
                let label = format!("`{}`: {}{object}{outcome}", thread.name, step.operation);
                let location = Location::builder()
                    .physical_location(physical(&step.place)?)
                    .message(text(label))
                    .build();
                Some(ThreadFlowLocation::builder().location(location).execution_order(at as i64 + 1).build())
            })
            .collect();
        if !locations.is_empty() {
            flows.push(ThreadFlow::builder().id(thread.name.clone()).locations(locations).build());
        }
    }
    if flows.is_empty() { Vec::new() } else { vec![CodeFlow::builder().thread_flows(flows).build()] }
}
