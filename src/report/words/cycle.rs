//! Threads that wait for each other in a circle, or for themselves.

use super::{Words, list, names, waits_phrase};
use crate::check::{HeldReport, ObjectReport, ThreadReport, WaitReport};

/// A circle of several threads.
pub(super) fn of_many(threads: &[ThreadReport], cycle: &[usize]) -> Words {
    let mut words = Words::new(format!("deadlock: {} wait for each other", names(threads, cycle)));
    for (position, thread) in cycle.iter().enumerate() {
        let report = &threads[*thread];
        let Some(waits) = &report.waits else { continue };
        let next = &threads[cycle[(position + 1) % cycle.len()]];
        let held = next.holds.iter().find(|held| Some(&held.object) == waits.object.as_ref());
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
        words.say(format!("`{}` {} at {}, {since}.", report.name, waits_phrase(waits), waits.place));
        words.look_at_wait(report);
    }
    if let Some(remedy) = remedy(threads, cycle) {
        words.say(remedy);
    }
    words
}

/// What to do about the circle.
fn remedy(threads: &[ThreadReport], cycle: &[usize]) -> Option<String> {
    let wants = |thread: usize| threads[thread].waits.as_ref();
    let wanted: Vec<&ObjectReport> =
        cycle.iter().filter_map(|thread| wants(*thread)?.object.as_ref()).collect();
    if let Some(upgrader) =
        cycle.iter().find(|thread| wants(**thread).is_some_and(|w| w.operation == "upgrade"))
    {
        return Some(format!(
            "`{}` can become the writer only when the other readers have left, and one of them waits for it. Do not wait for such a lock while reading it: give the read lock back first, and look again at what was read.",
            threads[*upgrader].name
        ));
    }
    if let Some(joiner) = cycle.iter().find(|thread| wants(**thread).is_some_and(|w| w.operation == "join")) {
        let held: Vec<String> =
            threads[*joiner].holds.iter().map(|held| format!("`{}`", held.object.label)).collect();
        if !held.is_empty() {
            return Some(format!(
                "`{}` holds {} while it waits for a thread to end. Give it back before the join.",
                threads[*joiner].name,
                list(&held)
            ));
        }
    }
    let is_behind = |thread: usize| {
        let waits = wants(thread).filter(|waits| waits.operation == "read-lock")?;
        let held = threads[thread].holds.iter().find(|held| Some(&held.object) == waits.object.as_ref())?;
        Some((&threads[thread].name, &held.object.label))
    };
    if let Some((name, lock)) = cycle.iter().find_map(|thread| is_behind(*thread)) {
        return Some(format!(
            "`{name}` reads `{lock}` already when it asks to read it again. Use the first guard for both, or give it back before; of parking_lot's locks `read_recursive` does not wait behind writers."
        ));
    }
    let orders: Vec<String> = cycle.iter().filter_map(|thread| order(&threads[*thread], &wanted)).collect();
    if orders.len() != cycle.len() {
        return None;
    }
    let mut labels: Vec<&str> = wanted.iter().map(|object| object.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    let example = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(" before ");
    Some(format!(
        "{}. Take these locks in one order everywhere, for example {example}, or do not hold the first while taking the second.",
        list(&orders)
    ))
}

/// In which order the thread takes two locks of the circle.
fn order(thread: &ThreadReport, wanted: &[&ObjectReport]) -> Option<String> {
    let waits = thread.waits.as_ref()?.object.as_ref()?;
    let held = thread.holds.iter().find(|held| wanted.contains(&&held.object))?;
    Some(format!("`{}` takes `{}` then `{}`", thread.name, held.object.label, waits.label))
}

/// A thread that waits for what it holds itself.
pub(super) fn of_one(thread: &ThreadReport) -> Words {
    let Some(waits) = &thread.waits else { return Words::new("deadlock") };
    let held = thread.holds.iter().find(|held| Some(&held.object) == waits.object.as_ref());
    let reads = held.is_some_and(|held| held.operation.contains("read"));
    let phrase = waits_phrase(waits);
    let mut words = Words::new(format!(
        "deadlock: `{}` {phrase}, which it {} itself",
        thread.name,
        if reads { "reads" } else { "holds" }
    ));
    words.look_at_wait(thread);
    match held {
        Some(held) => {
            let (name, place) = (&thread.name, &waits.place);
            let how = if reads { " for reading" } else { "" };
            words.say(format!(
                "`{name}` {phrase} at {place}, but has held it itself{how} since {}.",
                held.place
            ));
            words.say(advice(held, waits).to_owned());
        }
        None => words.say(format!("`{}` {} at {}.", thread.name, waits_phrase(waits), waits.place)),
    }
    words
}

fn advice(held: &HeldReport, waits: &WaitReport) -> &'static str {
    match (held.operation.contains("read"), waits.operation.contains("write")) {
        (true, true) => {
            "A read lock cannot be turned into a write lock by taking the write lock: give it back first, and look again at what was read."
        }
        _ => "The lock is not reentrant: give it back first, or pass the guard on.",
    }
}
