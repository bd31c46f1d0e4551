//! Findings in words.
//!
//! Each function gives a title of one line and an explanation in paragraphs.

#![cfg_attr(
    not(backend = "instrumented"),
    allow(dead_code, reason = "loom and shuttle give no data to explain")
)]

use super::starvation;
use crate::check::{NOT_LINEARIZABLE, ObjectReport, StepReport, ThreadReport, WaitReport};

/// One side of a race.
pub(crate) struct Access {
    pub(crate) thread: String,
    pub(crate) writes: bool,
    pub(crate) place: String,
}

type Words = (String, Vec<String>);

/// "a", "a and b", "a, b and c".
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

fn label(object: Option<&ObjectReport>) -> String {
    object.map_or_else(|| "nothing".to_owned(), |object| format!("{} `{}`", object.kind, object.label))
}

pub(super) fn waits_phrase(waits: &WaitReport) -> String {
    let object = waits.object.as_ref();
    let name = object.map_or("?", |object| object.label.as_str());
    waits_phrase_for(waits, name)
}

/// As [`waits_phrase`], with the object's name as it should be shown.
pub(super) fn waits_phrase_for(waits: &WaitReport, name: &str) -> String {
    match waits.operation.as_str() {
        "join" => format!("waits for the end of thread `{name}`"),
        "wait" => format!("waits on condvar `{name}` for a notification"),
        "acquire" => format!("waits for a permit of semaphore `{name}`"),
        "send" => format!("waits for room in channel `{name}`"),
        "recv" => format!("waits for a message on channel `{name}`"),
        "select" => format!("waits for one of the channels `{name}`"),
        "met" => format!("waits for the message that another thread selected to send on channel `{name}`"),
        "pass" => format!("waits for the others at barrier `{name}`"),
        "park" => "is parked and waits to be unparked".to_owned(),
        "read-lock" => format!("waits to read rwlock `{name}`"),
        "write-lock" => format!("waits to write rwlock `{name}`"),
        _ => match &waits.object {
            Some(object) => format!("waits for {} `{name}`", object.kind),
            None => "waits".to_owned(),
        },
    }
}

/// Threads that can never go on.
pub(crate) fn deadlock(threads: &[ThreadReport], cycle: &[usize], steps: &[StepReport]) -> Words {
    if cycle.is_empty() {
        return starvation::explain(threads, steps);
    }
    if let [alone] = cycle {
        return self_deadlock(&threads[*alone]);
    }
    let names: Vec<String> = cycle.iter().map(|thread| format!("`{}`", threads[*thread].name)).collect();
    let title = format!("deadlock: {} wait for each other", list(&names));
    let mut explanation = Vec::new();
    for (position, thread) in cycle.iter().enumerate() {
        let report = &threads[*thread];
        let Some(waits) = &report.waits else { continue };
        let next = &threads[cycle[(position + 1) % cycle.len()]];
        let wanted = waits.object.as_ref();
        let held = next.holds.iter().find(|held| Some(&held.object) == wanted);
        let queued = next
            .waits
            .as_ref()
            .filter(|queued| waits.operation == "read-lock" && queued.object == waits.object);
        let since = match (held, queued) {
            (Some(held), _) => format!("which `{}` has held since {}", next.name, held.place),
            (None, Some(queued)) => format!(
                "behind `{}`, which waits to write it at {}: a waiting writer comes before new readers",
                next.name, queued.place
            ),
            (None, None) => format!("and `{}` has not ended", next.name),
        };
        explanation.push(format!("`{}` {} at {}, {since}.", report.name, waits_phrase(waits), waits.place));
    }
    let orders: Vec<String> = cycle
        .iter()
        .filter_map(|thread| {
            let report = &threads[*thread];
            let waits = report.waits.as_ref()?.object.as_ref()?;
            // What it holds that the one before it in the circle wants.
            let wanted: Vec<&ObjectReport> =
                cycle.iter().filter_map(|other| threads[*other].waits.as_ref()?.object.as_ref()).collect();
            let held = report.holds.iter().find(|held| wanted.contains(&&held.object))?;
            Some(format!("`{}` takes `{}` then `{}`", report.name, held.object.label, waits.label))
        })
        .collect();
    if orders.len() == cycle.len() {
        explanation.push(format!(
            "{}. Take these locks in one order everywhere, or do not hold the first while taking the second.",
            list(&orders)
        ));
    }
    (title, explanation)
}

fn self_deadlock(thread: &ThreadReport) -> Words {
    let Some(waits) = &thread.waits else { return (String::from("deadlock"), Vec::new()) };
    let name = label(waits.object.as_ref());
    let held = thread.holds.iter().find(|held| Some(&held.object) == waits.object.as_ref());
    let mut explanation = Vec::new();
    match held {
        Some(held) => {
            explanation.push(format!(
                "`{}` {} at {}, but holds it itself since {}.",
                thread.name,
                waits_phrase(waits),
                waits.place,
                held.place
            ));
            if held.operation.contains("read") && waits.operation.contains("write") {
                explanation.push(
                    "A read lock cannot be turned into a write lock by taking the write lock: give it back first, and look again at what was read.".to_owned(),
                );
            } else {
                explanation
                    .push("The lock is not reentrant: give it back first, or pass the guard on.".to_owned());
            }
        }
        None => explanation.push(format!("`{}` {} at {}.", thread.name, waits_phrase(waits), waits.place)),
    }
    (format!("deadlock: `{}` waits for {name}, which it holds itself", thread.name), explanation)
}

/// Two accesses that nothing orders.
pub(crate) fn race(cell: &ObjectReport, earlier: &Access, later: &Access) -> Words {
    let verb = |access: &Access| if access.writes { "writes" } else { "reads" };
    let title = format!("data race on `{}`", cell.label);
    let explanation = vec![
        format!("`{}` {} it at {}.", earlier.thread, verb(earlier), earlier.place),
        format!("`{}` {} it at {}.", later.thread, verb(later), later.place),
        "Nothing orders the two: no lock that both hold, no release that the other acquires, no join between them."
            .to_owned(),
    ];
    (title, explanation)
}

/// A panic that nobody took notice of.
pub(crate) fn panic(thread: &ThreadReport, threads: &[ThreadReport]) -> Words {
    let (first, others) = culprit(thread, threads);
    let (message, place) = message_of(first);
    let line = message.lines().next().unwrap_or_default();
    let title = match line.strip_prefix(NOT_LINEARIZABLE) {
        Some(history) => format!("no sequential order explains this history: {history}"),
        None => format!("`{}` panicked: {line}", first.name),
    };
    let mut explanation = vec![format!("`{}` panicked at {place}: {message}", first.name)];
    for other in others {
        let (message, place) = message_of(other);
        explanation.push(format!("`{}` panicked, too, at {place}: {message}", other.name));
    }
    (title, explanation)
}

/// The panic to begin with, and the other ones. A thread that only passes on that another one has panicked, by a join or
/// the end of a scope, is not where the reader should look.
fn culprit<'a>(
    thread: &'a ThreadReport,
    threads: &'a [ThreadReport],
) -> (&'a ThreadReport, Vec<&'a ThreadReport>) {
    let others = || threads.iter().filter(|other| other.name != thread.name && other.panic.is_some());
    let (message, _) = message_of(thread);
    let passes_on = message == "a scoped thread panicked" || message.ends_with("value: Any { .. }");
    match others().next().filter(|_| passes_on) {
        Some(first) => (first, others().skip(1).chain([thread]).collect()),
        None => (thread, others().collect()),
    }
}

/// What the thread panicked with, and where.
fn message_of(thread: &ThreadReport) -> (&str, &str) {
    let panic = thread.panic.as_deref().unwrap_or("for an unknown reason");
    panic.rsplit_once(" at ").unwrap_or((panic, "an unknown place"))
}

/// Threads that run for ever.
pub(crate) fn livelock(steps: &[StepReport], threads: &[ThreadReport], limit: usize) -> Words {
    let tail = &steps[steps.len().saturating_sub(64)..];
    let mut busy: Vec<String> = Vec::new();
    for step in tail {
        let name = format!("`{}`", threads[step.thread].name);
        if !busy.contains(&name) {
            busy.push(name);
        }
    }
    let title = format!("livelock: {} go on for ever", list(&busy));
    let mut explanation = Vec::new();
    explanation.push(format!(
        "After {limit} steps the program has not ended, although every thread that could run had its turn."
    ));
    let mut seen: Vec<String> = Vec::new();
    for step in tail {
        let object = step.object.as_deref().map(|object| format!(" `{object}`")).unwrap_or_default();
        let line =
            format!("`{}` does {}{object} at {}", threads[step.thread].name, step.operation, step.place);
        if !seen.contains(&line) && seen.len() < 12 {
            seen.push(line);
        }
    }
    explanation.push(format!("What repeats: {}.", seen.join("; ")));
    (title, explanation)
}

/// The program did something else under the same schedule.
pub(crate) fn nondeterminism(
    step: usize,
    difference: Option<String>,
    survivor: Option<(&'static str, String)>,
) -> Words {
    let mut explanation = vec![format!(
        "At step {step} the program did something else than in an earlier execution that had the same schedule up to there. Results of a check are then worth nothing."
    )];
    explanation.extend(difference);
    explanation.push(match survivor {
        Some((kind, place)) => format!(
            "The {kind} made at {place} lives on from one execution to the next, so its data does not start afresh: make it inside the model."
        ),
        None => "Look for randomness (hash map order too), real time, or state kept outside the model's closure.".to_owned(),
    });
    ("the program is not deterministic".to_owned(), explanation)
}

/// A thread that was left behind.
pub(crate) fn leak(threads: &[ThreadReport]) -> Words {
    let stuck: Vec<&ThreadReport> = threads.iter().filter(|thread| !thread.finished).collect();
    let names: Vec<String> = stuck.iter().map(|thread| format!("`{}`", thread.name)).collect();
    let are = if names.len() == 1 { "is" } else { "are" };
    let title = format!("leak: {} {are} left behind, blocked for ever", list(&names));
    let mut explanation = vec!["The main thread has ended.".to_owned()];
    for thread in stuck {
        if let Some(waits) = &thread.waits {
            explanation.push(format!("`{}` {} at {}.", thread.name, waits_phrase(waits), waits.place));
        }
    }
    (title, explanation)
}
