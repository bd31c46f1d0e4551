//! Runs recorded schedules once more: those that are kept in files, that a person asks for, that were just found.

use std::{path::Path, time::Duration};

use super::{
    Checker,
    explore::{Budget, End, Exploration, Model, explore, verdict},
    finding::Finding,
    observe::{self, Observed},
    plan::Plan,
    regressions,
    schedule::{Line, Schedule},
    verdict::Verdict,
};
use crate::engine::{Mode, op::OpKind, trace::Choice};

/// The choices that a schedule records.
pub(super) fn choices_of(schedule: &Schedule) -> Vec<Choice> {
    let choice = |line: &Line| match line {
        Line::Run { thread, operation, .. } => Choice::Thread {
            thread: *thread,
            kind: OpKind::from_word(operation).expect("the parser knows the operations"),
        },
        Line::Pick { value, count } => Choice::Value { value: *value, count: *count },
    };
    schedule.lines.iter().map(choice).collect()
}

/// The kinds of steps under which a schedule is run.
pub(super) fn mode_of(checker: &Checker, schedule: &Schedule) -> Mode {
    let has = |kind: OpKind| {
        let is_it = |line: &Line| matches!(line, Line::Run { operation, .. } if operation == kind.word());
        schedule.lines.iter().any(is_it)
    };
    Mode {
        visible_releases: schedule.visible_unlocks,
        visible_spawns: has(OpKind::Spawn),
        writers_first: has(OpKind::QueueWrite),
        yields: true,
        selects: true,
        weak_memory: checker.weak_memory,
    }
}

fn run(checker: &Checker, schedule: &Schedule, plan: Plan, model: &Model) -> Exploration {
    let mode = mode_of(checker, schedule);
    // The recorded run may have used its budgets differently: a replay allows whatever was recorded.
    let checker = checker.without_budgets();
    let budget = Budget { executions: Some(1), steps: None, time: Duration::MAX };
    explore(&checker, plan, budget, mode, model)
}

/// Step by step; a step that is not possible ends it.
pub(super) fn replay(checker: &Checker, schedule: &Schedule, model: &Model) -> Exploration {
    run(checker, schedule, Plan::Replay(choices_of(schedule)), model)
}

/// Step by step, or, where the program has changed, by operation as far as it goes: what that finds, if it is of the kind
/// that the schedule is kept for.
fn follow(checker: &Checker, schedule: &Schedule, model: &Model) -> (Exploration, Option<String>) {
    let exact = replay(checker, schedule, model);
    let why = match &exact.end {
        End::Found(_) | End::Unsupported(_) => return (exact, None),
        End::Mismatch(why) => why.clone(),
        // Other operations of the same kinds were taken for the recorded ones.
        End::Exhausted | End::Budget(_) => "step by step it no longer fails".to_owned(),
    };
    // Objects are numbered where several are called the same; which number is which may have changed.
    let base = |label: &String| label.split_once('#').map_or(label.as_str(), |(base, _)| base).to_owned();
    let labels = schedule.lines.iter().map(|line| match line {
        Line::Run { object, .. } => object.as_ref().map(base),
        Line::Pick { .. } => None,
    });
    let plan = Plan::ByOperation(choices_of(schedule), labels.collect(), checker.sources.clone());
    let by_operation = run(checker, schedule, plan, model);
    match by_operation.end {
        End::Found(observed) if observed.kind.as_str() == schedule.finding => {
            // Once more, step by step, to see how the threads stood.
            let observed = looked_at(checker, *observed, model);
            let end = End::Found(Box::new(observed));
            (Exploration { end, ..by_operation }, Some(why))
        }
        _ => (exact, None),
    }
}

/// The same with how the threads stood before each step, which nobody records while a search runs.
pub(super) fn looked_at(checker: &Checker, observed: Observed, model: &Model) -> Observed {
    match replay(checker, &observed.schedule, model).end {
        End::Found(again) if again.kind == observed.kind => *again,
        _ => observed,
    }
}

/// Whether the same is found again, by its schedule and with nothing else running.
pub(super) fn repeats(checker: &Checker, observed: &Observed, model: &Model) -> bool {
    match replay(checker, &observed.schedule, model).end {
        End::Found(again) => again.kind == observed.kind,
        _ => false,
    }
}

/// What a schedule that somebody asked for comes to.
pub(super) fn replayed(checker: &Checker, schedule: &Schedule, model: &Model) -> Verdict {
    let (exploration, changed) = follow(checker, schedule, model);
    let mut verdict = verdict(&checker.clone().shrink(false), exploration, model);
    match &mut verdict {
        Verdict::Pass(pass) => {
            pass.bounds.push("only the given schedule was run".to_owned());
            pass.notes.push(format!("the schedule no longer leads to a {}", schedule.finding));
        }
        Verdict::Finding(finding) => finding.notes.extend(changed.map(by_operation)),
        _ => {}
    }
    verdict
}

/// What one of the schedules in the file finds. What became of the others is noted.
pub(super) fn kept(
    checker: &Checker,
    file: &Path,
    model: &Model,
    notes: &mut Vec<String>,
) -> Option<Finding> {
    let schedules = match regressions::load(file) {
        Ok(schedules) => schedules,
        Err(error) => {
            notes.push(format!("{}: {error}", file.display()));
            return None;
        }
    };
    for schedule in schedules.iter().filter(|schedule| schedule.model == checker.name) {
        let (exploration, changed) = follow(checker, schedule, model);
        match exploration.end {
            End::Found(observed) => {
                if changed.is_some() {
                    regressions::keep(file, &observed.schedule, Some(schedule));
                }
                let mut finding = observe::finding(checker, *observed, exploration.explored);
                finding.notes.push(format!("found by the schedule kept in {}", file.display()));
                finding.notes.extend(changed.map(by_operation));
                return Some(finding);
            }
            End::Mismatch(why) => {
                notes.push(format!("a schedule in {} no longer applies: {why}", file.display()));
            }
            _ => notes.push(format!("a schedule in {} no longer fails", file.display())),
        }
    }
    None
}

fn by_operation(why: String) -> String {
    format!("the program has changed since the schedule was recorded, which was followed by operation: {why}")
}
