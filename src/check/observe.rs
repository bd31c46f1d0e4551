//! Turns the state of an execution that has stopped into a finding.

use super::{
    Checker,
    finding::{
        FINDING_VERSION, Finding, FindingKind, HeldReport, ObjectReport, StepReport, ThreadReport, WaitReport,
    },
    regressions,
    schedule::{Line, Schedule},
    verdict::{EngineName, Explored},
};
use crate::{
    engine::{
        Stop, World,
        object::State,
        op::{NO_OBJECT, ObjectIndex, Op, OpKind},
        trace::{Choice, Outcome},
    },
    report::words,
};

/// What was seen at the end of an execution; a [`Finding`] but for what only the whole exploration knows.
pub(super) struct Observed {
    pub(super) kind: FindingKind,
    pub(super) preemptions: usize,
    title: String,
    explanation: Vec<String>,
    cycle: Vec<usize>,
    threads: Vec<ThreadReport>,
    steps: Vec<StepReport>,
    pub(super) schedule: Schedule,
}

/// What was recorded of a step, and what the program does there now.
fn difference(world: &World) -> Option<String> {
    let (thread, kind) = world.strategy.recorded()?;
    if thread >= world.thread_count {
        return Some(format!("Then thread {thread} did `{}`; now there is no such thread.", kind.word()));
    }
    let name = world.thread_name(thread);
    let now = match world.thread(thread).pending {
        None => "has ended".to_owned(),
        Some(op) if op.kind != kind => format!("is about to do `{}` at {}", op.kind.word(), op.place),
        Some(op) => format!("is at the same operation at {}, but not the same threads can go on", op.place),
    };
    Some(format!("Then `{name}` did `{}`; now it {now}.", kind.word()))
}

/// Takes down what a report needs, before the threads are unwound.
pub(super) fn observe(checker: &Checker, world: &World, kind: FindingKind, stop: &Stop) -> Observed {
    let names = Names::new(world);
    let threads: Vec<ThreadReport> =
        (0..world.thread_count).map(|thread| thread_report(world, &names, thread)).collect();
    let cycle = match stop {
        Stop::Stuck { cycle } => cycle.clone(),
        _ => Vec::new(),
    };
    let steps: Vec<StepReport> = (0..world.steps.len()).map(|at| step_report(world, &names, at)).collect();
    let (title, explanation) = match stop {
        Stop::Race(race) => {
            let cell = names.object(world, race.cell);
            let access = |access: &crate::engine::object::Access, writes: bool| words::Access {
                thread: world.thread_name(access.thread),
                writes,
                place: access.place.to_string(),
            };
            words::race(
                &cell,
                &access(&race.earlier, race.earlier_writes),
                &access(&race.later, race.later_writes),
            )
        }
        Stop::Panicked { thread } => words::panic(&threads[*thread], &threads),
        Stop::Livelock => words::livelock(&steps, &threads, world.limits.steps),
        Stop::Diverged => words::nondeterminism(
            world.steps.len() + 1,
            difference(world),
            world.survivor.map(|(kind, place)| (kind, place.to_string())),
        ),
        _ if kind == FindingKind::Leak => words::leak(&threads),
        _ => words::deadlock(&threads, &cycle, &steps),
    };
    Observed {
        kind,
        preemptions: world.steps.iter().filter(|step| step.preempts).count(),
        title,
        explanation,
        cycle,
        schedule: schedule(checker, world, kind, &steps),
        threads,
        steps,
    }
}

/// Completes what was observed.
pub(super) fn finding(checker: &Checker, observed: Observed, explored: Explored) -> Finding {
    let file = regressions::file_of(checker.regressions_folder.as_deref(), &checker.name);
    let shown = std::env::current_dir()
        .ok()
        .and_then(|folder| file.strip_prefix(folder).map(ToOwned::to_owned).ok())
        .unwrap_or(file);
    let shown = shown.display();
    let kept = checker.regressions && checker.expected.is_none();
    Finding {
        version: FINDING_VERSION,
        model: checker.name.clone(),
        engine: EngineName::Unsnarl,
        kind: observed.kind,
        title: observed.title,
        explanation: observed.explanation,
        cycle: observed.cycle,
        threads: observed.threads,
        steps: observed.steps,
        preemptions: observed.preemptions,
        schedule: observed.schedule.to_string(),
        replay: if kept { format!("cargo unsnarl replay {shown}") } else { String::new() },
        explored,
        notes: Vec::new(),
    }
}

/// Labels of objects: the name, or kind and place; numbered where several would be called the same.
struct Names {
    labels: Vec<String>,
}

impl Names {
    fn new(world: &World) -> Self {
        let mut labels: Vec<String> = Vec::new();
        for index in 0..world.objects.len() {
            #[expect(clippy::cast_possible_truncation, reason = "the index of an object")]
            let object = world.object(index as ObjectIndex);
            let plain = match (&object.state, object.name) {
                (State::Thread { index }, _) => world.thread_name(*index),
                (_, Some(name)) => name.to_owned(),
                (_, None) => format!(
                    "{}@{}:{}",
                    object.kind_word(),
                    short(object.created.file()),
                    object.created.line()
                ),
            };
            let same = labels.iter().filter(|label| {
                label
                    .strip_prefix(plain.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
            });
            let number = same.count();
            labels.push(if number == 0 { plain } else { format!("{plain}#{}", number + 1) });
        }
        Names { labels }
    }

    fn label(&self, index: ObjectIndex) -> &str {
        &self.labels[index as usize]
    }

    fn object(&self, world: &World, index: ObjectIndex) -> ObjectReport {
        let object = world.object(index);
        ObjectReport {
            label: self.label(index).to_owned(),
            kind: object.kind_word().to_owned(),
            created: object.created.to_string(),
        }
    }
}

/// The last part of a path.
fn short(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The object that a person would name for an operation: for a waiter that is the condition variable.
fn shown_object(op: &Op, notified: bool) -> ObjectIndex {
    match op.kind {
        OpKind::Relock | OpKind::RelockTimed if !notified => op.arg,
        _ => op.object,
    }
}

/// The channels that a thread selects among, as one object.
fn selected(world: &World, names: &Names, thread: usize) -> Option<ObjectReport> {
    let cases = &world.thread(thread).selection.cases;
    let first = names.object(world, cases.first()?.channel);
    let mut labels: Vec<&str> = cases.iter().map(|case| names.label(case.channel)).collect();
    labels.dedup();
    Some(ObjectReport { label: labels.join("`, `"), kind: "channels".to_owned(), ..first })
}

fn thread_report(world: &World, names: &Names, index: usize) -> ThreadReport {
    let thread = world.thread(index);
    let holds = thread.held.iter().map(|held| HeldReport {
        object: names.object(world, held.object),
        operation: held.kind.word().to_owned(),
        place: held.place.to_string(),
    });
    let waits = thread.pending.as_ref().filter(|op| world.is_blocked(index, op)).map(|op| {
        let object = shown_object(op, thread.notified);
        WaitReport {
            object: match op.kind {
                OpKind::Select | OpKind::SelectTimed => selected(world, names, index),
                _ => (object != NO_OBJECT).then(|| names.object(world, object)),
            },
            operation: match op.kind {
                OpKind::Relock | OpKind::RelockTimed if !thread.notified => "wait".to_owned(),
                OpKind::Relock | OpKind::RelockTimed => "lock".to_owned(),
                kind => kind.word().to_owned(),
            },
            place: op.place.to_string(),
        }
    });
    ThreadReport {
        name: world.thread_name(index),
        holds: holds.collect(),
        waits,
        finished: thread.finished,
        panic: thread
            .panic
            .as_ref()
            .filter(|_| thread.ended_by_panic)
            .map(|panic| format!("{} at {}", panic.message, panic.place)),
    }
}

fn step_report(world: &World, names: &Names, at: usize) -> StepReport {
    let step = &world.steps[at];
    let object = shown_object(&step.op, false);
    let chosen =
        world.chosen.binary_search_by_key(&at, |chosen| chosen.step).ok().map(|found| &world.chosen[found]);
    StepReport {
        thread: step.thread,
        operation: chosen.map_or(step.op.kind.word(), |chosen| chosen.operation).to_owned(),
        object: (object != NO_OBJECT && (object as usize) < world.objects.len())
            .then(|| names.label(object).to_owned()),
        place: step.op.place.to_string(),
        outcome: match (step.outcome, step.op.kind) {
            (Outcome::Done, _) => chosen.and_then(|chosen| chosen.outcome.clone()),
            (Outcome::Failed, OpKind::NotifyOne | OpKind::NotifyAll) => Some("nobody waits".to_owned()),
            (Outcome::Failed, _) => Some("failed".to_owned()),
            (Outcome::TimedOut, _) => Some("timed out".to_owned()),
            (Outcome::Closed, _) => Some("closed".to_owned()),
            (Outcome::Spurious, _) => Some("spurious".to_owned()),
            (Outcome::Stale { store: Some(step) }, _) => {
                Some(format!("read an overwritten value, that of step {}", step + 1))
            }
            (Outcome::Stale { store: None }, _) => {
                Some("read an overwritten value, the first one".to_owned())
            }
            (Outcome::StoredBefore { later }, _) => {
                Some(format!("overwritten already, by step {}", later + 1))
            }
        },
        preempts: step.preempts,
    }
}

fn schedule(checker: &Checker, world: &World, kind: FindingKind, steps: &[StepReport]) -> Schedule {
    let mut next_step = steps.iter();
    let lines = world.choices.iter().map(|choice| match choice {
        Choice::Value { value, count } => Line::Pick { value: *value, count: *count },
        Choice::Thread { thread, kind } => {
            let comment = next_step.next().map(|step| {
                let object = step.object.as_deref().map(|object| format!(" `{object}`")).unwrap_or_default();
                let chosen = match (kind, &step.outcome) {
                    (OpKind::Choose, Some(outcome)) => format!(" {}: {outcome}", step.operation),
                    (OpKind::Choose, None) => format!(" {}", step.operation),
                    _ => String::new(),
                };
                format!("{}{chosen}{object} at {}", world.thread_name(*thread), step.place)
            });
            Line::Run {
                thread: *thread,
                operation: kind.word().to_owned(),
                comment: comment.unwrap_or_default().replace(['\n', '\r'], " "),
            }
        }
    });
    Schedule {
        model: checker.name.replace(['\n', '\r', '#'], " "),
        finding: kind.to_string(),
        visible_unlocks: world.mode.visible_releases,
        lines: lines.collect(),
    }
}
