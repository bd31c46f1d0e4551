//! Turns the state of an execution that has stopped into a finding.

use std::collections::HashSet;

use super::{
    Checker,
    finding::{
        FINDING_VERSION, Finding, FindingKind, HeldReport, Mark, MomentReport, NextReport, ObjectReport,
        StandingReport, StepReport, ThreadReport, WaitReport,
    },
    names::Names,
    regressions,
    schedule::{Line, Schedule},
    verdict::{EngineName, Explored},
};
use crate::{
    engine::{
        Stop, World,
        object::Access,
        op::{NO_OBJECT, ObjectIndex, Op, OpKind},
        timeline::{PlainAccess, Standing},
        trace::{Choice, Outcome},
    },
    report::{
        sources,
        words::{self, Story, Words},
    },
};

/// What was seen at the end of an execution; a [`Finding`] but for what only the whole exploration knows.
pub(super) struct Observed {
    pub(super) kind: FindingKind,
    pub(super) preemptions: usize,
    pub(super) title: String,
    explanation: Vec<String>,
    pub(super) marks: Vec<Mark>,
    pub(super) cycle: Vec<usize>,
    pub(super) threads: Vec<ThreadReport>,
    objects: Vec<ObjectReport>,
    start: Vec<StandingReport>,
    pub(super) steps: Vec<StepReport>,
    moments: Vec<MomentReport>,
    pub(super) schedule: Schedule,
}

/// What was recorded of a step and what the program does there now, in words; and where that is.
fn difference(world: &World) -> Option<(String, Option<String>)> {
    let (thread, kind) = world.strategy.recorded()?;
    if thread >= world.thread_count {
        let text = format!("Then thread {thread} did `{}`; now there is no such thread.", kind.word());
        return Some((text, None));
    }
    let name = world.thread_name(thread);
    let pending = world.pending[thread];
    let now = match pending {
        None => "has ended".to_owned(),
        Some(op) if op.kind != kind => format!("is about to do `{}` at {}", op.kind.word(), op.place),
        Some(op) => format!("is at the same operation at {}, but not the same threads can go on", op.place),
    };
    let text = format!("Then `{name}` did `{}`; now it {now}.", kind.word());
    Some((text, pending.map(|op| op.place.to_string())))
}

/// Takes down what a report needs, before the threads are unwound.
pub(super) fn observe(checker: &Checker, world: &mut World, kind: FindingKind, stop: &Stop) -> Observed {
    // How the threads stand at the end, where it is recorded how they stood before each step.
    world.take_down();
    let world = &*world;
    let names = Names::new(world, &checker.sources);
    let threads: Vec<ThreadReport> =
        (0..world.thread_count).map(|thread| thread_report(world, &names, thread)).collect();
    let cycle = match stop {
        Stop::Stuck { cycle } => cycle.clone(),
        _ => Vec::new(),
    };
    let mut steps: Vec<StepReport> =
        (0..world.steps.len()).map(|at| step_report(world, &names, at)).collect();
    let changes = world.timeline.as_ref().map_or(&[][..], |timeline| timeline.changes());
    let mut changes = changes.iter().map(|all| all.iter().map(|one| standing_report(&names, one)).collect());
    let start = changes.next().unwrap_or_default();
    for (step, changes) in steps.iter_mut().zip(changes) {
        step.changes = changes;
    }
    let story = Story { threads: &threads, steps: &steps };
    let Words { title, explanation, marks } = match stop {
        Stop::Race(race) => {
            let side = |access: &Access, writes: bool| words::Access {
                thread: access.thread,
                writes,
                place: access.place.to_string(),
                holds: held_at(world, &names, race.cell, access),
            };
            let (earlier, later) =
                (side(&race.earlier, race.earlier_writes), side(&race.later, race.later_writes));
            words::race(story, &names.object(world, race.cell), &earlier, &later)
        }
        Stop::Panicked { thread } => words::panic(story, *thread),
        Stop::Livelock => words::livelock(story, world.limits.steps),
        Stop::Diverged => words::nondeterminism(
            world.steps.len() + 1,
            difference(world),
            world.survivor.map(|(kind, place)| (kind, place.to_string())),
        ),
        _ if kind == FindingKind::Leak => words::leak(story),
        _ => words::deadlock(story, &cycle),
    };
    Observed {
        kind,
        preemptions: world.steps.iter().filter(|step| step.preempts).count(),
        title,
        explanation,
        marks,
        cycle,
        schedule: schedule(checker, world, kind, &steps),
        objects: named(world, &names, &threads, &steps),
        moments: moments(world, &names, stop),
        threads,
        start,
        steps,
    }
}

/// Where it is recorded, the last access of a thread to plain memory that was at this place.
fn access_of<'w>(world: &'w World, cell: ObjectIndex, access: &Access) -> Option<&'w PlainAccess> {
    let accesses = world.timeline.as_ref()?.accesses();
    accesses.iter().rfind(|one| (one.thread, one.cell, one.place) == (access.thread, cell, access.place))
}

/// What a thread held as it accessed plain memory.
fn held_at(world: &World, names: &Names, cell: ObjectIndex, access: &Access) -> Option<Vec<String>> {
    let held = &access_of(world, cell, access)?.held;
    Some(held.iter().map(|held| names.label(held.object).to_owned()).collect())
}

/// What happened between the steps that the finding is about.
fn moments(world: &World, names: &Names, stop: &Stop) -> Vec<MomentReport> {
    if let Stop::Race(race) = stop {
        let side = |access: &Access, writes: bool| {
            Some(MomentReport {
                thread: access.thread,
                steps_before: access_of(world, race.cell, access)?.steps_before,
                operation: if writes { "write" } else { "read" }.to_owned(),
                object: Some(names.label(race.cell).to_owned()),
                place: access.place.to_string(),
            })
        };
        let sides = [side(&race.earlier, race.earlier_writes), side(&race.later, race.later_writes)];
        return sides.into_iter().flatten().collect();
    }
    let panics = world.threads().iter().enumerate().filter(|(_, thread)| thread.ended_by_panic);
    let mut moments: Vec<MomentReport> = panics
        .filter_map(|(index, thread)| {
            let panic = thread.panic.as_ref()?;
            Some(MomentReport {
                thread: index,
                steps_before: panic.steps_before,
                operation: "panic".to_owned(),
                object: None,
                place: panic.place.clone(),
            })
        })
        .collect();
    moments.sort_by_key(|moment| moment.steps_before);
    moments
}

/// The objects that the reader meets.
fn named(world: &World, names: &Names, threads: &[ThreadReport], steps: &[StepReport]) -> Vec<ObjectReport> {
    let of_steps = steps.iter().filter_map(|step| step.object.as_deref());
    let held = threads.iter().flat_map(|thread| &thread.holds).map(|held| held.object.label.as_str());
    let awaited =
        threads.iter().filter_map(|thread| Some(thread.waits.as_ref()?.object.as_ref()?.label.as_str()));
    let met: HashSet<&str> = of_steps.chain(held).chain(awaited).collect();
    #[expect(clippy::cast_possible_truncation, reason = "the index of an object")]
    let all = (0..world.objects.len()).map(|index| index as ObjectIndex);
    all.filter(|index| met.contains(names.label(*index))).map(|index| names.object(world, index)).collect()
}

/// The operation that a thread is about to do.
pub(super) fn next_report(names: &Names, op: &Op, notified: bool) -> NextReport {
    let object = shown_object(op, notified);
    NextReport {
        operation: waiting_word(op, notified).to_owned(),
        object: match op.kind {
            OpKind::Select | OpKind::SelectTimed => None,
            _ => (object != NO_OBJECT).then(|| names.label(object).to_owned()),
        },
        place: op.place.to_string(),
    }
}

fn standing_report(names: &Names, standing: &Standing) -> StandingReport {
    let labels = standing.held.iter().map(|held| names.label(held.object).to_owned());
    StandingReport {
        thread: standing.thread,
        holds: labels.collect(),
        next: standing.next.as_ref().map(|op| next_report(names, op, standing.notified)),
        blocked: standing.blocked,
        finished: standing.finished,
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
    let mut finding = Finding {
        version: FINDING_VERSION,
        model: checker.name.clone(),
        engine: EngineName::Unsnarl,
        kind: observed.kind,
        title: observed.title,
        explanation: observed.explanation,
        cycle: observed.cycle,
        marks: observed.marks,
        threads: observed.threads,
        objects: observed.objects,
        start: observed.start,
        steps: observed.steps,
        moments: observed.moments,
        preemptions: observed.preemptions,
        shrunk: None,
        schedule: observed.schedule.to_string(),
        replay: if kept { format!("cargo unsnarl replay {shown}") } else { String::new() },
        sources: Vec::new(),
        explored,
        notes: Vec::new(),
    };
    finding.sources = sources::excerpts(&finding, &checker.sources);
    finding
}

/// The object that a person would name for an operation: for a waiter that is the condition variable.
pub(super) fn shown_object(op: &Op, notified: bool) -> ObjectIndex {
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

/// The word for an operation that a thread is about to do: a waiter waits until it is notified, then it locks.
fn waiting_word(op: &Op, notified: bool) -> &'static str {
    match op.kind {
        OpKind::Relock | OpKind::RelockTimed if !notified => "wait",
        OpKind::Relock | OpKind::RelockTimed => "lock",
        kind => kind.word(),
    }
}

pub(super) fn thread_report(world: &World, names: &Names, index: usize) -> ThreadReport {
    let thread = world.thread(index);
    let holds = thread.held.iter().map(|held| HeldReport {
        object: names.object(world, held.object),
        operation: held.kind.word().to_owned(),
        place: held.place.to_string(),
    });
    let waits = world.pending[index].as_ref().filter(|op| world.is_blocked(index, op)).map(|op| {
        let object = shown_object(op, thread.notified);
        WaitReport {
            object: match op.kind {
                OpKind::Select | OpKind::SelectTimed => selected(world, names, index),
                _ => (object != NO_OBJECT).then(|| names.object(world, object)),
            },
            operation: waiting_word(op, thread.notified).to_owned(),
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

pub(super) fn step_report(world: &World, names: &Names, at: usize) -> StepReport {
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
        ordering: world
            .timeline
            .as_ref()
            .and_then(|timeline| timeline.weak_ordering(at))
            .map(|ordering| format!("{ordering:?}").to_lowercase()),
        preempts: step.preempts,
        changes: Vec::new(),
    }
}

fn schedule(checker: &Checker, world: &World, kind: FindingKind, steps: &[StepReport]) -> Schedule {
    let mut next_step = steps.iter();
    let lines = world.choices().into_iter().map(|choice| match choice {
        Choice::Value { value, count } => Line::Pick { value, count },
        Choice::Thread { thread, kind } => {
            let step = next_step.next();
            let comment = step.map(|step| {
                let chosen = match (kind, &step.outcome) {
                    (OpKind::Choose, Some(outcome)) => format!(" {}: {outcome}", step.operation),
                    (OpKind::Choose, None) => format!(" {}", step.operation),
                    _ => String::new(),
                };
                format!("{}{chosen} at {}", world.thread_name(thread), step.place)
            });
            Line::Run {
                thread,
                operation: kind.word().to_owned(),
                object: step.and_then(|step| step.object.clone()),
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
